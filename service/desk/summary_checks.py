"""A summary held against its article for an editor: every number, date, name and quotation, found or not, and where.

What is wrong says models/faithfulness.py, the same check that a written summary has to pass; here each thing is only looked
up, so that the page can show its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from models.faithfulness import QUOTED, checks, squeeze
from models.markup import evidence_of, without_markup
from models.name_checks import COMMON, GENERAL, KINDS, LINKS, TITLES
from models.quantities import NUMBER, PERCENT, dates_of, numbers_of
from service.desk.column import paragraph_at

Kind = Literal["number", "date", "name", "quotation", "negation"]
DATE = re.compile(r"[\d０-９一二三四五六七八九十]{1,3}月[\d０-９一二三四五六七八九十]{1,3}[日号]")
NAMED = re.compile("|".join(sorted((*KINDS, *TITLES), key=len, reverse=True)))
BEHIND = re.compile(r"[万亿]?(?:[%％]|[余多几]?[\u4e00-\u9fff])")
"""What is shown of a number beside its digits: its unit."""
LONGEST_PLACE = 4
"""Characters before a kind (县, 总工会) that are shown; before a title it is three, a name."""
LISTS: dict[str, Kind] = {
    "numbers_not_in_source": "number",
    "dates_not_in_source": "date",
    "names_not_in_source": "name",
    "quotations_not_in_source": "quotation",
    "negations_not_in_source": "negation",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing of a summary. Where the article has it: offsets into the body, and the paragraph from 1; None where not."""

    kind: Kind
    text: str
    found: bool
    start: int | None = None
    end: int | None = None
    paragraph: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {"kind": self.kind, "text": self.text, "found": self.found, "start": self.start, "end": self.end,
                "paragraph": self.paragraph}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """What an editor is shown of a summary: each thing, what is wrong with the whole, the sentences that it draws on."""

    ok: bool
    items: list[Check]
    faults: list[Literal["byline", "repeats", "empty"]]
    sentences: list[dict[str, Any]]

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {
            "ok": self.ok,
            "items": [i.as_dict() for i in self.items],
            "faults": self.faults,
            "sentences": self.sentences,
        }


class Source:
    """A body in which things are looked up: by its own characters, then without spaces and punctuation."""

    def __init__(self, body: str) -> None:
        self.body = body

    @cached_property
    def _squeezed(self) -> tuple[str, list[int]]:
        """The body without spaces and punctuation, and the place of each of its characters."""
        plain, places = [], []
        for place, char in enumerate(self.body):
            told = squeeze(char)
            plain.append(told)
            places += [place] * len(told)
        return "".join(plain), places

    def find(self, text: str) -> tuple[int, int] | None:
        """Where it stands first."""
        place = self.body.find(text)
        if place >= 0:
            return place, place + len(text)
        wanted = squeeze(text)
        plain, places = self._squeezed
        place = plain.find(wanted) if wanted else -1
        return (places[place], places[place + len(wanted) - 1] + 1) if place >= 0 else None

    def find_number(self, text: str, value: str) -> tuple[int, int] | None:
        """A number of this value: as it is written in the summary with its unit, or in other digits."""
        return self.find(text) or next(
            ((m.start(), m.end()) for m in _numbers(self.body) if value in _values(self.body, m)), None
        )

    def find_date(self, day: tuple[int, int]) -> tuple[int, int] | None:
        """A date of this month and day."""
        return next(((m.start(), m.end()) for m in DATE.finditer(self.body) if day in dates_of(m[0])), None)


def checked(summary: str, body: str) -> Checked:
    """Every number, date, name and quotation of a summary with its place in the body, and what was not found there."""
    told = checks(summary, without_markup(body))
    source = Source(body)
    items = [*_dates(summary, told, source), *_figures(summary, told, source), *_names(summary, told, source)]
    items += [
        _check("quotation", q, q not in told["quotations_not_in_source"], source.find(q), body)
        for q in QUOTED.findall(summary)
    ]
    items += [Check("negation", text, False) for text in told["negations_not_in_source"]]
    for key, kind in LISTS.items():  # whatever was not met above
        known = [squeeze(i.text) for i in items if not i.found and i.kind in (kind, "date")]
        items += [Check(kind, text, False) for text in told[key] if not any(_alike(squeeze(text), k) for k in known)]
    faults: list[Literal["byline", "repeats", "empty"]] = [f for f in ("byline", "repeats") if told[f]]
    if not summary.strip():
        faults.append("empty")
    return Checked(told["ok"], _once(items), faults, [s.as_dict() for s in evidence_of(summary, body)])


def _check(kind: Kind, text: str, found: bool, place: tuple[int, int] | None, body: str) -> Check:
    if not found or place is None:
        return Check(kind, text, found)
    return Check(kind, text, True, *place, paragraph_at(body, place[0]))


def _dates(summary: str, told: dict[str, Any], source: Source) -> Iterator[Check]:
    for match in DATE.finditer(summary):
        for month, day in sorted(dates_of(match[0])):
            good = f"{month}月{day}日" not in told["dates_not_in_source"]
            yield _check("date", match[0], good, source.find_date((month, day)), source.body)


def _numbers(text: str) -> Iterator[re.Match[str]]:
    # NUMBER knows half-width digits; this keeps every character in its place, which NFKC does not.
    plain = "".join(n if len(n := unicodedata.normalize("NFKC", c)) == 1 else c for c in text)
    taken = [m.span() for m in PERCENT.finditer(plain)]
    yield from PERCENT.finditer(plain)
    yield from (m for m in NUMBER.finditer(plain) if not any(a <= m.start() < b for a, b in taken))


def _values(text: str, match: re.Match[str]) -> set[str]:
    return numbers_of(match[0] + text[match.end() : match.end() + 1])


def _figures(summary: str, told: dict[str, Any], source: Source) -> Iterator[Check]:
    dated = [m.span() for m in DATE.finditer(summary)]
    for match in _numbers(summary):
        if any(a <= match.start() < b for a, b in dated):
            continue
        unit = BEHIND.match(summary, match.end())
        text = summary[match.start() : unit.end() if unit else match.end()]
        for value in _values(summary, match):
            wrong = [w for w in told["numbers_not_in_source"] if re.match(rf"{re.escape(value)}(?![\d.])", w)]
            yield _check("number", text, not wrong, source.find_number(text, value), source.body)


def _names(summary: str, told: dict[str, Any], source: Source) -> Iterator[Check]:
    end = 0
    for match in NAMED.finditer(summary):
        start = match.start() - 2
        if start < end or not re.fullmatch("[\u4e00-\u9fff]{2}", summary[start : match.start()]):
            continue
        before = summary[start : match.start()]
        if {before + match[0], before[1] + match[0], match[0] + summary[match.end() : match.end() + 1]} & COMMON:
            continue
        if before[1] in LINKS or before in GENERAL:
            continue
        wrong = [n for n in told["names_not_in_source"] if n.endswith(before + match[0])]
        place = source.find(summary[start : match.end()])
        longest = 3 if match[0] in TITLES else LONGEST_PLACE
        while not wrong and place and start > end and match.start() - start < longest:
            longer = source.find(summary[start - 1 : match.end()])
            if longer is None or not re.match("[\u4e00-\u9fff]", summary[start - 1]) or summary[start - 1] in LINKS:
                break
            start, place = start - 1, longer
        end = match.end()
        yield _check("name", wrong[0] if wrong else summary[start : match.end()], not wrong, place, source.body)


def _alike(one: str, other: str) -> bool:
    return one in other or other in one


def _once(items: list[Check]) -> list[Check]:
    return list({(i.kind, i.text): i for i in items}.values())
