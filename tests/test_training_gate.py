"""Publishing compares: what is shown worse than what serves is refused, unless somebody says why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from models.article import Article, SummaryResult
from models.bundle import Bundle, open_bundle
from models.errors import BadInput
from models.registry import Places, history
from tests.test_training_runs import topic_rows, topics_config, write
from training import gate
from training import publish as publishing
from training.__main__ import main
from training.export import export_run
from training.gate import Comparison, compare

__all__ = ["topics_config"]  # a fixture


def a_run(config: Path, run: Path) -> Path:
    assert main(["topics", "--config", str(config), "--out", str(run)]) == 0
    return run


def test_a_bundle_is_compared_with_the_one_that_serves(
    topics_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = Places(tmp_path / "bundles", tmp_path / "kept")
    run = a_run(topics_config, tmp_path / "run")
    first = publishing.publish(run, places)
    assert history("topics", places)[-1]["compared"].startswith("nothing serves")
    second = publishing.publish(run, places)
    told = history("topics", places)[-1]["compared"]
    assert (told["score"], told["delta"], told["p"], told["n"]) == ("macro_f1", 0.0, 1.0, 10)
    assert first.name == second.name

    def worse(*_: Any) -> Comparison:
        return Comparison("macro_f1", "dev.jsonl", 10, 0.9, 0.5, -0.4, 0.01)

    monkeypatch.setattr(publishing, "compare", worse)
    with pytest.raises(BadInput, match=r"is worse: macro_f1 0\.5000 against 0\.9000") as refused:
        publishing.publish(run, places)
    assert "--force" in refused.value.message
    assert len(history("topics", places)) == 2
    publishing.publish(run, places, force="the labels have changed")
    assert history("topics", places)[-1]["forced"] == "the labels have changed"


@pytest.mark.parametrize(
    ("delta", "p", "worse"), [(-0.1, 0.04, True), (-0.1, 0.2, False), (0.1, 0.01, False), (0.0, 1.0, False)]
)
def test_worse_is_what_a_test_shows(delta: float, p: float, worse: bool) -> None:
    assert Comparison("macro_f1", "x", 9, 0.5, 0.5 + delta, delta, p).worse is worse


def test_a_worse_model_is_found_out(topics_config: Path, tmp_path: Path) -> None:
    """Two bundles on the same rows: the one whose threshold lets nothing through loses what the other finds."""
    rows = write(tmp_path / "many.jsonl", [{**r, "id": f"{r['id']}-{k}"} for k in range(4) for r in topic_rows()])
    good = export_run(a_run(topics_config, tmp_path / "run"))
    decisions = tmp_path / "run" / "decisions.json"
    state = json.loads(decisions.read_text("utf-8"))
    for decision in state["topics"]:
        decision["threshold"] = 0.0
    decisions.write_text(json.dumps(state), "utf-8")
    kept = good.path.rename(tmp_path / "good")
    eager = export_run(tmp_path / "run")
    for decision in state["topics"]:
        decision["threshold"] = 1.0
    decisions.write_text(json.dumps(state), "utf-8")
    eager_at = eager.path.rename(tmp_path / "eager")
    silent = export_run(tmp_path / "run")
    config = {"data": {"dev": str(rows), "dev_split": ""}}
    found = compare(silent, open_bundle(eager_at, "topics"), config)
    assert found.after == 0 < found.before
    assert found.worse
    assert not compare(open_bundle(eager_at, "topics"), silent, config).worse
    with pytest.raises(BadInput, match="not at hand"):
        compare(silent, open_bundle(kept, "topics"), {"data": {"dev": str(tmp_path / "gone.jsonl")}})


@pytest.mark.parametrize("briefs", [False, True])
def test_summaries_are_compared_in_what_the_run_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, briefs: bool
) -> None:
    """The better of two bundles is the one that says what the rows want said."""
    rows: list[dict[str, object]] = [
        {"id": f"s{i}", "body": f"第{i}条消息说工会送清凉到工地。", "summary": "工会送清凉"} for i in range(30)
    ]
    data = write(tmp_path / "rows.jsonl", rows)
    asked: list[str] = []

    class Says:
        def __init__(self, text: str) -> None:
            self.text = text

        def summarize(self, articles: Sequence[Article], length: str) -> list[SummaryResult]:
            asked.append(length)
            return [SummaryResult(self.text, "abstractive", {}, "x@1") for _ in articles]

    said = {"good": Says("工会送清凉"), "bad": Says("大会举办")}
    monkeypatch.setattr(gate, "load_summarizer", lambda path: said[path.name])
    good, bad = (
        Bundle(tmp_path / name, {"task": "summaries", "name": name, "version": "1"}) for name in ("good", "bad")
    )
    config: dict[str, Any] = {"data": {"train": str(data), "dev": str(data)}}
    if briefs:
        config |= {"adapter_rank": 2}
        config["data"]["brief_dev"] = [str(data)]
    found = compare(bad, good, config)
    assert found.worse and found.n == 30
    assert set(asked) == {"brief" if briefs else "headline"}
    assert not compare(good, bad, config).worse
    if briefs:
        with pytest.raises(BadInput, match="not at hand"):
            compare(good, bad, {**config, "data": {"train": str(data), "dev": str(data)}})
