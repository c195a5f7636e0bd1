"""Which of an article's beams is its headline: one on which the others agree, of its own wording, with the numbers that matter.

Agreement is what minimum Bayes risk asks for (Kumar and Byrne 2004): the beam that is most like all of them, each counted by
its probability. It passes over what only one beam says, which is where beams go astray. Knows texts, numbers and scores; what
a beam must not say is `faithfulness.py`'s, how probable a number is in a headline `salience.py`'s.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.faithfulness import squeeze
from models.quantities import numbers_of
from models.salience import NUMBER, Mention

SHARPNESS = 4.0
"""A beam counts by its probability as `exp(SHARPNESS · mean log probability)`: one of −0.5 about a seventh of one of 0."""
BEFORE, BEHIND = 2, 3
"""Characters beside a number by which its place in the text is known again: those behind it begin with its unit."""
_SHORT = re.compile(r"\d+[死伤]|\d+[-—~至]\d+月")
"""What a headline says in fewer words than a text: 5死8伤, 1—7月."""
_DATED = re.compile(
    r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}[日号](?!线)|\d{4}年|\d{1,2}月|(?<!\d)\d{1,2}[时点]"
    r"|(?<!\d)20(?:0[1-9]|[1-3]\d)(?![\d.,余多万亿人名家个件项户亩])"
)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Of a summaries bundle's manifest, all in mean log probability: what a beam may be behind by, and what counts for it."""

    piece_margin: float = 0.0  # how far behind the best one, agreement and loose numbers reckoned in, a beam may be
    number_margin: float = 0.0  # the same for one with more numbers than the best, where that is more
    number_bonus: float = 0.0  # a number that is no date
    salience_bonus: float = 0.0  # times the chance that the headline has the number
    loose_malus: float = 0.0  # a number that stands in other company than in the text
    novel_bonus: float = 0.0  # times the share of the wording that the text has not
    agreement: float = 0.0  # times the likeness to the beams that pass, 0 to 1

    @property
    def reach(self) -> float:
        """How far behind the first beam that passes others are read."""
        return max(self.piece_margin, self.number_margin)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A beam that keeps its promises. `own`: no contiguous piece of the text; `novel`: the share of its pairs of characters that
    the text has not; `sure` is its mean log probability, `score` with what its numbers were lifted by. Of its numbers,
    dates aside, `loose` have neither the two characters before them nor the three behind them that they have in the text.
    """

    text: str
    score: float
    sure: float
    own: bool
    novel: float
    numbers: frozenset[str]
    loose: int
    shown: dict[str, Any] = field(default_factory=dict)


def candidate(text: str, score: float, sure: float, plain: str, shown: dict[str, Any]) -> Candidate:
    """Of a beam's text and its source, squeezed."""
    own = squeeze(text)
    pairs = _pairs(own)
    novel = sum(pair not in plain for pair in pairs) / max(1, len(pairs))
    return Candidate(text, score, sure, own not in plain, novel, *figures_of(text, plain), shown)


def figures_of(text: str, plain: str) -> tuple[frozenset[str], int]:
    """The numbers of a text, and how many of them stand in other company than in the source. Dates are none: they are no figures
    of the matter; of a range of months (1—7月) the first counts, as eval counts it.
    """
    whole = unicodedata.normalize("NFKC", text).strip()
    whole = re.sub(r"\s+", "", re.sub(r"(?<=\d)\s+(?=\d)", "#", whole))  # two numbers stay two
    loose = 0
    for m in NUMBER.finditer(_without(_DATED, _without(_SHORT, whole))):
        number, before, behind = (squeeze(part) for part in (m[0], whole[: m.start()], whole[m.end() :]))
        known = len(behind) >= BEHIND and _stands(number + behind[:BEHIND], plain, behind=False)
        known |= len(before) >= BEFORE and _stands(before[-BEFORE:] + number, plain, before=False)
        loose += not known and _stands(number, plain)  # else the source has it in Chinese numerals
    return frozenset(numbers_of(_without(_DATED, whole))), loose


def _stands(part: str, plain: str, *, before: bool = True, behind: bool = True) -> bool:
    """Whether the source has it, and no longer number at those of its ends that are a number's."""
    pattern = ("(?<!\\d)" if before else "") + re.escape(part) + ("(?!\\d)" if behind else "")
    return re.search(pattern, plain) is not None


def _without(pattern: re.Pattern[str], text: str) -> str:
    """What is left stays in its place."""
    return pattern.sub(lambda m: "#" * len(m[0]), text)


def chances_of(text: str, mentions: Sequence[Mention]) -> dict[str, float]:
    """How probable the headline has each number of the text."""
    chances: dict[str, float] = {}
    for mention in mentions:
        for number in numbers_of(text[mention.start : mention.end]):
            chances[number] = max(chances.get(number, 0.0), mention.chance)
    return chances


def choose(found: Sequence[Candidate], wanted: Preferences, chances: Mapping[str, float]) -> Candidate:
    """The best of one or more candidates. A contiguous piece of the text gives way to one of its own wording within the margins."""
    alike = agreement(found) if wanted.agreement else [0.0] * len(found)
    scores = [c.score + wanted.agreement * a - wanted.loose_malus * c.loose for c, a in zip(found, alike, strict=True)]
    best = max(range(len(found)), key=scores.__getitem__)
    open_: list[tuple[float, Candidate]] = []
    for score, one in zip(scores, found, strict=True):
        more = len(one.numbers) > len(found[best].numbers)
        if one.own and score >= scores[best] - (wanted.reach if more else wanted.piece_margin):
            numbers = sum(wanted.number_bonus + wanted.salience_bonus * chances.get(n, 0.0) for n in one.numbers)
            open_.append((score + numbers + wanted.novel_bonus * one.novel, one))
    return max(open_, key=lambda pair: pair[0])[1] if open_ else found[best]


def agreement(found: Sequence[Candidate]) -> list[float]:
    """Of each its mean likeness to all, itself too: the F1 of pairs of characters, weighted by probability."""
    pairs = [_pairs(re.sub(r"\W", "", c.text)) for c in found]
    surest = max(c.sure for c in found)
    weights = [math.exp(SHARPNESS * (c.sure - surest)) for c in found]
    total = sum(weights)
    return [
        sum(w * 2 * len(mine & other) / max(1, len(mine) + len(other)) for w, other in zip(weights, pairs, strict=True))
        / total
        for mine in pairs
    ]


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}
