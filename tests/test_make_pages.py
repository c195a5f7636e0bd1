"""Made pages must keep their promises: gold that agrees with the text to the character, every style, every hazard, seeded."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.make_pages import DEVELOPMENT_STYLES, make_page, read_articles, styles_named, write_pages
from eval.page_copy import first_sentences, split_paragraphs
from eval.page_layout import Line, wrap
from eval.page_phrases import DEVELOPMENT, Phrases
from eval.page_phrases_heldout import HELD_OUT
from eval.page_press import HAZARDS, Press
from eval.page_styles import Style
from eval.page_styles_first import FIRST_STYLES
from eval.page_styles_more import MORE_STYLES
from eval.sets import read_pages
from models.article import ROLES
from models.errors import BadInput

ARTICLES = Path(__file__).parent / "data" / "articles.jsonl"
PIECES = (
    "青禾县总工会把驿站开到了河滨大桥的工地边上，工友们下班就能洗个热水澡。", "“我在这里干了12年，头一回领到体检卡！”老班长说。",
    "据介绍，今年前5个月全县新增技能人才2680人，其中高级工416人。", "会议指出，企业要依法签订集体合同；职工有建议，随时可以提。",
    "《茶园用工管理办法》自7月1日起施行。", "问题出在哪里？有人说是“缺人”，有人说是“缺钱”。",
    "云岭茶园的采茶比武已经办了二十三届。",
)  # fmt: skip
HEADLINES = (
    "河滨大桥工地建起工会驿站", "云岭茶园比武，三百名采茶工同台", "“小哥”有了暖心食堂", "青禾县追回工资286.4万元 农民工安心返乡",
    "一张社保卡能办多少事？", "从学徒到首席技师：一位焊工的三十年", "县总工会发放高温慰问品",
)  # fmt: skip

paragraphs = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
bodies = st.lists(paragraphs, min_size=1, max_size=9).map("\n".join)
articles = st.lists(st.tuples(st.sampled_from(HEADLINES), bodies), min_size=1, max_size=7)
QUESTIONS = tuple(question for style in MORE_STYLES for question in style.phrases.questions)
every_style = st.sampled_from(styles_named("all"))


def check(page: dict[str, Any]) -> None:
    """All that the gold promises about its page."""
    text, end = page["text"], 0
    for block in page["blocks"]:
        assert not text[end : block["start"]].strip(), "a character stands in no block"
        assert end <= block["start"] < block["end"]
        end = block["end"]
        assert text[block["start"] : end] == block["text"] == block["text"].strip()
        assert "\n" not in block["text"]
        assert block["role"] in ROLES
        assert (block["article"] is None) == (block["role"] == "furniture")
    assert not text[end:].strip()
    order = [block["article"] for block in page["blocks"] if block["article"] is not None]
    assert order == sorted(order)
    assert set(order) == set(range(len(page["articles"])))
    for number, article in enumerate(page["articles"]):
        mine = [block for block in page["blocks"] if block["article"] == number]
        assert article["headline"] == " ".join(b["text"] for b in mine if b["role"] == "headline")
        pieces = [block["text"] for block in mine if block["role"] in {"body", "section_head"}]
        lines = article["body"].split("\n")
        assert all(lines)
        assert "".join(pieces) == "".join(lines)
        starts = {sum(map(len, pieces[:i])) for i in range(len(pieces))}
        assert {sum(map(len, lines[:i])) for i in range(len(lines))} <= starts, "a line of gold begins inside a block"
    assert set(page["hazards"]) <= set(HAZARDS)
    assert "{" not in text, "an unfilled slot"


@given(articles, every_style, st.integers())
def test_gold_agrees_with_the_page(pairs: list[tuple[str, str]], style: Style, seed: int) -> None:
    page = make_page(pairs, "p", random.Random(seed), style)
    check(page)
    assert page == make_page(pairs, "p", random.Random(seed), style)


@given(bodies, st.integers())
def test_splitting_paragraphs_loses_nothing(body: str, seed: int) -> None:
    press = Press(DEVELOPMENT_STYLES[0], random.Random(seed))
    found = split_paragraphs(body, press)
    assert "".join(found) == body.replace("\n", "")
    assert all(p.count("“") == p.count("”") for p in found)
    assert max(map(len, found)) < 400
    assert body.replace("\n", "").startswith(first_sentences(body))


@cache
def pages(which: str) -> tuple[dict[str, Any], ...]:
    """400 pages of the invented corpus; an article may stand on several of them."""
    pairs, styles = read_articles(ARTICLES), styles_named(which)
    made = []
    for i in range(400):
        dice = random.Random(f"test-{i}")
        made.append(make_page(dice.sample(pairs, 6), str(i), dice, styles[i % len(styles)]))
    return tuple(made)


@pytest.mark.parametrize("which", ["dev", "all"])
def test_every_style_and_every_hazard_occurs(which: str) -> None:
    counts = Counter(hazard for page in pages(which) for hazard in page["hazards"])
    styles = Counter(page["style"] for page in pages(which))
    assert set(styles) == {style.name for style in styles_named(which)}
    assert min(styles.values()) >= 20
    assert [hazard for hazard in HAZARDS if counts[hazard] < 5] == []
    for page in pages(which):
        check(page)


def test_hazards_are_told_truly() -> None:
    for page in pages("all"):
        text, told, blocks = page["text"], set(page["hazards"]), page["blocks"]
        assert ("crlf" in told) == ("\r\n" in text)
        assert ("indent" in told) == bool(re.search("\n(?:　　|  |\t)\\S", text))
        assert ("no_headline" in told) == any(not article["headline"] for article in page["articles"])
        assert ("section_heads" in told) >= any(block["role"] == "section_head" for block in blocks)
        assert ("hard_wrap" in told) == (page["style"] == "wrapped-dump")
        assert ("interview" in told) >= any(block["text"].endswith(QUESTIONS) for block in blocks)
        if "han_dates" in told:
            assert not re.search(r"(?<![\d.])(?:[1-9１-９]\d?[月日]|[12１２]\d{3}年)", text)
        last = [
            b for b, after in zip(blocks, [*blocks[1:], blocks[0]], strict=True) if after["article"] != b["article"]
        ]
        assert ("byline_end" in told or "photo_story" in told) >= any(b["role"] == "byline" for b in last)
        assert ("tail" in told) >= any("参与采写" in block["text"] for block in blocks)
        heads = Counter(block["article"] for block in blocks if block["role"] == "headline")
        assert ("headline_broken" in told) == (max(heads.values()) > 1)
        if "traditional" in told:
            assert re.search("[會們這來說爲發開]", text)
            assert not re.search("[会们这来说为发开]", text)


def test_a_broken_sentence_is_joined_in_the_gold() -> None:
    broken = 0
    for page in pages("all"):
        for block, after in zip(page["blocks"], page["blocks"][1:], strict=False):
            if block["role"] == after["role"] == "body" and block["article"] == after["article"]:
                body = page["articles"][block["article"]]["body"]
                broken += block["text"] + after["text"] in body
    assert broken >= 20


def test_there_are_six_first_styles_others_to_build_on_and_three_held_out() -> None:
    first, dev, held_out = styles_named("first"), styles_named("dev"), styles_named("heldout")
    assert first == FIRST_STYLES == dev[:6]
    assert dev[6:] == MORE_STYLES
    assert dev == DEVELOPMENT_STYLES
    assert len(MORE_STYLES) >= 8
    assert len(held_out) == 3
    assert len({style.name for style in dev + held_out}) == len(dev) + 3
    assert {style.phrases for style in first} == {DEVELOPMENT}
    assert len({style.phrases for style in MORE_STYLES}) == len(MORE_STYLES) - 1, (
        "only the wrapped dump has a pool of another"
    )
    assert {style.phrases for style in held_out} == {HELD_OUT}
    with pytest.raises(BadInput, match="no style tabloid: first, dev"):
        styles_named("tabloid")


def lines_of(pool: Phrases, name: str) -> set[str]:
    return {line for item in getattr(pool, name) for line in ((item,) if isinstance(item, str) else item)}


@pytest.mark.parametrize("name", Phrases.__slots__)
def test_the_held_out_pool_shares_no_phrase_with_any_to_build_on(name: str) -> None:
    for pool in {style.phrases for style in DEVELOPMENT_STYLES}:
        assert lines_of(pool, name) & lines_of(HELD_OUT, name) <= {"广告"}


@pytest.mark.parametrize(
    "name",
    [n for n in Phrases.__slots__ if re.match("kicker|subhead|section_heads|box_texts|notes|captions|questions", n)],
)
def test_each_kind_of_paper_has_phrases_of_its_own(name: str) -> None:
    for one, other in combinations({style.phrases for style in DEVELOPMENT_STYLES}, 2):
        assert lines_of(one, name) & lines_of(other, name) == set()


def test_boxes_and_groups_of_lines_are_whole() -> None:
    for style in MORE_STYLES:
        assert all(30 <= len(text) <= 160 for text in style.phrases.box_texts)
        assert all(len(photo) == 2 for photo in style.phrases.photos)
        assert all(len(series) >= 2 for series in style.phrases.kicker_series)


def test_a_hard_wrapped_page_is_joined_in_the_gold() -> None:
    text = "\n".join("云岭茶园的采茶比武已经办了二十三届，今年来了三百名采茶工。" * 4 for _ in range(3))
    page: dict[str, Any] = make_page(
        [("云岭茶园比武", text)],
        "p",
        random.Random(3),
        styles_named("wrapped-dump")[0],
        frozenset({"photo_story", "jump_to", "jump_from", "column_break"}),
    )
    check(page)
    lines = [block["text"] for block in page["blocks"] if block["role"] == "body"]
    assert max(map(len, lines)) <= 36
    assert len(lines) > 9
    assert text.split("\n")[1] in page["articles"][0]["body"]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`datasets` keeps what it read; not in the home of whoever runs the tests."""
    import datasets.config

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("own_cache")
def test_written_pages_are_seeded_and_read_as_a_page_set(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "headline": f"第{n}条新闻的题目", "body": f"这是第{n}条新闻，说的是青禾水渠的事情。" * 4}
        for n in range(12)
    ]
    source = write(tmp_path / "articles.jsonl", rows)
    for out, seed in (("a", 0), ("b", 0), ("c", 1)):
        assert write_pages(source, tmp_path / f"{out}.jsonl", n=3, per_page=4, seed=seed, styles="dev") == 3
    a, b, c = ((tmp_path / f"{name}.jsonl").read_text("utf-8") for name in "abc")
    assert a == b != c
    assert [page.id for page in read_pages(tmp_path / "a.jsonl").items] == ["made-0-000", "made-0-001", "made-0-002"]
    for line in a.splitlines():
        check(json.loads(line))
    assert write_pages(source, tmp_path / "d.jsonl", n=2, per_page=4, seed=0, styles="compact-dump") == 2
    for line in (tmp_path / "d.jsonl").read_text("utf-8").splitlines():
        assert json.loads(line)["style"] == "compact-dump"
    with pytest.raises(BadInput, match="need 80 articles"):
        write_pages(source, tmp_path / "e.jsonl", n=20, per_page=4, seed=0)


@pytest.mark.usefixtures("own_cache")
def test_articles_with_captions_or_a_cut_last_sentence(tmp_path: Path) -> None:
    told = "青禾县总工会为三十名工人讨回工资，工人们送来一面锦旗，说心里的石头落了地。"
    rows = [
        {"id": "whole", "headline": "讨薪", "body": told},
        {"id": "cut", "headline": "讨薪。", "body": f"{told}{told}他们还打算"},
        {"id": "caption", "headline": "讨薪", "body": f"{told}\n图为工人们。\n{told}"},
        {"id": "head", "headline": "讨薪", "body": f"{told}\n石头落地\n{told}"},
        {"id": "short", "headline": "讨薪", "body": "讨回来了。"},
        {"id": "long", "headline": "讨薪" * 30, "body": told * 2},
    ]
    assert len(told) < 40
    rows[0]["body"] = told * 2
    assert read_articles(write(tmp_path / "a.jsonl", rows)) == [("讨薪", told * 2), ("讨薪", told * 2)]


def test_wrapped_lines_neither_begin_nor_end_in_white_space() -> None:
    spaced = (
        "第一名" + " " * 40 + "柳知秋" + " " * 40 + "钢城电气公司装配班，第二名贺兰舟，第三名沈青禾，均来自澄江镇。"
    )
    lines = [Line("body", spaced, 0, "\n"), Line("body", " ".join("青禾县总工会"), 0, "\n")]
    for width in (3, 10, 16):
        found = wrap(lines, width, 2)
        assert "".join(line.text for line in found) == "".join(line.text for line in lines)
        assert all(line.text == line.text.strip() for line in found)
        assert len(found) > len(lines)
    marks = [Line("body", "好。。。。。。", 0, "\n")]
    assert wrap(marks, 3, 0) == marks  # nothing but marks stands behind the first place
