"""Metrics of a page: which articles came out right, how much body text, and whether characters were lost.

An article is right when its headline equals the gold headline or one of its alternatives after dropping spaces, and its
body is within max(2%, 5 characters) of the gold body by edit distance, spaces dropped (2% of the gold body). Each gold
article is paired with at most one of the output. Knows pages as plain texts, not how they were split.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rapidfuzz.distance import LCSseq, Levenshtein

from eval.metrics import Array, Scores, ratio
from eval.metrics.chinese import drop_spaces
from eval.predictions import PageOutput
from eval.sets import PageItem

SHARE, CHARS = 0.02, 5
SIGNATURE = f"article:headline-eq+body-edit<=max({SHARE:.0%},{CHARS})|drop:space|pairs:one-to-one"


class Layout:
    """`article_f1`, `headline_exact`, `body_char_f1`, `lost_chars`, `doubled_chars`; sums over all pages."""

    width = 9

    def rows(self, items: Sequence[PageItem], outputs: Sequence[PageOutput]) -> Array:
        """Right, predicted, gold; headlines found; common, predicted, gold body characters; lost, doubled."""
        found = []
        for item, out in zip(items, outputs, strict=True):
            gold = [(_headlines(a.headline, a.alt_headlines), drop_spaces(a.body)) for a in item.articles]
            said = [(drop_spaces(headline), drop_spaces(body)) for headline, body in out.articles]
            right = _pairs([[s[0] in g[0] and _close(s[1], g[1]) for s in said] for g in gold])
            named = _pairs([[s[0] in g[0] for s in said] for g in gold])
            common = _common([g[1] for g in gold], [s[1] for s in said])
            lost, doubled = lost_chars(item.text, out)
            found.append(
                [
                    right,
                    len(said),
                    len(gold),
                    named,
                    common,
                    sum(len(s[1]) for s in said),
                    sum(len(g[1]) for g in gold),
                    lost,
                    doubled,
                ]
            )
        return np.array(found, dtype=np.float64).reshape(-1, 9)

    def scores(self, sums: Array) -> Scores:
        """The scores of summed rows."""
        return {
            "article_f1": ratio(2 * sums[..., 0], sums[..., 1] + sums[..., 2]),
            "headline_exact": ratio(sums[..., 3], sums[..., 2]),
            "body_char_f1": ratio(2 * sums[..., 4], sums[..., 5] + sums[..., 6]),
            "lost_chars": sums[..., 7],
            "doubled_chars": sums[..., 8],
        }


def _headlines(headline: str, others: Sequence[str]) -> set[str]:
    return {drop_spaces(text) for text in (headline, *others)}


def _close(said: str, gold: str) -> bool:
    limit = int(max(SHARE * len(gold), CHARS))
    return Levenshtein.distance(said, gold, score_cutoff=limit) <= limit


def _pairs(fits: Sequence[Sequence[bool]]) -> int:
    """How many gold articles (rows) can be given an output article (columns) of their own: a maximum matching."""
    owner: dict[int, int] = {}

    def place(row: int, seen: set[int]) -> bool:
        for column, fit in enumerate(fits[row]):
            if fit and column not in seen:
                seen.add(column)
                if column not in owner or place(owner[column], seen):
                    owner[column] = row
                    return True
        return False

    return sum(place(row, set()) for row in range(len(fits)))


def _common(gold: Sequence[str], said: Sequence[str]) -> int:
    """Body characters in common (longest common subsequence) of the best pairs, greedily, each text once.

    A pair counts only from half of the shorter text on: any two Chinese texts share a fifth of their characters.
    """
    overlaps = [
        (same, g, s)
        for g, a in enumerate(gold)
        for s, b in enumerate(said)
        if (same := LCSseq.similarity(a, b)) * 2 >= min(len(a), len(b)) and same
    ]
    total, used_gold, used_said = 0, set(), set()
    for same, g, s in sorted(overlaps, key=lambda o: (-o[0], o[1], o[2])):
        if g not in used_gold and s not in used_said:
            total += same
            used_gold.add(g)
            used_said.add(s)
    return total


def lost_chars(text: str, out: PageOutput) -> tuple[float, float]:
    """Non-space characters of the page in no block, and in more than one; NaN when the output has no blocks."""
    if out.blocks is None:
        return float("nan"), float("nan")
    depth = np.zeros(len(text) + 1, dtype=np.int64)
    for start, end in out.blocks:
        a, b = (min(max(place, 0), len(text)) for place in (start, end))
        depth[a] += 1
        depth[max(a, b)] -= 1
    cover = np.cumsum(depth)[:-1]
    ink = np.array([not c.isspace() for c in text], dtype=bool)
    return float((ink & (cover == 0)).sum()), float((ink & (cover > 1)).sum())
