"""How sure a score is, and whether two systems differ: written once for all metrics, on their additive rows.

Intervals are bootstraps over items, percentile and BCa (bias-corrected and accelerated, from the same resamples). Two
systems are compared by approximate randomisation (swap their rows of an item with probability 1/2) and by the paired
bootstrap, which also gives the interval of the difference. All seeded, all in matrix products: a sample costs no Python.
Rows are arrays or scipy csr_arrays. Knows rows and score functions, not what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, TypeAlias

import numpy as np

from eval.metrics import Array, Scores

SAMPLES = 1000
SEED = 20240501
LEVEL = 0.95
SIGNATURE = f"ci:bootstrap-percentile-{LEVEL:.0%}|samples:{SAMPLES}|seed:{SEED}"
DEFINED = 0.95
"""A score that is undefined (0/0) in more than one resample of twenty has no interval: it would speak of the others."""
_CELLS = 4_000_000  # of a block of weights or sums: 32 MB
_NORMAL = NormalDist()

Score: TypeAlias = Callable[[Array], Scores]
Interval: TypeAlias = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A in one score: interval of the difference, two-sided p of approximate randomisation and, beside it, of the
    paired bootstrap (share of resamples that stray from the difference by as much as it is).
    """

    name: str
    a: float
    b: float
    delta: float
    interval: Interval
    p: float
    p_bootstrap: float
    samples: int


def total(rows: Array, score: Score) -> dict[str, float]:
    """The scores of all items."""
    return {name: float(value) for name, value in score(summed(rows)).items()}


def summed(rows: Array) -> Array:
    """The rows of all items added up."""
    return np.asarray(rows.sum(axis=0), dtype=np.float64).ravel()


def bootstrap(rows: Array, score: Score, *, samples: int = SAMPLES, seed: int = SEED) -> Scores:
    """Every score on resamples of the items, drawn with replacement: one value a sample."""
    return _joined(score(weights @ rows) for weights in _draws(rows.shape, samples, seed))


def intervals(rows: Array, score: Score, *, samples: int = SAMPLES, seed: int = SEED) -> dict[str, Interval]:
    """The 95% percentile interval of every score; None where one item, or an undefined score, leaves nothing to say."""
    if rows.shape[0] < 2:
        return dict.fromkeys(score(summed(rows)))
    return {name: percentile(values) for name, values in bootstrap(rows, score, samples=samples, seed=seed).items()}


def both_intervals(
    rows: Array, score: Score, *, samples: int = SAMPLES, seed: int = SEED
) -> tuple[dict[str, Interval], dict[str, Interval]]:
    """Percentile and BCa intervals of every score, out of the same resamples."""
    if rows.shape[0] < 2:
        return dict.fromkeys(score(summed(rows))), dict.fromkeys(score(summed(rows)))
    drawn = bootstrap(rows, score, samples=samples, seed=seed)
    without, whole = left_out(rows, score), total(rows, score)
    return (
        {name: percentile(values) for name, values in drawn.items()},
        {name: bca(values, whole[name], without[name]) for name, values in drawn.items()},
    )


def left_out(rows: Array, score: Score) -> Scores:
    """Every score with one item left out, an item a value (the jackknife)."""
    everything = summed(rows)
    step = max(1, _CELLS // rows.shape[1])
    return _joined(score(everything - _dense(rows[i : i + step])) for i in range(0, rows.shape[0], step))


def percentile(values: Array, shares: tuple[float, float] = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)) -> Interval:
    """What lies between two shares of the defined values; None when too few are (see `DEFINED`)."""
    known = values[~np.isnan(values)]
    if not len(known) or len(known) < DEFINED * len(values):
        return None
    low, high = np.percentile(known, [100 * share for share in shares])
    return float(low), float(high)


def bca(values: Array, estimate: float, without: Array) -> Interval:
    """The BCa interval (Efron 1987): percentiles moved by the bias of the resamples and by the skew of the jackknife.

    `values` of the resamples, `without` of the jackknife. Where all resamples lie on one side of the estimate, or the
    jackknife is not defined, nothing can be corrected: the percentile interval.
    """
    known = values[~np.isnan(values)]
    plain = percentile(values)
    if plain is None or np.isnan(estimate):
        return None
    below = ((known < estimate).sum() + (known <= estimate).sum()) / (2 * len(known))
    gaps = without.mean() - without
    spread = (gaps**2).sum() ** 1.5
    if not 0 < below < 1 or np.isnan(spread):
        return plain
    bias, skew = _NORMAL.inv_cdf(float(below)), float((gaps**3).sum() / (6 * spread)) if spread > 0 else 0.0
    low, high = (
        _NORMAL.cdf(bias + (bias + z) / (1 - skew * (bias + z)))
        for z in (_NORMAL.inv_cdf((1 - LEVEL) / 2), _NORMAL.inv_cdf((1 + LEVEL) / 2))
    )
    return percentile(values, (low, high))


def paired(
    rows_a: Array, rows_b: Array, score: Score, name: str, *, samples: int = SAMPLES, seed: int = SEED
) -> Difference:
    """Is B better than A in score `name` on the same items? Rows must be in the same order."""
    return paired_all(rows_a, rows_b, score, [name], samples=samples, seed=seed)[0]


def paired_all(
    rows_a: Array, rows_b: Array, score: Score, names: Sequence[str], *, samples: int = SAMPLES, seed: int = SEED
) -> list[Difference]:
    """The same for several scores, on the same swaps and resamples."""
    if rows_a.shape != rows_b.shape:
        raise ValueError(f"not the same items: {rows_a.shape} and {rows_b.shape}")
    sum_a, sum_b = summed(rows_a), summed(rows_b)
    a, b = score(sum_a), score(sum_b)
    gap = rows_b - rows_a

    def shuffled() -> Iterator[Scores]:
        for swaps in _swaps(rows_a.shape, samples, seed):
            mixed = sum_a + swaps @ gap
            yield _minus(score(sum_a + sum_b - mixed), score(mixed), names)

    def resampled() -> Iterator[Scores]:
        for weights in _draws(rows_a.shape, samples, seed):
            yield _minus(score(weights @ rows_b), score(weights @ rows_a), names)

    swapped, drawn = _joined(shuffled()), _joined(resampled())
    found = []
    for name in names:
        delta = float(b[name]) - float(a[name])
        # An undefined sample counts against a difference. 1e-12: sums in another order are not another result.
        p, p_bootstrap = (
            (int((~(np.abs(strays) < abs(delta) - 1e-12)).sum()) + 1) / (samples + 1)
            for strays in (swapped[name], drawn[name] - delta)
        )
        interval = percentile(drawn[name]) if rows_a.shape[0] > 1 else None
        found.append(Difference(name, float(a[name]), float(b[name]), delta, interval, p, p_bootstrap, samples))
    return found


def holm(ps: Sequence[float]) -> list[float]:
    """P values corrected after Holm for how many were tested, in their order."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    corrected = [0.0] * len(ps)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, ps[i] * (len(ps) - rank)))
        corrected[i] = highest
    return corrected


def _minus(b: Scores, a: Scores, names: Sequence[str]) -> Scores:
    return {name: b[name] - a[name] for name in names}


def _joined(parts: Iterable[Scores]) -> Scores:
    found = list(parts)
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _dense(rows: Any) -> Array:
    found: Array = rows if isinstance(rows, np.ndarray) else rows.toarray()
    return found


def _draws(shape: tuple[int, ...], samples: int, seed: int) -> Iterator[Array]:
    """How often each item is in a resample, in blocks of samples."""
    rng = np.random.default_rng(seed)
    share = np.full(shape[0], 1 / shape[0])
    for size in _blocks(shape, samples):
        yield rng.multinomial(shape[0], share, size=size).astype(np.float64)


def _swaps(shape: tuple[int, ...], samples: int, seed: int) -> Iterator[Array]:
    rng = np.random.default_rng(seed)
    for size in _blocks(shape, samples):
        yield rng.integers(0, 2, size=(size, shape[0])).astype(np.float64)


def _blocks(shape: tuple[int, ...], samples: int) -> Iterator[int]:
    step = max(1, _CELLS // max(shape))
    for start in range(0, samples, step):
        yield min(step, samples - start)
