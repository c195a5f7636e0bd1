"""Which vocabulary two stretches of a page share, rare words weighing more. Knows character pairs, no lines or roles."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from models.text import HAN

_RUN = re.compile(f"[{HAN}]{{2,}}")


def pairs_of(text: str) -> frozenset[str]:
    """The pairs of neighbouring Han characters; a page asks for those of a line several times."""
    return _cached_pairs(text) if len(text) <= USUAL else _pairs(text)


USUAL = 400
"""Characters of a line beyond which its pairs are not kept: a page may be one line of a megabyte."""


@lru_cache(maxsize=2048)
def _cached_pairs(text: str) -> frozenset[str]:
    return _pairs(text)


def _pairs(text: str) -> frozenset[str]:
    return frozenset([run[i : i + 2] for run in _RUN.findall(text) for i in range(len(run) - 1)])


class Words:
    """The pairs of neighbouring Han characters of some texts: a stand-in for words that needs no dictionary."""

    __slots__ = ("pairs",)

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.pairs: set[str] = set()
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """The pairs of one more text."""
        self.pairs |= pairs_of(text)


class Rarity:
    """In how many stretches of a page each pair stands: what is everywhere says nothing about belonging together."""

    def __init__(self, stretches: Sequence[Words]) -> None:
        self.counts = Counter(pair for words in stretches for pair in words.pairs)
        self.total = max(2, len(stretches))

    def share(self, words: Words, of: Words) -> float:
        """The share of `words` that stands in `of`, 0..1, each pair weighing its rarity; 0 for no words."""
        whole = sum(map(self.weight, words.pairs))
        return sum(map(self.weight, words.pairs & of.pairs)) / whole if whole else 0.0

    def weight(self, pair: str) -> float:
        """How much a pair says: the rarer, the more."""
        return math.log(1 + self.total / max(1, self.counts[pair]))
