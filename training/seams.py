"""Count what models/page_seams.py weighs: character pairs inside texts, ends of headlines, starts of paragraphs."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from datasets import Dataset

from models.page_seams import FILE, Seams, letter
from training.loop import say
from training.sources import read_rows

RARE_PAIR = 48
"""Pairs seen fewer times are left to the back-off: they would make up most of the file and little of the use."""


def fit_seams(data: str, split: str = "", out: Path = FILE) -> Seams:
    """Count over the headlines and bodies of a data set, and write the figures to `out`."""
    rows: Dataset = read_rows(data, split, need=["headline", "body"])
    seams = count_seams(zip(rows["headline"], rows["body"], strict=True))
    out.write_bytes(seams.as_bytes())
    say(
        f"{out}: {sum(map(len, seams.following.values())):,} pairs of {len(rows):,} articles, {out.stat().st_size:,} bytes"
    )
    return seams


def count_seams(articles: Iterable[tuple[str, str]], rare: int = RARE_PAIR) -> Seams:
    """The figures of (headline, body) pairs."""
    pairs: Counter[tuple[str, str]] = Counter()
    starts: Counter[tuple[str, str]] = Counter()
    ends: Counter[str] = Counter()
    for headline, body in articles:
        title = "".join(map(letter, (headline or "").strip()))
        ends.update(title[-1:])
        pairs.update(itertools.pairwise(title))
        for line in (body or "").split("\n"):
            text = "".join(map(letter, line.strip()))
            pairs.update(itertools.pairwise(text))
            if len(text) > 1:
                starts[text[0], text[1]] += 1
    first: Counter[str] = Counter()
    for (a, _), n in starts.items():
        first[a] += n
    anywhere: Counter[str] = Counter()
    for (a, _), n in pairs.items():
        anywhere[a] += n
    return Seams(_logs(anywhere, anywhere), _logs(ends, anywhere), _logs(first, anywhere),
                 _table(pairs, rare), _table(starts, max(2, rare // 3)))  # fmt: skip


def _logs(counts: Counter[str], anywhere: Counter[str], spare: float = 0.3) -> dict[str, float]:
    """Any character may end a headline or start a paragraph: `spare` of the mass goes by how common it is at all."""
    total, whole = sum(counts.values()), sum(anywhere.values())
    return {c: math.log((1 - spare) * counts[c] / total + spare * n / whole) for c, n in anywhere.items() if n >= 5}


def _table(pairs: Counter[tuple[str, str]], rare: int) -> dict[str, dict[str, float]]:
    totals: Counter[str] = Counter()
    for (a, _), n in pairs.items():
        totals[a] += n
    table: dict[str, dict[str, float]] = {}
    for (a, b), n in pairs.items():
        if n >= rare:
            table.setdefault(a, {})[b] = math.log(n / totals[a])
    return table
