"""A metric is a row of additive numbers for each item, and a function from sums of such rows to scores.

So bootstrap intervals and paired tests are written once (eval/significance.py) and hold for every metric. Add a metric:
write a class with `rows` and `scores`, and name it in its task (eval/topics.py, summaries.py or pages.py). Metrics know
nothing of files, models or tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
"""Rows may also be a scipy csr_array of the same shape, where most of a row is 0 (metrics/ranking.py): it is only ever
multiplied, summed and subtracted."""
Scores: TypeAlias = dict[str, Array]

ItemT_contra = TypeVar("ItemT_contra", contravariant=True)
OutputT_contra = TypeVar("OutputT_contra", contravariant=True)


class Metric(Protocol[ItemT_contra, OutputT_contra]):
    """Scores outputs against items; a score that is not defined (0/0) is NaN, never a silent 0 or 1."""

    @property
    def width(self) -> int:
        """k, the numbers in a row."""
        ...

    def rows(self, items: Sequence[ItemT_contra], outputs: Sequence[OutputT_contra]) -> Array:
        """The statistics, one row an item: shape (items, k)."""
        ...

    def scores(self, sums: Array) -> Scores:
        """Named scores of summed rows: shape (..., k) in, shape (...) out for every name."""
        ...


class Stack(Metric[ItemT_contra, OutputT_contra]):
    """Several metrics side by side as one, so that all share the same resamples."""

    def __init__(self, metrics: Sequence[Metric[ItemT_contra, OutputT_contra]]) -> None:
        self._metrics = tuple(metrics)

    @property
    def width(self) -> int:
        """All widths together."""
        return sum(metric.width for metric in self._metrics)

    def rows(self, items: Sequence[ItemT_contra], outputs: Sequence[OutputT_contra]) -> Array:
        """The statistics of all metrics next to each other; sparse when one of them is."""
        parts: list[Any] = [metric.rows(items, outputs) for metric in self._metrics]
        if all(isinstance(part, np.ndarray) for part in parts):
            return np.hstack(parts)
        from scipy import sparse

        joined: Array = sparse.hstack(parts, format="csr")
        return joined

    def scores(self, sums: Array) -> Scores:
        """The scores of all metrics."""
        out: Scores = {}
        start = 0
        for metric in self._metrics:
            out |= metric.scores(sums[..., start : start + metric.width])
            start += metric.width
        return out

    def part(self, name: str) -> tuple[slice, Metric[ItemT_contra, OutputT_contra]]:
        """The columns and the metric that one score needs: a paired test of it should not compute all others too.

        Raises KeyError when no metric has it.
        """
        start = 0
        for metric in self._metrics:
            if name in metric.scores(np.zeros(metric.width)):
                return slice(start, start + metric.width), metric
            start += metric.width
        raise KeyError(name)


def ratio(part: Array, whole: Array) -> Array:
    """`part / whole` with 0/0 as NaN."""
    found: Array = np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole != 0)
    return found


def mean_defined(values: Array) -> Array:
    """The mean over the last axis of what is defined; NaN where nothing is."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))
