"""`tag` with several processes: the same bytes as one, whoever dies; samples, dry runs, reports, dates by year."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from models.article import Article
from models.readers import BadRecord, Record
from service import archive, archive_processes
from service.archive_counts import Counts, year_of
from service.archive_inputs import SeenIds, at_places, chunks_of, sample_of
from service.archive_progress import duration, sentence
from service.cli import main
from service.ledger import Mark
from tests.service_client import ARTICLES, FLOORS, python


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)


def table(path: Path, count: int) -> Path:
    """Rows of several years, some ids twice, some rows broken, texts of all lengths."""
    draw = random.Random(5)
    rows = []
    for n in range(count):
        body = f"第{n}篇。" + ARTICLES[n % 3]["body"] * draw.randint(1, 4)
        row: dict[str, Any] = {"id": f"r{n % (count - 20)}", "body": body, "date": f"{2019 + n % 4}-05-0{1 + n % 9}"}
        rows.append('{"body": ' if n % 97 == 5 else json.dumps(row, ensure_ascii=False))
    path.write_text("\n".join(rows), "utf-8")
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def children(pid: int) -> list[int]:
    """Processes that this one started and that do our work, without multiprocessing's resource tracker."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(word) for word in task.read_text().split()]
    return [child for child in found if "spawn_main" in command_of(child)]


def command_of(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    return ""


def running(*arguments: str) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    return python("-m", "service", "tag", *arguments)


def wait_for(run: subprocess.Popen[str], path: Path, size: int) -> None:
    until = time.monotonic() + 600  # a busy machine needs a minute to start a run on Ray
    while not path.exists() or path.stat().st_size < size:
        assert time.monotonic() < until and run.poll() is None, run.stderr and run.stderr.read()
        time.sleep(0.005)


def test_two_processes_write_the_same_bytes_as_one(tmp_path: Path) -> None:
    rows = table(tmp_path / "a.jsonl", 700)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    with running(str(rows), "-o", str(two), "--workers", "2") as run:
        assert run.wait(90) == 1
    assert two.read_bytes() == one.read_bytes()
    assert sum(bool(r.get("repeated")) for r in lines(one)) >= 18
    quarantines = [(tmp_path / f"{n}.quarantine.jsonl").read_bytes() for n in ("one", "two")]
    assert quarantines[0] == quarantines[1]
    # What is done may be gone on with by another number of processes, since no record depends on it.
    assert main(["tag", str(rows), "-o", str(two)]) == 1


def test_a_process_that_is_killed_costs_no_record(tmp_path: Path) -> None:
    rows = table(tmp_path / "a.jsonl", 6000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    with running(str(rows), "-o", str(two), "--workers", "2") as run:
        wait_for(run, tmp_path / "two.jsonl.partial", 1)
        os.kill(children(run.pid)[0], signal.SIGKILL)
        assert run.wait(120) == 1
        assert run.stderr and "given out again" in run.stderr.read()
    assert two.read_bytes() == one.read_bytes()


def kills(tmp_path: Path, count: int, records: int) -> None:
    """Kill whole runs at random moments until `count` were killed; the end equals a run that was let alone."""
    rows = table(tmp_path / "a.jsonl", records)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    size, draw, partial = one.stat().st_size, random.Random(1), tmp_path / "two.jsonl.partial"
    for n in range(count):
        with running(str(rows), "-o", str(two), "--workers", str(1 + n % 2)) as run:
            wait_for(run, partial, min(size - 1, int(size * (n + draw.random()) / (count + 1))))
            workers = children(run.pid)
            run.kill()
        until = time.monotonic() + 30
        while any("spawn_main" in command_of(pid) for pid in workers):  # they end with their parent
            assert time.monotonic() < until
            time.sleep(0.02)
    assert main(["tag", str(rows), "-o", str(two)]) == 1
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()
    assert main(["tag", str(rows), "-o", str(two), "--report", str(tmp_path / "two.html")]) == 1
    assert main(["tag", str(rows), "-o", str(one), "--report", str(tmp_path / "one.html")]) == 1
    pages = [(tmp_path / f"{n}.html").read_text("utf-8").replace("two", "one") for n in ("one", "two")]
    assert pages[0] == pages[1]  # what was counted before a kill still counts


def test_killed_runs_end_as_if_never_killed(tmp_path: Path) -> None:
    kills(tmp_path, 3, 5000)


@pytest.mark.long
def test_twenty_five_kills_of_five_thousand_records(tmp_path: Path) -> None:
    kills(tmp_path, 25, 5000)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path, workers: str) -> None:
    rows, out = table(tmp_path / "a.jsonl", 20_000), tmp_path / "out.jsonl"
    with running(str(rows), "-o", str(out), "--workers", workers) as run:
        wait_for(run, tmp_path / "out.jsonl.partial", 1)
        workers_of = children(run.pid)
        for pid in [run.pid, *workers_of]:  # a terminal sends it to all of them
            os.kill(pid, signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "Run the same command again" in said
    assert "Traceback" not in said
    assert not out.exists()
    assert all(json.loads(line) for line in (tmp_path / "out.jsonl.partial").read_bytes().splitlines())
    assert not any("spawn_main" in command_of(pid) for pid in workers_of)


def test_an_id_comes_again_wherever_the_run_was_stopped() -> None:
    def record(id_: str) -> Record:
        return Record("a", 1, Article(body="工会", id=id_))

    reads = [record(f"{n % 70_000}") for n in range(140_500)]
    whole = [flag for chunk in chunks_of(reads, 0) for flag in chunk.repeated]
    assert whole == [n >= 70_000 for n in range(140_500)]
    later = [flag for chunk in chunks_of(reads, 64 * 1100) for flag in chunk.repeated]
    assert later == whole[64 * 1100 :]
    seen = SeenIds()
    assert not seen.again(BadRecord("a", 1, "?", "x"))
    assert not seen.again(record("x"))  # a row that could not be read took no id
    sizes = [len(chunk.reads) for chunk in chunks_of(reads[:128], 0)]
    assert sizes == [64, 64, 0]


def test_a_sample_is_even_in_order_and_the_same_every_time(tmp_path: Path) -> None:
    places = sample_of(1000, 100)
    assert places == sorted(set(places)) and places == sample_of(1000, 100)
    assert 400 < sum(places) / 100 < 600
    assert sample_of(3, 10) == [0, 1, 2]
    reads = [Record("a", n, Article(body=str(n), id=str(n))) for n in range(1000)]
    assert [r.line for r in at_places(reads, places) if isinstance(r, Record)] == places
    rows, out = table(tmp_path / "a.jsonl", 500), tmp_path / "out.jsonl"
    assert main(["tag", str(rows), "-o", str(out), "--sample", "40"]) in (0, 1)
    first = out.read_bytes()
    assert len(lines(out)) + len(lines_of_quarantine(out)) == 40
    assert main(["tag", str(rows), "-o", str(out), "--sample", "40", "--restart"]) in (0, 1)
    assert out.read_bytes() == first
    assert main(["tag", str(rows), "-o", str(out), "--sample", "41"]) == 2


def lines_of_quarantine(out: Path) -> list[dict[str, Any]]:
    path = out.with_name("out.quarantine.jsonl")
    return lines(path) if path.exists() else []


def test_a_report_counts_by_year(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, report = table(tmp_path / "a.jsonl", 400), tmp_path / "r.html"
    command = ["tag", str(rows), "-o", str(tmp_path / "out.jsonl"), "--report", str(report)]
    assert main(command) == 1
    page = report.read_text("utf-8")
    assert all(f"<th>{year}</th>" in page for year in range(2019, 2023))
    assert "<script" not in page
    records = lines(tmp_path / "out.jsonl")
    share = sum("wellbeing" in r["labels"] for r in records) / len(records)
    assert f"{share:.1%}" in page
    assert f"{share:.1%}".rjust(6) in capsys.readouterr().err
    report.unlink()
    assert main(command) == 1  # of a run that is done
    assert report.read_text("utf-8") == page
    for wrong in ("r.txt", "no/r.html"):
        assert main([*command[:-1], str(tmp_path / wrong)]) == 2


@pytest.mark.parametrize(
    ("date", "year"),
    [("2024-05-01", "2024"), ("20240501", "2024"), ("2024年5月1日", "2024"), ("1/5/1998", "1998"), ("", ""), ("5月1日", ""),
     ("123456", ""), ("2024", "2024"), ("1899-01-01T00:00:00", "1899")],
)  # fmt: skip
def test_the_year_of_a_date(date: str, year: str) -> None:
    assert year_of(date) == year


def test_counts_add_up() -> None:
    whole, parts = Counts(), Counts()
    for half in range(2):
        part = Counts()
        for counts in (whole, part):
            counts.note("2020", ["a", "b"], review=True)
            counts.note("", [] if half else ["a"], review=False)
        parts.add(part.years)
    assert parts == whole
    assert (whole.total("*"), whole.total("?"), whole.total("a"), whole.total("b")) == (4, 2, 3, 2)


def test_patterns_are_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b", "a", "c"):
        table(tmp_path / f"{name}.jsonl", 30)
    (tmp_path / "[x].jsonl").write_text('{"id": "x", "body": "工会送清凉。"}\n', "utf-8")
    out = tmp_path / "out"
    assert main(["tag", str(tmp_path / "[ab].jsonl"), str(tmp_path / "[x].jsonl"), "-o", str(out)]) == 1
    failed = lines(tmp_path / "out.quarantine")
    assert [Path(r["file"]).name for r in failed] == ["a.jsonl", "b.jsonl"]
    assert lines(out)[-1]["id"] == "x"  # a file of that very name is that file
    assert main(["tag", str(tmp_path / "*.none"), "-o", str(tmp_path / "o2")]) == 2
    assert "matches no file" in capsys.readouterr().err


def test_the_sentence_of_progress() -> None:
    mark = Mark(read=500, written=497, failed=3, unsure=12)
    assert sentence(mark, 50.0, None) == "500 records, 50.0 a second, 12 to review, 3 failed"
    assert sentence(mark, 50.0, 1500) == "500 of 1,500 records, 50.0 a second, 20 s left, 12 to review, 3 failed"
    assert [duration(s) for s in (3, 600, 12_600)] == ["3 s", "10 min", "3.5 h"]


def test_a_process_with_other_bundles_than_the_run_began_with_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder may be exchanged while a run goes on: its records are of one bundle."""
    plain = archive_processes.in_processes
    monkeypatch.setattr(
        archive, "in_processes", lambda chunks, how, *rest: plain(chunks, replace(how, bundles=("other@1",)), *rest)
    )
    rows = table(tmp_path / "a.jsonl", 100)
    assert main(["tag", str(rows), "-o", str(tmp_path / "o.jsonl"), "--workers", "2"]) == 1
    assert "a worker has keywords@1 and lead@1 where the run began with other@1" in capsys.readouterr().err
    assert not (tmp_path / "o.jsonl").exists()
