"""`tag --dry-run` tells what would really be tagged, how long and for how much; `--workers`: who loads models, and how many."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from models.article import Article
from models.readers import BadRecord, Record
from service import archive, archive_processes
from service.archive_models import named_models
from service.archive_plan import survey
from service.archive_work import How, Old, Worker
from service.cli import main
from service.readiness import load_checked
from service.settings import Settings
from tests.service_client import FLOORS, floors
from tests.test_tag_workers import lines, table


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def dry(*arguments: str) -> int:
    before = sorted(p.name for p in Path().iterdir())
    code = main(["tag", *arguments, "--dry-run"])
    assert sorted(p.name for p in Path().iterdir()) == before
    return code


def numbers(line: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"[\d,]*\d(?:\.\d+)?(?:e-\d+)?", line)]


def test_it_counts_and_estimates_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(Path("a.jsonl"), 300)
    with rows.open("a", encoding="utf-8") as file:
        file.write('\n{"id": "blank", "body": " "}\n')
    assert dry(str(rows), "-o", "out.jsonl") == 1
    said = capsys.readouterr().err
    assert "301 records, 5 of them cannot be read" in said  # a blank one is read and refused
    assert "256 of these, drawn evenly" in said
    assert "estimate on 1 core" in said or "for this run, on 1 core:" in said
    assert "core hours\n" in said and "--cost-per-core-hour PRICE says" in said


def test_the_cost_is_that_of_the_cores_while_the_run_lasts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(archive, "usable_cores", lambda: 64)
    monkeypatch.setattr("service.archive_plan.usable_cores", lambda: 4)
    monkeypatch.setattr("service.archive_plan._time", lambda *_: 36.0)  # a hundred records are an hour
    rows = table(Path("a.jsonl"), 300)
    assert dry(str(rows), "-o", "o.jsonl", "--workers", "8", "--cost-per-core-hour", "7") == 1
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("estimate")]
    assert [line.split(":")[0] for line in told] == [
        "estimate on 1 core", "estimate on this machine's 4 cores", "estimate for this run, on 64 cores"
    ]  # fmt: skip
    hours = 296 * 36 / 3600
    for line, paid in zip(told, (hours, hours / 0.875, hours / 0.875), strict=True):
        *_, spent, cost = numbers(line)
        assert spent == pytest.approx(paid, abs=0.02)
        assert cost == pytest.approx(paid * 7, abs=0.1)


def test_what_repeats_or_is_copied_is_no_work(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(Path("a.jsonl"), 300)
    assert main(["tag", str(rows), "-o", "d.jsonl", "--dedupe"]) == 1
    repeats = sum("duplicate_of" in r for r in lines(Path("d.jsonl")))
    assert main(["tag", str(rows), "-o", "old.jsonl", "--limit", "200", "--no-summaries"]) == 1
    capsys.readouterr()
    assert dry(str(rows), "-o", "o.jsonl", "--dedupe") == 1
    assert f"{repeats:,} repeat an earlier text: the models read {296 - repeats}" in capsys.readouterr().err
    done = len(lines(Path("old.jsonl")))
    assert dry(str(rows), "-o", "o.jsonl", "--retag", "old.jsonl", "--no-summaries") == 1
    assert (
        f"{done} are copied from the earlier run, 0 need topics or a summary alone: the models read {296 - done}"
        in (capsys.readouterr().err)
    )
    assert dry(str(rows), "-o", "o.jsonl", "--retag", "old.jsonl") == 1  # summaries are owed
    assert f"0 are copied from the earlier run, {done} need topics or a summary alone" in capsys.readouterr().err
    # When nothing is left there is nothing to time.
    assert main(["tag", str(rows), "-o", "all.jsonl"]) == 1
    capsys.readouterr()
    assert dry(str(rows), "-o", "o.jsonl", "--retag", "all.jsonl") == 1
    said = capsys.readouterr().err
    assert "the models read 0" in said and "estimate" not in said


def test_the_sample_is_drawn_from_what_is_left() -> None:
    worker = Worker(floors(), How(pages=False, length="brief", summaries=False, reading="cascade"), Settings())
    reads = [Record("a", n, Article(body=f"第{n}篇", id=str(n))) for n in range(1000)]
    held = Old({}, topics_hold=True, summary_holds=False)
    found = survey(
        [*reads, BadRecord("a", 1, "?")], worker, 50,
        lambda place, _: 0 if place % 2 else None, lambda read: held if isinstance(read, Record) and read.line < 500 else None
    )  # fmt: skip
    assert (found.total, found.bad, found.repeated, found.copied, found.left) == (1001, 1, 500, 250, 250)
    kept = [read.line for read, _ in found.sample]
    assert len(set(kept)) == 50 and all(n >= 500 and n % 2 == 0 for n in kept)
    assert 680 < sum(kept) / 50 < 820


@pytest.mark.parametrize("price", ["-1", "nan", "inf", "dear"])
def test_a_price_that_is_none(price: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["tag", "a.jsonl", "-o", "o.jsonl", "--dry-run", f"--cost-per-core-hour={price}"])


def test_a_price_without_a_dry_run(capsys: pytest.CaptureFixture[str]) -> None:
    rows = table(Path("a.jsonl"), 60)
    assert main(["tag", str(rows), "-o", "o.jsonl", "--cost-per-core-hour", "1"]) == 2
    assert "is for --dry-run" in capsys.readouterr().err


def test_the_parent_of_processes_loads_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(_: Settings) -> Any:
        raise AssertionError("the parent loads models")

    rows = table(Path("a.jsonl"), 60)
    assert main(["tag", str(rows), "-o", "one.jsonl"]) == 1
    monkeypatch.setattr(archive, "load_checked", loaded)
    assert main(["tag", str(rows), "-o", "two.jsonl", "--workers", "2"]) == 1
    assert Path("two.jsonl").read_bytes() == Path("one.jsonl").read_bytes()


def test_bundles_are_named_as_they_name_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAIBIAN_TOPICS_BUNDLE", "")
    monkeypatch.setenv("CAIBIAN_SUMMARIES_BUNDLE", "")
    settings = Settings(threads=1)
    for some in (settings, Settings(topics_bundle="keywords", summaries_bundle="lead")):
        names, real = named_models(some), load_checked(some)
        for one, other in ((names.classifier, real.classifier), (names.summarizer, real.summarizer)):
            assert (one.bundle, one.trained) == (other.bundle, other.trained)
        assert names.classifier.taxonomy == real.classifier.taxonomy
    with pytest.raises(RuntimeError, match="not loaded"):
        named_models(settings).classifier.classify([])
    with pytest.raises(RuntimeError, match="not loaded"):
        named_models(settings).summarizer.summarize([])


def test_a_bundle_that_workers_cannot_load_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = table(Path("a.jsonl"), 60)
    folder = tmp_path / "bundle"
    folder.mkdir()
    manifest = {"format": 1, "task": "summaries", "name": "x", "version": "1", "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    monkeypatch.setenv("CAIBIAN_SUMMARIES_BUNDLE", str(folder))
    assert main(["tag", str(rows), "-o", "o.jsonl", "--workers", "2"]) == 1
    said = capfd.readouterr().err
    assert str(folder) in said and "process died" not in said and "Traceback" not in said


def test_more_workers_than_cores_are_not_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, asked = table(Path("a.jsonl"), 60), list[int]()
    whole = archive_processes.in_processes

    def in_processes(chunks: Any, how: How, settings: Settings, workers: int) -> Any:
        asked.append(workers)
        return whole(chunks, how, settings, 1)

    monkeypatch.setattr(archive, "in_processes", in_processes)
    monkeypatch.setattr(archive, "usable_cores", lambda: 3)
    for n, (given, said) in enumerate(((3, False), (4, True), (100_000, True))):
        assert main(["tag", str(rows), "-o", f"{n}.jsonl", "--workers", str(given)]) == 1
        assert (
            f"--workers {given} is more than there are cores, 3: 3 processes work" in capsys.readouterr().err
        ) == said
    assert asked == [3, 3, 3]
