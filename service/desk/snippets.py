"""The piece of a text that shows why it was found, with what was looked for marked. Pure functions of text and phrases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.store.search_terms import Phrase, first_place, places, tokens

BEFORE, LONG = 36, 140
"""Characters before the first mark, and in all."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, marked or not."""

    text: str
    marked: bool = False


def snippet(text: str, phrases: Sequence[Phrase]) -> list[Piece]:
    """About `LONG` characters round the first phrase that stands there, else from the beginning; … where text goes on."""
    found = [at for phrase in phrases if (at := first_place(text, phrase)) is not None]
    start = max(0, min(found, default=0) - BEFORE)
    end = min(len(text), start + LONG)
    told = marked(" ".join(text[start:end].splitlines()), phrases)
    return [*([Piece("…")] if start else []), *told, *([Piece("…")] if end < len(text) else [])]


def marked(text: str, phrases: Sequence[Phrase]) -> list[Piece]:
    """The whole text in pieces."""
    found = list(tokens(text))
    spans = sorted(span for phrase in phrases for span in places(found, phrase))
    told: list[Piece] = []
    at = 0
    for start, end in spans:
        if end <= at:
            continue
        start = max(start, at)
        told += [Piece(text[at:start]), Piece(text[start:end], marked=True)]
        at = end
    return [piece for piece in (*told, Piece(text[at:])) if piece.text]
