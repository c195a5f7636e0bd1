"""Whether a summary keeps to its source: numbers, dates, names, quotations; is it a piece of it; how long it is.

Precision asks the source (the body), recall asks the reference. A text without numbers adds 0/0 and so changes nothing;
a set without any has no value rather than a perfect one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.metrics import Array, Scores, ratio
from eval.metrics.chinese import bare, drop_spaces, simplify
from eval.metrics.dates import find_dates
from eval.metrics.names import find_names
from eval.metrics.numbers import Number, find_numbers
from eval.metrics.quotations import find_quotations
from eval.predictions import SummaryOutput
from eval.sets import SummaryItem

SIGNATURE = "facts:v2-micro|numbers:digits+zh-multipliers|names:rule-v1|dates:written-out|quotes:in-source"


def supported_numbers(said: Sequence[Number], source: Sequence[Number]) -> list[bool]:
    """Of each number whether the source has it."""
    return [any(number.agrees(other) for other in source) for number in said]


class Facts:
    """Micro-averaged: all numbers (names, dates, quotations) of all outputs together, each distinct one of a text once."""

    width = 10

    def rows(self, items: Sequence[SummaryItem], outputs: Sequence[SummaryOutput]) -> Array:
        """Numbers said, in the source, in the reference, of these said; then said and in the source: names, dates,
        quotations.
        """
        found = []
        for item, out in zip(items, outputs, strict=True):
            said, wanted = find_numbers(out.summary), find_numbers(item.summary)
            names, dates, quotes = find_names(out.summary), find_dates(out.summary), find_quotations(out.summary)
            source = find_numbers(item.body) if said else []
            body = drop_spaces(simplify(item.body)) if names else ""
            told = find_dates(item.body) if dates else []
            words = bare(item.body) if quotes else ""
            found.append(
                [
                    len(said),
                    sum(supported_numbers(said, source)),
                    len(wanted),
                    sum(supported_numbers(wanted, said)),
                    len(names),
                    sum(simplify(name) in body for name in names),
                    len(dates),
                    sum(any(date.within(other) for other in told) for date in dates),
                    len(quotes),
                    sum(bare(quote) in words for quote in quotes),
                ]
            )
        return np.array(found, dtype=np.float64).reshape(-1, self.width)

    def scores(self, sums: Array) -> Scores:
        """`number_precision`, `number_recall`, `name_precision`, `date_precision`, `quote_precision`."""
        return {
            "number_precision": ratio(sums[..., 1], sums[..., 0]),
            "number_recall": ratio(sums[..., 3], sums[..., 2]),
            "name_precision": ratio(sums[..., 5], sums[..., 4]),
            "date_precision": ratio(sums[..., 7], sums[..., 6]),
            "quote_precision": ratio(sums[..., 9], sums[..., 8]),
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
