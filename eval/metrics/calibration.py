"""Are probabilities true? Expected calibration error over bins of two kinds, Brier score, and the reliability curve.

`ece` has bins of equal mass (the literature's adaptive ECE, and what DESIGN fixes), `ece_width` ten bins of equal width
(the classic one). Knows scores from 0 to 1 and 0/1 labels, one topic at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.metrics import Array, Scores, mean_defined, ratio
from eval.metrics.tags import gold_matrix
from eval.predictions import TopicOutput
from eval.sets import TopicItem

BINS = 10


def mass_bins(scores: Array, bins: int = BINS) -> NDArray[np.intp]:
    """The bin of each score: bins of equal mass over this set; equal scores share a bin, so input order is nothing."""
    ordered = np.sort(scores)
    sizes = [len(part) for part in np.array_split(ordered, bins)]
    starts = np.cumsum(sizes)[:-1]
    edges = ordered[starts[starts < len(ordered)]]
    return np.searchsorted(edges, scores, side="right")


def width_bins(scores: Array, bins: int = BINS) -> NDArray[np.intp]:
    """The bin of each score: `bins` stretches of equal width, each with its upper edge, the first with 0 too."""
    return np.clip(np.ceil(scores * bins).astype(np.intp) - 1, 0, bins - 1)


def score_matrix(outputs: Sequence[TopicOutput], topics: Sequence[str]) -> Array:
    """Scores, shape (items, topics); NaN all over when any output has none."""
    if any(out.scores is None for out in outputs):
        return np.full((len(outputs), len(topics)), np.nan)
    found = [[(out.scores or {})[t] for t in topics] for out in outputs]
    return np.array(found, dtype=np.float64).reshape(-1, len(topics))


@dataclass(frozen=True, slots=True)
class Reliability:
    """One bin of a reliability curve: how many scores, their mean, and the share that was gold."""

    n: int
    said: float
    true: float


class Calibration:
    """Expected calibration error and Brier skill, both the mean over topics.

    The bins are those of the whole set and stay fixed in resamples (that makes the statistics additive). Brier skill is
    1 - Brier / Brier of always saying the topic's share in this very set; a topic without gold has none and is left
    out.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)

    @property
    def step(self) -> int:
        """Numbers of one topic: n, score and label by bin of both kinds; squared error; gold."""
        return 6 * BINS + 2

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return len(self.topics) * self.step + 1

    def rows(self, items: Sequence[TopicItem], outputs: Sequence[TopicOutput]) -> Array:
        """The numbers of every topic, then one. NaN all over when scores are missing."""
        n = len(items)
        gold, scores = gold_matrix(items, self.topics), score_matrix(outputs, self.topics)
        if np.isnan(scores).any():
            return np.full((n, self.width), np.nan)
        parts: list[Array] = []
        for i in range(len(self.topics)):
            for bins in (mass_bins(scores[:, i]), width_bins(scores[:, i])):
                here = np.zeros((n, 3, BINS))
                here[np.arange(n), 0, bins] = 1
                here[np.arange(n), 1, bins] = scores[:, i]
                here[np.arange(n), 2, bins] = gold[:, i]
                parts.append(here.reshape(n, -1))
            parts += [((scores[:, i] - gold[:, i]) ** 2)[:, None], gold[:, i : i + 1]]
        return np.hstack([*parts, np.ones((n, 1))])

    def scores(self, sums: Array) -> Scores:
        """`ece`, `ece_width`, `brier`, `brier_skill`, and `ece:<topic>`, `brier:<topic>`."""
        n = sums[..., -1]
        ece: list[Array] = []
        wide: list[Array] = []
        brier: list[Array] = []
        skill: list[Array] = []
        out: Scores = {}
        for i, topic in enumerate(self.topics):
            here = sums[..., i * self.step : (i + 1) * self.step]
            mass, width = here[..., : 3 * BINS], here[..., 3 * BINS : 6 * BINS]
            for found, part in ((ece, mass), (wide, width)):
                gap = np.abs(part[..., BINS : 2 * BINS] - part[..., 2 * BINS :]).sum(axis=-1)
                found.append(ratio(gap, n))
            brier.append(ratio(here[..., -2], n))
            share = ratio(here[..., -1], n)
            skill.append(1 - ratio(brier[-1], share * (1 - share)))
            out[f"ece:{topic}"], out[f"brier:{topic}"] = ece[-1], brier[-1]
        for name, values in (("ece", ece), ("ece_width", wide), ("brier", brier), ("brier_skill", skill)):
            out[name] = mean_defined(np.stack(values, axis=-1))
        return out

    def curve(self, sums: Array) -> list[Reliability]:
        """The reliability curve of all topics together, in ten bins of equal width, empty ones left out. Sums (k,)."""
        per_topic = sums[:-1].reshape(len(self.topics), self.step)
        n, said, true = per_topic[:, 3 * BINS : 6 * BINS].reshape(-1, 3, BINS).sum(axis=0)
        return [Reliability(int(c), float(s / c), float(t / c)) for c, s, t in zip(n, said, true, strict=True) if c > 0]
