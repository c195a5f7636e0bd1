"""Page splitting by rules: lines above a text are collected, and it is decided what they open.

The floor that is measured beside the line tagger, and what the tagger sees as the opinion of a careful editor. It knows
Chinese newspaper habits and nothing of topics, summaries or files. Linear in the length of the page.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.article import Role
from models.page_boundaries import Surroundings, opens_article
from models.page_bylines import bare_names
from models.page_drafts import Draft
from models.page_flow import Flow
from models.page_heads import read_head, reads_as_text
from models.page_lines import Line, is_bullet_head, is_section_name, opens_briefs
from models.page_tags import tag_of
from models.page_words import Words

UNSURE = (0.2, 0.8)
"""Probabilities of a boundary between which a reader should look."""
CLOSE_CALL = 0.35
"""A headline that won by less than this should be looked at."""
LONGEST_DECK = 90
"""Characters of a first paragraph that is a deck when a byline follows it."""
LONGEST_HEAD = 6
"""More short lines than this are no head but a list, a table or a poem: the rest of them is text."""


@dataclass(frozen=True, slots=True)
class RuleRead:
    """What the rules made of a line: its role, whether it is the first of an article, whether it goes on from a line.

    `tag` says the same in the line tagger's words.
    """

    role: Role
    opens: bool
    joins: bool
    tag: str


def split_by_rules(flow: Flow) -> RuleSplitter:
    """All lines of a page given to articles and furniture."""
    split = RuleSplitter(flow)
    for place, line in enumerate(flow.lines):
        split.take(place, line)
    split.finish()
    return split


def read_rules(flow: Flow) -> list[RuleRead]:
    """What the rules make of every line of a page."""
    split = split_by_rules(flow)
    found: dict[int, RuleRead] = {}
    for draft in split.drafts:
        earlier: set[str] = set()
        for line, role in sorted(draft.blocks, key=lambda block: block[0].start):
            tag = tag_of(role, goes_on=line.joins, earlier=earlier)
            found[line.start] = RuleRead(role, not earlier, line.joins, tag)
            earlier.add(role)
    furniture = RuleRead("furniture", opens=False, joins=False, tag="furniture")
    return [found.get(line.start, furniture) for line in flow.lines]


class RuleSplitter:
    """Walks over the lines once. `head` holds title and byline lines that nothing has followed yet."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.drafts: list[Draft] = []
        self.furniture: list[Line] = []
        self.head: list[Line] = []
        self.waiting: list[tuple[Line, Role]] = []  # captions and boxes between a head and its text

    @property
    def now(self) -> Draft | None:
        """The article that lines are added to."""
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
            self.drafts.append(Draft(unsure=True))
        draft = self.drafts[-1]
        draft.add(line, role)
        draft.closed = draft.closed or role == "tail"

    def _take_text(self, place: int, line: Line) -> None:
        if not self.head:
            fresh = self.now is None or (line.lead > 0 and bool(self.now.paragraphs) and not line.joins)
            if fresh:
                self.drafts.append(Draft(unsure=True))
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

    def _byline_inside(self, draft: Draft, head: list[Line], place: int) -> None:
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
        draft = Draft(head=head, unsure=chance < UNSURE[1] or head.margin < CLOSE_CALL)
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

    def _surroundings(self, draft: Draft, place: int, titles: list[Line]) -> Surroundings:
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
                self.drafts.append(Draft(unsure=True))
            self._settle_waiting()
