"""What a run must not do: go on with rows that have changed, be published half made, learn from rows that say nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from torch import nn

from models.errors import BadInput
from models.registry import Places
from models.topics import read_taxonomy
from tests.test_training_export import topics_run
from training import loop, new_topic
from training.config import SummariesConfig, TopicsConfig
from training.labelled import with_labels
from training.loop import LoopSettings, TrainingStopped, fit
from training.publish import publish
from training.record import open_run, start_record, write_json
from training.sources import fingerprint
from training.teacher import CHUNK, _kept, _write, check_teacher

HEAD = {"task": "topics", "base": "b", "code": "c"}


def test_a_run_does_not_go_on_with_other_rows(tmp_path: Path) -> None:
    open_run(tmp_path, TopicsConfig())
    start_record(tmp_path, data_fingerprint="one", **HEAD)
    start_record(tmp_path, data_fingerprint="two", **HEAD)  # nothing was learned yet: the rows may be mended
    (tmp_path / "fold0").mkdir()
    start_record(tmp_path, data_fingerprint="two", **HEAD)
    with pytest.raises(BadInput, match="was started with other training rows"):
        start_record(tmp_path, data_fingerprint="three", **HEAD)
    assert json.loads((tmp_path / "record.json").read_text("utf-8"))["data_fingerprint"] == "two"


def test_rows_with_other_targets_are_other_rows() -> None:
    one, two = (Dataset.from_list([{"id": "a", "body": "b", "target": t}]) for t in ("x", "y"))
    assert fingerprint(one) != fingerprint(two)


def test_a_run_without_its_card_is_not_published(tmp_path: Path) -> None:
    run, places = topics_run(tmp_path / "run"), Places(tmp_path / "bundles", tmp_path / "kept")
    for asked in ([], ["c.jsonl"]):
        write_json(run / "config.json", json.loads((run / "config.json").read_text("utf-8")) | {"data": {
            "max_source_tokens": 40, "dev": "", "corrections": asked}})  # fmt: skip
        with pytest.raises(BadInput, match="its card is missing or lacks a part"):
            publish(run, places)
        (run / "card.md").write_text("# Model card", "utf-8")
    assert not places.serving.exists()
    (run / "card.md").write_text("## What the corrections bought", "utf-8")
    assert publish(run, places).path == places.serving / "topics"


@pytest.mark.parametrize(("name", "refused"), [("rows.jsonl", True), ("rows.csv", False)])
def test_a_row_without_labels_is_no_row_without_topics(name: str, refused: bool) -> None:
    rows = Dataset.from_list(
        [{"id": "a", "body": "b", "labels": ["wellbeing"]}, {"id": "b", "body": "c", "labels": None}]
    )
    if refused:
        with pytest.raises(BadInput, match=r"rows.jsonl row 2: has no labels .*--task topics"):
            with_labels(rows, name, read_taxonomy())
    else:
        assert with_labels(rows, name, read_taxonomy())["labels"][1] == [], "an empty cell of a CSV"


def test_gradients_that_are_no_numbers_stop_before_they_reach_the_weights(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    settings = LoopSettings(steps=1, warmup=1, decay=1, precision="fp32")
    with pytest.raises(TrainingStopped, match="the gradients at step 0 are no numbers"):
        fit(model, lambda _: {"x": torch.zeros(1, 2)}, settings, tmp_path, lambda m, b: m(b["x"]).sum().square().sqrt() * 0
            + (next(m.parameters()).sum() * 0).sqrt())  # fmt: skip
    assert not (tmp_path / "checkpoint.pt").exists()
    assert all(p.isfinite().all() for p in model.parameters())


def test_time_left_is_said_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(0, 100_000, 7))
    monkeypatch.setattr("training.loop.time.monotonic", lambda: next(clock))
    fit(nn.Linear(2, 1), lambda _: {"x": torch.ones(1, 2)}, LoopSettings(steps=60, precision="fp32"), tmp_path,
        lambda m, b: m(b["x"]).square().sum())  # fmt: skip
    lines = [line.split(maxsplit=1)[1] for line in capsys.readouterr().err.splitlines()]
    assert [line.split()[1] for line in lines] == ["20/60", "40/60", "60/60"]
    assert lines[-1].endswith("  0 s left")
    assert [loop.duration(s) for s in (0, 89, 90, 3599, 11_100)] == ["0 s", "89 s", "2 min", "1 h 00 min", "3 h 05 min"]


def test_a_teacher_goes_on_where_it_would_have_been(tmp_path: Path) -> None:
    path, head = tmp_path / "teacher.jsonl", {"teacher": "t"}
    _write(path, [head, *({"target": f"第{i}条\u2028"} for i in range(CHUNK + 3))], "w")
    with path.open("a", encoding="utf-8") as out:
        out.write('{"target": "cut')
    kept = _kept(path, head, 2 * CHUNK)
    assert kept == [f"第{i}条\u2028" for i in range(CHUNK)], "whole chunks, since a batch is made of a chunk"
    assert _kept(path, head, CHUNK + 3)[-1] == f"第{CHUNK + 2}条\u2028", "but all of them where nothing is left to ask"


def test_a_teacher_that_has_not_written_all_is_missed_before_rows_are_read(tmp_path: Path) -> None:
    config = SummariesConfig(teacher=str(tmp_path / "gone"))
    path, head = tmp_path / "teacher.jsonl", {"teacher": config.teacher, "data": "d", "rows": 3}
    whole: list[dict[str, Any]] = [head, *({"target": t} for t in ("甲", None, "丙"))]
    for count in range(4):
        _write(path, whole[:count], "w")
        with pytest.raises(BadInput, match="gone"):
            check_teacher(config, tmp_path)
    with path.open("a", encoding="utf-8") as out:
        out.write('{"target": "cut')
    with pytest.raises(BadInput, match="gone"):
        check_teacher(config, tmp_path)
    _write(path, whole, "w")
    check_teacher(config, tmp_path)


def test_examples_that_repeat_one_another_are_no_fifty() -> None:
    gold, groups = [True] * 12 + [False] * 20, [0] * 12 + list(range(1, 21))
    with pytest.raises(BadInput, match="1 of the 12 articles about work_safety repeat no other"):
        new_topic.check_folds(new_topic.NewTopicConfig(topic="work_safety"), gold, groups)
    new_topic.check_folds(new_topic.NewTopicConfig(), gold, list(range(32)))
