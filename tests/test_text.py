"""Normal form with offsets, Simplified script, sentences and datelines: no character is lost, whatever the text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import han_share, has_han, lead_offset, normalise, split_sentences, to_simplified

MARKS = list("“”‘’「」『』（）()《》【】。！？…，、：；—\n\r \u3000\t.·")
WORDS = [
    "……",
    "——",
    "？！",
    "说",
    "他说",
    "工会",
    "123",
    "３．５",
    "Abc.",
    "𠮷",
    "\ud83d",
    "\u200b",
    "e\u0301",
    "①",
    "10⁵",
    "㎡",
    "。”他说。",
]
PIECES = st.sampled_from([*MARKS, *WORDS])
TEXTS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=60).map("".join))


def sentences(text: str) -> list[str]:
    return [text[a:b].strip() for a, b in split_sentences(text)]


@given(TEXTS)
def test_sentences_cover_the_text_without_gap_or_overlap(text: str) -> None:
    spans = split_sentences(text)
    assert "".join(text[a:b] for a, b in spans) == text
    assert all(a < b for a, b in spans)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("今天开工。明天完工！真的？", ["今天开工。", "明天完工！", "真的？"]),
        ("“这是对的。”他说。大家鼓掌。", ["“这是对的。”他说。", "大家鼓掌。"]),
        ("他说：“好。我来。”于是开工。", ["他说：“好。我来。”", "于是开工。"]),
        ("『有人问：「几时发薪？」没人答。』他回忆。完了。", ["『有人问：「几时发薪？」没人答。』他回忆。", "完了。"]),
        ("（见图。）工地停工。", ["（见图。）", "工地停工。"]),
        ("他停了停……又说：“走吧。”", ["他停了停……", "又说：“走吧。”"]),
        ("一声“开始！”比赛打响。", ["一声“开始！”比赛打响。"]),
        ("增长3.5%，比去年快0.8个百分点。好。", ["增长3.5%，比去年快0.8个百分点。", "好。"]),
        ("第一段\n第二段", ["第一段", "第二段"]),
        ("“没有合上的引号。他走了。", ["“没有合上的引号。", "他走了。"]),
        ("结尾是引号。”", ["结尾是引号。”"]),
        ("", []),
    ],
)
def test_sentences_end_where_an_editor_would_end_them(text: str, wanted: list[str]) -> None:
    assert sentences(text) == wanted


@pytest.mark.parametrize("unit", ["“", "（", "”", "。", "「「", "“好。”", "他说：“", "\n", "…"])
def test_long_texts_of_one_kind_take_linear_time(unit: str) -> None:
    began = time.process_time()
    split_sentences(unit * (200_000 // len(unit)))
    assert time.process_time() - began < 5


@given(TEXTS)
def test_every_normal_character_knows_where_it_stood(text: str) -> None:
    form = normalise(text)
    assert len(form.starts) == len(form.ends) == len(form.text)
    assert all(0 <= a < b <= len(text) for a, b in zip(form.starts, form.ends, strict=True))
    assert list(form.starts) == sorted(form.starts)
    for i, char in enumerate(form.text):
        assert char in normalise(text[form.starts[i] : form.ends[i]]).text
    assert not any("\ud800" <= c <= "\udfff" for c in form.text)


@given(TEXTS)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("１２３．５％　ＡＢＣ", "123.5% ABC"),
        ("，：；！？（）……——", "，：；！？（）……——"),
        ("10⁵与2②", "10⁵与2②"),
        ("零\u200b宽\ufeff", "零宽"),
        ("甲\r\n乙\u2028丙", "甲\n乙\n丙"),
        ("e\u0301", "é"),
        ("\ud800", "\ufffd"),
        ("𠮷野家", "𠮷野家"),
    ],
)
def test_normal_form(text: str, wanted: str) -> None:
    assert normalise(text).text == wanted


def test_a_stretch_of_normal_text_is_found_again_in_the_original() -> None:
    text = "共\u200b追回工资２８６．４万元\r\n（见图）"
    form = normalise(text)
    at = form.text.index("286.4")
    assert text[slice(*form.span(at, at + 5))] == "２８６．４"


@given(TEXTS)
def test_simplified_script_keeps_the_length(text: str) -> None:
    assert len(to_simplified(text)) == len(text)


def test_simplified_script() -> None:
    assert to_simplified("縣總工會為戶外勞動者送清涼") == "县总工会为户外劳动者送清凉"
    assert to_simplified("乾燥的頭髮，發展") == "干燥的头发，发展"


@pytest.mark.parametrize(
    ("body", "lead"),
    [
        ("本报讯（记者林晓舟）7月12日，工会走进工地。", "本报讯（记者林晓舟）"),
        ("本报讯　（记者 林晓舟 通讯员 许望舒）工会走进工地。", "本报讯　（记者 林晓舟 通讯员 许望舒）"),
        ("本报青禾7月3日电　（记者林晓舟）全县", "本报青禾7月3日电　（记者林晓舟）"),
        ("新华社北京7月3日电（记者 林晓舟）全国", "新华社北京7月3日电（记者 林晓舟）"),
        ("【本报讯】（记者林晓舟）今天", "【本报讯】（记者林晓舟）"),
        ("據新華社北京七月三日電", ""),
        ("工会走进工地，记者看到", ""),
        ("本报讯息中心成立", ""),
        ("", ""),
    ],
)
def test_the_dateline_that_opens_a_body(body: str, lead: str) -> None:
    assert body[: lead_offset(body)].rstrip() == lead


def test_share_of_han() -> None:
    assert has_han("abc工")
    assert not has_han("abc、123")
    assert han_share("工会abcd") == pytest.approx(2 / 6)
    assert han_share("。！？") == 0


@pytest.mark.parametrize(
    ("byline", "rest"),
    [
        ("本报驻岚口记者 郁青 通讯员 裴松 ", "“摘一斤花椒，手上要扎十来个眼。”"),
        ("本报记者 张三 李四 ", "七月的青禾县骄阳似火。"),
        ("本报记者 戚晚照 文/图 ", "石汀县的糖画匠人。"),
        ("本报记者 张三\n", "高温作业\n青禾县的工地"),
        ("本报记者 张三\n\n", "编者按\n近来有读者来信"),
        ("", "本报记者走访发现 不少工人在午休"),
        ("", "本报记者近日 走访了三处工地"),
        ("", "本报记者张三从市总工会获悉，今年"),
        ("", "本报记者 王强在青禾调查时"),
    ],
)
def test_a_byline_of_names_alone_ends_with_its_names(byline: str, rest: str) -> None:
    assert lead_offset(byline + rest) == len(byline)
