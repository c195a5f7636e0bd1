"""Which vocabulary two stretches of a page share, rare words weighing more. Knows character pairs, no lines or roles."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from models.text import HAN

_RUN = re.compile(f"[{HAN}]{{2,}}")


class Words:
    """The pairs of neighbouring Han characters of some texts: a stand-in for words that needs no dictionary."""

    __slots__ = ("pairs",)

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.pairs: set[str] = set()
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """The pairs of one more text."""
        for run in _RUN.findall(text):
            self.pairs.update(map("".join, itertools.pairwise(run)))


class Rarity:
    """In how many stretches of a page each pair stands: what is everywhere says nothing about belonging together."""

    def __init__(self, stretches: Sequence[Words]) -> None:
        self.counts = Counter(pair for words in stretches for pair in words.pairs)
        self.total = max(2, len(stretches))

    def share(self, words: Words, of: Words) -> float:
        """The share of `words` that stands in `of`, 0..1, each pair weighing its rarity; 0 for no words."""
        whole = sum(map(self._weight, words.pairs))
        return sum(map(self._weight, words.pairs & of.pairs)) / whole if whole else 0.0

    def _weight(self, pair: str) -> float:
        return math.log(1 + self.total / max(1, self.counts[pair]))
