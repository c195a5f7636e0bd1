"""The line tagger when serving: a small recurrent network in numpy over a page's lines, and the best sequence of tags.

Owns the form of its weights on disk (`page_tagger.safetensors`, int8 with one scale a row, fitted by `python -m training
pages`) and the sums. A long page is read in pieces that overlap, so time and memory grow linearly. Knows features and tags,
not what a tag means on the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.page_features import Features
from models.page_tags import TAGS
from models.page_trust import with_rules
from models.weights import read_weights

FILE = Path(__file__).with_name("page_tagger.safetensors")
PIECE, MARGIN = 320, 64
"""Lines that are read at once, and how many of them at either end are there for context only."""
AT_ONCE = 32
"""Pieces that are read together."""

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Tagged:
    """The best tags of a page's lines, and the probability of every tag for every line (lines, tags)."""

    tags: tuple[str, ...]
    chances: Array


class Tagger:
    """The network. `weights` are fp32 arrays under their torch names (training/page_tagger.py)."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self.w = weights
        self.layers = [_layer(weights, name) for name in ("first", "second")]

    def tag(self, features: Features, rules: Sequence[str] | None = None) -> Tagged:
        """The tags of a page; a page without lines has none. `rules` are the tags that the rules give, for a bonus."""
        if not len(features.dense):
            return Tagged((), np.zeros((0, len(TAGS)), np.float32))
        scores = self.scores(features)
        best = best_path(scores, self.w["follow"])
        if rules is not None:
            scores = with_rules(scores, best, rules)
            best = best_path(scores, self.w["follow"])
        return Tagged(tuple(TAGS[i] for i in best), chances(scores, self.w["follow"]))

    def scores(self, features: Features) -> Array:
        """Scores (lines, tags) before the order of tags is looked at."""
        table = self.w["grams.weight"]
        grams = np.add.reduceat(table[features.grams], features.starts[:-1])
        x = np.concatenate([features.dense, grams], 1) @ self.w["read.weight"].T + self.w["read.bias"]
        x = np.maximum(x, 0).astype(np.float32)
        n = len(x)
        step = PIECE - 2 * MARGIN
        starts = [0] if n <= PIECE else list(range(0, n - 2 * MARGIN, step))
        out = np.empty((n, len(TAGS)), np.float32)
        for first in range(0, len(starts), AT_ONCE):
            group = starts[first : first + AT_ONCE]
            ends = [min(n, s + PIECE) for s in group]
            batch = np.zeros((len(group), max(e - s for s, e in zip(group, ends, strict=True)), x.shape[1]), np.float32)
            for i, (s, e) in enumerate(zip(group, ends, strict=True)):
                batch[i, : e - s] = x[s:e]
            sizes = np.array([e - s for s, e in zip(group, ends, strict=True)])
            deep = batch
            for layer in self.layers:
                deep = _run(layer, deep, sizes)
            said = np.concatenate([deep, batch], 2) @ self.w["say.weight"].T + self.w["say.bias"]
            for i, (s, e) in enumerate(zip(group, ends, strict=True)):
                a = 0 if s == 0 else MARGIN
                out[s + a : e] = said[i, a : e - s]  # the next piece writes over this one's end
        return out


Layer = tuple[Array, Array, Array, Array]


def _layer(w: Mapping[str, Array], name: str) -> Layer:
    """Weights of both directions stacked: input (2, in, 3 width), its bias, state (2, width, 3 width), its bias."""

    def both(kind: str) -> Array:
        return np.stack([w[f"{name}.{kind}_l0"], w[f"{name}.{kind}_l0_reverse"]])

    return (
        np.ascontiguousarray(both("weight_ih").transpose(0, 2, 1)), both("bias_ih")[:, None],
        np.ascontiguousarray(both("weight_hh").transpose(0, 2, 1)), both("bias_hh")[:, None],
    )  # fmt: skip


def _run(layer: Layer, x: Array, sizes: NDArray[np.int64]) -> Array:
    """A GRU over (pieces, lines, in), forwards and backwards; (pieces, lines, 2 width)."""
    into, into_bias, state, state_bias = layer
    pieces, lines, _ = x.shape
    width = state.shape[1]
    places = np.arange(lines)
    turned = np.where(places < sizes[:, None], sizes[:, None] - 1 - places, places)
    rows = np.arange(pieces)[:, None]
    both = np.stack([x, x[rows, turned]])
    gates = both.reshape(2, pieces * lines, -1) @ into + into_bias
    gates = np.ascontiguousarray(gates.reshape(2, pieces, lines, -1).transpose(2, 0, 1, 3))
    h = np.zeros((2, pieces, width), np.float32)
    out = np.empty((lines, 2, pieces, width), np.float32)
    for t in range(lines):
        own = h @ state + state_bias
        gate = gates[t]
        reset, update = np.split(1 / (1 + np.exp(-(gate[..., : 2 * width] + own[..., : 2 * width]))), 2, -1)
        new = np.tanh(gate[..., 2 * width :] + reset * own[..., 2 * width :])
        h = new + update * (h - new)
        out[t] = h
    forward, backward = out.transpose(1, 2, 0, 3)
    return np.concatenate([forward, backward[rows, turned]], 2)


def best_path(scores: Array, follow: Array) -> list[int]:
    """The tags whose scores add up highest."""
    held = scores[0]
    back = np.empty((len(scores), len(TAGS)), np.int64)
    for t in range(1, len(scores)):
        every = held[:, None] + follow
        back[t] = every.argmax(0)
        held = every.max(0) + scores[t]
    path = [int(held.argmax())]
    for t in range(len(scores) - 1, 0, -1):
        path.append(int(back[t, path[-1]]))
    return path[::-1]


def chances(scores: Array, follow: Array) -> Array:
    """The probability of every tag at every line, all sequences considered."""
    forth, back = _sums(scores, follow), _sums(scores[::-1], follow.T)[::-1]
    whole = forth + back - scores
    whole = np.exp(whole - whole.max(1, keepdims=True))
    return np.asarray(whole / whole.sum(1, keepdims=True), np.float32)


def _sums(scores: Array, follow: Array) -> Array:
    """Log sums over all sequences that end at each line, shifted so that they stay small."""
    ways = np.exp(follow)
    out = np.empty_like(scores)
    out[0] = scores[0]
    for t in range(1, len(scores)):
        top = out[t - 1].max()
        out[t] = np.log(np.maximum(np.exp(out[t - 1] - top) @ ways, 1e-30)) + scores[t]
        out[t] -= out[t].max()
    return out


@cache
def read_tagger() -> Tagger:
    """The shipped tagger, read once."""
    return Tagger(read_weights(FILE))
