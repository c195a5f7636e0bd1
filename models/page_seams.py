"""Does one line of print go on in the next? Character statistics of breaks inside sentences against those between lines.

A paragraph that a box or a column end cut reads on across the cut (`精加工车 | 间，53岁`); a title and the paragraph below
it do not. The figures are pair counts of Chinese news, fitted by `python -m training seams` into `page_seams.json.gz`. This
module owns their form on disk and the one sum made of them; it knows no line, role or page.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("page_seams.json.gz")
UNSEEN = -12.0
"""Natural log of the probability of a character that the counts do not have."""

RARE_START = 0.7
RARE_PAIR = 1.0
"""What a pair too rare to be counted costs, in natural logs."""


def letter(char: str) -> str:
    """The class that a character is counted as: digits and Latin letters are alike among themselves."""
    if char.isdigit():
        return "0"
    return "a" if char.isascii() and char.isalpha() else char


@dataclass(frozen=True, slots=True)
class Seams:
    """Natural logs of probabilities: of a character anywhere, last in a headline, first in a paragraph; and of a
    character given the one before it, anywhere and at the beginning of a paragraph.
    """

    anywhere: dict[str, float]
    title_end: dict[str, float]
    start: dict[str, float]
    following: dict[str, dict[str, float]]
    start_following: dict[str, dict[str, float]]

    def goes_on(self, before: str, after: str) -> float:
        """Log odds that `after` goes on from `before`, both not empty, over a headline's end and a paragraph's start."""
        a, b = letter(before[-1]), letter(after[0])
        inside = self.anywhere.get(a, UNSEEN) + self._next(self.following, a, b)
        between = self.title_end.get(a, UNSEEN) + self.start.get(b, UNSEEN)
        if len(after) > 1:
            c = letter(after[1])
            usual = self._next(self.following, b, c)
            inside += usual
            # A beginning too rare to be counted is judged by how the pair stands anywhere.
            between += self.start_following.get(b, {}).get(c, usual - RARE_START)
        return inside - between

    def reads_on(self, before: str, after: str) -> float:
        """Log odds that `after` goes on from `before` over the two standing side by side by chance."""
        a, b = letter(before[-1]), letter(after[0])
        return self._next(self.following, a, b) - self.anywhere.get(b, UNSEEN)

    def _next(self, table: dict[str, dict[str, float]], a: str, b: str) -> float:
        """The log probability of `b` after `a`; a pair that was too rare to keep falls back on `b` alone."""
        seen = table.get(a, {}).get(b)
        return seen if seen is not None else self.anywhere.get(b, UNSEEN) - RARE_PAIR

    def as_bytes(self) -> bytes:
        """The file: `as_dict` as JSON, gzip. The same figures give the same bytes."""
        told = json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":")) + "\n"
        return gzip.compress(told.encode(), mtime=0)

    def as_dict(self) -> dict[str, Any]:
        """The form on disk: one row a first character, its followers in one string beside their values."""
        return {
            "anywhere": _row(self.anywhere),
            "title_end": _row(self.title_end),
            "start": _row(self.start),
            "following": {a: _row(r) for a, r in sorted(self.following.items())},
            "start_following": {a: _row(r) for a, r in sorted(self.start_following.items())},
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Seams:
        """The inverse of `as_dict`."""
        anywhere, title_end, start = (_mapping(data[name]) for name in ("anywhere", "title_end", "start"))
        tables = [{a: _mapping(r) for a, r in data[n].items()} for n in ("following", "start_following")]
        return cls(anywhere, title_end, start, *tables)


def _row(values: dict[str, float]) -> list[Any]:
    chars = sorted(values)
    return ["".join(chars), [round(-10 * values[c]) for c in chars]]


def _mapping(row: list[Any]) -> dict[str, float]:
    return {c: -v / 10 for c, v in zip(*row, strict=True)}


@cache
def read_seams() -> Seams:
    """The shipped figures, read once."""
    return Seams.from_dict(json.loads(gzip.decompress(FILE.read_bytes())))
