"""Does a summary say only what its source says? First version: numbers, quotations, repetition, emptiness.

Knows two texts, no model. Numbers are compared as values (full-width, 万/亿, percent and simple Chinese numerals are read
alike). Units are not compared: 12年 stands for 12人.
"""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Any

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?|[〇零一二两三四五六七八九十百千万亿]{1,}")
PERCENT = re.compile(r"百分之([〇零一二两三四五六七八九十百]{1,8})(?!点)")
LONGEST_NUMERAL = 20
"""Characters; what is longer is no number that a summary could quote."""
DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
BIG = {"万": 10_000, "亿": 100_000_000}
REPEATED = re.compile(r"([\u4e00-\u9fff])\1\1+|([\u4e00-\u9fff]{2,})[\s，、：]?\2|(.{2,})\3\3")
"""A character three times, a word twice, anything three times: degenerate unless the source says it too."""
QUOTED = re.compile("[“「『《]([^“”「」『』《》]{2,40})[”」』》]")


def checks(summary: str, source: str) -> dict[str, Any]:
    """What was verified, and `ok`: whether all of it holds. Lists name what was not found in the source."""
    known = numbers_of(source)
    numbers = sorted(n for n in numbers_of(summary) if n not in known)
    plain = squeeze(source)
    quotes = [q for q in QUOTED.findall(summary) if squeeze(q) not in plain]
    loop = any(squeeze(m[0]) not in plain for m in REPEATED.finditer(summary))
    return {
        "numbers_not_in_source": numbers,
        "quotations_not_in_source": quotes,
        "repeats": loop,
        "ok": bool(summary.strip()) and not numbers and not quotes and not loop,
    }


def squeeze(text: str) -> str:
    """NFKC without spaces and punctuation, lower case: the form in which two texts are compared."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).lower()


def numbers_of(text: str) -> set[str]:
    """The numbers of a text as canonical strings: `3.2亿` and `320000000` are alike, `12%` keeps its sign."""
    found = set()
    text = unicodedata.normalize("NFKC", text)
    for match in PERCENT.finditer(text):
        value = _chinese(match[1]) if len(match[1]) > 1 else float(DIGITS.get(match[1], TENS.get(match[1], 0)))
        if value is not None:
            found.add(f"{value:g}%")
    text = PERCENT.sub("", text)
    for match in NUMBER.finditer(text):
        token, rest = match.group(), text[match.end() : match.end() + 1]
        value = _arabic(token, rest) if token[0].isdigit() else _chinese(token)
        if value is not None:
            found.add(f"{value:g}%" if rest == "%" else f"{value:.12g}")
    return found


def _arabic(token: str, rest: str) -> float | None:
    try:
        value = float(token.replace(",", "")) * BIG.get(rest, 1)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _chinese(token: str) -> float | None:
    """A Chinese numeral of two characters or more; single ones are mostly parts of words (一些, 十分, 千家)."""
    if not 2 <= len(token) <= LONGEST_NUMERAL or not any(c in DIGITS or c == "十" for c in token):
        return None
    if all(c in DIGITS for c in token):
        return float("".join(str(DIGITS[c]) for c in token))
    total = section = 0
    digit = -1
    for c in token:
        if c in DIGITS:
            digit = DIGITS[c]
        elif c in TENS:
            section += (1 if digit < 0 else digit) * TENS[c]
            digit = -1
        else:
            total = (total + section + max(digit, 0)) * BIG[c] if total + section + max(digit, 0) else 0
            section, digit = 0, -1
    return float(total + section + max(digit, 0))
