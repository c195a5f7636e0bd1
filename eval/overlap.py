"""Texts that stand in two sets: the guard that no floor (or model) is fitted on what it is measured on.

Two articles are the same when they have an id in common or share 80% of their 8-character shingles (Jaccard, on the
normalised text without punctuation). Knows texts only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from eval.metrics.chinese import bare
from eval.sets import TopicItem

SHINGLE = 8
SAME = 0.8


def shingles(text: str) -> set[str]:
    """All pieces of 8 characters of the bare text; a shorter text is one piece."""
    flat = bare(text)
    return {flat[i : i + SHINGLE] for i in range(max(1, len(flat) - SHINGLE + 1))}


def shared_ids(train: Sequence[TopicItem], test: Sequence[TopicItem]) -> list[str]:
    """Ids that stand in both, in the order of `train`."""
    known = {item.id for item in test}
    return [item.id for item in train if item.id in known]


def near_copies(train: Sequence[TopicItem], test: Sequence[TopicItem]) -> list[tuple[str, str]]:
    """(train id, test id) of every pair that is the same text but for a few characters."""
    where: dict[str, list[int]] = defaultdict(list)
    sets = [shingles(item.headline + item.body) for item in test]
    for i, pieces in enumerate(sets):
        for piece in pieces:
            where[piece].append(i)
    found = []
    for item in train:
        mine = shingles(item.headline + item.body)
        common = Counter(i for piece in mine for i in where.get(piece, ()))
        found += [(item.id, test[i].id) for i, n in common.items() if n >= SAME * (len(mine) + len(sets[i]) - n)]
    return found
