"""What a summary draws on: whole sentences of the body, where they say, for every way of writing one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.article import Article, Length, SummaryResult
from models.lead import LeadSummarizer
from models.registry import load_summarizer
from models.summary_evidence import SENTENCES, drawn_on
from models.text import split_sentences

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data/articles.jsonl").read_text("utf-8").splitlines()
]
BODIES = [row["body"] for row in ROWS]
BODY = (
    "本报讯（记者林晓舟）7月12日，青禾县总工会走进河滨大桥工地送清凉。\n天气炎热。\n"
    "工会为三百二十名建筑工人送去绿豆汤。活动持续到8月底，预计覆盖46个工地。"
)


def texts(summary: str, body: str = BODY) -> list[str]:
    return [s.text for s in drawn_on(summary, body)]


def test_the_sentences_that_the_wording_and_the_numbers_come_from() -> None:
    assert texts("青禾县总工会走进工地送清凉") == [BODY[: BODY.index("\n")]]
    assert texts("工会为320名工人送绿豆汤") == ["工会为三百二十名建筑工人送去绿豆汤。"]
    assert texts("青禾县总工会送清凉 预计覆盖46个工地") == [
        BODY[: BODY.index("\n")],
        "活动持续到8月底，预计覆盖46个工地。",
    ]


def test_nothing_for_nothing_and_something_for_any_wording() -> None:
    assert drawn_on("", BODY) == drawn_on("送清凉", "") == drawn_on("送清凉", "……\n") == ()
    assert texts("炎炎烈焰") == ["天气炎热。"]


def exact(body: str, result: SummaryResult) -> None:
    sentences = {body[a:b].strip() for a, b in split_sentences(body)}
    assert bool(result.summary) == bool(result.evidence)
    for sentence in result.evidence:
        assert body[sentence.start : sentence.end] == sentence.text
        assert sentence.text in sentences
    assert [s.start for s in result.evidence] == sorted({s.start for s in result.evidence})
    assert result.as_dict()["evidence"] == [s.as_dict() for s in result.evidence]


@pytest.mark.parametrize("length", ["headline", "brief"])
@pytest.mark.parametrize("where", ["lead", None])
def test_every_summary_of_our_articles_has_its_sentences(where: str | None, length: Length) -> None:
    bodies = [*BODIES[:24], "", "。。", "好", "𠮷县的路修好了。𠮷县的人笑了。"]
    for body, result in zip(
        bodies, load_summarizer(where).summarize([Article(body=b) for b in bodies], length), strict=True
    ):
        exact(body, result)


def test_a_brief_of_chosen_sentences_names_those_that_were_chosen() -> None:
    for row, result in zip(ROWS, load_summarizer().summarize([Article(body=b) for b in BODIES], "brief"), strict=True):
        told = "".join(s.text for s in result.evidence)
        for sentence in re.split("[。！？”]+", result.summary):
            assert sentence.strip("“") in told, row["id"]


@given(st.text("工会送清凉，。“”（）\n 12县！", max_size=80), st.text("工会送清凉，。“”\n 12县！", max_size=200))
def test_any_two_texts_have_an_answer(summary: str, body: str) -> None:
    found = drawn_on(summary, body)
    if found:
        exact(body, SummaryResult(summary, "abstractive", {}, "x@1", evidence=found))
    assert len(found) <= SENTENCES
    words = any(c.isalnum() for c in summary)
    assert bool(found) <= words


def test_the_lead_summarizer_explains_itself() -> None:
    (result,) = LeadSummarizer().summarize([Article(body=BODY)], "headline")
    assert [s.text for s in result.evidence] == [BODY[: BODY.index("\n")]]
