"""`tune` chooses by measurement, `tag` uses the choice on this machine alone, and no record changes by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.analyzer import CANARY, Analyzer
from models.registry import load_classifier, load_summarizer
from service import archive, tune
from service.archive_work import Done, How
from service.cli import main
from service.settings import Settings
from service.tune import Choice, measure, tuned
from tests.service_client import floors

ROWS = Path(__file__).parent / "data" / "articles.jsonl"


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(tune, "PLACE", tmp_path / "var" / "tune.json")
    monkeypatch.setenv("CAIBIAN_SUMMARIES_BUNDLE", "lead")
    return tmp_path / "var" / "tune.json"


@pytest.fixture(scope="module")
def analyzer() -> Analyzer:
    return Analyzer(load_classifier(None, 1), load_summarizer("lead"))


def chosen(place: Path, analyzer: Analyzer, choice: dict[str, int]) -> None:
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps({"of": tune._of(analyzer), "choice": choice}), "utf-8")


def test_no_choice_changes_a_record(
    place: Path, analyzer: Analyzer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--no-summaries", "--exact", "--limit", "80")
    assert main(["tag", str(ROWS), "-o", str(tmp_path / "plain.jsonl"), *arguments]) == 0
    for n, (workers, threads, tokens) in enumerate([(1, 1, 256), (1, 2, 2048), (2, 1, 1024)]):
        chosen(place, analyzer, {"workers": workers, "threads": threads, "tokens_a_batch": tokens})
        out = tmp_path / f"{n}.jsonl"
        assert main(["tag", str(ROWS), "-o", str(out), *arguments]) == 0
        assert out.read_bytes() == (tmp_path / "plain.jsonl").read_bytes()


def test_the_choice_reaches_the_run_unless_told_otherwise(
    place: Path, analyzer: Analyzer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen(place, analyzer, {"workers": 3, "threads": 2, "tokens_a_batch": 256})
    monkeypatch.setattr(archive, "load_checked", lambda settings: analyzer)
    asked: list[tuple[int, int, int]] = []

    def answers(chunks: object, how: How, settings: Settings, workers: int) -> list[Done]:
        asked.append((workers, settings.threads, how.tokens_a_batch))
        return [Done([], [], 0, 0, {})]

    monkeypatch.setattr(archive, "in_processes", answers)
    monkeypatch.setattr(archive, "usable_cores", lambda: 8)
    main(["tag", str(ROWS), "-o", str(tmp_path / "a.jsonl")])
    main(["tag", str(ROWS), "-o", str(tmp_path / "b.jsonl"), "--workers", "2"])
    monkeypatch.setenv("CAIBIAN_THREADS", "1")
    main(["tag", str(ROWS), "-o", str(tmp_path / "c.jsonl"), "--workers", "4"])
    assert [(w, t) for n, (w, _, t) in enumerate(asked)] == [(3, 256), (2, 256), (4, 256)]
    assert (asked[0][1], asked[2][1]) == (2, 1)


def test_what_was_measured_elsewhere_is_not_used(
    place: Path, analyzer: Analyzer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tuned(analyzer) is None
    assert main(["tune", "--show"]) == 0
    assert "nothing was measured" in capsys.readouterr().err
    choice = {"workers": 2, "threads": 1, "tokens_a_batch": 512}
    chosen(place, analyzer, choice)
    assert tuned(analyzer) == Choice(**choice)
    assert tuned(floors()) is None
    for key, value in (("processor", "another"), ("cores", 999), ("bundles", ["x@1", "y@1"]), ("onnxruntime", "0")):
        stored = json.loads(place.read_text("utf-8"))
        stored["of"][key] = value
        place.write_text(json.dumps(stored), "utf-8")
        assert tuned(analyzer) is None, key
        assert main(["tune", "--show"]) == 0
        assert "is not used" in capsys.readouterr().err
        chosen(place, analyzer, choice)
    for text in ("", "[]", '{"of": 1}', "\x00"):
        place.write_text(text, "utf-8")
        assert tuned(analyzer) is None
    assert main(["tune", "--reset"]) == 0
    assert not place.exists()


def test_the_quickest_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    def rate(choice: Choice, *_: object) -> float:
        return choice.workers * 10 - choice.threads - abs(choice.tokens_a_batch - 1024) / 1000

    monkeypatch.setattr(tune, "_rate", rate)
    rates = measure([CANARY], Settings(threads=4))
    assert max(rates, key=lambda c: rates[c]) == Choice(4, 1, 1024)
    assert {(c.workers, c.threads) for c in rates} == {(1, 1), (1, 4), (2, 2), (4, 1)}


def test_tune_measures_and_writes(
    place: Path, analyzer: Analyzer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tune, "TOKENS", (512,))
    monkeypatch.setattr(tune, "CHUNKS", 1)
    monkeypatch.setattr(tune, "ROUNDS", 1)
    monkeypatch.setenv("CAIBIAN_THREADS", "1")
    assert main(["tune", str(ROWS)]) == 0
    assert tuned(analyzer) == Choice(1, 1, 512)
    assert json.loads(place.read_text("utf-8"))["articles_a_second"] > 0
    assert "--workers 1, 1 threads each, 512 tokens a batch" in capsys.readouterr().err
    assert main(["tune", "nowhere.jsonl"]) == 2
    monkeypatch.setenv("CAIBIAN_TOPICS_BUNDLE", "keywords")
    assert main(["tune"]) == 2
