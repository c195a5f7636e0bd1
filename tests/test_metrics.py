"""Metrics against independent implementations, hand-computed cases and properties. All texts are invented."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics import Stack, mean_defined, ratio
from eval.metrics.calibration import Calibration, mass_bins
from eval.metrics.chinese import bare, drop_spaces, simplify, tokens
from eval.metrics.facts import Facts, Shape
from eval.metrics.layout import Layout
from eval.metrics.names import find_names
from eval.metrics.numbers import find_numbers
from eval.metrics.rouge import ChrF, Rouge, overlap_f1, rouge_l, sequence_f1
from eval.metrics.tags import LabelF1, Review
from eval.predictions import PageOutput, SummaryOutput, TopicOutput
from eval.sets import GoldArticle, PageItem, SummaryItem, TopicItem
from eval.significance import bootstrap, intervals, paired, total

TOPICS = ("rights", "skills", "digital")
PAIRS = [
    ("青禾县总工会为三百二十名建筑工人送清凉", "县总工会走进河滨大桥工地送清凉"),
    ("河滨新区上线“一键找充电桩”小程序", "河滨新区推出找充电桩小程序 覆盖1.2万户"),
    ("云岭茶园办起采茶技能比武", "云岭茶园举办第5届采茶技能竞赛"),
    ("澄江码头AI调度系统v2试运行", "澄江码头试用AI调度系统"),
    ("一句完全不相干的话", "春耕时节农机手忙开了"),
]


def topic_data(seed: int, n: int = 60) -> tuple[list[TopicItem], list[TopicOutput], Any, Any, Any]:
    rng = np.random.default_rng(seed)
    gold = rng.random((n, 3)) < [0.3, 0.2, 0.5]
    scores = np.clip(gold * 0.4 + rng.random((n, 3)) * 0.6, 0, 1)
    said = scores > 0.5
    items = [TopicItem(str(i), "题", "文", frozenset(np.array(TOPICS)[g].tolist())) for i, g in enumerate(gold)]
    outputs = [
        TopicOutput(
            frozenset(np.array(TOPICS)[s].tolist()), dict(zip(TOPICS, map(float, p), strict=True)), bool(p.max() < 0.7)
        )
        for s, p in zip(said, scores, strict=True)
    ]
    return items, outputs, gold, said, scores


def summary_scores(metric: Any, pairs: Sequence[tuple[str, str]], body: str = "正文") -> dict[str, float]:
    items = [SummaryItem(str(i), body, reference) for i, (_, reference) in enumerate(pairs)]
    return total(metric.rows(items, [SummaryOutput(said) for said, _ in pairs]), metric.scores)


# Topics


@pytest.mark.parametrize("seed", [0, 1])
def test_f1_is_scikit_learns(seed: int) -> None:
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    items, outputs, gold, said, _ = topic_data(seed)
    metric = LabelF1(TOPICS)
    found = total(metric.rows(items, outputs), metric.scores)
    macro = precision_recall_fscore_support(gold, said, average="macro", zero_division=0)
    micro = precision_recall_fscore_support(gold, said, average="micro", zero_division=0)
    assert found["macro_f1"] == pytest.approx(macro[2])
    assert found["micro_f1"] == pytest.approx(micro[2])
    assert found["subset_accuracy"] == pytest.approx(accuracy_score(gold, said))
    for i, parts in enumerate(zip(*precision_recall_fscore_support(gold, said), strict=True)):
        names = [f"{part}:{TOPICS[i]}" for part in ("precision", "recall", "f1", "support")]
        assert [found[name] for name in names] == pytest.approx(parts)


def test_a_topic_without_gold_and_answer_is_left_out_of_the_macro_mean() -> None:
    from sklearn.metrics import f1_score

    items = [TopicItem("a", "", "文", frozenset({"rights"})), TopicItem("b", "", "文", frozenset({"rights", "skills"}))]
    outputs = [TopicOutput(frozenset({"rights"})), TopicOutput(frozenset())]
    metric = LabelF1(TOPICS)
    found = total(metric.rows(items, outputs), metric.scores)
    gold, said = [[1, 0, 0], [1, 1, 0]], [[1, 0, 0], [0, 0, 0]]
    assert found["macro_f1"] == pytest.approx(f1_score(gold, said, average="macro", zero_division=math.nan))
    assert math.isnan(found["f1:digital"])
    assert found["f1:skills"] == 0


@pytest.mark.parametrize("seed", [0, 1])
def test_brier_is_scikit_learns_and_ece_is_the_plain_loop(seed: int) -> None:
    from sklearn.metrics import brier_score_loss

    items, outputs, gold, _, scores = topic_data(seed, 57)
    metric = Calibration(TOPICS)
    found = total(metric.rows(items, outputs), metric.scores)
    briers = [brier_score_loss(gold[:, i], scores[:, i]) for i in range(3)]
    shares = gold.mean(axis=0)
    assert found["brier"] == pytest.approx(np.mean(briers))
    assert found["brier_skill"] == pytest.approx(
        np.mean([1 - b / (p * (1 - p)) for b, p in zip(briers, shares, strict=True)])
    )
    errors = []
    for i in range(3):
        order = np.argsort(scores[:, i])
        parts = np.array_split(order, 10)
        errors.append(sum(abs(scores[p, i].mean() - gold[p, i].mean()) * len(p) for p in parts) / len(order))
    assert found["ece"] == pytest.approx(np.mean(errors))


def test_perfect_scores_have_no_calibration_error_and_full_skill() -> None:
    items, *_ = topic_data(3)
    sure = [TopicOutput(item.labels, {t: float(t in item.labels) for t in TOPICS}, False) for item in items]
    metric: Any = Stack([LabelF1(TOPICS), Calibration(TOPICS), Review(TOPICS)])
    found = total(metric.rows(items, sure), metric.scores)
    assert (found["macro_f1"], found["ece"], found["brier_skill"]) == (1, 0, 1)
    assert (found["coverage"], found["auto_precision"]) == (1, 1)


def test_equal_scores_share_a_bin_whatever_the_order() -> None:
    scores = np.array([0.1] * 30 + [0.9] * 30)
    bins = mass_bins(scores)
    assert len(set(bins[:30])) == len(set(bins[30:])) == 1
    assert bins[0] != bins[-1]


def test_review_counts_what_is_spared() -> None:
    items = [TopicItem(str(i), "", "文", frozenset({"rights"})) for i in range(4)]
    right, wrong = frozenset({"rights"}), frozenset({"rights", "skills"})
    outputs = [
        TopicOutput(labels, None, review)
        for labels, review in [(right, False), (wrong, False), (right, True), (right, False)]
    ]
    metric = Review(TOPICS)
    found = total(metric.rows(items, outputs), metric.scores)
    assert found == {"coverage": 0.75, "auto_precision": pytest.approx(2 / 3)}


def test_missing_scores_stay_undefined_and_harm_nothing_else() -> None:
    items, outputs, *_ = topic_data(4)
    bare_outputs = [TopicOutput(out.labels) for out in outputs]
    metric: Any = Stack([LabelF1(TOPICS), Calibration(TOPICS), Review(TOPICS)])
    found = total(metric.rows(items, bare_outputs), metric.scores)
    assert math.isnan(found["ece"])
    assert math.isnan(found["coverage"])
    assert 0 < found["macro_f1"] < 1
    assert intervals(metric.rows(items, bare_outputs), metric.scores, samples=20)["ece"] is None


# Texts


def test_rouge_is_rouge_chinese() -> None:
    from rouge_chinese import Rouge as Other

    theirs = Other().get_scores([" ".join(tokens(a)) for a, _ in PAIRS], [" ".join(tokens(b)) for _, b in PAIRS])
    for (said, reference), their in zip(PAIRS, theirs, strict=True):
        a, b = tokens(said), tokens(reference)
        assert sequence_f1(a, b) == pytest.approx(their["rouge-l"]["f"], abs=1e-6)
        if len(set(a)) == len(a) and len(set(b)) == len(b):  # theirs counts repeated tokens once
            assert overlap_f1(a, b, 1) == pytest.approx(their["rouge-1"]["f"], abs=1e-6)
            assert overlap_f1(a, b, 2) == pytest.approx(their["rouge-2"]["f"], abs=1e-6)


def test_chrf_is_sacrebleus() -> None:
    from sacrebleu.metrics.chrf import CHRF

    said, references = [bare(a) for a, _ in PAIRS], [bare(b) for _, b in PAIRS]
    assert summary_scores(ChrF(), PAIRS)["chrf"] == pytest.approx(CHRF().corpus_score(said, [references]).score / 100)
    for a, b in zip(said, references, strict=True):
        assert summary_scores(ChrF(), [(a, b)])["chrf"] == pytest.approx(CHRF().corpus_score([a], [[b]]).score / 100)


@pytest.mark.parametrize("text", [b for _, b in PAIRS] + ["县", "AI", "𠮷野家在河滨开店", "３.５％"])
def test_identical_texts_give_exactly_one(text: str) -> None:
    metric: Any = Stack([Rouge(), ChrF()])
    assert set(summary_scores(metric, [(text, text)] * 3).values()) == {1.0}


def test_extension_b_is_one_token_each_and_quotes_are_none() -> None:
    assert tokens("𠮷𪚥“丽”…—’") == ["𠮷", "𪚥", "丽"]
    assert len(tokens("𰻞𱁬")) == 2  # extension G, and opencc knows the simplified biáng
    assert rouge_l("𠮷", "𪚥") == 0
    assert overlap_f1(["𠮷"], ["𪚥"], 2) == 0


def test_the_protocol_folds_script_width_case_and_keeps_runs_whole() -> None:
    assert tokens("ＡＩ助手２.０，服務 3家 Wi-Fi") == ["ai", "助", "手", "2", "0", "服", "务", "3", "家", "wi", "fi"]
    assert rouge_l("縣總工會送清涼！", "县总工会 送清凉") == 1


def test_rouge_by_hand() -> None:
    # 甲乙丙 / 甲丙丁戊: unigrams 2 of 3 and 4; no bigram; subsequence 甲丙.
    found = summary_scores(Rouge(), [("甲乙丙", "甲丙丁戊")])
    assert found == {"rouge1": pytest.approx(4 / 7), "rouge2": 0, "rougeL": pytest.approx(4 / 7)}
    assert summary_scores(Rouge(), [("", "甲丙")]) == {"rouge1": 0, "rouge2": 0, "rougeL": 0}


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("1.2亿", "12000万"),
        ("１２％", "百分之十二"),
        ("三百二十名", "320名"),
        ("1,500家", "1500家"),
        ("两千万元", "2000万元"),
        ("二〇二六年", "2026年"),
        ("2026年度", "2026年"),
        ("一百零五", "105"),
        ("百分之三点五", "3.5%"),
        ("1.2万亿", "12000亿"),
    ],
)
def test_the_same_number_in_two_spellings(one: str, same: str) -> None:
    (a,), (b,) = find_numbers(one), find_numbers(same)
    assert a.value == b.value
    assert a.agrees(b)
    assert b.agrees(a)


@pytest.mark.parametrize(("one", "other"), [("12%", "12家"), ("3月", "3日"), ("12‰", "12%"), ("3万", "3亿")])
def test_other_units_are_other_numbers(one: str, other: str) -> None:
    (a,), (b,) = find_numbers(one), find_numbers(other)
    assert not a.agrees(b)


@pytest.mark.parametrize(
    "text",
    ["一些职工", "统一部署", "十分满意", "千万别忘", "“十五五”规划", "老百姓", "三点见面", "十二点三分开会", "一二三"],
)
def test_what_is_no_number(text: str) -> None:
    assert find_numbers(text) == []


def test_facts_by_hand() -> None:
    body = "青禾县总工会主任唐知远表示，去年为1.2万名职工体检，今年增至15000人，覆盖率达92%。"
    items = [SummaryItem("a", body, "青禾县今年为1.5万人体检 覆盖率92%")] * 2
    outputs = [SummaryOutput("县总工会主任唐知远表示为12000人体检"), SummaryOutput("湖南为1.5万人体检 增长80%")]
    found = total(Facts().rows(items, outputs), Facts().scores)
    assert found["number_precision"] == pytest.approx(2 / 3)  # 80% stands nowhere
    assert found["number_recall"] == pytest.approx(1 / 4)  # of 1.5万 and 92%, twice
    said = [find_names(out.summary) for out in outputs]
    assert "湖南" in said[1]
    assert "唐知远" in said[0]
    assert find_names("记者唐知报道") == ["唐知"]
    assert found["name_precision"] == pytest.approx(1 - 1 / sum(map(len, said)))


def test_no_numbers_at_all_is_undefined_not_perfect() -> None:
    found = summary_scores(Facts(), [("工会送清凉", "工会送清凉")])
    assert math.isnan(found["number_precision"])
    assert math.isnan(found["number_recall"])


def test_abstractive_means_no_piece_of_the_source() -> None:
    items = [SummaryItem("a", "县总工会今天，为工人送去绿豆汤。", "送绿豆汤")] * 3
    outputs = [SummaryOutput("县总工会今天为工人送去 绿豆汤！"), SummaryOutput("工会送汤"), SummaryOutput("")]
    found = total(Shape().rows(items, outputs), Shape().scores)
    assert found["abstractive_share"] == pytest.approx(1 / 3)
    assert found["mean_chars"] == pytest.approx((15 + 4) / 3)
    assert found["empty_share"] == pytest.approx(1 / 3)


# Pages

BODY = "青禾县把老旧水渠改造列为头一件实事。" * 4
PAGE = PageItem("p", "甲题\n\n正文", (GoldArticle("甲 题", BODY, ("甲题（连载）",)), GoldArticle("乙题", BODY[::-1])))


def page_scores(*articles: tuple[str, str], blocks: tuple[tuple[int, int], ...] | None = ((0, 6),)) -> dict[str, float]:
    return total(Layout().rows([PAGE], [PageOutput(articles, blocks)]), Layout().scores)


def test_a_perfect_page() -> None:
    found = page_scores(("甲题", BODY), ("乙 题", BODY[::-1]))
    assert found == {"article_f1": 1, "headline_exact": 1, "body_char_f1": 1, "lost_chars": 0, "doubled_chars": 0}


def test_alternatives_count_and_five_characters_are_forgiven_six_are_not() -> None:
    assert page_scores(("甲题（连载）", BODY + "多出五个字"), ("乙题", BODY[::-1]))["article_f1"] == 1
    found = page_scores(("甲题", BODY + "多出了六个字"), ("乙题", BODY[::-1]))
    assert (found["article_f1"], found["headline_exact"]) == (0.5, 1)


def test_two_percent_of_a_long_body_are_forgiven() -> None:
    long = (BODY * 7)[:445]  # 2% are 8; of the 454 characters with nine more they would be 9
    page = PageItem("p", "文", (GoldArticle("题", long),))
    for extra, right in ((8, 1.0), (9, 0.0)):
        metric = Layout()
        found = total(metric.rows([page], [PageOutput((("题", long + "增" * extra),))]), metric.scores)
        assert found["article_f1"] == right
        assert math.isnan(found["lost_chars"])


def test_a_gold_article_is_found_once_and_lost_characters_are_counted() -> None:
    found = page_scores(("甲题", BODY), ("甲题", BODY), blocks=((0, 2), (0, 1), (5, 6)))
    assert found["article_f1"] == 0.5
    assert found["headline_exact"] == 0.5
    assert (found["lost_chars"], found["doubled_chars"]) == (1, 1)


def test_two_articles_of_one_headline_need_two_in_the_output() -> None:
    page = PageItem("p", "文", (GoldArticle("题", BODY), GoldArticle("题", BODY)))
    found = total(Layout().rows([page], [PageOutput((("题", BODY), ("别的题", BODY)))]), Layout().scores)
    assert (found["headline_exact"], found["article_f1"]) == (0.5, 0.5)
    # The greedy choice (the first output for the first gold) must give way when the second has no other.
    page = PageItem("p", "文", (GoldArticle("题", BODY, ("又题",)), GoldArticle("题", BODY)))
    found = total(Layout().rows([page], [PageOutput((("题", BODY), ("又题", BODY)))]), Layout().scores)
    assert found["article_f1"] == 1


def test_unrelated_bodies_share_nothing() -> None:
    page = PageItem("p", "文", (GoldArticle("题", "甲乙丙丁戊己庚辛壬癸"),))
    for said, share in (("甲乙丙子丑寅卯辰巳午", 0.0), ("甲乙丙丁戊寅卯辰巳午", 0.5)):
        found = total(Layout().rows([page], [PageOutput((("题", said),))]), Layout().scores)
        assert found["body_char_f1"] == share


def test_merged_articles_are_half_right_in_characters() -> None:
    found = page_scores(("甲题", BODY + BODY[::-1]))
    assert found["article_f1"] == 0
    assert 0.4 < found["body_char_f1"] < 0.6


# Resampling


def mean_score(sums: Any) -> Any:
    return {"mean": ratio(sums[..., 0], sums[..., 1])}


def test_intervals_hold_the_score_and_are_seeded() -> None:
    items, outputs, *_ = topic_data(5)
    metric = LabelF1(TOPICS)
    rows = metric.rows(items, outputs)
    found, again = (intervals(rows, metric.scores) for _ in range(2))
    assert found == again
    low, high = found["macro_f1"] or (1, 0)
    assert low < total(rows, metric.scores)["macro_f1"] < high


def test_the_bootstrap_spreads_as_the_standard_error() -> None:
    rng = np.random.default_rng(0)
    rows = np.stack([rng.random(200), np.ones(200)], axis=1)
    values = bootstrap(rows, mean_score, samples=2000)["mean"]
    assert values.std() == pytest.approx(rows[:, 0].std() / math.sqrt(200), rel=0.1)


def test_a_paired_test_sees_a_planted_difference_and_none_where_none_is() -> None:
    items, good, *_ = topic_data(6, 120)
    worse = [TopicOutput(frozenset() if i % 3 == 0 else out.labels) for i, out in enumerate(good)]
    metric = LabelF1(TOPICS)
    a, b = metric.rows(items, worse), metric.rows(items, good)
    found = paired(a, b, metric.scores, "macro_f1")
    assert found.delta > 0
    assert found.p < 0.01
    assert found.interval is not None
    assert found.interval[0] > 0
    same = paired(b, b, metric.scores, "macro_f1")
    assert (same.delta, same.p) == (0, 1)
    assert paired(b, a, metric.scores, "macro_f1").p == found.p


def test_the_interval_is_the_middle_95_percent() -> None:
    rng = np.random.default_rng(1)
    rows = np.stack([rng.random(300), np.ones(300)], axis=1)
    found = intervals(rows, mean_score, samples=4000)["mean"]
    mean, error = rows[:, 0].mean(), rows[:, 0].std() / math.sqrt(300)
    assert found == pytest.approx((mean - 1.96 * error, mean + 1.96 * error), abs=0.15 * error)


def test_the_interval_of_a_difference_is_paired() -> None:
    rows = np.stack([np.random.default_rng(2).random(50), np.ones(50)], axis=1)
    assert paired(rows, np.add(rows, [[0.1, 0]]), mean_score, "mean").interval == pytest.approx((0.1, 0.1))


def test_p_is_that_of_all_swaps() -> None:
    a, b = np.array([3, 1, 4, 1, 5, 9, 2, 6.0]), np.array([4, 3, 4, 0, 7, 9, 5, 7.0])
    swaps = np.array([[(code >> i) & 1 for i in range(8)] for code in range(256)])
    exact = (np.abs(((b - a) * (1 - 2 * swaps)).sum(axis=1)) >= abs((b - a).sum())).mean()
    rows_a, rows_b = (np.stack([values, np.ones(8)], axis=1) for values in (a, b))
    assert paired(rows_a, rows_b, mean_score, "mean", samples=5000).p == pytest.approx(exact, abs=0.02)


# Properties

CHARS = st.text(st.sampled_from("工会县城水渠，。 AIai12３“”𠮷縣"), max_size=24)


@given(CHARS, CHARS)
@settings(max_examples=60, deadline=None)
def test_overlap_is_bounded_and_symmetric(a: str, b: str) -> None:
    x, y = tokens(a), tokens(b)
    for score in (sequence_f1, lambda p, q: overlap_f1(p, q, 1), lambda p, q: overlap_f1(p, q, 2)):
        assert 0 <= score(x, y) <= 1
        assert score(x, y) == score(y, x)
        assert score(x, x) == 1
    assert sequence_f1(x, y) <= overlap_f1(x, y, 1) + 1e-12


@given(CHARS)
@settings(max_examples=60, deadline=None)
def test_normalising_twice_changes_nothing_and_full_width_is_the_same(text: str) -> None:
    assert simplify(simplify(text)) == simplify(text)
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert tokens(wide) == tokens(text)
    assert unicodedata.is_normalized("NFKC", simplify(text))


@given(st.text(st.sampled_from("县总工会主任唐知远表示湖南大学记者12万％，。"), min_size=2, max_size=40), st.data())
@settings(max_examples=60, deadline=None)
def test_every_name_in_a_piece_of_the_source_stands_in_the_source(body: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body) - 1))
    piece = body[start : data.draw(st.integers(start + 1, len(body)))]
    assert all(simplify(name) in drop_spaces(simplify(body)) for name in find_names(piece))


@given(st.permutations(range(12)), st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_order_of_items_changes_no_score(order: list[int], seed: int) -> None:
    items, outputs, *_ = topic_data(seed, 12)
    metric: Any = Stack([LabelF1(TOPICS), Calibration(TOPICS), Review(TOPICS)])
    one = total(metric.rows(items, outputs), metric.scores)
    other = total(metric.rows([items[i] for i in order], [outputs[i] for i in order]), metric.scores)
    assert one == pytest.approx(other, nan_ok=True)


@given(st.integers(0, 50), st.integers(0, 11))
@settings(max_examples=30, deadline=None)
def test_mending_one_answer_never_lowers_f1(seed: int, place: int) -> None:
    items, outputs, *_ = topic_data(seed, 12)
    metric = LabelF1(TOPICS)
    mended = [TopicOutput(items[i].labels) if i == place else out for i, out in enumerate(outputs)]
    before, after = (total(metric.rows(items, said), metric.scores) for said in (outputs, mended))
    assert after["micro_f1"] >= before["micro_f1"] - 1e-12
    assert after["subset_accuracy"] >= before["subset_accuracy"]


def test_undefined_values_are_left_out_of_a_mean_and_all_undefined_stays_so() -> None:
    assert mean_defined(np.array([1.0, math.nan])) == 1
    assert math.isnan(mean_defined(np.array([math.nan, math.nan])))
