"""Whether a summary keeps to its source: numbers, names, copied or rewritten, and how long it is.

Precision asks the source (the body), recall asks the reference. A text without numbers adds 0/0 and so changes nothing;
a set without any has no value rather than a perfect one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.metrics import Array, Scores, ratio
from eval.metrics.chinese import bare, drop_spaces, simplify
from eval.metrics.names import find_names
from eval.metrics.numbers import find_numbers
from eval.predictions import SummaryOutput
from eval.sets import SummaryItem

SIGNATURE = "facts:v1-micro|numbers:digits+zh-multipliers|names:rule-v1"


class Facts:
    """Micro-averaged: all numbers (names) of all outputs together, each distinct one of a text once."""

    width = 6

    def rows(self, items: Sequence[SummaryItem], outputs: Sequence[SummaryOutput]) -> Array:
        """Numbers said, of these in the source, in the reference, of these said; names said, in the source."""
        found = []
        for item, out in zip(items, outputs, strict=True):
            said = find_numbers(out.summary)
            source, wanted = (find_numbers(text) if said else [] for text in (item.body, item.summary))
            wanted = wanted or find_numbers(item.summary)
            names = find_names(out.summary)
            body = drop_spaces(simplify(item.body)) if names else ""
            found.append(
                [
                    len(said),
                    sum(any(n.agrees(s) for s in source) for n in said),
                    len(wanted),
                    sum(any(w.agrees(n) for n in said) for w in wanted),
                    len(names),
                    sum(simplify(name) in body for name in names),
                ]
            )
        return np.array(found, dtype=np.float64).reshape(-1, 6)

    def scores(self, sums: Array) -> Scores:
        """`number_precision`, `number_recall`, `name_precision`."""
        return {
            "number_precision": ratio(sums[..., 1], sums[..., 0]),
            "number_recall": ratio(sums[..., 3], sums[..., 2]),
            "name_precision": ratio(sums[..., 5], sums[..., 4]),
        }


class Shape:
    """`abstractive_share` (outputs that are no contiguous piece of the source), `mean_chars`, `empty_share`."""

    width = 4

    def rows(self, items: Sequence[SummaryItem], outputs: Sequence[SummaryOutput]) -> Array:
        """Rewritten, non-space characters, empty, one."""
        found = []
        for item, out in zip(items, outputs, strict=True):
            said = bare(out.summary)  # without spaces and punctuation: an added full stop rewrites nothing
            found.append([said not in bare(item.body), len(drop_spaces(out.summary)), not said, 1])
        return np.array(found, dtype=np.float64).reshape(-1, 4)

    def scores(self, sums: Array) -> Scores:
        """The means; characters are code points."""
        return {
            name: ratio(sums[..., i], sums[..., 3])
            for i, name in enumerate(("abstractive_share", "mean_chars", "empty_share"))
        }
