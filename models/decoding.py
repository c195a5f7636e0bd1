"""Beam search over a step function, in numpy: token ids with their log probabilities, best first.

Knows ids and scores, no text and no runtime. The search is the usual one (transformers' with early_stopping=False and a
length penalty of 1): 2K candidates a step, a finished one is scored by its mean log probability, and the search of an
article ends when no open beam can still beat its K finished ones (a lift that may still come is not reckoned with). Articles whose
search has ended leave the batch: of 16 the longest takes three times the steps of the mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Step = Callable[[Ints, Ints | None, int], tuple[Floats, Ints, Ints]]
"""(tokens (B, K), beams each row continues (B, K) or None at the start, position) to the best next tokens: log
probabilities (B, K, k), ids (B, K, k), and for each row the source place it copies from most (B, K, places)."""
Narrow = Callable[[Ints], None]
"""Told which of the B articles of the steps so far go on, by their places; those to come have only these."""
ENDED = 0.25
"""The share of a batch whose search has to have ended before it is narrowed: what stays has to be copied."""


@dataclass(frozen=True, slots=True)
class BeamSettings:
    """Of a summaries bundle's manifest."""

    beams: int = 4
    max_tokens: int = 48
    min_tokens: int = 4
    no_repeat: int = 3  # no run of this many tokens comes twice; 0 turns it off
    number_lift: float = 0.0  # log probability that a token which begins a number of the source is ahead by
    least_salience: float = 0.0  # how probable a number must be in the headline (models/salience.py) to be lifted
    number_odds: float = 0.0  # not 0: the lift is this much plus the log odds of that, from 0 up to number_lift


@dataclass(frozen=True, slots=True)
class Lifted:
    """By how much tokens are lifted: `begins` (V) is above 0 for those of one article that begin a number there; of all tokens
    `figures` (V) are those with a figure, `points` (V) the marks inside numbers.

    A token is lifted where it would not make a number longer, and only the first time, so none is said twice.
    """

    begins: Floats
    figures: NDArray[np.bool_]
    points: NDArray[np.bool_]

    def inside(self, ids: Sequence[int]) -> bool:
        """Whether a figure after these tokens would go on with a number."""
        if not ids:
            return False
        return bool(self.figures[ids[-1]] or (self.points[ids[-1]] and len(ids) > 1 and self.figures[ids[-2]]))


def lift_of(chance: float, settings: BeamSettings) -> float:
    """What the token that begins a number is ahead by, where the headline has that number with this chance."""
    if not chance or not settings.number_odds:
        return settings.number_lift if chance else 0.0
    odds = math.log(chance / (1 - chance)) if chance < 1 else math.inf
    return min(settings.number_lift, max(0.0, settings.number_odds + odds))


@dataclass(frozen=True, slots=True)
class Room:
    """How many characters there are (`most`), and how many each token takes at least (V)."""

    widths: Ints
    most: int


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A finished sequence without its marks; `places` are the source places for tokens that need one.

    `score` is its mean log probability with what its numbers are lifted by, `sure` without.
    """

    ids: list[int]
    score: float
    places: list[int]
    sure: float


@dataclass(frozen=True, slots=True)
class _Beam:
    """An open sequence; `score` and `sure` are sums."""

    score: float
    sure: float
    ids: list[int]
    places: list[int]
    width: int = 0

    def finished(self, tokens: int) -> Hypothesis:
        return Hypothesis(self.ids, self.score / tokens, self.places, self.sure / tokens)


class _Search:
    """The beams of one article."""

    def __init__(self, begin: int, settings: BeamSettings, lifted: Lifted | None, room: Room | None) -> None:
        self.settings, self.lifted, self.room = settings, lifted, room
        self.beams = [_Beam(0.0, 0.0, [], []), *[_Beam(-np.inf, -np.inf, [], [])] * (settings.beams - 1)]
        self.tokens = [begin] * settings.beams
        self.parents = list(range(settings.beams))
        self.finished: list[Hypothesis] = []
        self.done = False

    def advance(self, values: Floats, ids: Ints, places: Ints, end: int, banned: set[int], position: int) -> None:
        """Take the next tokens of one step: (K, k) log probabilities and ids, and the K places copied from."""
        k = self.settings.beams
        total = np.array([b.score for b in self.beams])[:, None] + values
        if self.lifted is not None:
            total = total + self._lift(ids, self.lifted)
        kept: list[tuple[int, _Beam]] = []
        for flat in np.argsort(-total, axis=None, kind="stable"):
            row, rank = divmod(int(flat), total.shape[1])
            score, token, beam = float(total[row, rank]), int(ids[row, rank]), self.beams[row]
            if score == -np.inf or len(kept) == k:
                break
            if token in banned or _repeats(beam.ids, token, self.settings.no_repeat):
                continue
            width = beam.width + (int(self.room.widths[token]) if self.room else 0)
            if self.room and token != end and width > self.room.most:
                continue
            sure = beam.sure + float(values[row, rank])
            if token != end:
                kept.append((row, _Beam(score, sure, [*beam.ids, token], [*beam.places, int(places[row])], width)))
            elif position >= self.settings.min_tokens:
                self.finished.append(_Beam(score, sure, beam.ids, beam.places).finished(position + 1))
        if not kept:
            self.done = True
            return
        row, first = kept[0]
        kept += [(row, _Beam(-np.inf, -np.inf, first.ids, first.places, first.width))] * (k - len(kept))
        self.beams, self.parents = [b for _, b in kept], [r for r, _ in kept]
        self.tokens = [b.ids[-1] for b in self.beams]
        best = sorted((h.score for h in self.finished), reverse=True)
        self.done = len(best) >= k and best[k - 1] >= self.beams[0].score / (position + 1)

    def _lift(self, ids: Ints, lifted: Lifted) -> Floats:
        """What is added to each candidate (K, k)."""
        add: Floats = lifted.begins[ids]
        for row in np.flatnonzero(add.any(axis=1)):  # few candidates begin a number
            beam = self.beams[row]
            if lifted.inside(beam.ids):
                add[row] = 0
                continue
            for place in np.flatnonzero(add[row]):
                if int(ids[row, place]) in beam.ids:
                    add[row, place] = 0
        return add

    def result(self) -> list[Hypothesis]:
        """Finished hypotheses, best first; the open ones where none was finished."""
        found = self.finished or [b.finished(max(1, len(b.ids))) for b in self.beams if b.score > -np.inf]
        return sorted(found, key=lambda h: -h.score)


def beam_search(
    step: Step,
    articles: int,
    begin: int,
    end: int,
    banned: set[int],
    settings: BeamSettings,
    lifted: Sequence[Lifted] | None = None,
    room: Room | None = None,
    narrow: Narrow | None = None,
) -> list[list[Hypothesis]]:
    """The finished hypotheses of each article, best first, at least one each. `lifted`: one an article. Without `narrow` the
    batch stays as it is until the last search ends.
    """
    searches = [_Search(begin, settings, lifted[a] if lifted else None, room) for a in range(articles)]
    going = list(searches)
    for position in range(settings.max_tokens):
        tokens = np.array([s.tokens for s in going], np.int64)
        parents = np.array([s.parents for s in going], np.int64) if position else None
        values, ids, places = step(tokens, parents, position)
        for a, search in enumerate(going):
            if search.done:
                search.parents = list(range(settings.beams))
            else:
                search.advance(values[a], ids[a], places[a], end, banned, position)
        open_ = [a for a, search in enumerate(going) if not search.done]
        if not open_:
            break
        if narrow and len(open_) <= (1 - ENDED) * len(going):
            narrow(np.array(open_, np.int64))
            going = [going[a] for a in open_]
    return [s.result() for s in searches]


def _repeats(sequence: list[int], token: int, n: int) -> bool:
    if n <= 0 or len(sequence) < n:
        return False
    tail = [*sequence[len(sequence) - n + 1 :], token]
    return token in sequence and any(sequence[i : i + n] == tail for i in range(len(sequence) - n + 1))
