"""TextRank (Mihalcea and Tarau 2004) over the sentences of a Chinese text: the classic extractive floor without training.

Sentences vote for each other by the character bigrams that they share, divided by the logarithms of their lengths; the
PageRank of this graph (damping 0.85) names the sentence that speaks for the text. Knows texts only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eval.metrics import Array
from eval.metrics.chinese import bare

DAMPING, ROUNDS, CLOSE = 0.85, 100, 1e-6
SENTENCES = 60
"""Only the first so many sentences vote: the graph grows with their square."""


def votes(sentences: Sequence[str]) -> Array:
    """How much sentences have in common, shape (n, n), symmetric, 0 on the diagonal."""
    texts = [bare(sentence) for sentence in sentences]
    grams = [{text[i : i + 2] for i in range(len(text) - 1)} for text in texts]
    found = np.zeros((len(texts), len(texts)))
    for i, mine in enumerate(grams):
        for j in range(i):
            size = math.log(len(mine) + 1) + math.log(len(grams[j]) + 1)
            found[i, j] = found[j, i] = len(mine & grams[j]) / size if size else 0.0
    return found


def page_rank(weights: Array) -> Array:
    """The rank of each node of an undirected weighted graph; sums to 1. A node without votes gives its rank to all."""
    n = len(weights)
    given = weights.sum(axis=1)
    steps = np.where(given[:, None] > 0, weights / np.where(given > 0, given, 1)[:, None], 1 / n)
    rank = np.full(n, 1 / n)
    for _ in range(ROUNDS):
        after = (1 - DAMPING) / n + DAMPING * rank @ steps
        if np.abs(after - rank).sum() < CLOSE:
            return after
        rank = after
    return rank


def best_sentence(sentences: Sequence[str]) -> str:
    """The sentence with the highest rank, the earlier one of equals; "" of none."""
    head = sentences[:SENTENCES]
    if not head:
        return ""
    return head[int(np.argmax(np.round(page_rank(votes(head)), 9)))]
