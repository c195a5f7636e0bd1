"""Metrics of label sets: precision, recall and F1, and what an editor is spared.

Inputs are label sets and score dicts; which topics exist is told once, at construction. A topic with neither a gold
nor a predicted article has no F1: it is left out of the macro mean (as in scikit-learn's `zero_division=nan`), and
the caller names it. Macro precision leaves out topics that were never said, macro recall those without gold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.metrics import Array, Scores, mean_defined, ratio
from eval.predictions import TopicOutput
from eval.sets import TopicItem


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
        """`macro_` and `micro_` `f1`, `precision`, `recall`; `subset_accuracy`; `<part>:<topic>`."""
        k = len(self.topics)
        hits, said, gold = sums[..., :k], sums[..., k : 2 * k], sums[..., 2 * k : 3 * k]
        f1 = ratio(2 * hits, said + gold)
        precision, recall = ratio(hits, said), ratio(hits, gold)
        all_hits, all_said, all_gold = hits.sum(axis=-1), said.sum(axis=-1), gold.sum(axis=-1)
        out = {
            "macro_f1": mean_defined(f1),
            "macro_precision": mean_defined(precision),
            "macro_recall": mean_defined(recall),
            "micro_f1": ratio(2 * all_hits, all_said + all_gold),
            "micro_precision": ratio(all_hits, all_said),
            "micro_recall": ratio(all_hits, all_gold),
            "subset_accuracy": ratio(sums[..., 3 * k], sums[..., 3 * k + 1]),
        }
        for i, topic in enumerate(self.topics):
            out[f"precision:{topic}"] = precision[..., i]
            out[f"recall:{topic}"] = recall[..., i]
            out[f"f1:{topic}"] = f1[..., i]
            out[f"support:{topic}"] = gold[..., i]
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
