"""Slices: cut by what the data says, measured on their own items, the worst one named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import slices, topics
from eval.metrics.tags import LabelF1
from eval.predictions import TopicOutput
from eval.sets import read_summaries, read_topics

TOPICS = ("rights_protection", "skills_contest", "digital_services", "wellbeing")


def rows(n: int = 24) -> list[dict[str, Any]]:
    return [
        {
            "id": str(i),
            "source": "甲报" if i % 2 else "乙报",
            "date": f"20{20 + i % 3}0101",
            "sure": bool(i % 4),
            "headline": "题",
            "body": "水" * (100 if i < 12 else 700) + f"第{i}",
            "labels": [list(TOPICS)[i % 4]] if i % 6 else [],
        }
        for i in range(n)
    ]


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), "utf-8")
    return path


@pytest.mark.parametrize(
    ("n", "name"),
    [
        (0, "<150"),
        (149, "<150"),
        (150, "150-299"),
        (299, "150-299"),
        (300, "300-599"),
        (1199, "600-1199"),
        (1200, ">=1200"),
    ],
)
def test_classes_of_length_have_their_edges(n: int, name: str) -> None:
    assert slices.length_class("水 " * n) == name


def test_cut_by_everything_that_the_data_says(tmp_path: Path) -> None:
    found = slices.cut(read_topics(write(tmp_path / "a.jsonl", rows()), TOPICS))
    assert {kind: sorted(groups) for kind, groups in found.items()} == {
        "source": ["乙报", "甲报"],
        "year": ["2020", "2021", "2022"],
        "sure": ["sure", "unsure"],
        "length": ["600-1199", "<150"],
        "topic": sorted([*TOPICS, "(none)"]),
        "labels": ["0", "1"],
    }
    assert found["sure"]["unsure"] == [0, 4, 8, 12, 16, 20]
    assert list(found["length"]) == ["<150", "600-1199"]
    for groups in found.values():
        assert sorted(i for places in groups.values() for i in places) == list(range(24))


def test_an_article_with_two_topics_stands_in_both_slices(tmp_path: Path) -> None:
    lines = [{**row, "labels": ["wellbeing", "skills_contest"]} if row["id"] == "3" else row for row in rows()]
    found = slices.cut(read_topics(write(tmp_path / "a.jsonl", lines), TOPICS))
    assert 3 in found["topic"]["wellbeing"]
    assert 3 in found["topic"]["skills_contest"]
    assert found["labels"]["2"] == [3]


def test_what_the_data_does_not_say_is_not_cut_by(tmp_path: Path) -> None:
    lines = [{"id": row["id"], "body": row["body"], "summary": "题"} for row in rows()]
    assert list(slices.cut(read_summaries(write(tmp_path / "a.jsonl", lines)))) == ["length"]
    same = [{**line, "body": "短文。"} for line in lines]
    assert slices.cut(read_summaries(write(tmp_path / "b.jsonl", same))) == {}


def test_rare_sources_share_a_slice_and_missing_values_have_one(tmp_path: Path) -> None:
    lines = [{**row, "source": f"第{row['id']}报" if int(row["id"]) < 15 else None, "date": "昨天"} for row in rows()]
    found = slices.cut(read_topics(write(tmp_path / "a.jsonl", lines), TOPICS))
    assert len(found["source"]) == slices.MOST + 1
    assert len(found["source"]["(none)"]) == 9
    assert len(found["source"]["(other)"]) == 4
    assert "year" not in found


def test_a_slice_has_the_score_of_its_own_items_and_the_worst_is_named(tmp_path: Path) -> None:
    gold = read_topics(write(tmp_path / "a.jsonl", rows()), TOPICS)
    outputs = [
        TopicOutput(frozenset() if about["source"] == "甲报" else item.labels)
        for item, about in zip(gold.items, gold.about, strict=True)
    ]
    metric = LabelF1(TOPICS)
    found = slices.measure_slices(
        metric.rows(gold.items, outputs), metric.scores, slices.cut(gold), ("subset_accuracy", "micro_f1")
    )
    by_name = {one.name: one for one in found}
    assert by_name["source=乙报"].scores == {"subset_accuracy": 1, "micro_f1": 1}
    right = np.mean(
        [not item.labels for item, about in zip(gold.items, gold.about, strict=True) if about["source"] == "甲报"]
    )
    assert by_name["source=甲报"].scores["subset_accuracy"] == right
    assert sum(one.n for one in found if one.by == "source") == 24
    low = slices.worst(found, "subset_accuracy")
    assert low is not None
    assert low.name == "source=甲报"
    assert low.n >= slices.LEAST
    assert slices.worst([one for one in found if one.n < slices.LEAST], "subset_accuracy") is None


def test_the_summary_names_the_worst_slice(tmp_path: Path) -> None:
    result = topics.run(write(tmp_path / "a.jsonl", rows()), bundle="keywords")
    assert result.flat["worst_slice"] == result.notes[-1]
    assert "the worst slice of 10 items or more is" in result.notes[-1]
    assert {one.by for one in result.slices} == {"source", "year", "sure", "length", "topic", "labels"}
