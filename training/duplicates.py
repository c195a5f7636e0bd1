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
COMMON = 64  # texts that share a shingle; beyond, it is a set phrase, and pairs of neighbours are enough
NEIGHBOURS = 2
WHOLE, EVERY = 4_000_000, 4  # shingles in all, beyond which one in so many finds the candidates
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


def near_pairs(texts: Sequence[str], share: float = 0.5) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j, of texts that are near-duplicates of one another, in order.

    Shingles that stand in more than `COMMON` texts count for neighbours only, and of more than `WHOLE` shingles in all one in
    `EVERY` is used to find candidates, each of which is then held to all of its shingles. So of many texts from one form some
    pairs are left out, but a chain of pairs joins them; `near_duplicate_groups` follows it.
    """
    sets = [shingles(t) for t in texts]
    every = EVERY if sum(map(len, sets)) > WHOLE else 1
    seen = [own if every == 1 else own[own % np.uint64(every) == 0] for own in sets]
    sizes = np.array([len(own) for own in seen])
    if not sizes.sum():
        return []
    hashes, owner = np.concatenate(seen), np.repeat(np.arange(len(sets)), sizes)
    order = np.argsort(hashes, kind="stable")
    hashes, owner = hashes[order], owner[order]
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
    lengths = np.diff(np.r_[starts, len(hashes)])
    ends, common = np.repeat(starts + lengths, lengths), np.repeat(lengths > COMMON, lengths)
    at, codes = np.arange(len(hashes)), [np.empty(0, np.int64)]
    for ahead in range(1, COMMON):
        at = at[at + ahead < ends[at]]
        at = at if ahead <= NEIGHBOURS else at[~common[at]]
        if not len(at):
            break
        codes.append(owner[at] * len(sets) + owner[at + ahead])
    pairs, counts = np.unique(np.concatenate(codes), return_counts=True)
    first, second = pairs // len(sets), pairs % len(sets)
    likely = counts >= share / 2 * np.minimum(sizes[first], sizes[second])
    found = []
    for i, j in zip(first[likely].tolist(), second[likely].tolist(), strict=True):
        both = len(np.intersect1d(sets[i], sets[j], assume_unique=True))
        if both >= share * min(len(sets[i]), len(sets[j])):
            found.append((i, j))
    return found


def near_duplicate_groups(texts: Sequence[str], share: float = 0.5) -> list[int]:
    """A group number a text: near-duplicates of one another, also by way of a third, have the same."""
    return groups_of(near_pairs(texts, share), len(texts))


def groups_of(pairs: Sequence[tuple[int, int]], count: int) -> list[int]:
    """A group number for each of `count` things: those that a chain of pairs joins have the same."""
    group = list(range(count))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    for i, j in pairs:
        group[root(i)] = root(j)
    return [root(i) for i in range(count)]
