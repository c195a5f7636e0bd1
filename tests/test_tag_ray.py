"""`tag --engine ray`: the same bytes as without it, with an actor killed in the middle, and after the run itself was killed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from service.cli import main
from tests.service_client import FLOORS
from tests.test_tag_workers import command_of, running, table, wait_for

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: requirements/ray.lock"
)


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)


def actors() -> list[int]:
    """Processes of Ray that hold an Actor of ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and command_of(int(entry.name)).startswith("ray::Actor"):
            found.append(int(entry.name))
    return found


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_ray_writes_the_same_bytes_though_an_actor_and_the_run_are_killed(tmp_path: Path) -> None:
    rows = table(tmp_path / "a.jsonl", 6000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    arguments = (str(rows), "-o", str(two), "--engine", "ray", "--workers", "2")
    partial, before = tmp_path / "two.jsonl.partial", set(actors())
    with running(*arguments) as run:
        wait_for(run, partial, 1)
        ours = [pid for pid in actors() if pid not in before]
        assert ours
        with contextlib.suppress(ProcessLookupError):
            os.kill(ours[0], signal.SIGKILL)
        wait_for(run, partial, one.stat().st_size // 3)
        run.kill()
    until = time.monotonic() + 60
    while set(actors()) - before:  # they end with their run
        assert time.monotonic() < until
        time.sleep(0.1)
    with running(*arguments) as run:
        _, said = run.communicate(timeout=200)
    assert run.returncode == 1, said
    assert "going on after" in said
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_twenty_five_kills_of_five_thousand_records_on_ray(tmp_path: Path) -> None:
    """Whole runs are killed at random moments; the end equals a run that was let alone."""
    count, rows = 25, table(tmp_path / "a.jsonl", 5000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    size, draw, before = one.stat().st_size, random.Random(2), set(actors())
    arguments = (str(rows), "-o", str(two), "--engine", "ray", "--workers", "2")
    for n in range(count):
        with running(*arguments) as run:
            wait_for(run, tmp_path / "two.jsonl.partial", min(size - 1, int(size * (n + draw.random()) / (count + 1))))
            run.kill()
        until = time.monotonic() + 120
        while set(actors()) - before:  # they end with their run
            assert time.monotonic() < until
            time.sleep(0.1)
    with running(*arguments) as run:
        _, said = run.communicate(timeout=600)
    assert run.returncode == 1, said
    assert "going on after" in said
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()


def test_without_ray_a_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    rows = table(tmp_path / "a.jsonl", 30)
    assert main(["tag", str(rows), "-o", str(tmp_path / "o.jsonl"), "--engine", "ray"]) == 2
    assert "requirements/ray.lock" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
