"""What stands above a text on a page: which of its lines is the headline, and whether it opens an article at all.

Owns the scores of these two questions. They are sums of small weights, set by hand on invented pages and on the
development styles of the page maker; none was read off a measured page. Works on lines (models/page_lines.py) and knows
nothing of files, blocks or models.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.page_lines import SURNAMES, Line, bare_names

_GOES_ON = ("，", "——", "—", ":", "：", "、", ",")
_TAG = re.compile(r"[（(【〔][^（）()【】〔〕]{2,16}[)）】〕]")
_HALVES = re.compile(r"[\u4e00-\u9fff”》\d][ \u3000]+[\u4e00-\u9fff“《\d]")
_TEN = "一二三四五六七八九十"
_NUMBERED = re.compile(rf"(?:[{_TEN}]{{1,2}}[、是要]|第[{_TEN}\d]{{1,2}}[章节部步讲问]|之[{_TEN}]|\d{{1,2}}[.、．])")
_PERSON = re.compile(rf"[\u4e00-\u9fff]{{2,8}}[ \u3000]+(?:[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}})")
"""A trade and a name (`塔吊司机 宫小乔`): the line below the headline of a portrait."""
_SERIES = re.compile(r"(?:特别策划|策划|专题|特别报道|系列报道|系列|专栏|聚焦|关注|访谈|观察|走笔|见闻|纪事)$")
_OPEN, _CLOSE = "“‘「『《（(【〔", "”’」』》）)】〕"


def without_tag(headline: str) -> str:
    """The headline without its column tag (`（民生观）`)."""
    return _TAG.sub("", headline).strip()


def looks_like_headline(key: str) -> bool:
    """Whether a line is a headline by its form alone: a column tag, or two halves with a space between them."""
    return _TAG.search(key) is not None or _HALVES.search(key) is not None


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
    margin: float = math.inf


def read_head(lines: Sequence[Line]) -> Head:
    """Give each title and byline line of a head its role: kickers stand before the headline, subheads after it."""
    head = Head()
    titles: list[Line] = []
    for line in lines:
        named = line.kind == "byline" or (len(lines) > 1 and bool(bare_names(line.key)))
        (head.bylines if named else titles).append(line)
    if not titles:
        return head
    choices = sorted(_choices(titles), reverse=True)
    _, start, end = choices[0]
    head.kicker, head.headline, head.subheads = titles[:start], titles[start:end], titles[end:]
    if len(choices) > 1:
        head.margin = choices[0][0] - choices[1][0]
    return head


def _choices(titles: Sequence[Line]) -> list[tuple[float, int, int]]:
    """Score, start and end of every possible headline: one line, or two that belong together."""
    found = []
    for start in range(len(titles)):
        for end in (start + 1, start + 2):
            if end > len(titles) or (
                end == start + 2 and not _belong_together(titles[start].key, titles[start + 1].key)
            ):
                continue
            lead = titles[start].key if end == start + 1 else titles[start].key + titles[start + 1].key
            score = _as_headline(lead) + 3.0 * (end - start - 1)
            score += sum(_as_kicker(t.key) for t in titles[:start])
            score += sum(_as_subhead(t.key, len(lead)) for t in titles[end:])
            dashes = [t.key.startswith("—") for t in titles]
            score += 1.5 * (end < len(titles) and dashes[end])  # a dash goes on from the line right above it
            score -= 3.5 * any(dashes[end:-1])  # and is the last line of a head, unless it belongs to a series title
            score += 3.5 * any(dashes[1:start])
            found.append((score, -start, end))  # on a tie the earlier line is the headline
    return [(score, -start, end) for score, start, end in found]


def _belong_together(first: str, second: str) -> bool:
    """Whether two lines are one headline that was broken: a quotation or bracket opens in one and closes in the other."""
    if first.endswith(("的", "和", "与", "在", "为", "向", "对")) and len(first) + len(second) <= 36:
        return True
    depth = sum(first.count(o) - first.count(c) for o, c in zip(_OPEN, _CLOSE, strict=True))
    back = sum(second.count(c) - second.count(o) for o, c in zip(_OPEN, _CLOSE, strict=True))
    return depth > 0 and depth == back and len(first) + len(second) <= 50


def _as_kicker(key: str) -> float:
    score = 1.0 if len(key) <= 8 else 0.4 if len(key) <= 12 else 0.0 if len(key) <= 18 else -1.0
    if key.endswith(_GOES_ON):
        score += 3.0
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


UNRELATED = 7e-5
"""Cohesion with an unrelated text for each of its characters, as seen on invented pages."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a head that could open an article or a section of the one before it.

    `cohesion` is the share of the following text's vocabulary, rare words weighing more, that the article before it
    has; `named` the share of the page's plain openings that carry a byline or dateline.
    """

    article_chars: int
    sections: int
    closed: bool
    wide_gap: bool
    indented_page: bool
    cohesion: float
    title_cohesion: float
    named: float
    next_chars: int


def opens_article(lines: Sequence[Line], around: Surroundings) -> float:
    """Probability that a head without byline and dateline opens an article rather than a section."""
    titles = [line.key for line in lines]
    last = titles[-1]
    score = 0.5 if len(titles) > 1 else -0.3
    score += max(-1.4, min(1.4, 0.14 * (max(map(len, titles)) - 12)))
    score += 1.6 * any(_HALVES.search(t) is not None for t in titles)
    score += 2.4 * any(_TAG.search(t) is not None for t in titles)
    score += 2.2 * any(t.endswith(("，", "——")) for t in titles[:-1])
    score += 2.6 * any(t.startswith("——") for t in titles[1:])
    score -= 3.0 * (_NUMBERED.match(titles[0]) is not None)
    score -= 0.7 * last.endswith(("？", "?"))
    score += 0.8 if around.article_chars < 300 else -0.8 if around.article_chars > 900 else 0.0
    score -= 0.7 * min(2, around.sections)
    score += 4.0 * around.closed + 1.5 * around.wide_gap
    score -= 1.2 * max(0.0, around.named - 0.5)
    if around.indented_page:
        score += -2.5 if lines[0].indent else 0.5
    # Two texts that have nothing to do with each other share more the longer they are.
    chance = UNRELATED * min(1500, around.article_chars)
    score += max(-3.0, min(2.2, -80.0 * (around.cohesion - chance - 0.018)))
    score += 0.5 - 2.0 * around.title_cohesion
    return 1 / (1 + math.exp(-score))
