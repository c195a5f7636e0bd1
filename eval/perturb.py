"""Edits of an article that should change nothing, or change exactly what they say: the material of `eval robustness`.

Each edit takes a `Text` and its own dice, and returns the edited one, equal to the first where there is nothing to edit.
Names, numbers and negations are edited in the reference too, and what was replaced everywhere is listed as `gone`: a
summary that still says it did not read the article. Word lists are in perturb_words.py. Knows texts, no models or scores.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from eval.metrics.names import PLACES, find_persons
from eval.perturb_words import CONFUSED, GENDER, MISTYPED, OPPOSITES, SURNAMES
from models.text import lead_offset

RATE = 0.02
"""Chance that a misreading or a typing error hits a character; one that has a double in perturb_words.py is hit ten and five
times as often, so that more than this share of a text changes (docs/eval.md says how much).
"""
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NUMBER = re.compile(r"(?<![\d.．:：/／－-])\d+(?:[.．]\d+)?(?![\d.．年月日号:：/／－-])")


@dataclass(frozen=True, slots=True)
class Text:
    """An article and, for summaries, its reference. `gone` is what an edit has replaced wherever it stood."""

    headline: str
    body: str
    reference: str = ""
    gone: tuple[str, ...] = ()


Edit = Callable[[Text, random.Random, Text], Text]


def without_byline(text: Text, _dice: random.Random, _other: Text) -> Text:
    """Byline and dateline that open the body taken off."""
    return replace(text, body=text.body[lead_offset(text.body) :])


def without_headline(text: Text, _dice: random.Random, _other: Text) -> Text:
    """The headline taken off, where there is a body."""
    return replace(text, headline="") if text.body.strip() else text


def traditional(text: Text, _dice: random.Random, _other: Text) -> Text:
    """Headline and body in Traditional characters; the reference stays, since scores fold the script."""
    convert = _to_traditional()
    return replace(text, headline=convert(text.headline), body=convert(text.body))


@cache
def _to_traditional() -> Callable[[str], str]:
    from opencc import OpenCC

    converter: Any = OpenCC("s2t")
    convert: Callable[[str], str] = converter.convert
    return convert


def misread(text: Text, dice: random.Random, _other: Text) -> Text:
    """What a scanner does: characters for ones that look alike, some lost, some spaces that are none."""

    def read(c: str) -> str:
        if c in CONFUSED and dice.random() < 10 * RATE:
            return CONFUSED[c]
        if c.strip() and dice.random() < RATE:
            return dice.choice(("", c + " "))
        return c

    return replace(text, headline="".join(map(read, text.headline)), body="".join(map(read, text.body)))


def mistyped(text: Text, dice: random.Random, _other: Text) -> Text:
    """What a hasty typist does: words that sound alike, characters swapped, dropped or doubled."""
    return replace(text, headline=_mistype(text.headline, dice), body=_mistype(text.body, dice))


def _mistype(text: str, dice: random.Random) -> str:
    out: list[str] = []
    for c in text:
        if c in MISTYPED and dice.random() < 5 * RATE:
            c = MISTYPED[c]
        elif _HAN.match(c) and dice.random() < RATE:
            kind = dice.randrange(3)
            if kind == 0 and out:
                out[-1], c = c, out[-1]
            else:
                c = "" if kind == 1 else c + c
        out.append(c)
    return "".join(out)


def other_width(text: Text, _dice: random.Random, _other: Text) -> Text:
    """ASCII letters, digits and marks in full width, full-width ones in half width."""

    def turn(c: str) -> str:
        if "!" <= c <= "~":
            return chr(ord(c) + 0xFEE0)
        return unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c

    return replace(text, headline="".join(map(turn, text.headline)), body="".join(map(turn, text.body)))


def appended(text: Text, _dice: random.Random, other: Text) -> Text:
    """Another article's body behind this one's, as when a page was split badly."""
    return replace(text, body=f"{text.body}\n{other.body}")


def other_places(text: Text, dice: random.Random, _other: Text) -> Text:
    """Every place of the closed list of metrics/names.py becomes another one of it."""
    whole = text.headline + text.body
    there = sorted({match[0] for match in PLACES.finditer(whole)})
    return _swapped(text, {name: dice.choice([p for p in _places() if p not in there]) for name in there})


@cache
def _places() -> tuple[str, ...]:
    return tuple(sorted(PLACES.pattern.split("|")))


def other_persons(text: Text, dice: random.Random, _other: Text) -> Text:
    """Persons with a title or a verb of speech get another surname."""
    persons = find_persons(text.headline + "\n" + text.body)
    return _swapped(text, {name: dice.choice([s for s in SURNAMES if s != name[0]]) + name[1:] for name in persons})


def other_gender(text: Text, _dice: random.Random, _other: Text) -> Text:
    """Pronouns, forms of address and kin of one gender become those of the other. 女职工 stays: it names a matter."""
    return _swapped(text, GENDER)


def other_numbers(text: Text, dice: random.Random, _other: Text) -> Text:
    """Every number in figures gets another first digit, dates, times and ranges aside; the reference follows."""
    found = sorted({match[0] for part in (text.headline, text.body) for match in _NUMBER.finditer(part)})
    new: dict[str, str] = {}
    for number in found:
        digits = [d for d in "123456789" if d != unicodedata.normalize("NFKC", number[0])]
        new[number] = dice.choice([d + number[1:] for d in digits if d + number[1:] not in found] or [number])

    def change(part: str) -> str:
        return _NUMBER.sub(lambda m: new.get(m[0], m[0]), part)

    return replace(
        text,
        headline=change(text.headline),
        body=change(text.body),
        reference=change(text.reference),
        gone=(),  # number_precision asks for numbers, with units and spellings
    )


def negated(text: Text, _dice: random.Random, _other: Text) -> Text:
    """Words of direction, consent and success become their opposites or negations; the reference follows."""
    return _swapped(text, OPPOSITES)


def _swapped(text: Text, words: Mapping[str, str]) -> Text:
    """All parts with these words replaced at once, longest first."""
    if not words:
        return text
    pattern = re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))
    headline, body, reference = (
        pattern.sub(lambda m: words[m[0]], part) for part in (text.headline, text.body, text.reference)
    )
    there = {match[0] for match in pattern.finditer(text.headline + "\n" + text.body)}
    gone = tuple(word for word in sorted(there) if word not in body)
    return Text(headline, body, reference, gone)


TOPIC_EDITS: dict[str, Edit] = {
    "byline": without_byline,
    "headline": without_headline,
    "traditional": traditional,
    "ocr": misread,
    "width": other_width,
    "appended": appended,
    "typos": mistyped,
    "places": other_places,
    "persons": other_persons,
    "gender": other_gender,
}
SUMMARY_EDITS: dict[str, Edit] = {name: edit for name, edit in TOPIC_EDITS.items() if name != "headline"} | {
    "numbers": other_numbers,
    "negation": negated,
}


def apply(name: str, edit: Edit, texts: list[Text], ids: list[str]) -> list[Text]:
    """Every text edited, each with dice of its own (edit and id), and with the next text as its neighbour."""
    return [
        edit(text, random.Random(f"{name}:{item_id}"), texts[(i + 1) % len(texts)])  # noqa: S311 - dice
        for i, (text, item_id) in enumerate(zip(texts, ids, strict=True))
    ]
