"""Intervals and paired tests against scipy, exact enumeration and cases done by hand."""

from __future__ import annotations

import math
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse, stats

from eval import significance
from eval.metrics import Array, Scores, ratio
from eval.significance import (
    bca,
    bootstrap,
    both_intervals,
    holm,
    intervals,
    left_out,
    paired,
    paired_all,
    percentile,
    summed,
    total,
)  # fmt: skip


def mean(sums: Array) -> Scores:
    return {"mean": ratio(sums[..., 0], sums[..., 1])}


def rows_of(values: Any) -> Array:
    return np.stack([np.asarray(values, dtype=np.float64), np.ones(len(values))], axis=1)


SKEWED = np.random.default_rng(1).exponential(size=60)


def test_percentile_and_bca_are_scipys() -> None:
    plain, corrected = both_intervals(rows_of(SKEWED), mean, samples=4000)
    for found, method in ((plain["mean"], "percentile"), (corrected["mean"], "BCa")):
        theirs = stats.bootstrap(
            (SKEWED,), np.mean, n_resamples=4000, method=method, rng=np.random.default_rng(5), vectorized=True
        ).confidence_interval
        assert found == pytest.approx(tuple(theirs), abs=0.02)
    assert plain["mean"] is not None
    assert corrected["mean"] is not None
    assert corrected["mean"][1] > plain["mean"][1]  # a long tail to the right moves the interval there


def test_bca_by_its_formula() -> None:
    values = np.sort(np.random.default_rng(2).normal(size=999))
    without = np.array([0.0, 0.1, 0.2, 0.9])
    normal = stats.norm
    bias = normal.ppf(((values < 0.3).sum() + (values <= 0.3).sum()) / 2 / 999)
    gaps = without.mean() - without
    skew = (gaps**3).sum() / (6 * (gaps**2).sum() ** 1.5)
    wanted = [normal.cdf(bias + (bias + z) / (1 - skew * (bias + z))) for z in normal.ppf([0.025, 0.975])]
    assert bca(values, 0.3, without) == pytest.approx(tuple(np.percentile(values, np.multiply(wanted, 100))))


def test_bca_without_skew_and_bias_is_the_percentile_interval() -> None:
    values = np.arange(-500.0, 501)
    assert bca(values, 0.0, np.array([1.0, -1.0])) == pytest.approx(percentile(values))
    assert bca(values, 0.0, np.array([1.0, 1.0])) == pytest.approx(percentile(values))  # all alike: no skew


def test_bca_falls_back_where_nothing_can_be_corrected() -> None:
    values = np.arange(100.0)
    plain = percentile(values)
    assert bca(values, -1.0, np.array([1.0, 2.0])) == plain  # all resamples on one side
    assert bca(values, 100.0, np.array([1.0, 2.0])) == plain
    assert bca(values, 50.0, np.array([1.0, math.nan])) == plain
    assert bca(values, math.nan, np.array([1.0, 2.0])) is None
    assert bca(np.full(10, math.nan), 0.0, np.array([1.0, 2.0])) is None


def test_a_score_that_is_often_undefined_has_no_interval() -> None:
    values = np.arange(100.0)
    values[:5] = math.nan
    assert percentile(values) == pytest.approx(tuple(np.percentile(np.arange(5.0, 100), [2.5, 97.5])))
    values[5] = math.nan
    assert percentile(values) is None
    assert percentile(np.full(3, math.nan)) is None


def test_the_jackknife_leaves_each_item_out_once() -> None:
    values = np.array([1.0, 2, 6])
    assert left_out(rows_of(values), mean)["mean"].tolist() == [4, 3.5, 1.5]


def near(found: Any, wanted: Any) -> bool:
    """Two pairs of intervals that are the same but for rounding."""
    return all(a["mean"] == pytest.approx(b["mean"]) for a, b in zip(found, wanted, strict=True))


def test_sparse_rows_and_small_blocks_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = rows_of(SKEWED), rows_of(SKEWED + np.linspace(-0.1, 0.2, 60))
    thin: Any = (sparse.csr_array(a), sparse.csr_array(b))
    one = both_intervals(a, mean), paired(a, b, mean, "mean"), total(a, mean)
    assert near(both_intervals(thin[0], mean), one[0])
    other = paired(thin[0], thin[1], mean, "mean")
    assert (other.p, other.p_bootstrap) == (one[1].p, one[1].p_bootstrap)
    assert other.interval == pytest.approx(one[1].interval)
    assert total(thin[0], mean) == pytest.approx(one[2])
    assert summed(thin[0]).tolist() == pytest.approx(summed(a).tolist())
    monkeypatch.setattr(significance, "_CELLS", 60 * 7)  # blocks of seven samples
    assert near(both_intervals(a, mean), one[0])
    small = paired(a, b, mean, "mean")
    assert small.p == one[1].p
    assert small.interval == pytest.approx(one[1].interval)
    assert len(bootstrap(a, mean, samples=10)["mean"]) == 10


def test_one_item_has_no_interval() -> None:
    assert intervals(rows_of([0.4]), mean) == {"mean": None}
    assert both_intervals(rows_of([0.4]), mean) == ({"mean": None}, {"mean": None})
    found = paired(rows_of([0.4]), rows_of([0.6]), mean, "mean")
    assert found.interval is None
    assert found.delta == pytest.approx(0.2)


def test_resamples_are_drawn_with_replacement_and_by_the_seed() -> None:
    rows = rows_of(range(5))
    values = bootstrap(rows, lambda sums: {"n": sums[..., 1], "sum": sums[..., 0]}, samples=300)
    assert set(values["n"]) == {5}
    assert values["sum"].min() < 5
    assert values["sum"].max() > 15
    assert (
        bootstrap(rows, mean, samples=20, seed=1)["mean"].tolist() != bootstrap(rows, mean, samples=20)["mean"].tolist()
    )
    rng = np.random.default_rng(7)
    by_hand = rng.multinomial(5, np.full(5, 0.2), size=4) @ np.arange(5.0) / 5
    assert bootstrap(rows, mean, samples=4, seed=7)["mean"].tolist() == pytest.approx(by_hand.tolist())


def test_both_ps_are_what_enumeration_says() -> None:
    a, b = np.array([3, 1, 4, 1, 5.0]), np.array([4, 3, 4, 0, 8.0])
    gap = b - a
    delta = gap.mean()
    swapped = [abs((gap * signs).mean()) >= abs(delta) - 1e-12 for signs in product((1, -1), repeat=5)]
    drawn = [abs(gap[list(places)].mean() - delta) >= abs(delta) - 1e-12 for places in product(range(5), repeat=5)]
    found = paired(rows_of(a), rows_of(b), mean, "mean", samples=6000)
    assert found.p == pytest.approx(np.mean(swapped), abs=0.02)
    assert found.p_bootstrap == pytest.approx(np.mean(drawn), abs=0.02)
    assert (found.name, found.a, found.b, found.samples) == ("mean", 2.8, 3.8, 6000)
    assert found.delta == pytest.approx(1)


def test_the_smallest_p_is_one_in_samples_and_one() -> None:
    rows = rows_of(np.zeros(40)), rows_of(np.ones(40))
    found = paired(rows[0], rows[1], mean, "mean", samples=99)
    assert (found.p, found.p_bootstrap) == (0.01, 0.01)
    assert found.interval == (1, 1)
    same = paired(rows[0], rows[0], mean, "mean", samples=99)
    assert (same.p, same.p_bootstrap, same.delta) == (1, 1, 0)


def test_the_interval_of_the_difference_is_of_b_minus_a_on_the_same_resamples() -> None:
    a, b = rows_of(SKEWED), rows_of(SKEWED * 2)
    drawn = bootstrap(rows_of(SKEWED), mean)["mean"]  # of the gap, which is SKEWED itself
    assert paired(a, b, mean, "mean").interval == pytest.approx(percentile(drawn))


def test_undefined_samples_count_against_a_difference() -> None:
    def often_nothing(sums: Array) -> Scores:
        return {"share": ratio(sums[..., 0], sums[..., 1])}

    a, b = np.array([[1.0, 1], [0, 0], [0, 0]]), np.array([[0.0, 1], [0, 0], [0, 0]])
    found = paired(a, b, often_nothing, "share", samples=400)
    assert found.interval is None
    assert found.p_bootstrap > 0.25  # (2/3)³ of the resamples have nothing to divide by


def test_several_scores_share_their_samples() -> None:
    def two(sums: Array) -> Scores:
        return {"mean": ratio(sums[..., 0], sums[..., 1]), "sum": sums[..., 0]}

    a, b = rows_of(SKEWED), rows_of(SKEWED[::-1] + 0.05)
    one, other = paired_all(a, b, two, ["sum", "mean"])
    assert [one.name, other.name] == ["sum", "mean"]
    assert other == paired(a, b, two, "mean")
    assert one.delta == pytest.approx(60 * other.delta)


def test_rows_of_other_items_are_refused() -> None:
    with pytest.raises(ValueError, match="not the same items"):
        paired(rows_of([1.0, 2]), rows_of([1.0]), mean, "mean")


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
@settings(max_examples=50)
def test_holm_keeps_the_order_and_never_lowers(ps: list[float]) -> None:
    found = holm(ps)
    assert all(1 >= corrected >= p for p, corrected in zip(ps, found, strict=True))
    assert max(found) <= 1
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    assert all(found[i] <= found[j] for i, j in pairwise(order))
    assert min(found) == pytest.approx(min(1, min(ps) * len(ps)))


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.integers(0, 100))
@settings(max_examples=30)
def test_intervals_lie_within_the_values_and_move_with_them(values: list[float], seed: int) -> None:
    rows = rows_of(values)
    low, high = intervals(rows, mean, samples=100, seed=seed)["mean"] or (1, 0)
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    moved = intervals(rows_of(np.add(values, 3)), mean, samples=100, seed=seed)["mean"]
    assert moved == pytest.approx((low + 3, high + 3), abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12))
@settings(max_examples=25)
def test_a_and_b_in_each_others_place_turn_the_difference(pairs: list[tuple[float, float]]) -> None:
    a, b = (rows_of(column) for column in zip(*pairs, strict=True))
    one, other = paired(a, b, mean, "mean", samples=60), paired(b, a, mean, "mean", samples=60)
    assert one.delta == pytest.approx(-other.delta)
    assert one.p == pytest.approx(other.p)
    assert one.p_bootstrap == pytest.approx(other.p_bootstrap)
