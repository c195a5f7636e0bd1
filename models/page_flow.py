"""The running text of a page: boxes set aside, broken paragraphs found, and what the page as a whole looks like.

Owns which lines belong to a box and which line goes on from which. It does not know what opens an article: that is
models/page_heads.py. A page is read as a whole here, so that later steps walk over it once.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.page_heads import looks_like_headline
from models.page_lines import Line, is_box_opening, opens_briefs, read_lines, starts_item
from models.page_seams import read_seams
from models.page_words import Rarity, Words

ASIDE = ("furniture", "box", "caption", "tail", "box_label")
LONGEST_BOX = 4
"""Paragraphs that a box may have beyond its label."""
ENOUGH = 1500
"""Characters of a following text that tell what it is about."""


@dataclass(slots=True)
class Flow:
    """The lines of a page with what only the whole page can say."""

    lines: list[Line]
    indented: bool
    """Whether paragraphs are indented here: then a line that is not has another role."""
    named: float
    """Share of the page's plain openings that carry a byline or dateline."""
    rarity: Rarity
    usual_gap: int
    full: list[bool]
    """Of each line, whether it fills the width that the dump was wrapped at (`full_lines`)."""

    def text_follows(self, place: int) -> bool:
        """Whether the next line that stands in no box and is no furniture is text."""
        for line in self.lines[place + 1 : place + 12]:
            if line.kind not in ASIDE:
                return line.kind == "body" or line.joins or line.fragment
        return False

    def text_from(self, place: int) -> list[str]:
        """The text lines from here to the next head, as far as `ENOUGH`."""
        found: list[str] = []
        size = 0
        for line in self.lines[place:]:
            if line.kind in ("title", "byline") and not line.fragment and not line.joins:
                break
            if line.kind not in ASIDE:
                found.append(line.key)
                size += len(line)
                if size > ENOUGH:
                    break
        return found

    def wide_gap(self, line: Line) -> bool:
        """Whether more blank space stands above the line than between paragraphs."""
        return line.gap > self.usual_gap


def read_flow(text: str) -> Flow:
    """Lines with boxes and broken paragraphs marked."""
    lines = read_lines(text)
    long = [x for x in lines if x.kind == "body" and len(x) >= 20]
    indented = bool(long) and sum(x.indent for x in long) * 2 > len(long)
    full = full_lines(lines)
    if any(full):
        indented = sum(x.indent for x in lines) >= 3  # only the first line of a paragraph is
    _set_running_heads_aside(lines)
    _set_framed_boxes_aside(lines)
    _set_boxes_aside(lines, indented)
    _join_broken(lines, indented, full)
    gaps = Counter(b.gap for a, b in itertools.pairwise(lines) if a.kind == b.kind == "body" and not b.joins)
    usual_gap = gaps.most_common(1)[0][0] if gaps else 2
    return Flow(lines, indented, _named_share(lines), _rarity(lines), usual_gap, full)


def full_lines(lines: Sequence[Line]) -> list[bool]:
    """Whether each line fills the width that the dump was wrapped at; none does where paragraphs are whole.

    In a wrapped dump most long lines have one length and end in the middle of a sentence: one length as print has it, or in
    characters, where a program wrapped it.
    """
    found, most = [False] * len(lines), 0.4
    for ends in ([x.reach for x in lines], [float(x.left + len(x)) for x in lines]):
        long = [end for line, end in zip(lines, ends, strict=True) if len(line) >= 14]
        if len(long) < 12:
            break
        width = Counter(int(end + 0.5) for end in long).most_common(1)[0][0]
        near = sum(abs(end - width) <= 1 for end in long) / len(long)
        longer = sum(end > width + 2 for end in long)
        if near >= most and longer <= 0.1 * len(long):
            found, most = [abs(end - width) <= 1 for end in ends], near + 0.01
    return found


def _set_running_heads_aside(lines: Sequence[Line]) -> None:
    """A short line that the page repeats is its running head."""
    counts = Counter(x.key for x in lines if x.kind == "title" and len(x) <= 20)
    for line in lines:
        if line.kind == "title" and counts[line.key] > 1 and line.key[-1] not in "，—" and not opens_briefs(line.key):
            line.kind = "furniture"


def _set_framed_boxes_aside(lines: Sequence[Line]) -> None:
    """What stands between two equal rules (`======`) is a box."""
    rules = [
        i for i, x in enumerate(lines) if len(x) >= 4 and not any(c.isalnum() for c in x.key) and len(set(x.key)) <= 2
    ]
    at = 0
    while at + 1 < len(rules):
        start, end = rules[at], rules[at + 1]
        inside = lines[start + 1 : end]
        # Equal rules also part articles: then a byline or dateline stands between them, or a whole text.
        framed = 0 < len(inside) <= FRAME and lines[start].key == lines[end].key and sum(map(len, inside)) <= 400
        if framed and not any(x.lead or x.kind == "byline" for x in inside):
            for line in lines[start : end + 1]:
                line.kind = "box"
            at += 1
        at += 1


FRAME = 10
"""Lines that a framed box may have."""


def _set_boxes_aside(lines: list[Line], indented: bool) -> None:
    for at, line in enumerate(lines):
        whole = line.kind == "box" and is_box_opening(line.key)  # label and text in one line
        if line.kind != "box_label" and not whole:
            continue
        line.kind = "box"
        before = next((x for x in reversed(lines[max(0, at - 8) : at]) if x.kind not in ASIDE), None)
        broken = before is not None and before.kind in ("body", "title") and not before.finished
        inside = [x for x in lines[at + 1 : at + 2 + LONGEST_BOX] if x.kind not in ("furniture", "caption")]
        for x in inside[
            : _box_size(
                before if broken else None, inside, _article_above(lines[max(0, at - 40) : at]), indented, whole
            )
        ]:
            x.kind = "box"


def _article_above(above: Sequence[Line]) -> Words:
    """The vocabulary of the text that stands before a box, back to its headline."""
    words = Words()
    for line in reversed(above):
        words.add(line.key)
        if line.kind == "title" and len(words.pairs) > ENOUGH_PAIRS:
            break
    return words


def _least(inside: Sequence[Line]) -> int:
    """A box has its first paragraph at least, with a title above it if there is one, and the items of a list."""
    size = min(len(inside), 1 + (len(inside) > 1 and inside[0].kind == "title" and inside[1].kind == "body"))
    while size < len(inside) and starts_item(inside[0].key) and starts_item(inside[size].key):
        size += 1
    return size


def _box_size(before: Line | None, inside: Sequence[Line], article: Words, indented: bool, whole: bool) -> int:
    """How many lines after its label a box has; `whole` if the label's own line has text.

    A box that broke the line `before` reaches as far as the line that goes on from it. Between whole paragraphs short
    ones are taken in while they share next to nothing with the article around the box.
    """
    size = 0 if whole else _least(inside)
    heads = [k for k in range(size, len(inside)) if _is_head(inside[k])]
    inside = inside[: heads[0]] if heads else inside
    shared = [_shared(x, article) for x in inside]
    strange = STRANGE + len(article.pairs) / 9000  # the longer the article, the more it shares with anything
    resumes = [k for k in range(size, len(inside)) if inside[k].kind == "body" and not inside[k].lead]
    if before is None or not resumes:
        while size < len(inside) and len(inside[size]) <= SHORT and shared[size] < strange:
            size += 1
        return size
    if indented and before.indent:
        resumes = [k for k in resumes if not inside[k].indent] or resumes
    seams = read_seams()

    def fit(k: int) -> float:
        # Boxes are mostly short: each further paragraph costs, a long one or one about the article's matter more.
        cost = sum(0.5 + 1.5 * (len(inside[i]) > SHORT) + 1.5 * (shared[i] >= strange) for i in range(size, k))
        return seams.goes_on(before.key, inside[k].key) + 20 * min(0.2, shared[k]) - cost

    return max(resumes, key=fit)


def _is_head(line: Line) -> bool:
    """Whether a line ends a box; a question may stand inside one."""
    return line.kind == "byline" or (line.kind == "title" and line.key[-1] not in "？?")


def _shared(line: Line, article: Words) -> float:
    """Share of a line's character pairs that the article has."""
    own = Words([line.key]).pairs
    return len(own & article.pairs) / max(1, len(own))


ENOUGH_PAIRS = 100
STRANGE = 0.05
"""Share of a paragraph's character pairs that a short article above has, up to which the paragraph is strange to it."""
SHORT = 120
"""Characters that a paragraph of a box rarely exceeds."""


def _join_broken(lines: list[Line], indented: bool, fills: Sequence[bool]) -> None:
    before: Line | None = None
    before_fills = False
    earlier: Line | None = None  # the text line before `before`
    aside = False
    for line, line_fills in zip(lines, fills, strict=True):
        if line.kind in ASIDE:
            aside = aside or line.kind in ("box", "caption")
            if line.ends_article and before is not None and before.kind == "title" and not before.finished:
                before.fragment = True  # `…，部分行业订单不足，（下转第四版）`
            if line.kind == "tail" or line.ends_article:
                before = None
            continue
        full = before is not None and before_fills and line.gap <= 1
        goes_on = (
            full and line.kind == "title" and (indented or (before is not None and not before.finished))
        )  # wrapped
        if before is not None and (line.kind == "body" or goes_on) and not line.lead and not line.starts_new(indented):
            if (full or (before.kind == "body" and not before.finished)) and not starts_item(line.key):
                before.fragment = before.kind == "title"
                line.joins = True
            elif before.kind == "title" and _is_fragment(before, line, earlier, aside, indented):
                before.fragment = line.joins = True
        earlier, before, before_fills, aside = before, line, line_fills, False


def _is_fragment(before: Line, line: Line, earlier: Line | None, aside: bool, indented: bool) -> bool:
    """Whether a short line without full stop is the beginning of a broken paragraph rather than a heading."""
    if before.finished or looks_like_headline(before.key):
        return False
    score = 0.0
    if indented:
        score += 3.0 if before.indent else -3.0
    score += 0.6 * max(-5.0, min(6.0, read_seams().goes_on(before.key, line.key)))
    score += 2.0 * aside
    score += 2.5 * before.key.endswith(("，", "、"))
    score += 1.0 * (len(before) > 26) + 1.0 * (len(before) > 36) + 0.7 * before.key.count("，")
    score += 1.5 * any(before.key.count(o) > before.key.count(c) for o, c in ("“”", "（）", "《》", "「」"))
    score += 0.5 if earlier is not None and (earlier.kind == "body" or earlier.fragment) else -0.8
    return score >= 2.5


def _named_share(lines: Sequence[Line]) -> float:
    """Openings with a byline or dateline among those that are openings by their form; 0.5 where none is."""
    named = plain = 0
    run: list[Line] = []
    for line in lines:
        if line.kind in ("title", "byline") and not line.fragment:
            run.append(line)
        elif line.kind == "body" and run:
            if line.lead or any(x.kind == "byline" for x in run):
                named += 1
            elif len(run) > 1 or looks_like_headline(run[0].key):
                plain += 1
            run = []
    return named / (named + plain) if named + plain else 0.5


def _rarity(lines: Sequence[Line]) -> Rarity:
    stretches = [Words()]
    for line in lines:
        if line.kind in ("title", "byline") and not line.fragment:
            if stretches[-1].pairs:
                stretches.append(Words())
        elif line.kind == "body":
            stretches[-1].add(line.key)
    return Rarity(stretches)
