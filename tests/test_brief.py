"""Briefs of an article's own sentences: within their length, from the text, whole; better than the first sentences."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.rouge import rouge_l
from models.brief import choose_brief, clauses_of
from models.faithfulness import squeeze
from models.lead import brief_of
from models.text import lead_offset
from training.__main__ import main
from training.brief_weights import fit_brief_weights

ROWS = [json.loads(x) for x in (Path(__file__).parent / "data" / "articles.jsonl").read_text("utf-8").splitlines()]
BRIEFS = [row for row in ROWS if row.get("brief")]


def test_a_brief_is_made_of_beginnings_of_sentences_of_the_text() -> None:
    for row in ROWS:
        brief = choose_brief(row["body"])
        assert len(brief) <= 80
        body = row["body"][lead_offset(row["body"]) :]
        for sentence in re.split("[。！？…]", brief):
            assert squeeze(sentence) in squeeze(body), brief
        if len(body) >= 120:
            assert len(brief) >= 30, brief


def test_it_comes_nearer_to_what_editors_write_than_the_first_sentences() -> None:
    chosen = [rouge_l(choose_brief(row["body"]), row["brief"]) for row in BRIEFS]
    lead = [rouge_l(brief_of(row["body"]), row["brief"]) for row in BRIEFS]
    assert len(BRIEFS) >= 60
    assert sum(chosen) / len(chosen) >= sum(lead) / len(lead) + 0.015


def test_a_sentence_is_not_left_where_somebody_is_about_to_speak() -> None:
    body = (
        "县总工会主席在会上说，"
        + "今年要为建筑工人办好十件实事，" * 5
        + "请大家监督。县里四月一日起发放清凉包三千二百份，覆盖全部工地和环卫站点，并设二十处歇脚点。"
    )
    brief = choose_brief(body)
    assert "说。" not in brief
    assert brief.endswith("。")


def test_a_body_of_nothing_but_commas_costs_no_more_than_a_moment() -> None:
    for body in ("工，" * 2000, "工会，" * 60 + "。", ("送，" * 100 + "。") * 12, "“" * 4000, "1" * 100_000):
        started = time.process_time()
        assert len(choose_brief(body)) <= 80
        assert time.process_time() - started < 2


def test_a_quotation_keeps_who_says_it() -> None:
    body = "6月30日，青禾县31名瓦工收到被拖欠九个月的工资共计97.4万元。“合同、考勤一样都不能少。”援助律师许望南说，要按月结清。"
    brief = choose_brief(body)
    assert "。”。" not in brief
    assert "少。”" not in brief or "许望南" in brief


@given(body=st.text("工会送清凉，。；：“”（）\n 12县！？", max_size=300))
def test_any_text_has_an_answer_within_the_limit(body: str) -> None:
    assert len(choose_brief(body)) <= 80
    for spans in clauses_of(body):
        assert all(0 <= a < b <= len(body) for a, b in spans)


def test_weights_are_fitted_to_briefs(tmp_path: Path) -> None:
    rows = [{"id": r["id"], "body": r["body"], "summary": r["brief"]} for r in BRIEFS]
    file = tmp_path / "briefs.jsonl"
    file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    weights = fit_brief_weights([str(file)], str(file), out=tmp_path / "weights.json")
    assert json.loads((tmp_path / "weights.json").read_text("utf-8")) == weights
    assert weights["number"] > 0, "briefs keep figures"
    assert main(["brief-weights", str(tmp_path / "none.jsonl"), "--data", str(file)]) == 1
