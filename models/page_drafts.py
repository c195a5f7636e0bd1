"""An article while its lines are collected, and the finished article made of it.

Owns how lines become a body (broken paragraphs joined), parts and blocks. Which line has which role is decided in
models/page_rules.py and models/page_decode.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from models.article import Block, PageArticle, Role
from models.page_bylines import byline_names
from models.page_heads import Head, without_tag
from models.page_lines import Line
from models.page_openings import Opening, read_opening
from models.page_words import Words


@dataclass(slots=True)
class Draft:
    """An article while its lines are collected."""

    blocks: list[tuple[Line, Role]] = field(default_factory=list)
    paragraphs: list[list[Line]] = field(default_factory=list)
    head: Head = field(default_factory=Head)
    chars: int = 0
    sections: int = 0
    words: Words = field(default_factory=Words)
    closed: bool = False
    unsure: bool = False

    def add(self, line: Line, role: Role) -> None:
        """One more line."""
        self.blocks.append((line, role))
        if role in ("body", "section_head"):
            if line.joins and self.paragraphs:
                self.paragraphs[-1].append(line)
            else:
                self.paragraphs.append([line])
            self.chars += len(line)
            self.sections += role == "section_head"
            self.words.add(line.key)


def block_of(text: str, line: Line, role: Role) -> Block:
    """The line as a block of the page."""
    return Block(role, text[line.start : line.end], line.start, line.end, line.confidence)


def article_of(text: str, draft: Draft) -> PageArticle:
    """The finished article of a draft."""

    def words(lines: list[Line]) -> tuple[str, ...]:
        return tuple(text[x.start : x.end] for x in lines)

    def of(role: Role) -> tuple[str, ...]:
        return tuple(text[x.start : x.end] for x, r in draft.blocks if r == role)

    head = draft.head
    body = "\n".join("".join(words(paragraph)) for paragraph in draft.paragraphs)
    headline = " ".join(words(head.headline))
    opening = read_opening(body) if draft.paragraphs else Opening()
    reporters = [name for line in head.bylines for name in byline_names(line.key) or ()]
    return PageArticle(
        headline=headline,
        body=body,
        blocks=tuple(block_of(text, line, role) for line, role in sorted(draft.blocks, key=lambda b: b[0].start)),
        alt_headlines=_alternatives(headline),
        kicker=words(head.kicker),
        subheads=words(head.subheads),
        byline=" ".join(words(head.bylines)),
        reporters=tuple(dict.fromkeys([*reporters, *opening.reporters])),
        dateline=opening.dateline,
        place=opening.place,
        boxes=of("box"),
        captions=of("caption"),
        tails=of("tail"),
        needs_review=draft.unsure or not headline or not body,
    )


def _alternatives(headline: str) -> tuple[str, ...]:
    """The headline without its column tag, where it has one."""
    plain = without_tag(headline)
    return (plain,) if plain and plain != headline else ()
