"""Beam search over a step function, in numpy: token ids with their log probabilities, best first.

Knows ids and scores, no text and no runtime. The search is the usual one (transformers' with early_stopping=False and a
length penalty of 1): 2K candidates a step, a finished one is scored by its mean log probability, and the search of an
article ends when no open beam can still beat its K finished ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Step = Callable[[Ints, Ints | None, int], tuple[Floats, Ints, Ints]]
"""(tokens (B, K), beams each row continues (B, K) or None at the start, position) to the best next tokens: log
probabilities (B, K, k), ids (B, K, k), and for each row the source place it copies from most (B, K, places)."""


@dataclass(frozen=True, slots=True)
class BeamSettings:
    """Of a summaries bundle's manifest."""

    beams: int = 4
    max_tokens: int = 48
    min_tokens: int = 4
    no_repeat: int = 3  # no run of this many tokens comes twice; 0 turns it off


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished sequence without its marks; `places` are the source places for tokens that need one."""

    ids: list[int]
    score: float
    places: list[int]


class _Search:
    """The beams of one article."""

    def __init__(self, begin: int, settings: BeamSettings) -> None:
        self.settings = settings
        self.beams: list[tuple[float, list[int], list[int]]] = [(0.0, [], [])]
        self.beams += [(-np.inf, [], [])] * (settings.beams - 1)
        self.tokens = [begin] * settings.beams
        self.parents = list(range(settings.beams))
        self.finished: list[Hypothesis] = []
        self.done = False

    def advance(self, values: Floats, ids: Ints, places: Ints, end: int, banned: set[int], position: int) -> None:
        """Take the next tokens of one step: (K, k) log probabilities and ids, and the K places copied from."""
        k = self.settings.beams
        total = np.array([b[0] for b in self.beams])[:, None] + values
        kept: list[tuple[float, int, int]] = []
        for flat in np.argsort(-total, axis=None, kind="stable"):
            beam, rank = divmod(int(flat), total.shape[1])
            score, token = float(total[beam, rank]), int(ids[beam, rank])
            if score == -np.inf or len(kept) == k:
                break
            if token in banned or _repeats(self.beams[beam][1], token, self.settings.no_repeat):
                continue
            if token != end:
                kept.append((score, beam, token))
            elif position >= self.settings.min_tokens:
                self.finished.append(Hypothesis(self.beams[beam][1], score / (position + 1), self.beams[beam][2]))
        if not kept:
            self.done = True
            return
        kept += [(-np.inf, *kept[0][1:])] * (k - len(kept))
        self.beams = [(s, [*self.beams[b][1], t], [*self.beams[b][2], int(places[b])]) for s, b, t in kept]
        self.parents, self.tokens = [b for _, b, _ in kept], [t for *_, t in kept]
        best = sorted((h.score for h in self.finished), reverse=True)
        self.done = len(best) >= k and best[k - 1] >= self.beams[0][0] / (position + 1)

    def result(self) -> list[Hypothesis]:
        """Finished hypotheses, best first; the open ones where none was finished."""
        found = self.finished or [Hypothesis(i, s / max(1, len(i)), p) for s, i, p in self.beams if s > -np.inf]
        return sorted(found, key=lambda h: -h.score)


def beam_search(
    step: Step, articles: int, begin: int, end: int, banned: set[int], settings: BeamSettings
) -> list[list[Hypothesis]]:
    """The finished hypotheses of each article, best first, at least one each."""
    searches = [_Search(begin, settings) for _ in range(articles)]
    for position in range(settings.max_tokens):
        tokens = np.array([s.tokens for s in searches], np.int64)
        parents = np.array([s.parents for s in searches], np.int64) if position else None
        values, ids, places = step(tokens, parents, position)
        for a, search in enumerate(searches):
            if search.done:
                search.parents = list(range(settings.beams))
            else:
                search.advance(values[a], ids[a], places[a], end, banned, position)
        if all(s.done for s in searches):
            break
    return [s.result() for s in searches]


def _repeats(sequence: list[int], token: int, n: int) -> bool:
    if n <= 0 or len(sequence) < n:
        return False
    tail = [*sequence[len(sequence) - n + 1 :], token]
    return any(sequence[i : i + n] == tail for i in range(len(sequence) - n + 1))
