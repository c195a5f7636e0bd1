"""Scores of parts of a set: by length, source, year, topic, number of labels, and whether the annotator was sure.

A mean hides where a system fails. Slices are cut from what the data says of its rows (columns `source`, `date`, `sure`);
what a file does not say is not cut by. An item may stand in several slices of one kind (an article with two topics).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eval import significance
from eval.metrics import Array
from eval.sets import Gold, SummaryItem, TopicItem
from eval.significance import Interval, Score

LEAST = 10
"""Items from which on a slice may be called the worst one: below, its score is mostly chance."""
MOST = 12
"""Sources (years) that get a slice of their own; the rest share one."""
LENGTHS = (150, 300, 600, 1200)
"""Lower edges of the classes of body length, in characters without spaces."""

Groups = dict[str, dict[str, list[int]]]


@dataclass(frozen=True, slots=True)
class Slice:
    """One part of the set: what it was cut by, its value, how many items, and their scores."""

    by: str
    value: str
    n: int
    scores: Mapping[str, float]
    intervals: Mapping[str, Interval]

    @property
    def name(self) -> str:
        """`by=value`."""
        return f"{self.by}={self.value}"


def length_class(text: str) -> str:
    """The class of a body's length: `<150`, `150-299` … `>=1200`."""
    n = sum(not c.isspace() for c in text)
    above = [edge for edge in LENGTHS if n >= edge]
    if not above:
        return f"<{LENGTHS[0]}"
    rest = [edge for edge in LENGTHS if edge > n]
    return f"{above[-1]}-{rest[0] - 1}" if rest else f">={LENGTHS[-1]}"


def cut(gold: Gold[Any]) -> Groups:
    """Kind of slice → value → indices of items. Kinds with a single value are left out: they are the whole set."""
    found: Groups = {}
    for kind, read in (("source", _source), ("year", _year), ("sure", _sure)):
        values = [read(about) for about in gold.about]
        if any(values):
            found[kind] = _grouped([value or "(none)" for value in values])
    if all(isinstance(item, TopicItem | SummaryItem) for item in gold.items):
        classes = _grouped([length_class(item.body) for item in gold.items])
        found["length"] = {name: classes[name] for name in sorted(classes, key=_edge)}
    topics = [item for item in gold.items if isinstance(item, TopicItem)]
    if topics:
        by_topic: dict[str, list[int]] = defaultdict(list)
        for i, item in enumerate(topics):
            for topic in sorted(item.labels) or ["(none)"]:
                by_topic[topic].append(i)
        found["topic"] = dict(sorted(by_topic.items()))
        found["labels"] = _grouped([str(min(len(item.labels), 3)) + "+" * (len(item.labels) >= 3) for item in topics])
    return {kind: groups for kind, groups in found.items() if len(groups) > 1}


def measure_slices(rows: Array, score: Score, groups: Groups, names: Sequence[str]) -> list[Slice]:
    """Scores and intervals of every slice, in the order of `groups`."""
    found = []
    for by, values in groups.items():
        for value, places in values.items():
            part = rows[places]
            whole, spans = significance.total(part, score), significance.intervals(part, score)
            scores, intervals = {name: whole[name] for name in names}, {name: spans[name] for name in names}
            found.append(Slice(by, value, len(places), scores, intervals))
    return found


def worst(slices: Sequence[Slice], name: str) -> Slice | None:
    """The slice with the lowest score among those of `LEAST` items or more."""
    able = [s for s in slices if s.n >= LEAST and not math.isnan(s.scores[name])]
    return min(able, key=lambda s: s.scores[name], default=None)


def _grouped(values: Sequence[str], most: int = MOST) -> dict[str, list[int]]:
    common = {value for value, _ in Counter(values).most_common(most)}
    found: dict[str, list[int]] = defaultdict(list)
    for i, value in enumerate(values):
        found[value if value in common else "(other)"].append(i)
    return dict(sorted(found.items()))


def _edge(length: str) -> int:
    """Where a class of length begins."""
    return 0 if length.startswith("<") else int(length.removeprefix(">=").partition("-")[0])


def _source(about: Mapping[str, str]) -> str:
    return about.get("source", "")


def _year(about: Mapping[str, str]) -> str:
    year = about.get("date", "")[:4]
    return year if year.isdecimal() and len(year) == 4 else ""


def _sure(about: Mapping[str, str]) -> str:
    return {"true": "sure", "false": "unsure"}.get(about.get("sure", "").lower(), "")
