"""Editing the split of a page: nothing is lost whatever is done, and each edit does what its name says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.article import ROLES, Page
from models.errors import BadInput
from models.pages import split_page
from service.desk.page_edit import OPS, Edit, apply
from service.desk.page_marks import Mark, check_marks, example_of, marks_of, page_of
from tests.invented import read

PAGES = read("pages.jsonl.gz")
TEXT = """青禾日报 第3版

县工会送清凉到工地

本报记者 林晓舟

　　7月12日，县工会走进河滨大桥工地，为三百二十名工人送去绿豆汤和防暑药品。

　　工人们都说好，喝完继续去

干活，工期不等人。

六百名焊工同台比武

　　决赛在石桥机械厂开赛，来自九个市的六百名选手同台竞技，比的是手上功夫。
"""
LINES = [line.strip() for line in TEXT.splitlines() if line.strip()]
ROWS: list[tuple[str, int | None]] = [
    ("furniture", None), ("headline", 0), ("byline", 0), ("body", 0), ("body", 0), ("body", 0), ("headline", 1), ("body", 1),
]  # fmt: skip


def marks() -> tuple[Mark, ...]:
    """The page above as it should be split, without the broken sentence joined."""
    found, at = [], 0
    for line, (role, article) in zip(LINES, ROWS, strict=True):
        at = TEXT.index(line, at)
        found.append(Mark(at, at + len(line), role, article, unsure=article == 0))  # type: ignore[arg-type]
        at += len(line)
    return tuple(found)


def done(*edits: Edit) -> Page:
    after = apply(TEXT, marks(), edits)
    check_marks(TEXT, after)
    return page_of(TEXT, after)


@pytest.mark.parametrize("page", PAGES, ids=[page["id"] for page in PAGES])
def test_the_marks_of_a_split_make_the_same_articles(page: dict[str, Any]) -> None:
    split = split_page(page["text"])
    found = marks_of(split)
    check_marks(page["text"], found)
    again = page_of(page["text"], found)
    assert again.furniture == split.furniture
    assert len(again.articles) == len(split.articles)
    for one, other in zip(again.articles, split.articles, strict=True):
        assert (one.headline, one.body, one.blocks) == (other.headline, other.body, other.blocks)
        assert (one.needs_review, one.reporters, one.captions) == (other.needs_review, other.reporters, other.captions)
    assert marks_of(again) == found


edits = st.builds(
    Edit, st.sampled_from(OPS), st.integers(0, 60), st.none() | st.integers(0, 60), st.none() | st.sampled_from(ROLES),
    st.none() | st.integers(0, 8), st.none() | st.integers(0, 900),
)  # fmt: skip
texts = st.sampled_from([page["text"] for page in PAGES] + [TEXT]) | st.text(
    "工会日报记者，。 　\n\r\u2028\t〇𠮷é（下转第四版）", max_size=120
)


@given(text=texts, wanted=st.lists(edits, max_size=12))
@settings(max_examples=120)
def test_no_edit_loses_or_doubles_a_character(text: str, wanted: list[Edit]) -> None:
    now = marks_of(split_page(text))
    for edit in wanted:
        try:
            now = apply(text, now, [edit])
        except BadInput as error:
            assert error.field == "edits[0]" and "。 " in error.message
            continue
        check_marks(text, now)
    page = page_of(text, now)
    blocks = [b for article in page.articles for b in article.blocks] + list(page.furniture)
    assert all(block.text == text[block.start : block.end] for block in blocks)
    covered = sorted(n for block in blocks for n in range(block.start, block.end) if not text[n].isspace())
    assert covered == [n for n, c in enumerate(text) if not c.isspace()]
    # Each article's body is its text lines, whole and in order.
    for article in page.articles:
        lines = [b.text for b in article.blocks if b.role in ("body", "section_head")]
        assert article.body.replace("\n", "") == "".join(lines).replace("\n", "")


def test_a_broken_sentence_is_joined_and_parted_again() -> None:
    assert done().articles[0].body.count("\n") == 2
    joined = done(Edit("join", 5))
    assert "喝完继续去干活，工期不等人。" in joined.articles[0].body
    assert not joined.articles[0].needs_review  # a person has looked
    assert done(Edit("join", 5), Edit("part", 5)).articles[0].body == done().articles[0].body


def test_an_article_is_merged_and_opened_again() -> None:
    merged = done(Edit("merge", 7))
    assert [a.headline for a in merged.articles] == ["县工会送清凉到工地"]
    assert [b.role for b in merged.articles[0].blocks if b.text == LINES[6]] == ["section_head"]
    assert LINES[6] in merged.articles[0].body
    opened = done(Edit("merge", 7), Edit("open", 6))
    assert [a.headline for a in opened.articles] == [LINES[1], LINES[6]]
    assert opened.articles[1].body == LINES[7]


def test_two_heads_without_text_between_become_one_article() -> None:
    page = done(Edit("role", 2, 5, "furniture"), Edit("merge", 6))
    assert page.articles[0].headline == LINES[1]
    assert page.articles[0].subheads == (LINES[6],)


def test_a_boundary_moves_both_ways() -> None:
    up = done(Edit("move", 6, 5))
    assert up.articles[0].body == f"{LINES[3]}\n{LINES[4]}"
    assert up.articles[1].body == f"{LINES[5]}\n{LINES[7]}"
    down = done(Edit("move", 6, 7))
    assert down.articles[0].body.endswith(LINES[6]) and down.articles[1].body == LINES[7]
    for to in (1, 0, 6):
        with pytest.raises(BadInput, match="开头"):
            apply(TEXT, marks(), [Edit("move", 6, to)])


def test_roles_change_for_one_line_or_for_several() -> None:
    page = done(Edit("role", 0, role="kicker"))
    assert page.articles[0].kicker == (LINES[0],) and not page.furniture
    page = done(Edit("role", 5, 3, "box"))
    assert page.articles[0].boxes == tuple(LINES[3:6]) and page.articles[0].body == ""
    page = done(Edit("role", 6, 7, "furniture"))
    assert len(page.articles) == 1 and [b.text for b in page.furniture] == [LINES[0], *LINES[6:]]


def test_a_line_is_cut_where_two_parts_stand_on_it() -> None:
    at = TEXT.index("同台竞技")
    cut = apply(TEXT, marks(), [Edit("cut", 7, at=at)])
    assert page_of(TEXT, cut).articles[1].body == LINES[7]  # nothing changes until a part gets another role
    page = page_of(TEXT, apply(TEXT, cut, [Edit("role", 8, role="caption")]))
    assert page.articles[1].captions == ("同台竞技，比的是手上功夫。",)
    with pytest.raises(BadInput, match="不在这一行"):
        apply(TEXT, marks(), [Edit("cut", 7, at=3)])


def test_lines_are_given_to_another_article() -> None:
    page = done(Edit("give", 7, article=0))
    assert page.articles[0].body.endswith(LINES[7]) and page.articles[1].body == ""
    with pytest.raises(BadInput, match="没有这篇"):
        apply(TEXT, marks(), [Edit("give", 7, article=5)])


def test_what_is_no_split_of_the_page_is_refused() -> None:
    good = marks()
    check_marks(TEXT, good)
    for bad in (
        good[:-1],
        good[::-1],
        (*good, good[-1]),
        (Mark(0, 5, "furniture", None), *good[1:]),
        (Mark(good[0].start, good[0].end, "furniture", 0), *good[1:]),
        (good[0], Mark(good[1].start, good[1].end, "headline", 3), *good[2:]),
        (good[0], Mark(good[1].start, good[1].end, "headline", 0, joins=True), *good[2:]),
    ):
        with pytest.raises(BadInput, match="完整拆分"):
            check_marks(TEXT, bad)


def test_an_article_without_text_is_no_example() -> None:
    assert [row["headline"] for row in example_of(done())] == [LINES[1], LINES[6]]
    with pytest.raises(BadInput, match="第 2 篇没有正文"):
        example_of(done(Edit("role", 7, role="caption")))
    with pytest.raises(BadInput, match="没有稿件"):
        example_of(done(Edit("role", 0, 7, "furniture")))
