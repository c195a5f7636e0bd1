"""Dates, quotations, copying and faithfulness: cases done by hand, and what must hold of any text. All texts are invented."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics import Stack
from eval.metrics.chinese import bare, tokens
from eval.metrics.copying import Copying, copied_tokens, novel_grams
from eval.metrics.dates import Date, find_dates
from eval.metrics.facts import Facts, Shape, supported_numbers
from eval.metrics.names import find_names, find_persons
from eval.metrics.numbers import find_numbers, read_numeral
from eval.metrics.quotations import find_quotations
from eval.metrics.rouge import ChrF, Rouge, overlap_f1, sequence_f1
from eval.predictions import SummaryOutput
from eval.sets import SummaryItem
from eval.significance import total


def scores_of(metric: Any, *triples: tuple[str, str, str]) -> dict[str, float]:
    """Scores of (body, reference, summary)."""
    items = [SummaryItem(str(i), body, reference) for i, (body, reference, _) in enumerate(triples)]
    return total(metric.rows(items, [SummaryOutput(said) for *_, said in triples]), metric.scores)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2026年3月12日", [Date(2026, 3, 12)]),
        ("二〇二六年三月十二日", [Date(2026, 3, 12)]),
        ("２０２６年３月", [Date(2026, 3, None)]),
        ("2026-03-12 和 2025/1/2、2024.12.31", [Date(2026, 3, 12), Date(2025, 1, 2), Date(2024, 12, 31)]),
        ("3月12日至15日", [Date(None, 3, 12), Date(None, 3, 15)]),
        ("2026年3月30日—4月2日", [Date(2026, 3, 30), Date(2026, 4, 2)]),
        ("12日上午，13日下午", [Date(None, None, 12), Date(None, None, 13)]),
        ("十二月五号", [Date(None, 12, 5)]),
        ("五月五日", [Date(None, 5, 5)]),
        ("2026年和2026年", [Date(2026, None, None)]),
        ("3月31日", [Date(None, 3, 31)]),
        ("12月1日", [Date(None, 12, 1)]),
        ("2999年", [Date(2999, None, None)]),
        ("1000年前", [Date(1000, None, None)]),
        ("5月1〇日", [Date(None, 5, 10)]),
        ("2〇〇6年〇3月", [Date(2006, 3, None)]),
        ("3月1十日", [Date(None, 3, None)]),
    ],
)
def test_dates_that_are_read(text: str, dates: list[Date]) -> None:
    assert find_dates(text) == dates


@pytest.mark.parametrize(
    "text",
    [
        "13月",
        "3月32日",
        "0日",
        "40日",
        "3个月",
        "历时3天",
        "2020年代",
        "昨日",
        "第5号线",
        "12345年",
        "0999年",
        "3000年",
        "１十月",
        "二0日",
        "3十日",
        "三十1日",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert find_dates(text) == []


def test_a_date_is_supported_by_one_that_says_as_much() -> None:
    day, whole = Date(None, 3, 12), Date(2026, 3, 12)
    assert day.within(whole)
    assert whole.within(whole)
    assert not whole.within(day)
    assert not Date(None, 3, 13).within(whole)
    assert not Date(None, 4, 12).within(whole)
    assert not Date(2025, 3, 12).within(whole)
    assert Date(2026, None, None).within(whole)


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("他说：“水到了。”大家鼓掌。", ["水到了。"]),
        ('「甲」和『乙』和‘丙’和"丁"', ["甲", "乙", "丙", "丁"]),
        ("“外‘内’外”", ["外‘内’外"]),
        ("“甲”“乙”“甲”", ["甲", "乙"]),
        ("《书名》没有引号“。”", []),
        ("“没有关上\n的引号”", []),
    ],
)
def test_quotations(text: str, quotes: list[str]) -> None:
    assert find_quotations(text) == quotes


def test_copied_runs_by_hand() -> None:
    source = tokens("县总工会走进河滨大桥工地送清凉")
    assert copied_tokens(tokens("总工会走进学校"), source) == 5
    assert copied_tokens(tokens("总工会"), source) == 0  # three tokens prove nothing
    assert copied_tokens(tokens("河滨大桥"), source) == 4
    assert copied_tokens(tokens("河滨大桥送清凉啊大桥工地"), source) == 8
    assert copied_tokens([], source) == 0
    assert novel_grams(list("甲乙丙"), list("甲乙丁"), 2) == (1, 2)
    assert novel_grams(list("甲乙甲乙"), list("丙"), 2) == (2, 2)
    assert novel_grams(list("甲"), list("甲"), 2) == (0, 0)


def test_copying_by_hand() -> None:
    body = "县总工会走进河滨大桥工地，送去清凉。"
    found = scores_of(Copying(), (body, "大桥送清凉", "县总工会走进 工地"), (body, "送去清凉", "工会送汤"))
    assert found["copy_rate"] == pytest.approx(6 / 12)
    assert found["novel_bigrams"] == pytest.approx((1 + 2) / (7 + 3))
    assert found["novel_trigrams"] == pytest.approx((2 + 2) / (6 + 2))
    assert found["prefix_share"] == 0
    assert found["length_ratio"] == pytest.approx((8 + 4) / (5 + 4))
    assert scores_of(Copying(), (body, "甲", "县总工会，走进"))["prefix_share"] == 1
    empty = scores_of(Copying(), (body, "甲", ""))
    assert empty["prefix_share"] == 0
    assert math.isnan(empty["copy_rate"])


def test_every_kind_of_fact_by_hand() -> None:
    body = "3月12日，青禾县总工会主席唐知远说：“水渠今年修好。”工程耗资1.2亿元，惠及三百二十户。"
    said = "湖南3月13日“水渠明年修好”耗资12000万元 惠及330户 3月12日“今年修好”"
    found = scores_of(Facts(), (body, "耗资1.2亿元 惠及320户", said))
    assert found["date_precision"] == 0.5
    assert found["quote_precision"] == 0.5
    assert found["name_precision"] == 0
    # 3月, 13日, 12日 are numbers with units too: 3月 and 12日 stand in the body, 13日 and 330 do not.
    assert found["number_precision"] == pytest.approx(3 / 5)
    assert found["number_recall"] == 0.5
    nothing = scores_of(Facts(), (body, "送清凉", "送清凉"))
    assert all(math.isnan(value) for value in nothing.values())


def test_facts_are_added_up_over_items() -> None:
    one = ("3月12日修好。", "甲", "3月12日修好")
    other = ("3月12日修好。", "甲", "4月1日修好")
    assert scores_of(Facts(), one, other, other)["date_precision"] == pytest.approx(1 / 3)
    assert scores_of(Facts(), ("共320户。", "320户", "320户 330户"), ("共1户。", "12户 13户", "甲"))[
        "number_recall"
    ] == pytest.approx(1 / 3)


def test_numbers_are_supported_one_by_one() -> None:
    assert supported_numbers(find_numbers("12%和30家"), find_numbers("30户，百分之十二，40")) == [True, True]
    assert supported_numbers(find_numbers("12家"), find_numbers("12%")) == [False]
    assert supported_numbers([], find_numbers("12")) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("三百二十", 320), ("一万零五十", 10050), ("十二", 12), ("二十", 20), ("两千零五", 2005), ("一亿两千万", 120_000_000),
     ("三万亿", 3 * 10**12), ("二〇二六", 2026), ("一二三四", 1234), ("百万", 10**6)],
)  # fmt: skip
def test_numerals_have_their_values(text: str, value: int) -> None:
    assert read_numeral(text) == value


@pytest.mark.parametrize("text", ["三", "三四十", "一二三", "十五五", "三点五", "两两两两"])
def test_what_is_no_numeral(text: str) -> None:
    assert read_numeral(text) is None


def test_numerals_with_decimals_are_shares_only() -> None:
    assert read_numeral("三点五", share=True) == read_numeral("三点五", unit="%") == 3.5
    assert read_numeral("五", share=True) == 5
    assert read_numeral("十二点零五", share=True) == Fraction(1205, 100)


def test_numbers_come_in_order_once_and_with_their_units() -> None:
    text = "3.5%的1,200家企业，三百二十万元；3.5%，百分之二十，12‰，5万吨"
    assert [(float(n.value), n.unit) for n in find_numbers(text)] == [
        (3.5, "%"), (1200, ""), (3_200_000, "元"), (20, "%"), (12, "‰"), (50_000, "吨"),
    ]  # fmt: skip
    assert find_numbers("1.5千万 2百 3十") == find_numbers("15000000 200 30")
    assert [float(n.value) for n in find_numbers("12余名和三十多名")] == [12, 30]


def test_units_that_contradict_and_units_that_are_missing() -> None:
    bare_number, metres, share = find_numbers("12 12公里 12%")
    assert bare_number.agrees(metres)
    assert metres.agrees(bare_number)
    assert not bare_number.agrees(share)
    assert not share.agrees(metres)
    assert not metres.agrees(find_numbers("13公里")[0])


def test_names_by_their_kinds() -> None:
    text = "湖南大学教授唐知远表示，青禾县总工会主席 林晓舟介绍，记者周小川在长沙报道"
    names = find_names(text)
    assert {"湖南", "长沙", "湖南大学", "唐知远", "周小川"} <= set(names)
    assert find_persons("教授唐知远表示，林晓舟介绍，记者周小川在长沙报道") == ["唐知远", "周小川", "林晓舟"]
    assert find_persons("主席林晓舟的话") == ["林晓舟"]
    assert find_persons("主席林晓的话") == ["林晓"]  # 的 begins the next word
    assert find_persons("天气晴好") == []
    assert len(names) == len(set(names))


def test_shape_by_hand() -> None:
    found = scores_of(Shape(), ("县总工会送清凉。", "", "工会 送清凉！"), ("甲。", "", "乙"), ("甲", "", "…"))
    assert found == {
        "abstractive_share": pytest.approx(1 / 3),
        "mean_chars": pytest.approx((6 + 1 + 1) / 3),
        "empty_share": pytest.approx(1 / 3),
    }


def test_rouge_and_chrf_of_several_texts() -> None:
    pairs = [("文", "甲乙丙丁", "甲乙"), ("文", "戊己", "戊己"), ("文", "庚", "辛")]
    found = scores_of(Rouge(), *pairs)
    assert found["rouge1"] == pytest.approx((2 * 2 / 6 + 1 + 0) / 3)
    assert found["rouge2"] == pytest.approx((2 * 1 / 4 + 1 + 0) / 3)
    assert found["rougeL"] == pytest.approx((2 * 2 / 6 + 1 + 0) / 3)
    assert scores_of(ChrF(), ("文", "甲乙丙", ""))["chrf"] == 0
    assert scores_of(ChrF(), ("文", "甲乙丙", "丁戊己"))["chrf"] == 0


def test_rouge_counts_repeated_tokens_as_often_as_both_have_them() -> None:
    assert overlap_f1(list("甲甲甲乙"), list("甲甲丙"), 1) == pytest.approx(2 * 2 / 7)
    assert overlap_f1(list("甲乙甲乙"), list("甲乙丙甲乙"), 2) == pytest.approx(2 * 2 / 7)
    assert overlap_f1([], [], 1) == 1
    assert sequence_f1(list("甲乙丙丁"), list("丁甲丙")) == pytest.approx(2 * 2 / 7)


def test_chrf_of_a_corpus_with_short_and_repeated_texts_is_sacrebleus() -> None:
    from sacrebleu.metrics.chrf import CHRF

    pairs = [("甲甲乙甲甲乙丙", "甲甲乙丙甲甲"), ("甲", "甲乙丙丁戊己庚"), ("甲乙丙丁戊己庚", "乙"), ("", "甲乙")]
    for some in (pairs, pairs[:1], pairs[1:2], pairs[2:3]):
        theirs = CHRF().corpus_score([a for a, _ in some], [[b for _, b in some]]).score / 100
        assert scores_of(ChrF(), *(("文", b, a) for a, b in some))["chrf"] == pytest.approx(theirs)


def test_widths_are_those_of_the_rows() -> None:
    items, outputs = [SummaryItem("a", "正文。", "题")] * 2, [SummaryOutput("文")] * 2
    metrics: list[Any] = [Rouge(), ChrF(), Facts(), Shape(), Copying()]
    for metric in [*metrics, Stack(metrics)]:
        assert metric.rows(items, outputs).shape == (2, metric.width)
        assert metric.rows([], []).shape == (0, metric.width)


# Properties

PARTS = st.sampled_from(
    [
        "县总工会",
        "送清凉",
        "12%",
        "3月12日",
        "5月1〇日",
        "〇",
        "3",
        "十日",
        "1.2万名",
        "“水到了”",
        "湖南",
        "主席唐知远",
        "表示",
        "AI",
        "，",
        "。",
        " ",
        "𠮷",
        "縣",
    ]
)
TEXT = st.lists(PARTS, max_size=10).map("".join)


@given(TEXT, TEXT, TEXT)
@settings(max_examples=60)
def test_all_shares_stay_between_nothing_and_one(body: str, reference: str, said: str) -> None:
    metric: Any = Stack([Rouge(), ChrF(), Facts(), Shape(), Copying()])
    for name, value in scores_of(metric, (body, reference, said)).items():
        assert math.isnan(value) or value >= 0
        assert math.isnan(value) or value <= 1 + 1e-12 or name in ("mean_chars", "length_ratio"), name


@given(TEXT, st.data())
@settings(max_examples=60)
def test_a_piece_of_the_source_is_faithful_and_copied(body: str, draw: st.DataObject) -> None:
    parts = sorted((draw.draw(st.integers(0, len(body))), draw.draw(st.integers(0, len(body)))))
    said = body[parts[0] : parts[1]]
    found = scores_of(Stack([Facts(), Shape(), Copying()]), (body, said, said))
    assert found["quote_precision"] in (1, pytest.approx(math.nan, nan_ok=True))
    assert found["abstractive_share"] == 0
    count = len(tokens(said))
    inside = f" {' '.join(tokens(said))} " in f" {' '.join(tokens(body))} "
    if inside:  # a cut through a Latin run makes another token
        assert found["novel_bigrams"] in (0, pytest.approx(math.nan, nan_ok=True))
        assert found["copy_rate"] in ((1,) if count >= 4 else (0, pytest.approx(math.nan, nan_ok=True)))


@given(TEXT, TEXT)
@settings(max_examples=60)
def test_a_longer_source_supports_no_less(body: str, said: str) -> None:
    one, more = scores_of(Facts(), (body, "", said)), scores_of(Facts(), (f"{body}。{said}。", "", said))
    for name in ("number_precision", "name_precision", "quote_precision", "date_precision"):
        assert math.isnan(one[name]) == math.isnan(more[name])
        assert math.isnan(one[name]) or more[name] >= one[name]
        assert math.isnan(more[name]) or more[name] == 1


@given(TEXT, TEXT)
@settings(max_examples=40)
def test_script_and_width_change_no_text_score(reference: str, said: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in said).replace("县", "縣")
    metric: Any = Stack([Rouge(), ChrF()])
    assert scores_of(metric, ("文", reference, wide)) == pytest.approx(scores_of(metric, ("文", reference, said)))
    assert bare(wide) == bare(said)
