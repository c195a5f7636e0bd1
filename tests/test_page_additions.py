"""Tables, letters, poems, briefs and odd lines of training pages: right roles by construction, whole lines, articles kept."""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from eval.make_pages import DEVELOPMENT_STYLES
from eval.page_copy import Copy, Paragraph
from eval.page_layout import lay
from eval.page_press import HAZARDS, Press
from training.page_added import briefs, essay, letters, poem, table
from training.page_additions import ADDITIONS, with_additions
from training.page_asides import labelled_box, last_line, plain_caption
from training.page_briefs import write_items
from training.page_headings import fits
from training.page_letters import afterword, write_letter
from training.page_lines import dateline, long_headline, meeting_deck, progress, series, spot
from training.page_places import fill
from training.page_reports import fitting, write_report
from training.page_tables import KINDS, write_table
from training.page_verse import poet, write_verses

PARAGRAPHS = (
    "河滨大桥工地召开会议，工友下班就能洗上热水澡。驿站夜里十点才关门，附近的司机也来歇脚。",
    "老班长说起头一回领到体检卡，笑得合不拢嘴。大赛那天他也在，看见徒弟在大赛里拿了奖。",
    "全县今年新增技能人才两千多人，高级工占了两成。运动会办了三天，运动会的金牌全是工友的。",
    "问题出在料场，查了三天才找到那颗松动的螺丝。工程没有停，夜里又下起雨来。",
)
BODY: tuple[Paragraph, ...] = tuple(("body", text) for text in PARAGRAPHS)
STORY = Copy(headline=("河滨大桥工地建起驿站",), body=BODY)


def presses(n: int = 150) -> list[Press]:
    return [Press(DEVELOPMENT_STYLES[i % len(DEVELOPMENT_STYLES)], random.Random(f"add-{i}")) for i in range(n)]


def added(copy: Copy, name: str, n: int = 1500) -> Iterator[list[Copy]]:
    """What became of the article where that structure alone was drawn, into it and not after it."""
    for press in presses(n):
        press.hazards.clear()
        found = with_additions([copy], press, 1.5)
        if press.hazards & set(ADDITIONS) == {name} and len(found) == 1:
            yield found


def test_names_are_those_of_no_hazard_and_all_are_drawn() -> None:
    counts: Counter[str] = Counter()
    headed = replace(STORY, body=(*BODY[:2], ("section_head", "夜里"), *BODY[2:]))
    parted = replace(STORY, body=BODY[:3])  # its clauses make heads that differ
    for press in presses(500):
        with_additions([STORY, headed, parted, STORY], press, 1.0)
        counts.update(press.hazards & set(ADDITIONS))
    assert not set(HAZARDS) & set(ADDITIONS)
    assert [name for name in ADDITIONS if counts[name] < 3] == []


def test_an_article_keeps_its_text_and_others_keep_their_order() -> None:
    plan = [replace(STORY, headline=(f"标题{i}",)) for i in range(4)]
    for press in presses(400):
        press.hazards.clear()
        found = with_additions(plan, press, 1.0)
        own = [copy for copy in found if any(PARAGRAPHS[0][:9] in text for _, text in copy.body)]
        assert len(own) == 4
        assert {role for copy in found for role, _ in copy.body} <= {"body", "section_head", "byline", "box", "caption"}
        for copy in found:
            assert copy.headline
            assert copy.body[-1][0] != "section_head"
            assert any(role == "body" for role, _ in copy.body)
            assert len(copy.gaps) <= len(copy.body)
        for copy in own:
            said = "".join(text for role, text in copy.body if role == "body")
            if "brief_row_cut" not in press.hazards:
                assert all(sentence in said for text in PARAGRAPHS for sentence in text.split("。"))


def test_articles_that_are_told_otherwise_are_left_alone() -> None:
    for odd in (replace(STORY, small=True), replace(STORY, headline=()), replace(STORY, jump_from="（上接一版）")):
        for press in presses(60):
            assert with_additions([odd], press, 1.6)[0] == odd
    title = replace(STORY, alternatives=("驿站",), kicker=("驿站",))
    assert all(with_additions([title], press, 1.6)[0].headline == title.headline for press in presses(60))
    onward = replace(STORY, jump_to="（下转二版）")
    assert all(with_additions([onward], press, 1.6)[0].body[-1] == onward.body[-1] for press in presses(200))
    for press in presses(200):  # nothing stands between an article and one without headline
        assert [bool(copy.headline) for copy in with_additions([STORY, replace(STORY, headline=())], press, 1.6)] == [
            True,
            False,
        ]


def test_a_row_of_briefs_leaves_no_article_without_its_own_opening() -> None:
    """A headless one keeps the article before it, whole; one that is cut stands before one that stands alone."""
    headed = replace(STORY, body=(*BODY[:2], ("section_head", "夜里"), *BODY[2:]))
    before, cut = replace(STORY, headline=("前一篇",)), 0
    for press in presses(400):
        found = with_additions([headed, before, replace(STORY, headline=())], press, 1.6)
        assert not found[-1].headline
        assert not found[-2].small
        assert all(any(text in part for _, part in found[-2].body) for text in PARAGRAPHS[0].split("。")[:1])
        found = with_additions([headed, before, before], press, 1.6)
        cut += "brief_row_cut" in press.hazards
    assert cut >= 10


def test_articles_under_one_name_stay_together() -> None:
    plan = [replace(STORY, headline=(f"标题{i}",)) for i in range(4)]
    plan[0] = replace(plan[0], above=("== 多篇 ==",), body=(*BODY[:2], ("section_head", "夜里"), *BODY[2:]))
    more = 0
    for press in presses(400):
        found = with_additions(plan, press, 1.6)
        assert found[0].above
        assert all(any(PARAGRAPHS[0][:9] in text for _, text in copy.body) for copy in found[:3])
        more += len(found) > 4
    assert more >= 10


def test_nothing_stands_between_text_and_signature() -> None:
    kept = 0
    for press in presses(400):
        signed = replace(STORY, sign="陈河")
        found = with_additions([signed], press, 1.6)[0]
        if found.sign == "陈河":
            assert found.body[-1][1].endswith(PARAGRAPHS[-1])
            kept += 1
    assert kept > 300


def test_a_town_is_called_a_town_once() -> None:
    for press in presses(300):
        lines = [
            fill(text, press) for text in ("{place}镇", "{place}矿", "{place}村村民", "{place}厂区的", "{place}乡 某")
        ]
        assert not any(re.search("[镇乡村区站][镇乡村矿]", line.replace("村民", "民")) for line in lines)


def test_rows_are_text_behind_a_line_that_leads_to_them() -> None:
    seen = 0
    for (copy,) in added(STORY, "table_inside"):
        assert {role for role, _ in copy.body} == {"body"}
        rows = [text for _, text in copy.body if text not in PARAGRAPHS]
        assert rows[0].endswith("：")
        assert len(rows) >= 3
        seen += 1
    assert seen >= 10


def test_a_table_with_a_heading_in_an_article_is_a_box() -> None:
    seen = 0
    for (copy,) in added(STORY, "table_box"):
        roles = [role for role, _ in copy.body]
        assert roles.count("box") >= 4
        assert [role for role, _ in itertools.groupby(roles)].count("box") == 1
        seen += 1
    assert seen >= 10


def test_lines_between_paragraphs_have_their_roles() -> None:
    for name, role in (("label_box", "box"), ("caption_told", "caption"), ("last_line", "body")):
        seen = 0
        for (copy,) in added(STORY, name):
            (more,) = (part for part in copy.body if part not in BODY)
            assert more[0] == role
            assert copy.body[0] == BODY[0]
            assert name != "last_line" or copy.body[-1] == more
            seen += 1
        assert seen >= 10, name


def test_lines_above_the_text_have_their_roles() -> None:
    seen: Counter[str] = Counter()
    for name in (
        "series_tag",
        "series_tag_long",
        "progress_above",
        "deck_meeting",
        "dateline_alone",
        "place_above_byline",
    ):
        for (copy,) in added(STORY, name):
            seen[name] += 1
            if name == "dateline_alone":
                assert copy.body[0][0] == "byline"
                assert re.search("[电讯]", copy.body[0][1])
            elif name == "deck_meeting":
                assert len(copy.subheads) == 1
                assert not copy.kicker
            else:
                assert len(copy.kicker) == 1
                assert (copy.headline == STORY.headline) == (name in ("series_tag", "place_above_byline"))
            if name == "place_above_byline":
                lines = lay(copy, 0, presses(1)[0])
                assert [line.role for line in lines[:3]] == ["kicker", "byline", "headline"]
    assert len(seen) == 6
    assert min(seen.values()) >= 5


def test_tables_have_three_rows_or_more_in_one_form() -> None:
    for press, kind in itertools.product(presses(40), KINDS):
        found = write_table(press, kind)
        assert len(found.rows) >= 3
        assert fits(found.heading, found.rows)
        assert fits(found.intro, found.rows)
        assert all(row and row == row.strip() and not re.search(r"[{}\n。]", row) for row in found.rows)
        assert found.intro.endswith("：")
        assert not re.search(r"[{}。]", found.heading)
        if kind == "medals" and all("金" in row for row in found.rows):
            golds = [
                int(re.findall(r"(\d+)金|金(\d+)", row)[0][0] or re.findall(r"金(\d+)", row)[0]) for row in found.rows
            ]
            assert golds == sorted(golds, reverse=True)
    assert fitting("昨晚的球赛，球队赢了，联赛还有三轮。") == ("scores",)
    assert fitting("问题出在料场。") == ()


def test_letters_end_with_who_wrote_them() -> None:
    replies = 0
    for press in presses(100):
        for copy in letters(press):
            roles = [role for role, _ in copy.body]
            assert copy.headline
            assert not copy.byline
            assert (roles.count("byline") == 1) != bool(copy.sign)
            if "byline" in roles:
                rest = roles[roles.index("byline") + 1 :]
                assert rest
                assert set(rest) <= {"body", "box"}
                replies += "body" in rest
    assert replies >= 5


def test_verse_stands_close_and_further_poems_have_section_heads() -> None:
    for press in presses(100):
        (copy,) = poem(press)
        assert len(copy.gaps) == len(copy.body)
        assert copy.body[0][0] == "byline"
        heads = [text for role, text in copy.body if role == "section_head"]
        assert bool(heads) == ("首" in copy.headline[0])
        lines = lay(copy, 0, press)
        verse = [line for line in lines if line.role == "body"]
        assert len(verse) >= 2
        assert all(len(line.text) <= 17 for line in verse)
        assert any(line.before == "\n" for line in verse[1:])
        (prose,) = essay(press)
        assert [role for role, _ in prose.body[1:3]] == ["section_head", "body"]


def test_briefs_are_short_and_have_no_byline() -> None:
    for press in presses(100):
        row = briefs([STORY, STORY, replace(STORY, jump_from="（上接一版）")], press)
        assert 2 <= len(row) <= 5
        for copy in row:
            assert copy == Copy(headline=copy.headline, body=copy.body, small=True)
            assert len(copy.body) == 1
            assert len(copy.headline[0]) <= 24
            assert len(copy.body[0][1]) <= 140
        items = write_items(press, 4)
        assert len({headline for headline, _ in items}) == 4


def test_all_that_is_said_is_whole_lines() -> None:
    for press in presses():
        letter = write_letter(press, saluted=True, replied=0.5)
        verses = write_verses(press)
        lines = [labelled_box(press), last_line(press, "他"), plain_caption(press), *afterword(press), *dateline(press)]
        lines += [series(press), long_headline(press), *progress(press), meeting_deck(press), spot(press), poet(press)]
        lines += [letter.headline, *letter.texts, letter.sign, verses[0], *(verse.title for verse in verses[1])]
        lines += [text for kind in KINDS for text in write_report(press, kind)]
        lines += [text for item in write_items(press, 3) for text in item]
        lines += [text for copy in table(press) for _, text in copy.body]
        assert all(line and line == line.strip() and not re.search(r"[{}\n]", line) for line in lines)
