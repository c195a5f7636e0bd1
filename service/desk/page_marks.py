"""Marks on the lines of a page: the split of a page as it is kept and edited, and the articles that it makes.

Every non-space character stands in exactly one mark. It knows the text and its articles, and no HTTP, store or model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.article import ROLES, Page, PageArticle, Role
from models.errors import BadInput
from models.page_drafts import Draft, article_of, block_of
from models.page_lines import Line, key_of

TEXT: tuple[Role, ...] = ("body", "section_head")
"""The roles that make a body."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line of the page: offsets in code points, its role, and its article (0, 1 … by first line; None for furniture).

    `joins`: it goes on from the text line of its article before it. `unsure`: a reader should look at its article.
    """

    start: int
    end: int
    role: Role
    article: int | None
    joins: bool = False
    unsure: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The JSON shape."""
        return {"start": self.start, "end": self.end, "role": self.role, "article": self.article, "joins": self.joins,
                "unsure": self.unsure}  # fmt: skip


def marks_of(page: Page) -> tuple[Mark, ...]:
    """The marks of a page as it was split."""
    found = [Mark(b.start, b.end, "furniture", None) for b in page.furniture]
    for n, article in enumerate(page.articles):
        at = 0
        for block in article.blocks:
            joins = False
            if block.role in TEXT:
                joins = at > 0 and article.body[at] != "\n"
                at += len(block.text) + (at > 0 and not joins)
            found.append(Mark(block.start, block.end, block.role, n, joins, article.needs_review))
    return tuple(sorted(found, key=lambda mark: mark.start))


def page_of(text: str, marks: Sequence[Mark]) -> Page:
    """The articles that the marks make, and the furniture."""
    drafts: dict[int, Draft] = {}
    furniture = []
    key = key_of(text)
    for mark in marks:
        line = Line(mark.start, mark.end, key[mark.start : mark.end], indent=False, joins=mark.joins)
        if mark.article is None:
            furniture.append(block_of(text, line, "furniture"))
            continue
        draft = drafts.setdefault(mark.article, Draft())
        draft.add(line, mark.role)
        draft.unsure = draft.unsure or mark.unsure
        head = draft.head
        parts = {"kicker": head.kicker, "headline": head.headline, "subhead": head.subheads, "byline": head.bylines}
        if mark.role in parts:
            parts[mark.role].append(line)
    return Page(tuple(article_of(text, drafts[n]) for n in sorted(drafts)), tuple(furniture))


def example_of(page: Page) -> list[dict[str, Any]]:
    """The articles as a page example has them; raises BadInput for one without text, which nothing can be measured on."""
    if not page.articles:
        raise BadInput("版面里没有稿件，无法保存。 There is no article on the page: nothing to keep.", field="marks")
    return [_row(n, article) for n, article in enumerate(page.articles, 1)]


def _row(n: int, article: PageArticle) -> dict[str, Any]:
    if not article.body.strip():
        raise BadInput(
            f"第 {n} 篇没有正文：请把它并入别的稿件，或改为版面信息。 "
            f"Article {n} has no text: merge it with another, or make it furniture.",
            field=f"articles[{n - 1}]",
        )
    told: dict[str, Any] = {"headline": article.headline, "body": article.body}
    return told | ({"alt_headlines": list(article.alt_headlines)} if article.alt_headlines else {})


def check_marks(text: str, marks: Sequence[Mark]) -> None:
    """Refuse marks that are not a whole split of this text; raises BadInput."""
    at = 0
    for n, mark in enumerate(marks):
        inside = at <= mark.start < mark.end <= len(text)
        whole = inside and not text[at : mark.start].strip() and not _outer_space(text[mark.start : mark.end])
        if not whole or mark.role not in ROLES or (mark.article is None) != (mark.role == "furniture"):
            raise _no_split(f"marks[{n}]")
        at = mark.end
    if text[at:].strip() or settled(marks) != tuple(marks):
        raise _no_split("marks")


def settled(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks with articles numbered by their first lines, and nothing that goes on from no text."""
    numbers: dict[int, int] = {}
    begun: set[int] = set()
    found = []
    for mark in marks:
        article = None if mark.article is None else numbers.setdefault(mark.article, len(numbers))
        joins = mark.joins and mark.role in TEXT and article in begun
        if article is not None and mark.role in TEXT:
            begun.add(article)
        found.append(replace(mark, article=article, joins=joins, unsure=mark.unsure and article is not None))
    return tuple(found)


def _outer_space(text: str) -> bool:
    return text != text.strip()


def _no_split(field: str) -> BadInput:
    return BadInput(
        "这不是这个版面的完整拆分，请刷新后再改。 This is no whole split of the page: reload it, then edit.",
        field=field,
    )
