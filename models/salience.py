"""Which numbers of a text its headline would have: how probable each is, out of its unit, its place and the words around it.

A logistic regression over what stands beside the number, fitted on pairs of bodies and headlines by `python -m training
salience` (`number_salience.json.gz`). Knows one text, no summary and no model.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.text import split_sentences

FILE = Path(__file__).with_name("number_salience.json.gz")
NUMBER = re.compile(r"\d+(?:[,，]\d{3})*(?:[.．]\d+)?[万亿]?[%％]?")
_UNIT = re.compile(r"[余多几]?(个百分点|周年|公里|小时|分钟|亿元|万元|人次|平方米|[\u4e00-\u9fff])")
_CLAUSE = re.compile(r"[，。；：、！？,;:!?\n]")
FITTED_CHARS = 450
"""Characters of a body at most that the weights were fitted on; what stands behind them would count as less than it is."""
AROUND = 12
"""Characters of its own clause that are looked at on either side of a number."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A number as it stands in the text, and how probable the headline has it."""

    start: int
    end: int
    chance: float


def features_of(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Start, end and features of every number in figures."""
    found = list(NUMBER.finditer(text))
    ends = [b for _, b in split_sentences(text)]
    often = Counter(m[0] for m in found)
    met: set[str] = set()
    for order, match in enumerate(found):
        start, end = match.span()
        token = unicodedata.normalize("NFKC", match[0])
        unit = _UNIT.match(text, end)
        named = token[-1] if token[-1] in "%万亿" else "-"
        named = unit[1] if unit and named == "-" else named + (unit[1] if unit else "")
        sentence = min(bisect_right(ends, start), 6)
        before, after = text[max(0, start - 4) : start], text[end : end + 4]
        left = _CLAUSE.split(text[max(0, start - AROUND) : start])[-1]
        right = _CLAUSE.split(text[end : end + AROUND], maxsplit=1)[0]
        yield start, end, [
            f"sentence {sentence}", f"unit {named}", f"unit {named} sentence {min(sentence, 3)}", f"order {min(order, 8)}",
            f"order {min(order, 4)} unit {named}", f"often {min(often[match[0]], 4)}", f"of {min(len(found), 12)}",
            f"place {min(int(math.log2(1 + start)), 9)}", f"figures {len(token.split('.')[0])}", f"token {token[:4]}",
            "first" if match[0] not in met else "again", "point" if "." in token else "whole",
            *(f"before {before[-n:]}" for n in (1, 2, 3)), *(f"after {after[:n]}" for n in (1, 2, 3)),
            *(f"left {left[i : i + 2]}" for i in range(len(left) - 1)),
            *(f"right {right[i : i + 2]}" for i in range(len(right) - 1)),
        ]  # fmt: skip
        met.add(match[0])


def mentions(text: str, weights: Mapping[str, float] | None = None) -> list[Mention]:
    """The numbers of a text in order. `weights` are those of the file unless others are given; without a file, none."""
    known = read_weights() if weights is None else weights
    if not known:
        return []
    found = []
    for start, end, features in features_of(text):
        score = known[""] + sum(known.get(f, 0.0) for f in features)
        found.append(Mention(start, end, 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))))
    return found


@cache
def read_weights() -> dict[str, float]:
    """The shipped weights by feature, the bias under ""; empty where the file is missing."""
    if not FILE.exists():
        return {}
    found: dict[str, float] = json.loads(gzip.decompress(FILE.read_bytes()))
    return found
