"""What stands above a text on a page: which of its lines is the headline, kicker, subhead and byline.

Owns the score of that choice: a sum of small weights, set by hand on invented pages. Whether a head opens an article at all
is models/page_boundaries.py. Works on lines (models/page_lines.py) and knows nothing of files, blocks or models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.page_bylines import SURNAMES, bare_names
from models.page_lines import Line
from models.page_seams import read_seams
from models.page_words import Words

_GOES_ON = ("，", "——", "—", ":", "：", "、", ",")
_TAG = re.compile(r"^[（(【〔][^（）()【】〔〕]{2,16}[)）】〕]|[（(【〔][^（）()【】〔〕]{2,16}[)）】〕]$")
_HALVES = re.compile(r"[\u4e00-\u9fff”》\d][ \u3000]+[\u4e00-\u9fff“《\d]")
_PERSON = re.compile(rf"[\u4e00-\u9fff]{{2,8}}[ \u3000]+(?:[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}})")
"""A trade and a name (`塔吊司机 宫小乔`): the line below the headline of a portrait."""
_SERIES = re.compile(
    r"(?:策划|专题|特别报道|系列报道|系列|专栏|聚焦|关注|访谈|观察|走笔|见闻|纪事|巡礼|风采录|故事汇|进行时)$"
    rf"|[（(][\d{'一二三四五六七八九十'}]{{1,3}}[）)]$"
)
_OPEN, _CLOSE = "“‘「『《（(【〔", "”’」』》）)】〕"


def without_tag(headline: str) -> str:
    """The headline without its column tag (`（民生观）`)."""
    return _TAG.sub("", headline).strip()


def has_tag(key: str) -> bool:
    """Whether a column tag stands in the line."""
    return _TAG.search(key) is not None


def has_halves(key: str) -> bool:
    """Whether the line is two halves with a space between them; a trade and a name are not."""
    return _HALVES.search(key) is not None and not _PERSON.fullmatch(key)


def looks_like_headline(key: str) -> bool:
    """Whether a line is a headline by its form alone."""
    return has_tag(key) or has_halves(key)


def reads_as_text(key: str) -> bool:
    """Whether a short line without full stop is a sentence: a question or exclamation of several clauses."""
    return len(key) > 24 and key[-1] in "？！?!" and sum(key.count(c) for c in "，：") >= 2


@dataclass(slots=True)
class Head:
    """The lines above a text by role, and by how much the chosen headline beat the next choice."""

    kicker: list[Line] = field(default_factory=list)
    headline: list[Line] = field(default_factory=list)
    subheads: list[Line] = field(default_factory=list)
    bylines: list[Line] = field(default_factory=list)
    margin: float = float("inf")


def read_head(lines: Sequence[Line], text: Words) -> Head:
    """Give each title and byline line of a head its role: kickers stand before the headline, subheads after it.

    `text` is the vocabulary of what follows: a headline tells the same matter, a column's name or a campaign's does not.
    """
    head = Head()
    titles: list[Line] = []
    for line in lines:
        named = line.kind == "byline" or (len(lines) > 1 and bool(bare_names(line.key)))
        (head.bylines if named else titles).append(line)
    if not titles:
        return head
    echo = [_echo(t.key, text) for t in titles]
    choices = sorted(_choices(titles, echo), key=lambda c: (-c[0], c[1], c[2]))  # on a tie the earlier line
    _, start, end = choices[0]
    head.kicker, head.headline, head.subheads = titles[:start], titles[start:end], titles[end:]
    if len(choices) > 1:
        head.margin = choices[0][0] - choices[1][0]
    return head


def _echo(key: str, text: Words) -> float:
    """Share of a line's character pairs that the text has."""
    own = Words([key]).pairs
    return len(own & text.pairs) / max(1, len(own))


def _choices(titles: Sequence[Line], echo: Sequence[float]) -> list[tuple[float, int, int]]:
    """Score, start and end of every possible headline: one line, or two that belong together."""
    found = []
    for start in range(len(titles)):
        for end in (start + 1, start + 2):
            if end > len(titles) or (end == start + 2 and not _belong_together(titles[start], titles[start + 1])):
                continue
            lead = titles[start].key if end == start + 1 else titles[start].key + titles[start + 1].key
            score = _as_headline(lead)
            if end == start + 2:
                score += PARALLEL if _halves(titles[start].key, titles[start + 1].key) else TOGETHER
            score += sum(_as_kicker(t.key) for t in titles[:start])
            score += sum(_as_subhead(t.key, len(lead)) for t in titles[end:])
            dashes = [t.key.startswith("—") for t in titles]
            score += 1.5 * (end < len(titles) and dashes[end])  # a dash goes on from the line right above it
            score -= 3.5 * any(dashes[end:-1])  # and is the last line of a head, unless it belongs to a series title
            score += 3.5 * any(dashes[1:start])
            own = sum(echo[start:end]) / (end - start)
            score += ECHO * own - ECHO / 2 * sum(echo[:start])
            if own < 0.05 and max(echo) >= 0.4:
                score -= STRANGER  # another line tells the matter of the text, this one has nothing to do with it
            if end == start + 2:
                score += 3 * (min(0.6, *echo[start:end]) - 0.25)  # both halves tell the matter
            found.append((score, start, end))
    return found


PARALLEL, TOGETHER = 0.6, 3.0
"""What two lines gain as one headline: for their form alone, and for a bracket or a word that goes on."""
ECHO, STRANGER = 0.6, 2.5
ADJACENT = 6
"""Characters of white space that may lie between the lines of one headline."""
READS_ON = 1.5
"""Log odds above which two lines of like length are one headline that was broken between two words."""


def _belong_together(one: Line, other: Line) -> bool:
    """Whether two lines are one headline that was broken: in a quotation, between two words, or into halves."""
    if other.start - one.end > ADJACENT:
        return False
    first, second = one.key, other.key
    if first.endswith(("的", "和", "与", "在", "为", "向", "对")) and len(first) + len(second) <= 36:
        return True
    if _halves(first, second) or (first.endswith(("：", ":")) and len(first) + len(second) <= 30):
        return True
    if min(len(first), len(second)) >= 4 and len(first) + len(second) <= 32 and not second.startswith("—"):
        alike = max(len(first), len(second)) <= 2.2 * min(len(first), len(second))
        if alike and not first.endswith(_GOES_ON) and read_seams().reads_on(first, second) > READS_ON:
            return True
    depth = sum(first.count(o) - first.count(c) for o, c in zip(_OPEN, _CLOSE, strict=True))
    back = sum(second.count(c) - second.count(o) for o, c in zip(_OPEN, _CLOSE, strict=True))
    return depth > 0 and depth == back and len(first) + len(second) <= 50


def _halves(first: str, second: str) -> bool:
    """Whether two short lines of like length and without punctuation could be the halves of one headline."""
    if _PERSON.fullmatch(first) or _PERSON.fullmatch(second) or _SERIES.search(first) or _SERIES.search(second):
        return False
    sizes = sorted((len(first), len(second)))
    alike = sizes[0] >= 4 and sizes[1] <= 2.4 * sizes[0] and sum(sizes) <= 28
    return alike and not any(c in "，。：—？！" for c in first + second)


def _as_kicker(key: str) -> float:
    score = 1.0 if len(key) <= 8 else 0.4 if len(key) <= 12 else 0.0 if len(key) <= 18 else -1.0
    if key.endswith(_GOES_ON):
        score += 1.0 if key[-1] in ":：" else 3.0
    if key.startswith("—"):
        score -= 3.0
    if _SERIES.search(key):
        score += 1.2
    return score


def _as_headline(key: str) -> float:
    size = len(_TAG.sub("", key)) or len(key)
    score = 1.0 if 9 <= size <= 26 else 0.5 if 6 <= size <= 30 else -0.4 if size <= 36 else -1.2
    if size < 6:
        score = -0.8
    if key.endswith(_GOES_ON):
        score -= 3.0
    if key.startswith("—"):
        score -= 3.5
    if _TAG.search(key):
        score += 1.5
    if _PERSON.fullmatch(key):
        score -= 1.5
    elif _HALVES.search(key):
        score += 1.2
    if _SERIES.search(key):
        score -= 1.2
    if key[0] in "“「" and key[-1] in "”」" and not any(c in key[1:-1] for c in "”」"):
        score -= 0.8  # somebody's words: mostly above or below the headline
    return score


def _as_subhead(key: str, headline: int) -> float:
    score = 0.8 if len(key) > headline else 0.2
    if len(key) > 24:
        score += 0.6
    if _PERSON.fullmatch(key):
        score += 1.0
    elif len(key) < 7:
        score -= 1.0
    if key.startswith("—"):
        score += 3.5
    if key[0] in "“「" and key[-1] in "”」":
        score += 0.4
    if key.endswith(_GOES_ON):
        score -= 3.0
    return score
