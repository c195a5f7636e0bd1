"""Memory of `tag` does not grow with the archive: 1,000 articles against 200,000."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service_client import ARTICLES, FLOORS

ROOT = Path(__file__).parents[1]
# Not getrusage: its peak is handed down from the process that started this one, here pytest after a thousand tests.
MEASURED = """
import re, sys
from pathlib import Path
from service.cli import main
code = main(sys.argv[1:])
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""


def peak(tmp_path: Path, count: int, environment: dict[str, str]) -> int:
    """Peak KiB of a run over `count` articles of distinct ids and texts."""
    rows, out = tmp_path / f"{count}.jsonl", tmp_path / f"{count}.out.jsonl"
    with rows.open("w", encoding="utf-8") as file:
        for n in range(count):
            row = {"id": f"r{n}", "body": f"第{n}篇。" + ARTICLES[n % 3]["body"], "date": f"{1990 + n % 30}-01-01"}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    command = [sys.executable, "-c", MEASURED, "tag", str(rows), "-o", str(out), "--no-summaries"]
    run = subprocess.run(command, check=False, cwd=ROOT, env=os.environ | environment, text=True, capture_output=True)
    assert run.returncode == 0, run.stderr
    with out.open("rb") as file:
        assert sum(1 for _ in file) == count
    return int(run.stderr.split()[-1])


@pytest.mark.parametrize(
    ("few", "many"), [(1000, 5000), pytest.param(1000, 200_000, marks=pytest.mark.long)], ids=["small", "full"]
)
def test_memory_stays_flat(tmp_path: Path, few: int, many: int, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = [peak(tmp_path, count, FLOORS) for count in (few, many)]
    with capsys.disabled():
        print(f"\n{few:,} articles {sizes[0] // 1024} MiB, {many:,} articles {sizes[1] // 1024} MiB", end="")
    assert sizes[1] <= 1.1 * sizes[0]


def test_memory_of_the_trained_bundle_stays_flat(tmp_path: Path) -> None:
    environment = {"CAIBIAN_SUMMARIES_BUNDLE": "lead", "CAIBIAN_TOPICS_BUNDLE": "", "CAIBIAN_THREADS": "1"}
    few, many = (peak(tmp_path, count, environment) for count in (64, 640))
    assert many <= 1.1 * few
