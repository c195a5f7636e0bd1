"""How sure a score is, and whether two systems differ: written once for all metrics, on their additive rows.

Intervals are percentile bootstraps over items; the paired test is approximate randomisation (swap the two systems' rows
of an item with probability 1/2), its interval a paired bootstrap. All seeded, all in matrix products: a sample costs no
Python. Knows rows and score functions, not what they mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from eval.metrics import Array, Scores

SAMPLES = 1000
SEED = 20240501
LEVEL = 0.95
SIGNATURE = f"ci:bootstrap-percentile-{LEVEL:.0%}|samples:{SAMPLES}|seed:{SEED}"
_CELLS = 4_000_000  # of a block of weights: 32 MB

Score: TypeAlias = Callable[[Array], Scores]
Interval: TypeAlias = tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A in one score: interval of the difference and two-sided p of the randomisation test."""

    name: str
    a: float
    b: float
    delta: float
    interval: Interval
    p: float
    samples: int


def total(rows: Array, score: Score) -> dict[str, float]:
    """The scores of all items."""
    return {name: float(value) for name, value in score(rows.sum(axis=0)).items()}


def bootstrap(rows: Array, score: Score, *, samples: int = SAMPLES, seed: int = SEED) -> Scores:
    """Every score on resamples of the items, drawn with replacement: one value a sample."""
    parts = [score(weights @ rows) for weights in _draws(len(rows), samples, seed)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def intervals(rows: Array, score: Score, *, samples: int = SAMPLES, seed: int = SEED) -> dict[str, Interval]:
    """The 95% interval of every score; None where one item, or an undefined score, leaves nothing to say."""
    if len(rows) < 2:
        return dict.fromkeys(score(rows.sum(axis=0)))
    return {name: _percentile(values) for name, values in bootstrap(rows, score, samples=samples, seed=seed).items()}


def paired(
    rows_a: Array, rows_b: Array, score: Score, name: str, *, samples: int = SAMPLES, seed: int = SEED
) -> Difference:
    """Is B better than A in score `name` on the same items? Rows must be in the same order."""
    if rows_a.shape != rows_b.shape:
        raise ValueError(f"not the same items: {rows_a.shape} and {rows_b.shape}")
    sum_a, sum_b = rows_a.sum(axis=0), rows_b.sum(axis=0)
    a, b = float(score(sum_a)[name]), float(score(sum_b)[name])
    gap = rows_b - rows_a
    extreme, deltas = 0, []
    for swaps in _swaps(len(rows_a), samples, seed):
        mixed = sum_a + swaps @ gap
        shuffled = score(sum_a + sum_b - mixed)[name] - score(mixed)[name]
        # An undefined shuffle counts against a difference. 1e-12: sums in another order are not another result.
        extreme += int((~(np.abs(shuffled) < abs(b - a) - 1e-12)).sum())
    for weights in _draws(len(rows_a), samples, seed):
        deltas.append(score(weights @ rows_b)[name] - score(weights @ rows_a)[name])
    interval = _percentile(np.concatenate(deltas)) if len(rows_a) > 1 else None
    return Difference(name, a, b, b - a, interval, (extreme + 1) / (samples + 1), samples)


def _draws(n: int, samples: int, seed: int) -> Iterator[Array]:
    """How often each item is in a resample, in blocks of samples."""
    rng = np.random.default_rng(seed)
    share = np.full(n, 1 / n)
    for size in _blocks(n, samples):
        yield rng.multinomial(n, share, size=size).astype(np.float64)


def _swaps(n: int, samples: int, seed: int) -> Iterator[Array]:
    rng = np.random.default_rng(seed)
    for size in _blocks(n, samples):
        yield rng.integers(0, 2, size=(size, n)).astype(np.float64)


def _blocks(n: int, samples: int) -> Iterator[int]:
    step = max(1, _CELLS // n)
    for start in range(0, samples, step):
        yield min(step, samples - start)


def _percentile(values: Array) -> Interval:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return float(low), float(high)
