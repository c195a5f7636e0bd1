"""Numbers in Chinese news text, brought to one form, so that 1.2亿, 12000万 and １.２亿 are the same number.

Read: digits (half or full width, with commas and decimals) with 十百千万亿 after them, percent in its three spellings,
Chinese numerals that hold a multiplier (三百二十, 两千万) and years in figures (二〇二六). Not read, on purpose:
a lone 一 or 三 (mostly no number: 一些, 统一), idioms, 两成, fractions. Written apart from the product's own check, so
that a hole in that is not a hole in the measure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

MULTIPLIERS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
FIGURES = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
# Units that make it another number: a share, a date, money. Measure words (人, 家, 项) do not count.
UNITS = "%|‰|个百分点|年|月|日|时|分|美元|欧元|元|倍|岁|公里|亩|吨"
_ARABIC = re.compile(
    rf"(?P<share>百分之)?(?P<digits>\d+(?:,\d{{3}})*(?:\.\d+)?)(?P<times>[十百千万亿]*)余?多?(?P<unit>{UNITS})?"
)
_CHINESE = re.compile(
    r"(?P<share>百分之)?(?P<digits>[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?)"
    rf"余?多?(?P<unit>{UNITS})?"
)
_IDIOMS = re.compile(
    "千万别|千万要|千万不|万一|千千万万|万万|千方百计|百姓|十分|百分百|万家|千家|百货|百科|"
    "万物|万象|亿万|百年|千年|千里|万里|十三五|十四五|十五五"
)


@dataclass(frozen=True, slots=True)
class Number:
    """A value and the unit that belongs to it; the unit is empty where none is written."""

    value: Fraction
    unit: str

    def agrees(self, other: Number) -> bool:
        """Same value and no contradiction of units; a share is only ever a share."""
        if self.value != other.value:
            return False
        if self.unit == other.unit:
            return True
        strict = {"%", "‰"}
        return not (self.unit and other.unit) and not ({self.unit, other.unit} & strict)


def find_numbers(text: str) -> list[Number]:
    """The distinct numbers of a text in order of appearance."""
    folded = unicodedata.normalize("NFKC", text)
    found: list[tuple[int, Number]] = []
    taken: list[tuple[int, int]] = []
    for match in _ARABIC.finditer(folded):
        value = Fraction(match["digits"].replace(",", ""))
        for sign in match["times"]:
            value *= MULTIPLIERS[sign]
        found.append((match.start(), Number(value, _unit(match))))
        taken.append(match.span())
    idle = _IDIOMS.sub(lambda m: "·" * len(m[0]), folded)
    for match in _CHINESE.finditer(idle):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        read = read_numeral(match["digits"], bool(match["share"]), match["unit"] or "")
        if read is not None:
            found.append((match.start(), Number(read, _unit(match))))
    return list(dict.fromkeys(number for _, number in sorted(found, key=lambda pair: pair[0])))


def _unit(match: re.Match[str]) -> str:
    return "%" if match["share"] else match["unit"] or ""


def read_numeral(text: str, share: bool = False, unit: str = "") -> Fraction | None:
    """The value of a Chinese numeral, or None where it is none that we read (see the top of the file)."""
    whole, _, decimals = text.partition("点")
    share = share or unit == "%"
    if decimals and not share:
        return None  # 三点五十分 is a time of day
    if len(whole) >= 4 and all(c in FIGURES and c != "两" for c in whole):
        return Fraction(int("".join(str(FIGURES[c]) for c in whole)))  # a year: 二〇二六
    if len(whole) < 2 and not share:
        return None
    value = _grouped(whole)
    if value is None:
        return None
    tail = Fraction(int("".join(str(FIGURES[c]) for c in decimals)), 10 ** len(decimals)) if decimals else Fraction(0)
    return value + tail


def _grouped(text: str) -> Fraction | None:
    """A numeral in multipliers: 一亿两千万, 三百二十, 十二. None when figures stand side by side (十五五, 三四十)."""
    total, group, figure = 0, 0, None
    for sign in text:
        if sign in FIGURES:
            if figure not in (None, 0):
                return None
            figure = FIGURES[sign]
        elif sign in "十百千":
            group += (1 if figure is None else figure) * MULTIPLIERS[sign]
            figure = None
        else:
            group += figure or 0
            total = (total + group if sign == "亿" else group) * MULTIPLIERS[sign] + (0 if sign == "亿" else total)
            group, figure = 0, None
    value = total + group + (figure or 0)
    return Fraction(value) if value or text in ("零", "〇") else None
