"""An article's text cut where something begins or ends that the page marks: paragraphs of segments, each with what it is.

Offsets are code points of the text as it is kept; joined again, the segments are that text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from models.text import lead_offset


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch that is marked: evidence for a topic (its number), or a sentence that the summary draws on (None)."""

    start: int
    end: int
    topic: int | None = None


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch with the same marks all through. `topics` are numbers of topics, from 1 as on the page."""

    start: int
    text: str
    topics: tuple[int, ...] = ()
    drawn: bool = False
    byline: bool = False

    @property
    def classes(self) -> str:
        """Its classes on the page."""
        found = [f"t{n}" for n in self.topics]
        found += ["evidence"] * bool(self.topics) + ["drawn"] * self.drawn + ["lead"] * self.byline
        return " ".join(found)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of the text with words; `number` counts these from 1."""

    number: int
    segments: tuple[Segment, ...]


def marks_of(topics: dict[str, Any] | None, numbers: dict[str, int], where: str) -> list[Mark]:
    """The evidence of an analysis in the headline or the body, of the topics that have a number."""
    found = topics["evidence"] if topics and "evidence" in topics else []
    return [
        Mark(e["start"], e["end"], numbers[e["topic"]]) for e in found if e["where"] == where and e["topic"] in numbers
    ]


def segments(text: str, marks: Iterable[Mark], start: int, end: int, lead: int = 0) -> tuple[Segment, ...]:
    """The stretch `start` to `end` of a text in segments; what lies before `lead` is byline."""
    near = [m for m in marks if m.start < end and m.end > start]
    edges = {start, end, *(place for m in near for place in (m.start, m.end)), lead}
    found = []
    for a, b in pairwise(sorted(place for place in edges if start <= place <= end)):
        over = [m for m in near if m.start < b and m.end > a]
        topics = tuple(sorted({m.topic for m in over if m.topic is not None}))
        found.append(Segment(a, text[a:b], topics, any(m.topic is None for m in over), b <= lead))
    return tuple(found)


def paragraphs(body: str, marks: Sequence[Mark]) -> list[Paragraph]:
    """The body as it is set: one paragraph a line, blank lines left out."""
    lead = lead_offset(body)
    found: list[Paragraph] = []
    at = 0
    for line in body.splitlines(keepends=True):
        text = line.strip()
        if text:
            start = at + len(line) - len(line.lstrip())
            found.append(Paragraph(len(found) + 1, segments(body, marks, start, start + len(text), lead)))
        at += len(line)
    return found


def paragraph_at(body: str, place: int) -> int:
    """The number of the paragraph in which this character stands."""
    return sum(bool(line.strip()) for line in body[: place + 1].splitlines())
