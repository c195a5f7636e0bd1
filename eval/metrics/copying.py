"""How much of a summary is its source's own words: copied runs, novel n-grams, summaries that are just the beginning.

All on tokens (one a Han character, Latin and number runs whole). Single characters prove nothing in Chinese, so a run
counts as copied from four tokens on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.metrics import Array, Scores, ratio
from eval.metrics.chinese import drop_spaces, tokens
from eval.predictions import SummaryOutput
from eval.sets import SummaryItem

RUN = 4
SIGNATURE = f"copy:runs>={RUN}|novel:distinct-2+3-grams"


def copied_tokens(said: Sequence[str], source: Sequence[str], run: int = RUN) -> int:
    """How many tokens of `said` lie in a run of `run` tokens or more that stands in `source` as it is."""
    pieces = {tuple(source[i : i + run]) for i in range(len(source) - run + 1)}
    covered = np.zeros(len(said), dtype=bool)
    for i in range(len(said) - run + 1):
        if tuple(said[i : i + run]) in pieces:
            covered[i : i + run] = True
    return int(covered.sum())


def novel_grams(said: Sequence[str], source: Sequence[str], n: int) -> tuple[int, int]:
    """Distinct n-grams of `said` that `source` lacks, and how many there are in all."""
    mine, theirs = ({tuple(t[i : i + n]) for i in range(len(t) - n + 1)} for t in (said, source))
    return len(mine - theirs), len(mine)


class Copying:
    """`copy_rate`, `novel_bigrams`, `novel_trigrams` (micro), `prefix_share`, `length_ratio` (to the references)."""

    width = 10

    def rows(self, items: Sequence[SummaryItem], outputs: Sequence[SummaryOutput]) -> Array:
        """Copied tokens, tokens; novel and all bigrams, trigrams; is a prefix, one; characters, the reference's."""
        found = []
        for item, out in zip(items, outputs, strict=True):
            said, source = tokens(out.summary), tokens(item.body)
            found.append(
                [
                    copied_tokens(said, source),
                    len(said),
                    *novel_grams(said, source, 2),
                    *novel_grams(said, source, 3),
                    bool(said) and source[: len(said)] == said,
                    1,
                    len(drop_spaces(out.summary)),
                    len(drop_spaces(item.summary)),
                ]
            )
        return np.array(found, dtype=np.float64).reshape(-1, self.width)

    def scores(self, sums: Array) -> Scores:
        """The shares; characters are code points, spaces aside."""
        names = ("copy_rate", "novel_bigrams", "novel_trigrams", "prefix_share", "length_ratio")
        return {name: ratio(sums[..., 2 * i], sums[..., 2 * i + 1]) for i, name in enumerate(names)}
