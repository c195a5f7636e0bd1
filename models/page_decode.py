"""Tagged lines to articles: which lines stand above which text, and where a reader should look.

Owns the order of parts in an article. A line's tag is taken as it is, except where it makes no sense: a head without
headline, a paragraph that goes on from none.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.article import Role
from models.page_drafts import Draft
from models.page_heads import Head
from models.page_lines import Line
from models.page_tagger import Tagged
from models.page_tags import TAGS, role_of

SURE = 0.8
"""Probability of a line's tag under which a reader should look at its article."""
_HEAD = ("kicker", "headline", "headline_more", "subhead", "byline")
_NUMBER = {tag: i for i, tag in enumerate(TAGS)}


def decode(lines: Sequence[Line], tagged: Tagged) -> tuple[list[Draft], list[Line]]:
    """The articles of a page in order, and its furniture."""
    work = _Decoder(tagged)
    for at, line in enumerate(lines):
        work.take(at, line)
    work.flush()
    return work.drafts, work.furniture


class _Decoder:
    """Walks over the lines once; `head` holds the lines above a text that has not come yet."""

    def __init__(self, tagged: Tagged) -> None:
        self.tags = tagged.tags
        self.chances = tagged.chances
        self.drafts: list[Draft] = []
        self.furniture: list[Line] = []
        self.head: list[tuple[int, Line]] = []
        self.waiting: list[tuple[int, Line]] = []

    def take(self, at: int, line: Line) -> None:
        """The next line."""
        tag = self.tags[at]
        if tag == "furniture":
            line.confidence = self._chance(at, "furniture")
            self.furniture.append(line)
        elif tag in _HEAD:
            again = tag == "headline" and any(self.tags[i] == "headline" for i, _ in self.head)
            if again and not self._one_headline(at):
                self.flush()
            self.head.append((at, line))
        elif tag == "signature":
            if self.head and any(self.tags[i] != "byline" for i, _ in self.head):
                self.head.append((at, line))
            else:
                self.flush()
                self._put(at, line, "byline")
        elif tag in ("box", "caption", "tail"):
            if self.head:
                self.waiting.append((at, line))
            else:
                self._put(at, line, role_of(tag))
        else:
            self._take_text(at, line, tag)

    def _one_headline(self, at: int) -> bool:
        """Whether a second headline without text between goes on from the first (the line right above it)."""
        return bool(self.head) and self.head[-1][0] == at - 1 and self.tags[at - 1] in ("headline", "headline_more")

    def _take_text(self, at: int, line: Line, tag: str) -> None:
        if self.head:
            self.flush()
        elif tag == "open":
            self.drafts.append(Draft())
        draft = self._draft()
        line.joins = tag == "goes_on" and bool(draft.paragraphs)
        self._put(at, line, role_of(tag))

    def _draft(self) -> Draft:
        if not self.drafts:
            self.drafts.append(Draft(unsure=True))
        return self.drafts[-1]

    def _put(self, at: int, line: Line, role: Role) -> None:
        draft = self._draft()
        draft.add(line, role)
        if role == "byline":
            draft.head.bylines.append(line)
        line.confidence = self._chance(at, role)
        draft.unsure = draft.unsure or line.confidence < SURE

    def _chance(self, at: int, role: Role) -> float:
        """How probable it is that the line has this role, and goes on from the text before it or does not."""
        tag = self.tags[at]
        if role == role_of(tag):
            return float(self.chances[at, _NUMBER[tag]])
        return float(sum(self.chances[at, number] for other, number in _NUMBER.items() if role_of(other) == role))

    def flush(self) -> None:
        """Open the article that the collected head stands above; without headline it belongs to the one before."""
        head, waiting = self.head, self.waiting
        self.head, self.waiting = [], []
        if head:
            self._open(head)
        for at, line in waiting:
            self._put(at, line, role_of(self.tags[at]))

    def _open(self, head: list[tuple[int, Line]]) -> None:
        roles: list[Role] = [role_of(self.tags[at]) for at, _ in head]
        if "headline" not in roles:
            now = self.drafts[-1] if self.drafts else None
            titles = [i for i, role in enumerate(roles) if role != "byline"]
            if now is not None and now.head.headline and not (now.paragraphs and titles):
                for (at, line), role in zip(head, roles, strict=True):
                    self._put(at, line, role)
                    if role == "subhead":
                        now.head.subheads.append(line)
                return
            if titles:
                best = max(titles, key=lambda i: float(self.chances[head[i][0], _NUMBER["headline"]]))
                roles[best] = "headline"
        draft = Draft(head=Head())
        self.drafts.append(draft)
        parts = {"kicker": draft.head.kicker, "headline": draft.head.headline, "subhead": draft.head.subheads}
        for (at, line), role in zip(head, roles, strict=True):
            self._put(at, line, role)
            if role in parts:
                parts[role].append(line)
            draft.words.add(line.key)
