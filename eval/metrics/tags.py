"""Metrics of topics: precision, recall and F1, calibration, and what an editor is spared.

Inputs are label sets and score dicts; which topics exist is told once, at construction. A topic with neither a gold
nor a predicted article has no F1: it is left out of the macro mean (as in scikit-learn's `zero_division=nan`), and
the caller names it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.metrics import Array, Scores, mean_defined, ratio
from eval.predictions import TopicOutput
from eval.sets import TopicItem

BINS = 10
"""Equal-mass bins of the calibration error (DESIGN)."""


def gold_matrix(items: Sequence[TopicItem], topics: Sequence[str]) -> Array:
    """Gold labels as 0/1, shape (items, topics)."""
    return np.array([[t in item.labels for t in topics] for item in items], dtype=np.float64).reshape(-1, len(topics))


def output_matrix(outputs: Sequence[TopicOutput], topics: Sequence[str]) -> Array:
    """Predicted labels as 0/1, shape (items, topics)."""
    return np.array([[t in out.labels for t in topics] for out in outputs], dtype=np.float64).reshape(-1, len(topics))


class LabelF1:
    """Macro, micro and per-topic precision, recall, F1 and support, and the share of exactly right label sets."""

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 3 * len(self.topics) + 2

    def rows(self, items: Sequence[TopicItem], outputs: Sequence[TopicOutput]) -> Array:
        """True positives, predicted and gold a topic; exact match; one."""
        gold, said = gold_matrix(items, self.topics), output_matrix(outputs, self.topics)
        exact = (gold == said).all(axis=1, keepdims=True).astype(np.float64)
        return np.hstack([gold * said, said, gold, exact, np.ones_like(exact)])

    def scores(self, sums: Array) -> Scores:
        """`macro_f1`, `micro_f1`, `subset_accuracy` and `<part>:<topic>`."""
        k = len(self.topics)
        hits, said, gold = sums[..., :k], sums[..., k : 2 * k], sums[..., 2 * k : 3 * k]
        f1 = ratio(2 * hits, said + gold)
        out = {
            "macro_f1": mean_defined(f1),
            "micro_f1": ratio(2 * hits.sum(axis=-1), (said + gold).sum(axis=-1)),
            "subset_accuracy": ratio(sums[..., 3 * k], sums[..., 3 * k + 1]),
        }
        precision, recall = ratio(hits, said), ratio(hits, gold)
        for i, topic in enumerate(self.topics):
            out[f"precision:{topic}"] = precision[..., i]
            out[f"recall:{topic}"] = recall[..., i]
            out[f"f1:{topic}"] = f1[..., i]
            out[f"support:{topic}"] = gold[..., i]
        return out


def mass_bins(scores: Array, bins: int = BINS) -> NDArray[np.intp]:
    """The bin of each score: bins of equal mass over this set; equal scores share a bin, so input order is nothing."""
    ordered = np.sort(scores)
    sizes = [len(part) for part in np.array_split(ordered, bins)]
    starts = np.cumsum(sizes)[:-1]
    edges = ordered[starts[starts < len(ordered)]]
    return np.searchsorted(edges, scores, side="right")


class Calibration:
    """Expected calibration error and Brier skill, both the mean over topics.

    The bins are those of the whole set and stay fixed in resamples (that makes the statistics additive). Brier skill is
    1 - Brier / Brier of always saying the topic's share in this very set; a topic without gold has none and is left
    out.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return len(self.topics) * (2 * BINS + 2) + 1

    def rows(self, items: Sequence[TopicItem], outputs: Sequence[TopicOutput]) -> Array:
        """For a topic: score and label by bin, squared error, gold; then one. NaN all over when scores are missing."""
        k, n = len(self.topics), len(items)
        if any(out.scores is None for out in outputs):
            return np.full((n, self.width), np.nan)
        gold = gold_matrix(items, self.topics)
        scores = np.array([[(out.scores or {})[t] for t in self.topics] for out in outputs]).reshape(-1, k)
        parts = []
        for i in range(k):
            here = np.zeros((n, 2, BINS))
            bins = mass_bins(scores[:, i])
            here[np.arange(n), 0, bins] = scores[:, i]
            here[np.arange(n), 1, bins] = gold[:, i]
            parts += [here.reshape(n, -1), ((scores[:, i] - gold[:, i]) ** 2)[:, None], gold[:, i : i + 1]]
        return np.hstack([*parts, np.ones((n, 1))])

    def scores(self, sums: Array) -> Scores:
        """`ece`, `brier`, `brier_skill`, and `ece:<topic>`."""
        n = sums[..., -1]
        step = 2 * BINS + 2
        ece, brier, skill = [], [], []
        out: Scores = {}
        for i, topic in enumerate(self.topics):
            here = sums[..., i * step : (i + 1) * step]
            ece.append(ratio(np.abs(here[..., :BINS] - here[..., BINS : 2 * BINS]).sum(axis=-1), n))
            brier.append(ratio(here[..., -2], n))
            share = ratio(here[..., -1], n)
            skill.append(1 - ratio(brier[-1], share * (1 - share)))
            out[f"ece:{topic}"] = ece[-1]
        out["ece"] = mean_defined(np.stack(ece, axis=-1))
        out["brier"] = mean_defined(np.stack(brier, axis=-1))
        out["brier_skill"] = mean_defined(np.stack(skill, axis=-1))
        return out


class Review:
    """What goes through without a reader, and how much of that is exactly right."""

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 3

    def rows(self, items: Sequence[TopicItem], outputs: Sequence[TopicOutput]) -> Array:
        """Automatic, automatic and right, one. NaN all over when the system does not say."""
        if any(out.needs_review is None for out in outputs):
            return np.full((len(items), 3), np.nan)
        right = (gold_matrix(items, self.topics) == output_matrix(outputs, self.topics)).all(axis=1)
        auto = np.array([not out.needs_review for out in outputs], dtype=np.float64)
        return np.stack([auto, auto * right, np.ones(len(items))], axis=1)

    def scores(self, sums: Array) -> Scores:
        """`coverage` (share without `needs_review`) and `auto_precision` (of those, the label set exactly right)."""
        return {
            "coverage": ratio(sums[..., 0], sums[..., 2]),
            "auto_precision": ratio(sums[..., 1], sums[..., 0]),
        }
