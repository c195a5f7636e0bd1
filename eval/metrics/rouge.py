"""Text overlap of a summary with its reference: character ROUGE-1/2/L and chrF, on the protocol of chinese.py.

ROUGE is the mean of the items' F1 (so an interval is one over articles); chrF is the corpus score of sacrebleu 2
(chrF2, six orders, no words, effective order), here from 0 to 1, computed from summed n-gram counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
from rapidfuzz.distance import LCSseq

from eval.metrics import Array, Scores, ratio
from eval.metrics.chinese import SIGNATURE, bare, tokens
from eval.predictions import SummaryOutput
from eval.sets import SummaryItem

ORDERS = 6
BETA = 2


def signature() -> str:
    """How these numbers came about, so that they can be reproduced or refused."""
    return f"rouge:mean-f1|chrf:corpus|nc:{ORDERS}|beta:{BETA}|{SIGNATURE}|opencc:{version('opencc')}"


def _grams(parts: Sequence[str], n: int) -> Counter[Any]:
    return Counter(tuple(parts[i : i + n]) for i in range(len(parts) - n + 1))


def overlap_f1(said: Sequence[str], reference: Sequence[str], n: int) -> float:
    """ROUGE-n F1 of two token lists. Two lists too short for an n-gram score 1 when they are equal, else 0."""
    a, b = _grams(said, n), _grams(reference, n)
    total = a.total() + b.total()
    if not total:
        return float(list(said) == list(reference))
    return 2 * (a & b).total() / total


def sequence_f1(said: Sequence[str], reference: Sequence[str]) -> float:
    """ROUGE-L F1 (longest common subsequence, balanced) of two token lists; two empty lists score 1."""
    total = len(said) + len(reference)
    return 2 * LCSseq.similarity(said, reference) / total if total else 1.0


def rouge_l(said: str, reference: str) -> float:
    """ROUGE-L F1 of two texts."""
    return sequence_f1(tokens(said), tokens(reference))


class Rouge:
    """`rouge1`, `rouge2`, `rougeL`: mean F1 over items."""

    width = 4

    def rows(self, items: Sequence[SummaryItem], outputs: Sequence[SummaryOutput]) -> Array:
        """Three F1 values and one."""
        found = []
        for item, out in zip(items, outputs, strict=True):
            a, b = tokens(out.summary), tokens(item.summary)
            found.append([overlap_f1(a, b, 1), overlap_f1(a, b, 2), sequence_f1(a, b), 1.0])
        return np.array(found, dtype=np.float64).reshape(-1, 4)

    def scores(self, sums: Array) -> Scores:
        """The means."""
        return {name: ratio(sums[..., i], sums[..., 3]) for i, name in enumerate(("rouge1", "rouge2", "rougeL"))}


class ChrF:
    """`chrf`: sacrebleu's corpus chrF2 of the normalised texts, divided by 100."""

    width = 3 * ORDERS

    def rows(self, items: Sequence[SummaryItem], outputs: Sequence[SummaryOutput]) -> Array:
        """For every order: n-grams of the output (0 where the reference has none), of the reference, of both."""
        found = []
        for item, out in zip(items, outputs, strict=True):
            a, b = bare(out.summary), bare(item.summary)
            row: list[int] = []
            for n in range(1, ORDERS + 1):
                x, y = (Counter(t[i : i + n] for i in range(len(t) - n + 1)) for t in (a, b))
                row += [x.total() if y else 0, y.total(), (x & y).total()]
            found.append(row)
        return np.array(found, dtype=np.float64).reshape(-1, 3 * ORDERS)

    def scores(self, sums: Array) -> Scores:
        """Precision and recall averaged over the orders that both sides have, then F-beta."""
        said, there, both = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
        usable = (said > 0) & (there > 0)
        orders = usable.sum(axis=-1).astype(np.float64)
        precision = np.where(usable, ratio(both, said), 0.0).sum(axis=-1)
        recall = np.where(usable, ratio(both, there), 0.0).sum(axis=-1)
        precision, recall = (np.nan_to_num(ratio(part, orders)) for part in (precision, recall))
        weight = BETA**2
        f = ratio((1 + weight) * precision * recall, weight * precision + recall)
        return {"chrf": np.nan_to_num(f)}
