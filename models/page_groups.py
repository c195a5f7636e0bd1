"""How title lines stand together above the texts of a page, and what a house does elsewhere: numbers that the line tagger sees.

Where a house marks its decks with a dash, two lines without one are kicker and headline; where its kickers end with a comma,
headline and deck. And a line that says what the opening says is rather kicker or deck than the pithy headline beside it. So one
head tells how to read another.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.page_lines import Line
from models.page_words import pairs_of

OPENING = 80
"""Characters of a text that its head is held against."""
_COMMA = ("，", ",", "：", ":", "—")


def read_groups(lines: Sequence[Line]) -> tuple[list[list[float]], list[float]]:
    """Five numbers a line (place among the title lines it stands with, from either end; a byline before it, after it; the share
    of it that the opening below says), 0 for others; and six of the page: shares of groups of 1, 2, 3 lines; of those with several,
    whose later lines begin with a dash, whose first ends with a comma or is the shorter one.
    """
    places, groups, at = [[0.0] * 5 for _ in lines], list[list[Line]](), 0
    while at < len(lines):
        end = at
        while end < len(lines) and (_is_title(lines[end]) or lines[end].kind == "byline"):
            end += 1
        titles = [i for i in range(at, end) if _is_title(lines[i])]
        bylines = [i for i in range(at, end) if not _is_title(lines[i])]
        opening = pairs_of(_opening(lines[end : end + 6])) if titles else frozenset[str]()
        for number, i in enumerate(titles):
            own = pairs_of(lines[i].key)
            said = len(own & opening) / max(1, len(own))
            before, after = any(b < i for b in bylines), any(b > i for b in bylines)
            places[i] = [
                min(number + 1, 4) / 4,
                min(len(titles) - 1 - number, 4) / 4,
                float(before),
                float(after),
                said,
            ]
        if titles:
            groups.append([lines[i] for i in titles])
        at = max(end, at + 1)
    several = [g for g in groups if len(g) > 1]
    count, many = max(1, len(groups)), max(1, len(several))
    return places, [
        *(sum(len(g) == n for g in groups) / count for n in (1, 2, 3)),
        sum(any(x.key.startswith(("—", "-")) for x in g[1:]) for g in several) / many,
        sum(g[0].key.endswith(_COMMA) for g in several) / many,
        sum(len(g[0]) < len(g[1]) for g in several) / many,
    ]


def _is_title(line: Line) -> bool:
    """A short line that is not the end, or the broken-off beginning, of a paragraph."""
    return line.kind == "title" and not line.joins and not line.fragment


def _opening(lines: Sequence[Line]) -> str:
    """The first characters of the text that begins here, boxes and the like left out."""
    said = ""
    for line in lines:
        if _is_title(line) or line.kind == "byline" or len(said) >= OPENING:
            break
        if line.kind == "body" or line.joins or line.fragment:
            said += line.key[:OPENING]
    return said[:OPENING]
