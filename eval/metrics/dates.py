"""Dates in Chinese news text, as far as they are written out: 2026年3月12日, 三月十二日, 2026-03-12, 12日.

A range shares its year and month (3月12日至15日 are two dates). Relative ones (昨天, 去年), periods of ten days and clock
times are not read. Lengths of time (历时3天, 3个月) are no dates. A 〇 beside figures is a 0 (5月1〇日); figures mixed with
other numerals (3十日) are none.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from eval.metrics.numbers import read_numeral

_HAN = "零〇一二三四五六七八九十"
_NUMBER = rf"(?:(?<![{_HAN}])\d{{1,3}}|(?<!\d)[{_HAN}]{{1,3}})"
_ZEROS = re.compile(r"\d〇+|〇+(?=\d)")
_DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<m>1[0-2]|0?[1-9])[-/.](?P<d>3[01]|[12]\d|0?[1-9])(?!\d)"
    r"|(?P<year>(?<!\d)\d{4}|[零〇一二三四五六七八九]{4})年(?!代|间)"
    rf"(?:(?P<month>{_NUMBER})月(?:(?P<day>{_NUMBER})[日号])?)?"
    rf"|(?P<month2>(?<!\d){_NUMBER})月(?:(?P<day2>{_NUMBER})[日号])?"
    rf"|(?P<day3>(?<!\d){_NUMBER})日(?!均|内)"
)
_RANGE = re.compile(r"\s*(?:至|到|—|–|-|~|、|和|起至)\s*")


@dataclass(frozen=True, slots=True)
class Date:
    """Year, month and day, each None where it is not written."""

    year: int | None
    month: int | None
    day: int | None

    def within(self, other: Date) -> bool:
        """Whether all that this date says stands in the other one too."""
        pairs = ((self.year, other.year), (self.month, other.month), (self.day, other.day))
        return all(mine is None or mine == theirs for mine, theirs in pairs)


def find_dates(text: str) -> list[Date]:
    """The distinct dates of a text in order of appearance."""
    folded = _ZEROS.sub(lambda m: m[0].replace("〇", "0"), unicodedata.normalize("NFKC", text))
    found: list[Date] = []
    before: Date | None = None
    ended = -1
    for match in _DATE.finditer(folded):
        date = _read(match)
        if date is None:
            continue
        joined = before is not None and _RANGE.fullmatch(folded, ended, match.start())
        if joined and before is not None:
            month = date.month if date.month is not None else before.month
            date = Date(date.year if date.year is not None else before.year, month, date.day)
        found.append(date)
        before, ended = date, match.end()
    return list(dict.fromkeys(found))


def _read(match: re.Match[str]) -> Date | None:
    """The date, or None when a part of it is out of range."""
    year, month, day = (
        next((_number(match[name]) for name in names if match[name] is not None), None)
        for names in (("y", "year"), ("m", "month", "month2"), ("d", "day", "day2", "day3"))
    )
    limits = ((year, 1000, 2999), (month, 1, 12), (day, 1, 31))
    return Date(year, month, day) if all(v is None or low <= v <= high for v, low, high in limits) else None


def _number(text: str) -> int:
    """The value of a year, month or day; 0 where it is none."""
    if text.isdecimal():
        return int(text)
    if len(text) == 1:
        return "零一二三四五六七八九十".find(text) if text != "〇" else 0
    return int(read_numeral(text) or 0)
