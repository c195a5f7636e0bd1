"""Whether a summary keeps to its source: numbers, dates, names, quotations; is it a piece of it; how long it is.

Precision asks the source (the body), recall asks the reference. A text without numbers adds 0/0 and so changes nothing;
a set without any has no value rather than a perfect one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics import Array, Scores, ratio
from eval.metrics.chinese import bare, drop_spaces, simplify
from eval.metrics.dates import Date, find_dates
from eval.metrics.names import find_names
from eval.metrics.numbers import Number, find_numbers
from eval.metrics.quotations import find_quotations
from eval.predictions import SummaryOutput
from eval.sets import SummaryItem

SIGNATURE = "facts:v2-micro|numbers:digits+zh-multipliers|names:rule-v2|dates:written-out|quotes:in-source"


def supported_numbers(said: Sequence[Number], source: Sequence[Number]) -> list[bool]:
    """Of each number whether the source has it."""
    return [any(number.agrees(other) for other in source) for number in said]


@dataclass(frozen=True, slots=True)
class Checked:
    """The distinct facts of a text, each with whether the source has it."""

    numbers: list[tuple[Number, bool]]
    names: list[tuple[str, bool]]
    dates: list[tuple[Date, bool]]
    quotations: list[tuple[str, bool]]


def checked_facts(said: str, source: str) -> Checked:
    """What a text says, held against its source."""
    numbers, names, dates, quotes = find_numbers(said), find_names(said), find_dates(said), find_quotations(said)
    known = supported_numbers(numbers, find_numbers(source) if numbers else [])
    body = drop_spaces(simplify(source)) if names else ""
    told = find_dates(source) if dates else []
    words = bare(source) if quotes else ""
    return Checked(
        list(zip(numbers, known, strict=True)),
        [(name, simplify(name) in body) for name in names],
        [(date, any(date.within(other) for other in told)) for date in dates],
        [(quote, bare(quote) in words) for quote in quotes],
    )


class Facts:
    """Micro-averaged: all numbers (names, dates, quotations) of all outputs together, each distinct one of a text once."""

    width = 10

    def rows(self, items: Sequence[SummaryItem], outputs: Sequence[SummaryOutput]) -> Array:
        """Numbers said, in the source, in the reference, of these said; then said and in the source: names, dates,
        quotations.
        """
        found = []
        for item, out in zip(items, outputs, strict=True):
            facts, wanted = checked_facts(out.summary, item.body), find_numbers(item.summary)
            row = [len(facts.numbers), sum(there for _, there in facts.numbers)]
            row += [len(wanted), sum(supported_numbers(wanted, [number for number, _ in facts.numbers]))]
            for one in (facts.names, facts.dates, facts.quotations):
                row += [len(one), sum(there for _, there in one)]
            found.append(row)
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
