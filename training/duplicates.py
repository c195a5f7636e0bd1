"""Near-duplicates by shared character shingles: what must not be trained on because it is measured on.

Wire copy comes again in other words; a pair counts as near-duplicate when at least `share` of the shorter text's
8-character shingles stand in the other. Vectorised, so 90,000 articles take seconds. Knows texts only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH = 8  # characters a shingle: long enough that set phrases of the trade rarely coincide
Hashes = NDArray[np.uint64]


def shingles(text: str, width: int = WIDTH) -> Hashes:
    """Sorted distinct 64-bit hashes of the text's shingles, spaces and punctuation dropped; a short text gives one."""
    plain = re.sub(r"[\W_]+", "", text).lower()
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    if len(codes) == 0:
        return np.empty(0, np.uint64)
    width = min(width, len(codes))
    hashed = np.zeros(len(codes) - width + 1, np.uint64)
    for i in range(width):
        hashed = hashed * np.uint64(1_000_003) + codes[i : i + len(hashed)]
    hashed ^= hashed >> np.uint64(29)
    return np.unique(hashed * np.uint64(0x9E3779B97F4A7C15))


def near_duplicates(texts: Sequence[str], protected: Sequence[str], share: float = 0.5) -> list[int]:
    """Indices of `texts` that are near-duplicates of any of `protected`."""
    if not texts or not protected:
        return []
    kept = [shingles(t) for t in protected]
    hashes = np.concatenate(kept)
    owner = np.repeat(np.arange(len(kept)), [len(k) for k in kept])
    order = np.argsort(hashes, kind="stable")
    hashes, owner = hashes[order], owner[order]
    sizes = np.array([max(1, len(k)) for k in kept])
    found = []
    for i, text in enumerate(texts):
        own = shingles(text)
        low, high = np.searchsorted(hashes, own, "left"), np.searchsorted(hashes, own, "right")
        hit = high > low
        if not hit.any():
            continue
        # A shingle may stand in several protected texts: expand each [low, high) range.
        ranges = [owner[a:b] for a, b in zip(low[hit], high[hit], strict=True)]
        count = np.bincount(np.concatenate(ranges), minlength=len(kept))
        if (count / np.minimum(sizes, max(1, len(own)))).max() >= share:
            found.append(i)
    return found


def near_duplicate_groups(texts: Sequence[str], share: float = 0.5) -> list[int]:
    """A group number a text: near-duplicates of one another, also by way of a third, have the same."""
    sets = [shingles(t) for t in texts]
    group = list(range(len(texts)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    holders: dict[int, list[int]] = {}
    for i, own in enumerate(sets):
        shared: dict[int, int] = {}
        for value in own.tolist():
            for j in holders.setdefault(value, []):
                shared[j] = shared.get(j, 0) + 1
            holders[value].append(i)
        for j, count in shared.items():
            if count >= share * min(len(own), len(sets[j])):
                group[root(i)] = root(j)
    return [root(i) for i in range(len(texts))]
