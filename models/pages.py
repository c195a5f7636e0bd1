"""A page dump to its articles: every non-space character in exactly one block, articles in page order.

The steps: read lines (models/page_lines.py) · set boxes aside and find the paragraphs that a box or a column end broke ·
collect the lines above each text and decide what they open (models/page_heads.py) · put articles together. It knows
Chinese newspaper habits and nothing of topics, summaries or files. Linear in the length of the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from models.article import Block, Page, PageArticle, Role
from models.page_boundaries import Surroundings, opens_article
from models.page_bylines import bare_names, byline_names
from models.page_flow import Flow, read_flow
from models.page_heads import Head, read_head, reads_as_text, without_tag
from models.page_lines import Line, is_bullet_head, is_section_name, opens_briefs
from models.page_openings import Opening, read_opening
from models.page_words import Words

UNSURE = (0.2, 0.8)
"""Probabilities of a boundary between which a reader should look."""
CLOSE_CALL = 0.35
"""A headline that won by less than this should be looked at."""
LONGEST_DECK = 90
"""Characters of a first paragraph that is a deck when a byline follows it."""
LONGEST_HEAD = 6
"""More short lines than this are no head but a list, a table or a poem: the rest of them is text."""


@dataclass(slots=True)
class _Draft:
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


def split_page(text: str) -> Page:
    """The articles of a page dump, and its furniture. Any text is a page; a blank one has no articles."""
    flow = read_flow(text)
    split = _Splitter(flow)
    for place, line in enumerate(flow.lines):
        split.take(place, line)
    split.finish()
    articles = tuple(_article(text, draft) for draft in split.drafts)
    return Page(articles, tuple(_block(text, line, "furniture") for line in split.furniture))


class _Splitter:
    """Walks over the lines once. `head` holds title and byline lines that nothing has followed yet."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.drafts: list[_Draft] = []
        self.furniture: list[Line] = []
        self.head: list[Line] = []
        self.waiting: list[tuple[Line, Role]] = []  # captions and boxes between a head and its text

    @property
    def now(self) -> _Draft | None:
        return self.drafts[-1] if self.drafts else None

    def take(self, place: int, line: Line) -> None:
        """The next line."""
        if line.kind == "furniture":
            self.furniture.append(line)
            if self.now and line.ends_article and not self.head:
                self.now.closed = True
        elif line.kind in ("title", "byline") and not line.joins and not line.fragment:
            if not self.head and not self.drafts and is_section_name(line.key) and line.kind == "title":
                self.furniture.append(line)
            else:
                self.head.append(line)
        elif line.kind in ("box", "caption", "tail"):
            self._take_aside(place, line)
        else:
            self._take_text(place, line)

    def _take_aside(self, place: int, line: Line) -> None:
        role: Role = "box" if line.kind == "box" else "caption" if line.kind == "caption" else "tail"
        if self.head:
            if role == "caption" and len(line) >= 30 and not self.flow.text_follows(place):
                self._take_text(place, line)  # a photo story: a heading and one paragraph about the picture
                if self.now:
                    self.now.closed = True
                return
            if role == "tail" and self.now and not any(x.kind == "title" for x in self.head):
                self._flush_bylines()
            else:
                self.waiting.append((line, role))
                return
        if self.now is None:
            self.drafts.append(_Draft(unsure=True))
        draft = self.drafts[-1]
        draft.add(line, role)
        draft.closed = draft.closed or role == "tail"

    def _take_text(self, place: int, line: Line) -> None:
        if not self.head:
            fresh = self.now is None or (line.lead > 0 and bool(self.now.paragraphs) and not line.joins)
            if fresh:
                self.drafts.append(_Draft(unsure=True))
            self._settle_waiting()
            self.drafts[-1].add(line, "section_head" if is_bullet_head(line.key) else "body")
            return
        head, rest = self._cut_head(self.head)
        named = line.lead > 0 or any(x.kind == "byline" or (len(head) > 1 and bare_names(x.key)) for x in head)
        named = named or opens_briefs(head[0].key)
        titles = [x for x in head if x.kind == "title"]
        draft = self.now
        if not titles and draft is not None:
            self._byline_inside(draft, head, place)
        elif draft is None or named or not draft.paragraphs:
            self._open(head, 1.0, place)
        else:
            chance = opens_article(titles, self._surroundings(draft, place, titles))
            if chance >= 0.5:
                self._open(head, chance, place)
            else:
                draft.unsure = draft.unsure or chance > UNSURE[0]
                self._settle_waiting()
                for title in head:
                    draft.add(title, "section_head")
        self.head = []
        for extra in (*rest, line):
            self.drafts[-1].add(extra, "section_head" if is_bullet_head(extra.key) else "body")

    def _cut_head(self, head: list[Line]) -> tuple[list[Line], list[Line]]:
        """The lines that are a head, and those behind them that are text after all."""
        if len(head) > 1 and reads_as_text(head[-1].key):
            return head[:-1], head[-1:]
        if sum(x.kind == "title" for x in head) <= LONGEST_HEAD:
            return head, []
        return head[:1], head[1:]

    def _byline_inside(self, draft: _Draft, head: list[Line], place: int) -> None:
        """Byline lines without a title above them.

        They belong to a deck that reads like text, to an article without headline, or sign the text before.
        """
        one = draft.paragraphs[0] if len(draft.paragraphs) == 1 else []
        deck = one[0] if len(one) == 1 and draft.head.headline and not draft.head.bylines else None
        if deck and len(deck) <= LONGEST_DECK and not deck.lead and deck.key[-1] not in "？！?!":
            draft.blocks = [(x, "subhead" if x is deck else role) for x, role in draft.blocks]
            draft.head.subheads.append(deck)
            draft.paragraphs, draft.chars = [], 0
        elif draft.closed:
            self._open(head, 0.5, place)
            return
        self._settle_waiting()
        for byline in head:
            draft.add(byline, "byline")
            draft.head.bylines.append(byline)

    def _open(self, lines: list[Line], chance: float, place: int) -> None:
        head = read_head(lines, Words(self.flow.text_from(place)))
        draft = _Draft(head=head, unsure=chance < UNSURE[1] or head.margin < CLOSE_CALL)
        if self.drafts and chance < UNSURE[1]:
            self.drafts[-1].unsure = True
        roles: dict[int, Role] = {}
        for role, part in (("kicker", head.kicker), ("headline", head.headline), ("subhead", head.subheads),
                           ("byline", head.bylines)):  # fmt: skip
            roles |= {id(x): role for x in part}  # type: ignore[misc]
        for line in lines:
            draft.add(line, roles[id(line)])
            draft.words.add(line.key)
        self.drafts.append(draft)
        self._settle_waiting()

    def _settle_waiting(self) -> None:
        for line, role in self.waiting:
            self.drafts[-1].add(line, role)
        self.waiting = []

    def _surroundings(self, draft: _Draft, place: int, titles: list[Line]) -> Surroundings:
        following = self.flow.text_from(place)
        words = Words(following)
        return Surroundings(
            article_chars=draft.chars,
            sections=draft.sections,
            closed=draft.closed,
            wide_gap=self.flow.wide_gap(titles[0]),
            indented_page=self.flow.indented,
            cohesion=self.flow.rarity.share(words, draft.words),
            title_cohesion=self.flow.rarity.share(Words([t.key for t in titles]), draft.words),
            echo=self.flow.rarity.share(Words([t.key for t in titles]), Words(following[:1])),
            named=self.flow.named,
            next_chars=sum(map(len, following)),
        )

    def _flush_bylines(self) -> None:
        for line in self.head:
            self.drafts[-1].add(line, "byline")
        self.head = []

    def finish(self) -> None:
        """Lines above a text that never came: an article without text if they are all there is, else furniture."""
        bylines = [x for x in self.head if x.kind == "byline"]
        if self.head and len(bylines) == len(self.head) and self.now is not None:
            self._flush_bylines()
        elif self.head and self.now is None:
            head, rest = self._cut_head(self.head)
            self._open(head, 0.5, len(self.flow.lines))
            for line in rest:
                self.drafts[-1].add(line, "body")
        else:
            self.furniture += self.head
            self.furniture.sort(key=lambda x: x.start)
        self.head = []
        if self.waiting:
            if self.now is None:
                self.drafts.append(_Draft(unsure=True))
            self._settle_waiting()


def _block(text: str, line: Line, role: Role) -> Block:
    return Block(role, text[line.start : line.end], line.start, line.end)


def _article(text: str, draft: _Draft) -> PageArticle:
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
        blocks=tuple(_block(text, line, role) for line, role in sorted(draft.blocks, key=lambda b: b[0].start)),
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
