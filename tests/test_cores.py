"""Workers and threads out of the cores that a process may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cores import plan_threads, usable_cores


@pytest.mark.parametrize(
    ("workers", "threads", "cores", "planned"),
    [
        (0, 0, 2, (1, 2)),
        (0, 0, 1, (1, 1)),
        (0, 0, 16, (4, 13)),
        (0, 1, 8, (2, 1)),
        (2, 0, 2, (2, 1)),
        (3, 5, 2, (3, 5)),
    ],
)
def test_threads_are_planned_from_the_cores(workers: int, threads: int, cores: int, planned: tuple[int, int]) -> None:
    plan = plan_threads(workers, threads, cores)
    assert (plan.workers, plan.threads) == planned


def test_a_container_has_the_cores_of_its_quota(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text("50000 100000\n")
    assert usable_cores(quota) == 1
    quota.write_text("max 100000\n")
    assert usable_cores(quota) == usable_cores(tmp_path / "none") >= 1
