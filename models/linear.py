"""The linear part of the topics classifier: hashed character n-grams of headline and lead, one weight vector a topic.

It knows the words that the small encoder has met too rarely, and costs microseconds. Features are counts of 1–3-grams,
damped (1 + log), weighted by idf and scaled to length 1; headline and lead are told apart by a salt. The lead is what the
hand labels were given by; the encoder reads the rest. Numpy only, so serving needs no scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.article import Article
from models.text import normalise, to_simplified
from models.weights import Floats

BUCKETS = 1 << 15  # of a new fit; half as many as 65,536 cost nothing: cross-fitted macro-F1 0.769 against 0.770
LEAD_CHARS = 260
SALTS = {"headline": np.uint64(0x9E3779B97F4A7C15), "lead": np.uint64(0xC2B2AE3D27D4EB4F)}
MIX = np.uint64(0xFF51AFD7ED558CCD)


@dataclass(frozen=True, slots=True)
class LinearTopics:
    """`weights` (buckets, T) with idf folded in, `idf` (buckets,), `bias` (T,); how many buckets, the arrays say."""

    weights: Floats
    idf: Floats
    bias: Floats

    def score(self, articles: Sequence[Article]) -> Floats:
        """Decision values (n, T): log odds before calibration."""
        out = np.empty((len(articles), len(self.bias)), np.float32)
        for row, article in enumerate(articles):
            buckets, values = features(article, len(self.idf))
            values = values * self.idf[buckets]
            length = float(np.sqrt((values**2).sum())) or 1.0
            out[row] = (values / length) @ self.weights[buckets] + self.bias
        return out

    def spread(self, article: Article) -> list[tuple[str, NDArray[np.int64], Floats]]:
        """What each n-gram adds to the scores, at the code point where it begins: part, places (n,), values (n, T).

        The sum of all values is the score without the bias: an n-gram that stands several times shares its part.
        """
        count = np.uint64(len(self.idf))
        parts = [(name, *_placed_grams(text, SALTS[name])) for name, text in _parts(article)]
        hashed = [(grams % count).astype(np.int64) for _, grams, _ in parts]
        buckets, at, counts = np.unique(np.concatenate(hashed), return_inverse=True, return_counts=True)
        values = (1 + np.log(counts)).astype(np.float32) * self.idf[buckets]
        length = float(np.sqrt((values**2).sum())) or 1.0
        each = (values / length / counts)[:, None] * self.weights[buckets]
        ends = np.cumsum([len(h) for h in hashed])
        return [
            (name, places, np.asarray(each[at[end - len(places) : end]], np.float32))
            for (name, _, places), end in zip(parts, ends, strict=True)
        ]


def _parts(article: Article) -> list[tuple[str, str]]:
    return [("headline", article.headline), ("lead", article.body[:LEAD_CHARS])]


def features(article: Article, count: int = BUCKETS) -> tuple[NDArray[np.int64], Floats]:
    """Distinct buckets, of `count`, of an article and the damped count of each, before idf."""
    hashed = np.concatenate([_grams(text, SALTS[name]) for name, text in _parts(article)])
    buckets, counts = np.unique(hashed % np.uint64(count), return_counts=True)
    return buckets.astype(np.int64), (1 + np.log(counts)).astype(np.float32)


def _grams(text: str, salt: np.uint64) -> NDArray[np.uint64]:
    plain = to_simplified(normalise(text).text).lower()
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    out = []
    for n in (1, 2, 3):
        if len(codes) < n:
            break
        h = np.full(len(codes) - n + 1, salt + np.uint64(n), np.uint64)
        for i in range(n):
            h = (h ^ codes[i : i + len(h)]) * MIX
            h ^= h >> np.uint64(31)
        out.append(h)
    return np.concatenate(out) if out else np.empty(0, np.uint64)


def _placed_grams(text: str, salt: np.uint64) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The n-grams of `_grams` and the code point of the text at which each begins."""
    starts = np.array(normalise(text).starts, np.int64)
    places = [starts[: max(0, len(starts) - n + 1)] for n in (1, 2, 3)]
    return _grams(text, salt), np.concatenate(places)
