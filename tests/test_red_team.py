"""Articles full of traps: what the checks catch of false summaries, what they let pass of true ones, what the shipped model says.

The floors are what was reached; they may rise. What has no mark in the text (who did what to whom) the checks cannot see,
so not all is caught.
"""

from __future__ import annotations

import collections
from typing import Any

import pytest

from models.article import Article
from models.faithfulness import checks, squeeze
from models.registry import load_summarizer
from models.text import lead_offset
from tests.invented import read

ROWS = read("red_team.jsonl.gz")
MARKED = {"date_mix": 0.95, "quotation": 0.95, "negation": 0.9, "unit": 0.8, "loop_or_byline": 0.8}


def source(row: dict[str, Any]) -> str:
    body: str = row["body"]
    return body[lead_offset(body) :]


def test_there_are_enough_traps() -> None:
    count = collections.Counter(row["trap"] for row in ROWS)
    assert len(ROWS) >= 60
    assert len(count) >= 12
    assert min(count.values()) >= 5


def test_false_summaries_are_caught() -> None:
    caught: dict[str, list[bool]] = collections.defaultdict(list)
    for row in ROWS:
        caught[row["trap"]] += [not checks(bad, source(row))["ok"] for bad in row["bad"]]
    shares = {trap: sum(hits) / len(hits) for trap, hits in caught.items()}
    assert {t: s for t, s in shares.items() if s < MARKED.get(t, 0)} == {}
    assert sum(map(sum, caught.values())) / sum(map(len, caught.values())) >= 0.6


def test_true_summaries_pass() -> None:
    passed = [checks(good, source(row))["ok"] for row in ROWS for good in row["good"]]
    assert sum(passed) / len(passed) >= 0.92


@pytest.mark.parametrize("length", ["headline", "brief"])
def test_the_shipped_summarizer_falls_into_no_marked_trap(length: Any) -> None:
    found = load_summarizer().summarize([Article(body=row["body"]) for row in ROWS], length)
    for row, result in zip(ROWS, found, strict=True):
        assert checks(result.summary, source(row))["ok"], (row["id"], result.summary)
        assert squeeze(result.summary) not in {squeeze(bad) for bad in row["bad"]}
        assert len(result.summary) <= (40 if length == "headline" else 80)
