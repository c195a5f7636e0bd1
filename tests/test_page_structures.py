"""Columns, section heads, posts and kickers of training pages: gold to the character, all drawn, none where it is measured."""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.make_pages import DEVELOPMENT_STYLES, make_page, read_articles, styles_named
from eval.page_copy import Copy
from eval.page_layout import lay
from eval.page_phrases_heldout import HELD_OUT
from eval.page_press import HAZARDS, Press
from models.article import ROLES
from models.errors import BadInput
from models.page_decode import decode
from models.page_drafts import article_of
from models.page_flow import read_flow
from models.page_tagger import Tagged
from models.page_tags import TAGS
from training import (
    page_asides,
    page_briefs,
    page_columns,
    page_essays,
    page_headings,
    page_letters,
    page_lines,
    page_lists,
    page_posts,
    page_reports,
    page_sections,
    page_slogans,
    page_structures,
    page_tables,
    page_verse,
)
from training.__main__ import main
from training.page_columns import CAMPAIGNS, COLUMNS, column
from training.page_examples import draw_pages, gold_tags, read_example
from training.page_posts import portrait, reader, teller, writer
from training.page_sections import MOST, SETS, write_sections
from training.page_slogans import count, fact, pithy, two_lines
from training.page_structures import MANNERS, MOODS, SHARE, STRUCTURES, restructure
from training.pages import PagesRun, fit_pages

ARTICLES = read_articles(Path(__file__).parent / "data" / "articles.jsonl")
PARAGRAPHS = [
    "河滨大桥的工友下班就能洗上热水澡，驿站夜里十点才关门。", "老班长说起头一回领到体检卡，笑得合不拢嘴。",
    "全县今年新增技能人才两千多人，高级工占了两成。", "企业要依法签订集体合同，职工有建议随时可以提。",
    "云岭茶园的采茶比武办了二十三届，今年来了三百人。", "问题出在料场，查了三天才找到那颗松动的螺丝。",
]  # fmt: skip


@cache
def pages(structures: float, n: int = 280) -> tuple[dict[str, Any], ...]:
    none: list[list[int]] = [[] for _ in ARTICLES]
    return tuple(draw_pages(ARTICLES, none, DEVELOPMENT_STYLES, n, 3, structures))


def presses(n: int = 150) -> list[Press]:
    return [Press(DEVELOPMENT_STYLES[i % len(DEVELOPMENT_STYLES)], random.Random(i)) for i in range(n)]


def restructured(copies: Sequence[Copy], press: Press) -> list[Copy]:
    """Without what training/page_additions.py adds."""
    return restructure(copies, press, press.draw(MOODS))


def of(page: dict[str, Any], number: int | None) -> list[dict[str, Any]]:
    return [block for block in page["blocks"] if block["article"] == number]


def test_gold_agrees_with_the_page() -> None:
    for page in pages(1.0):
        text, end = page["text"], 0
        for block in page["blocks"]:
            assert not text[end : block["start"]].strip()
            assert text[block["start"] : block["end"]] == block["text"] == block["text"].strip()
            assert block["role"] in ROLES
            assert (block["article"] is None) == (block["role"] == "furniture")
            end = block["end"]
        assert not text[end:].strip()
        assert not re.search(r"[{}]", text), "an unfilled slot"
        for number, article in enumerate(page["articles"]):
            mine = of(page, number)
            assert article["headline"] == " ".join(b["text"] for b in mine if b["role"] == "headline")
            pieces = [b["text"] for b in mine if b["role"] in ("body", "section_head")]
            assert "".join(pieces) == article["body"].replace("\n", "")
            assert mine[-1]["role"] != "section_head"


@pytest.mark.parametrize("start", range(0, 280, 140))
def test_gold_tags_give_the_gold_articles(start: int) -> None:
    for page in pages(1.0)[start : start + 140]:
        lines = read_flow(page["text"]).lines
        tags = tuple(TAGS[i] for i in gold_tags(lines, page))
        drafts, _ = decode(lines, Tagged(tags, np.ones((len(tags), len(TAGS)), np.float32)))
        said = [article_of(page["text"], draft) for draft in drafts]
        assert ["".join(a.headline.split()) for a in said] == ["".join(a["headline"].split()) for a in page["articles"]]
        assert ["".join(a.body.split()) for a in said] == ["".join(a["body"].split()) for a in page["articles"]]


def test_every_structure_is_drawn_and_told() -> None:
    counts = Counter(hazard for page in pages(1.0) for hazard in page["hazards"])
    assert [name for name in STRUCTURES if counts[name] < 3] == []
    assert set(counts) <= {*HAZARDS, *STRUCTURES}
    assert not set(HAZARDS) & set(STRUCTURES)


def test_a_share_of_long_articles_gets_section_heads_of_the_layer() -> None:
    long = got = 0
    for i in range(300):
        press = Press(DEVELOPMENT_STYLES[i % len(DEVELOPMENT_STYLES)], random.Random(f"share-{i}"))
        body = tuple(("body", text) for text in PARAGRAPHS)
        for copy in restructured([Copy(headline=("夜里十点的驿站",), body=body)] * 3, press):  # type: ignore[arg-type]
            long += 1
            got += any(role == "section_head" for role, _ in copy.body)
    assert 0.15 <= SHARE * got / long <= 0.25


def test_pages_depend_on_seed_and_number_alone() -> None:
    assert tuple(pages(1.0)[:20]) == tuple(pages.__wrapped__(1.0, 20))
    assert json.dumps(pages(1.0)[:5]) != json.dumps(pages(0.0)[:5])


def test_a_share_of_none_leaves_the_pages_as_they_were() -> None:
    """Pages without the layer are those that make_page gives alone, and the others' dice are not touched by it."""
    some, none = pages(SHARE), pages(0.0)
    revised = [random.Random(f"3-structures-{i}").random() < SHARE for i in range(len(some))]
    assert all(new or not set(page["hazards"]) & set(STRUCTURES) for page, new in zip(some, revised, strict=True))
    assert sum(bool(set(page["hazards"]) & set(STRUCTURES)) for page in some) > 0.8 * sum(revised)
    assert all(a == b for a, b, new in zip(some, none, revised, strict=True) if not new)
    assert not any(set(page["hazards"]) & set(STRUCTURES) for page in none)


MEASURED = "5d9d63503f4db406c5cc2053383f6e1c"
"""Of pages of all styles before there was a layer; who changes a style or the page maker on purpose writes the new one."""


def test_pages_that_measure_have_no_structure_and_stay_as_they_were() -> None:
    digest, stories = (
        hashlib.sha256(),
        [(text[:12], "\n".join(PARAGRAPHS[i:] + PARAGRAPHS[:i])) for i, text in enumerate(PARAGRAPHS)],
    )
    for style in styles_named("all"):
        for i in range(3):
            page = make_page(stories, "m", random.Random(f"measured-{i}"), style)
            assert set(page["hazards"]) <= set(HAZARDS)  # type: ignore[call-overload]
            digest.update(json.dumps(page, ensure_ascii=False).encode())
    assert digest.hexdigest()[:32] == MEASURED
    code = "import sys, eval.make_pages; sys.exit(any(name.startswith('training') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def strings(value: object) -> set[str]:
    """All strings of two characters or more in tuples, mappings and dataclasses, however deep."""
    if isinstance(value, str):
        return {value} if len(value) >= 2 else set()
    if is_dataclass(value):
        value = tuple(getattr(value, field.name) for field in fields(value))
    if isinstance(value, Mapping):
        value = tuple(value.values())
    return set().union(*map(strings, value)) if isinstance(value, tuple) else set()


def test_no_string_of_the_pools_is_held_out() -> None:
    """Strings of the layer's pools that a held-out phrase or style has and no development style: none, but for names of parts.

    Whole strings are compared, so a held-out phrase inside a longer one goes unseen. Says how many, never which.
    """
    measured = (strings(HELD_OUT) | strings(styles_named("heldout"))) - strings(DEVELOPMENT_STYLES)
    assert len(measured) > 100
    for module in (
        page_asides, page_briefs, page_columns, page_essays, page_headings, page_letters, page_lines, page_lists, page_posts,
        page_reports, page_sections, page_slogans, page_tables, page_verse,
    ):  # fmt: skip
        for name, value in vars(module).items():
            if isinstance(value, (tuple, dict)) and not name.startswith("__") and name != "SETS":
                common = len(strings(value) & measured)
                assert common == 0, f"{common} of {module.__name__}.{name}"


def test_columns_are_many_and_short() -> None:
    assert len(set(COLUMNS)) == len(COLUMNS) >= 60
    assert len(set(CAMPAIGNS)) == len(CAMPAIGNS)
    names = {column(press)[0] for press in presses()}
    assert len(names) > 120
    assert all(len(line) <= 40 and line[-1] != "。" for line in names)


def test_section_heads_have_one_manner_an_article() -> None:
    seen = set()
    for i, press in enumerate(presses(300)):
        texts = PARAGRAPHS[: 1 + i % MOST]
        manner, heads = write_sections(texts, press)
        seen.add(manner)
        assert len(heads) == len(texts)
        assert all(head and head == head.strip() and "{" not in head for head in heads)
        if manner == "marked" and len(heads) > 1:
            assert len({re.sub(r"\w.*", "", head)[:1] for head in heads}) <= 2
    assert seen == set(MANNERS)
    assert all(2 <= len(names) <= MOST for names in SETS)


def test_posts_kickers_and_slogans_are_whole_lines() -> None:
    for press in presses():
        lines = [
            *writer(press),
            *teller(press),
            reader(press),
            portrait(press),
            fact(press),
            count(press),
            pithy(press),
        ]
        lines += two_lines(press)
        assert all(line and line == line.strip() and not re.search(r"[{}\n。]", line) for line in lines)


def test_roles_of_the_lines() -> None:
    """A column over one article is its kicker, over several furniture; a post is a byline; a pithy line is the headline."""
    body = tuple(("body", text) for text in PARAGRAPHS)
    headed = kickers = posts = above = 0
    for i in range(400):
        press = Press(DEVELOPMENT_STYLES[i % len(DEVELOPMENT_STYLES)], random.Random(f"roles-{i}"))
        copies = restructured([Copy(headline=("河滨大桥工地建起驿站",), body=body)] * 3, press)  # type: ignore[arg-type]
        for copy in copies:
            headed += copy.headline != ("河滨大桥工地建起驿站",) and "河滨大桥工地建起驿站" in (
                *copy.kicker,
                *copy.subheads,
            )
            kickers += bool(copy.kicker)
            posts += copy.body[0][0] == "byline"
            above += bool(copy.above)
            assert [text for role, text in copy.body if role == "body"][-1].endswith(PARAGRAPHS[-1])
            assert {role for role, _ in copy.body} <= {"body", "section_head", "byline"}
    assert min(headed, kickers, posts, above) >= 10


def test_articles_under_a_column_have_none_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(_: Press, *, grouped: bool = False) -> tuple[str, ...]:
        return ("多篇",) if grouped else ("单篇",)

    monkeypatch.setattr(page_structures, "column", named)
    body = tuple(("body", text) for text in PARAGRAPHS)
    story = Copy(headline=("河滨大桥工地建起驿站",), body=body)  # type: ignore[arg-type]
    plan = [story, replace(story, headline=()), story, story, story, replace(story, small=True), story]
    groups = own = 0
    for i in range(300):
        copies = restructured(plan, Press(DEVELOPMENT_STYLES[i % len(DEVELOPMENT_STYLES)], random.Random(f"group-{i}")))
        at = [number for number, copy in enumerate(copies) if copy.above]
        assert at in ([], [2])
        own += sum("单篇" in copy.kicker for copy in copies)
        for number in at:
            groups += 1
            assert copies[number].above == ("多篇",)
            assert all(copy.headline and "单篇" not in copy.kicker for copy in copies[number : number + 3])
    assert min(groups, own) >= 10


def test_what_stands_over_several_articles_is_a_block_of_its_own() -> None:
    for press in presses(30):
        copy = Copy(headline=("甲",), body=(("body", PARAGRAPHS[0]),), above=("== 慢读时光 ==",))
        lines = lay(copy, 0, press)
        assert (lines[0].role, lines[0].article) == ("furniture", None)
        assert {line.before for line in lines[:2]} == {press.style.between}


def test_small_items_have_a_column_and_nothing_else() -> None:
    items = tuple(("body", text) for text in PARAGRAPHS)
    small = Copy(headline=("要闻速览今日十条都在这里",), body=items, small=True)  # type: ignore[arg-type]
    kickers = 0
    for i, press in enumerate(presses(200)):
        for copy in restructured([small] * 3, press):
            kickers += bool(copy.kicker)
            assert replace(copy, kicker=()) == small, i
    assert kickers >= 10


def test_a_section_head_before_any_text_is_told_from_a_deck() -> None:
    """Not in the plain manner, not over a dateline; and plain sections are never signed, which would make articles of them."""
    first = 0
    for dated in ("", "本报讯（记者 陆磊） "):
        body = (("body", dated + PARAGRAPHS[0]), *(("body", text) for text in PARAGRAPHS[1:]))
        for i in range(400):
            press = Press(DEVELOPMENT_STYLES[i % len(DEVELOPMENT_STYLES)], random.Random(f"first-{i}"))
            restructured([Copy(headline=("河滨大桥工地建起驿站",), body=body)], press)  # type: ignore[arg-type]
            manner = next((name[9:] for name in press.hazards if name[9:] in MANNERS), "")
            if "sections_first" in press.hazards:
                first += 1
                assert not dated
                assert manner != "plain"
            if "sections_signed" in press.hazards:
                assert not dated
                assert manner in ("marked", "numbered", "counted", "framed")
    assert first >= 10


def test_runs_that_differ_in_structures_need_two_folders(tmp_path: Path) -> None:
    run = PagesRun((str(tmp_path / "none.jsonl"),), structures=0.7)
    with pytest.raises(Exception, match=r"none\.jsonl"):  # the plan is written by then
        fit_pages(run, tmp_path / "run")
    with pytest.raises(BadInput, match="other options"):
        fit_pages(replace(run, structures=0.0), tmp_path / "run")


@pytest.mark.parametrize(
    ("said", "share"), [([], SHARE), (["--structures", "0.25"], 0.25), (["--structures", "0"], 0.0)]
)
def test_the_command_line_says_the_share(monkeypatch: pytest.MonkeyPatch, said: list[str], share: float) -> None:
    runs: list[PagesRun] = []
    monkeypatch.setattr("training.pages.fit_pages", lambda run, *_: runs.append(run))
    assert main(["pages", "news.jsonl", *said]) == 0
    assert [run.structures for run in runs] == [share]


def test_structured_pages_have_features_and_tags() -> None:
    for page in pages(1.0)[:10]:
        features, tags = read_example(page)
        assert len(tags) == features.dense.shape[0]
