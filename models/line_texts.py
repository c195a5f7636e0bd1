"""Texts that are lines and no prose: results, lists of names, tables, poems. Their summary is their first lines, whole,
and its evidence each of these lines.

A model of news would make a sentence out of them that they do not say. Knows form alone: how lines end, no topic.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from models.article import Sentence
from models.lead import WINDOW, headline_of, trimmed
from models.text import has_han, lead_offset

_STOPS = re.compile("[。！？!?；;]+[”’」』）)]*")
_CELLS = re.compile(r"[ \u3000]*[\t|｜][\t|｜ \u3000]*")
_RULE = re.compile(r"[\s|｜:+=_\-—─━·.*]*")
_ENTRY = re.compile(r"[\d：:、，]")
LEAST_LINES = 3
VERSES = 6  # lines of words alone that are quoted
PROSE_LINE = 40
"""A line so long is a paragraph, whatever it ends with, unless it has cells."""
LEAST_TITLE = 4
MOST_PROSE = 0.4
"""Share of the characters that may stand in lines of prose."""
MID_LINE = 0.2
"""Share of the stops that may stand inside a line: prose that was broken into short lines has most of its there."""


def of_lines(body: str) -> bool:
    """Whether a text is lines rather than prose, byline aside."""
    text = body[lead_offset(body) :][:WINDOW]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < LEAST_LINES or not has_han(text):
        return False
    prose = sum(len(line) for line in lines if _is_prose(line))
    stops = [m for line in lines for m in _STOPS.finditer(line)]
    inside = sum(m.end() < len(m.string) for m in stops)
    return prose <= MOST_PROSE * sum(map(len, lines)) and inside <= MID_LINE * len(stops)


def _is_prose(line: str) -> bool:
    if _CELLS.search(line):
        return False
    ended = _STOPS.search(line[-3:]) is not None
    return ended or len(line) >= PROSE_LINE


class Quoted(NamedTuple):
    """A summary of lines, and the lines that it is made of."""

    text: str
    lines: tuple[Sentence, ...]


class _Line(NamedTuple):
    text: str
    start: int
    end: int


def headline_of_lines(body: str, limit: int) -> Quoted:
    """The first line, or the first two where that one says too little, at most `limit` characters."""
    lines = _lines(body)
    taken = lines[:1]
    first = taken[0].text if taken else ""
    if len(lines) > 1 and len(first) < LEAST_TITLE and len(first) + len(lines[1].text) < limit:
        taken = lines[:2]
        first = f"{trimmed(first)}：{lines[1].text}"
    first = trimmed(first)
    return _quoted(first if len(first) <= limit else headline_of(first, limit), taken, body)


def brief_of_lines(body: str, high: int) -> Quoted:
    """As many whole lines from the first on as fit in `high` characters, one at least, that one cut where it may be; … at the
    end where something was left out.

    Between lines of words alone stands ，, else ；: what was two lines never becomes one word.
    """
    lines = _lines(body)
    words_alone = not any(_ENTRY.search(line.text) for line in lines)
    taken: list[_Line] = []
    for line in lines[: VERSES if words_alone else None]:
        if sum(len(t.text) for t in taken) + len(taken) + len(line.text) >= high:
            break
        taken.append(line)
    while len(taken) > 1 and not words_alone and not _ENTRY.search(taken[-1].text):
        taken.pop()  # the head of entries that have no room
    left_out = len(taken) < len(lines)
    whole = "".join(line.text + _behind(line.text, "，" if words_alone else "；") for line in taken)
    text = trimmed(whole or headline_of(lines[0].text if lines else "", high - 1))
    if text and left_out:
        text = text.removesuffix("…") + "…"
    elif text and not _STOPS.search(text[-2:]):
        text += "。"
    return _quoted(text, taken or lines[:1], body)


def _quoted(text: str, taken: list[_Line], body: str) -> Quoted:
    return Quoted(text, tuple(Sentence(body[a:b], a, b) for _, a, b in taken) if text else ())


def _behind(line: str, mark: str) -> str:
    """What parts a line from the next: nothing where it has a mark of its own, as a list's head."""
    return "" if line[-1] in "，。！？!?；;：:、…" else mark


def _lines(body: str) -> list[_Line]:
    """The lines behind the byline, cells parted by a space, without those that draw a table."""
    at = lead_offset(body)
    found = []
    for line in body[at : at + WINDOW].splitlines(keepends=True):
        start = at + len(line) - len(line.lstrip())
        text = _CELLS.sub(" ", line).strip()
        if not _RULE.fullmatch(line) and any(map(str.isalnum, text)):
            found.append(_Line(text, start, start + len(line.strip())))
        at += len(line)
    return found
