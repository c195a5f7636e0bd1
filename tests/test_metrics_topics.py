"""Scores, ranking and calibration of topics against scikit-learn, plain loops and cases done by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from eval.metrics import Stack, mean_defined, ratio
from eval.metrics.calibration import Calibration, mass_bins, score_matrix, width_bins
from eval.metrics.ranking import LEVELS, Ranking, Risk, level_of, set_confidence
from eval.metrics.tags import LabelF1, Review, gold_matrix, output_matrix
from eval.predictions import TopicOutput
from eval.sets import TopicItem
from eval.significance import bootstrap, summed, total

TOPICS = ("rights", "skills", "digital")


def data(seed: int, n: int = 60, decimals: int = 3) -> tuple[list[TopicItem], list[TopicOutput], Any, Any, Any]:
    rng = np.random.default_rng(seed)
    gold = rng.random((n, 3)) < [0.3, 0.2, 0.5]
    scores = np.round(np.clip(gold * 0.4 + rng.random((n, 3)) * 0.6, 0, 1), decimals)
    said = scores > 0.5
    names = np.array(TOPICS)
    items = [TopicItem(str(i), "题", "文", frozenset(names[g].tolist())) for i, g in enumerate(gold)]
    outputs = [
        TopicOutput(frozenset(names[s].tolist()), dict(zip(TOPICS, map(float, p), strict=True)), bool(p.max() < 0.7))
        for s, p in zip(said, scores, strict=True)
    ]
    return items, outputs, gold, said, scores


def all_metrics() -> Any:
    return Stack([LabelF1(TOPICS), Calibration(TOPICS), Review(TOPICS), Ranking(TOPICS), Risk(TOPICS)])


def scores_of(metric: Any, items: Any, outputs: Any) -> dict[str, float]:
    return total(metric.rows(items, outputs), metric.scores)


def items_of(*labels: set[str]) -> list[TopicItem]:
    return [TopicItem(str(i), "", "文", frozenset(gold)) for i, gold in enumerate(labels)]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_average_is_scikit_learns(seed: int) -> None:
    from sklearn.metrics import precision_recall_fscore_support

    items, outputs, gold, said, _ = data(seed)
    found = scores_of(LabelF1(TOPICS), items, outputs)
    for average in ("macro", "micro"):
        theirs = precision_recall_fscore_support(gold, said, average=average)
        names = [f"{average}_{part}" for part in ("precision", "recall", "f1")]
        assert [found[name] for name in names] == pytest.approx(theirs[:3])


def test_a_topic_never_said_has_no_precision_and_one_without_gold_no_recall() -> None:
    outputs = [TopicOutput(frozenset({"rights", "digital"})), TopicOutput(frozenset({"rights"}))]
    found = scores_of(LabelF1(TOPICS), items_of({"rights"}, {"skills"}), outputs)
    assert found["precision:rights"] == 0.5
    assert found["recall:rights"] == 1
    assert math.isnan(found["precision:skills"])
    assert math.isnan(found["recall:digital"])
    assert found["macro_precision"] == 0.25  # of rights and digital
    assert found["macro_recall"] == 0.5  # of rights and skills
    assert found["macro_f1"] == pytest.approx((2 / 3 + 0 + 0) / 3)
    assert found["micro_precision"] == pytest.approx(1 / 3)
    assert found["micro_recall"] == 0.5


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_average_precision_is_scikit_learns(seed: int) -> None:
    from sklearn.metrics import average_precision_score

    items, outputs, gold, _, scores = data(seed, decimals=1 + seed)  # with many, some and no ties
    found = scores_of(Ranking(TOPICS), items, outputs)
    theirs = [average_precision_score(gold[:, i], scores[:, i]) for i in range(3)]
    assert [found[f"ap:{t}"] for t in TOPICS] == pytest.approx(theirs)
    assert found["macro_ap"] == pytest.approx(np.mean(theirs))


def test_average_precision_by_hand_and_where_it_is_not_defined() -> None:
    outputs = [TopicOutput(frozenset(), {"rights": p, "skills": 0.5, "digital": 0.0}) for p in (0.9, 0.8, 0.7, 0.2)]
    items = items_of({"rights", "skills"}, set(), {"rights"}, set())
    found = scores_of(Ranking(TOPICS), items, outputs)
    assert found["ap:rights"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert found["ap:skills"] == pytest.approx(1 / 4)  # one tie of four
    assert math.isnan(found["ap:digital"])
    assert found["macro_ap"] == pytest.approx((5 / 6 + 1 / 4) / 2)


def test_levels_go_from_the_highest_score_down() -> None:
    assert level_of(np.array([1.0, 0.9994, 0.5, 0.0004, 0.0])).tolist() == [0, 1, 500, 1000, 1000]
    assert LEVELS == 1001


def test_risk_and_coverage_are_the_plain_loop() -> None:
    items, outputs, gold, said, scores = data(3, 80, 2)
    metric = Risk(TOPICS)
    sure = np.where(said, scores, 1 - scores).prod(axis=1)
    assert set_confidence(outputs, TOPICS) == pytest.approx(sure)
    wrong = ~(gold == said).all(axis=1)
    area, level = 0.0, np.round(sure, 3)
    curve = []
    for cut in sorted(set(level.tolist()), reverse=True):
        kept = level >= cut
        curve.append((kept.mean(), wrong[kept].mean()))
        area += (level == cut).mean() * wrong[kept].mean()
    found = scores_of(metric, items, outputs)
    assert found["aurc"] == pytest.approx(area)
    assert found["risk_at_80"] == pytest.approx(next(risk for coverage, risk in curve if coverage >= 0.8))
    coverage, risk = metric.curve(summed(metric.rows(items, outputs)))
    assert coverage.tolist() == pytest.approx([point for point, _ in curve])
    assert risk.tolist() == pytest.approx([share for _, share in curve])


def test_risk_at_eighty_is_reached_at_exactly_eighty() -> None:
    outputs = [
        TopicOutput(frozenset(), {"rights": p, "skills": 0.0, "digital": 0.0}) for p in (0.0, 0.1, 0.2, 0.3, 0.4)
    ]
    found = scores_of(Risk(TOPICS), items_of(set(), set(), {"rights"}, set(), {"rights"}), outputs)
    assert found["risk_at_80"] == pytest.approx(1 / 4)
    assert found["aurc"] == pytest.approx((0 + 0 + 1 / 3 + 1 / 4 + 2 / 5) / 5)


def test_both_calibration_errors_are_the_plain_loops() -> None:
    items, outputs, gold, _, scores = data(4, 57)
    metric = Calibration(TOPICS)
    found = scores_of(metric, items, outputs)
    mass, width = [], []
    for i in range(3):
        order = np.argsort(scores[:, i], kind="stable")
        parts = np.array_split(order, 10)
        mass.append(sum(abs(scores[p, i].mean() - gold[p, i].mean()) * len(p) for p in parts) / 57)
        edges = [(scores[:, i] > k / 10) & (scores[:, i] <= (k + 1) / 10) for k in range(10)]
        edges[0] |= scores[:, i] == 0
        width.append(sum(abs(scores[p, i].sum() - gold[p, i].sum()) for p in edges) / 57)
        assert found[f"ece:{TOPICS[i]}"] == pytest.approx(mass[i])
        assert found[f"brier:{TOPICS[i]}"] == pytest.approx(((scores[:, i] - gold[:, i]) ** 2).mean())
    assert found["ece"] == pytest.approx(np.mean(mass))
    assert found["ece_width"] == pytest.approx(np.mean(width))


def test_bins_of_width_and_of_mass() -> None:
    assert width_bins(np.array([0.0, 0.05, 0.1, 0.1001, 0.95, 1.0])).tolist() == [0, 0, 0, 1, 9, 9]
    assert mass_bins(np.arange(20) / 20).tolist() == [i // 2 for i in range(20)]
    assert mass_bins(np.array([0.3, 0.1, 0.2]), 3).tolist() == [2, 0, 1]
    assert len(set(mass_bins(np.array([0.4] * 7)))) == 1


def test_the_reliability_curve_counts_all_topics_together() -> None:
    outputs = [TopicOutput(frozenset(), {"rights": 0.85, "skills": 0.05, "digital": 0.81})] * 2
    metric = Calibration(TOPICS)
    curve = metric.curve(summed(metric.rows(items_of({"rights"}, {"rights", "digital"}), outputs)))
    assert [(one.n, round(one.said, 9), one.true) for one in curve] == [(2, 0.05, 0.0), (4, 0.83, 0.75)]


def test_brier_skill_is_nothing_for_the_base_rate_and_undefined_without_gold() -> None:
    items = items_of({"rights"}, set(), set(), {"rights", "skills"})
    base = {"rights": 0.5, "skills": 0.25, "digital": 0.0}
    found = scores_of(Calibration(TOPICS), items, [TopicOutput(frozenset(), base)] * 4)
    assert found["brier_skill"] == pytest.approx(0)  # digital has no gold and is left out
    assert found["brier"] == pytest.approx((0.25 + 0.1875 + 0) / 3)


def test_without_scores_ranking_and_calibration_are_undefined_and_nothing_else() -> None:
    items, outputs, *_ = data(5)
    metric = all_metrics()
    found = scores_of(metric, items, [TopicOutput(out.labels, None, out.needs_review) for out in outputs])
    whole = scores_of(metric, items, outputs)
    lost = {name for name in whole if math.isnan(found[name])}
    assert lost == {"ece", "ece_width", "brier", "brier_skill", "macro_ap", "aurc", "risk_at_80"} | {
        f"{part}:{topic}" for part in ("ece", "brier", "ap") for topic in TOPICS
    }
    assert all(found[name] == whole[name] for name in whole.keys() - lost)
    one_missing = [TopicOutput(out.labels, out.scores if i else None, True) for i, out in enumerate(outputs)]
    assert math.isnan(scores_of(metric, items, one_missing)["macro_ap"])
    assert math.isnan(score_matrix(one_missing, TOPICS).min())


def test_matrices_have_the_topics_order_and_a_shape_without_items() -> None:
    items, outputs = items_of({"skills", "digital"}), [TopicOutput(frozenset({"rights"}))]
    assert gold_matrix(items, TOPICS).tolist() == [[0, 1, 1]]
    assert output_matrix(outputs, TOPICS).tolist() == [[1, 0, 0]]
    assert gold_matrix([], TOPICS).shape == output_matrix([], TOPICS).shape == score_matrix([], TOPICS).shape == (0, 3)


def test_widths_are_those_of_the_rows() -> None:
    items, outputs, *_ = data(6, 9)
    for metric in (LabelF1(TOPICS), Calibration(TOPICS), Review(TOPICS), Ranking(TOPICS), Risk(TOPICS), all_metrics()):
        assert metric.rows(items, outputs).shape == (9, metric.width)


def test_a_resample_is_the_items_repeated() -> None:
    """That rows are additive: sums with weights are the scores of a set in which items stand more than once."""
    items, outputs, *_ = data(7, 12)
    metric = all_metrics()
    rows = metric.rows(items, outputs)
    assert isinstance(rows, sparse.csr_array)
    places = [0, 0, 0, 3, 3, 5, 7, 8, 9, 9, 11, 11]
    weights = np.bincount(places, minlength=12).astype(float)
    one = metric.scores(weights @ rows)
    other = scores_of(metric, [items[i] for i in places], [outputs[i] for i in places])
    fixed = [name for name in one if not name.startswith("ece") or name == "ece_width"]  # mass bins are the whole set's
    assert [float(one[name]) for name in fixed] == pytest.approx([other[name] for name in fixed], nan_ok=True)


def test_the_part_of_a_stack_gives_the_same_score() -> None:
    items, outputs, *_ = data(8, 20)
    metric = all_metrics()
    rows, whole = metric.rows(items, outputs), scores_of(metric, items, outputs)
    for name in ("macro_f1", "ece", "coverage", "macro_ap", "aurc"):
        columns, part = metric.part(name)
        assert float(part.scores(summed(rows[:, columns]))[name]) == whole[name]
    with pytest.raises(KeyError):
        metric.part("bleu")


def test_a_stack_of_short_rows_is_an_array() -> None:
    items, outputs, *_ = data(9, 5)
    stack: Any = Stack([LabelF1(TOPICS), Review(TOPICS)])
    rows = stack.rows(items, outputs)
    assert isinstance(rows, np.ndarray)
    assert np.array_equal(rows[:, :11], LabelF1(TOPICS).rows(items, outputs))
    assert np.array_equal(rows[:, 11:], Review(TOPICS).rows(items, outputs))


def test_ratios_and_means_of_what_is_not_defined() -> None:
    assert ratio(np.array([1.0, 0.0]), np.array([4.0, 0.0])).tolist() == pytest.approx([0.25, math.nan], nan_ok=True)
    assert ratio(np.array([1.0, 2.0]), np.array(2.0)).tolist() == [0.5, 1]
    assert mean_defined(np.array([[1.0, math.nan, 0.5], [math.nan] * 3])).tolist() == pytest.approx(
        [0.75, math.nan], nan_ok=True
    )


# Properties

SEEDS = st.integers(0, 10_000)


@given(SEEDS, st.integers(1, 25))
@settings(max_examples=25)
def test_all_scores_stay_within_their_bounds(seed: int, n: int) -> None:
    items, outputs, *_ = data(seed, n)
    for name, value in scores_of(all_metrics(), items, outputs).items():
        if math.isnan(value) or name.startswith("support"):
            continue
        assert value <= 1 + 1e-9, name
        assert value >= -1e-9 or name == "brier_skill", name


@given(SEEDS, st.permutations(range(10)))
@settings(max_examples=20)
def test_order_of_items_and_of_topics_changes_no_score(seed: int, order: list[int]) -> None:
    items, outputs, *_ = data(seed, 10)
    one = scores_of(all_metrics(), items, outputs)
    other = scores_of(all_metrics(), [items[i] for i in order], [outputs[i] for i in order])
    assert one == pytest.approx(other, nan_ok=True)
    turned = TOPICS[::-1]
    metric: Any = Stack([LabelF1(turned), Calibration(turned), Ranking(turned), Risk(turned)])
    found = scores_of(metric, items, outputs)
    assert found == pytest.approx({name: one[name] for name in found}, nan_ok=True)


@given(SEEDS)
@settings(max_examples=20)
def test_gold_and_answer_in_each_others_place_swap_precision_and_recall(seed: int) -> None:
    items, outputs, *_ = data(seed, 15)
    turned_items = [TopicItem(item.id, "", "文", out.labels) for item, out in zip(items, outputs, strict=True)]
    turned = [TopicOutput(item.labels) for item in items]
    one, other = scores_of(LabelF1(TOPICS), items, outputs), scores_of(LabelF1(TOPICS), turned_items, turned)
    for name in ("macro_f1", "micro_f1", "subset_accuracy", "f1:rights"):
        assert one[name] == pytest.approx(other[name], nan_ok=True)
    assert one["micro_precision"] == pytest.approx(other["micro_recall"], nan_ok=True)
    assert one["macro_recall"] == pytest.approx(other["macro_precision"], nan_ok=True)


@given(SEEDS, st.integers(0, 14))
@settings(max_examples=25)
def test_mending_an_answer_lowers_no_score_of_it(seed: int, place: int) -> None:
    items, outputs, *_ = data(seed, 15)
    right = {t: 1.0 if t in items[place].labels else 0.0 for t in TOPICS}
    mended = [TopicOutput(items[i].labels, right, False) if i == place else out for i, out in enumerate(outputs)]
    before, after = (scores_of(all_metrics(), items, said) for said in (outputs, mended))
    for name in ("micro_f1", "subset_accuracy", "macro_ap", "brier_skill"):
        assert math.isnan(before[name]) or after[name] >= before[name] - 1e-9, name
    assert after["brier"] <= before["brier"] + 1e-12


@given(SEEDS)
@settings(max_examples=15)
def test_average_precision_and_risk_know_only_the_order(seed: int) -> None:
    items, outputs, *_ = data(seed, 20, 2)
    # Squaring keeps the order (scores of two decimals stay apart at three only above .05, so start from there).
    lifted = [TopicOutput(o.labels, {t: round(0.1 + 0.9 * p, 2) for t, p in (o.scores or {}).items()}) for o in outputs]
    squared = [TopicOutput(o.labels, {t: p * p for t, p in (o.scores or {}).items()}) for o in lifted]
    one, other = scores_of(Ranking(TOPICS), items, lifted), scores_of(Ranking(TOPICS), items, squared)
    assert one == pytest.approx(other, nan_ok=True)


def test_resampled_average_precision_is_scikit_learns_on_the_resample() -> None:
    from sklearn.metrics import average_precision_score

    items, outputs, gold, _, scores = data(10, 30)
    metric = Ranking(TOPICS)
    values = bootstrap(metric.rows(items, outputs), metric.scores, samples=5, seed=3)["ap:digital"]
    rng = np.random.default_rng(3)
    weights = rng.multinomial(30, np.full(30, 1 / 30), size=5)
    theirs = [average_precision_score(gold[:, 2], scores[:, 2], sample_weight=w) for w in weights]
    assert values == pytest.approx(theirs)
