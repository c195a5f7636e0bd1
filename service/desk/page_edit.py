"""How an editor changes the split of a page: marks in, edits, marks out.

A pure function. Every non-space character stands in exactly one mark before and after every edit, and no edit alters the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from models.article import Role
from models.errors import BadInput
from service.desk.page_marks import TEXT, Mark, settled

Op = Literal["role", "open", "merge", "move", "give", "join", "part", "cut", "sure"]
OPS: tuple[Op, ...] = get_args(Op)
TITLES: tuple[Role, ...] = ("kicker", "headline", "subhead")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change at `line`, a place in the list of marks.

    role: lines `line` to `to` get `role`. open: an article begins here. merge: its article goes to the one before. move:
    the beginning of its article moves to `to`. give: lines `line` to `to` go to `article`. join, part: it goes on from the
    text before, or does not. cut: the line is two from the character `at` of the page on. sure: a person has looked at its
    article.
    """

    op: Op
    line: int
    to: int | None = None
    role: Role | None = None
    article: int | None = None
    at: int | None = None


def apply(text: str, marks: Sequence[Mark], edits: Sequence[Edit]) -> tuple[Mark, ...]:
    """The marks after the edits, one after another; raises BadInput for an edit that makes no sense where it stands."""
    now = tuple(marks)
    for n, edit in enumerate(edits):
        field = f"edits[{n}]"
        last = edit.line if edit.to is None else edit.to
        if not (0 <= edit.line < len(now) and 0 <= last < len(now)):
            raise BadInput("没有这一行。 There is no such line.", field=field)
        now = settled(_STEPS[edit.op](_Step(list(now), edit, text, field)))
    return now


@dataclass(slots=True)
class _Step:
    """One edit under way."""

    marks: list[Mark]
    edit: Edit
    text: str
    field: str

    def bad(self, chinese: str, english: str) -> BadInput:
        return BadInput(f"{chinese} {english}", field=self.field)

    def set(self, n: int, **changed: Any) -> None:
        self.marks[n] = replace(self.marks[n], **changed)

    def of(self, article: int | None) -> list[int]:
        """The lines of an article."""
        return [n for n, mark in enumerate(self.marks) if mark.article == article and article is not None]

    def near(self, n: int) -> int:
        """The article of a line, or the one around a line of furniture."""
        order = [*range(n, -1, -1), *range(n + 1, len(self.marks))]
        return next((a for i in order if (a := self.marks[i].article) is not None), 0)

    def has_text(self, article: int) -> bool:
        return any(self.marks[n].role in TEXT for n in self.of(article))

    def seen(self, *articles: int | None) -> None:
        """A person has looked at these."""
        for article in articles:
            for n in self.of(article):
                self.set(n, unsure=False)


def _role(step: _Step) -> list[Mark]:
    role = step.edit.role
    if role is None:
        raise step.bad("缺少 role。", "role is missing.")
    first, last = _span(step.edit)
    for n in range(first, last + 1):
        article = None if role == "furniture" else step.near(n)
        step.seen(step.marks[n].article, article)
        step.set(n, role=role, article=article, joins=step.marks[n].joins and role in TEXT, unsure=False)
    return step.marks


def _open(step: _Step) -> list[Mark]:
    n = step.edit.line
    old = step.near(n)
    if n == min(step.of(old), default=-1):
        raise step.bad("这一行已是一篇稿件的开头。", "An article begins at this line already.")
    step.seen(old)
    new = 1 + max((m.article for m in step.marks if m.article is not None), default=-1)
    for k in step.of(old):
        if k >= n:
            step.set(k, article=new)
    _begin(step, n, new)
    return step.marks


def _begin(step: _Step, n: int, article: int) -> None:
    role = step.marks[n].role
    step.set(n, article=article, role="headline" if role in ("furniture", "section_head") else role, joins=False)


def _merge(step: _Step) -> list[Mark]:
    article = step.marks[step.edit.line].article
    if not article:
        raise step.bad("前面没有可以并入的稿件。", "There is no article before this one to merge it with.")
    step.seen(article, article - 1)
    _hand_over(step, step.of(article), article - 1)
    return step.marks


def _hand_over(step: _Step, lines: Sequence[int], article: int) -> None:
    """Give lines to the article before: below a text its titles are section heads, below a headline alone subheads."""
    as_head: Role = "section_head" if step.has_text(article) else "subhead"
    named = any(step.marks[n].role == "headline" for n in step.of(article))
    for n in lines:
        role = step.marks[n].role
        step.set(n, article=article, role=as_head if role in TITLES and (named or as_head != "subhead") else role)


def _move(step: _Step) -> list[Mark]:
    article, to = step.marks[step.edit.line].article, step.edit.to
    if not article or to is None:
        raise step.bad("第一篇的开头不能移动。", "The beginning of the first article cannot be moved.")
    own, before = step.of(article), step.of(article - 1)
    first = own[0]
    if not before[0] < to <= own[-1] or to == first or step.marks[to].article not in (article, article - 1):
        raise step.bad(
            "开头不能移到那里：一篇稿件会没有一行。", "It cannot be moved there: an article would have no line left."
        )
    step.seen(article, article - 1)
    if to > first:
        _hand_over(step, [n for n in own if n < to], article - 1)
    else:
        for n in before:
            if n >= to:
                step.set(n, article=article)
    _begin(step, to, article)
    return step.marks


def _give(step: _Step) -> list[Mark]:
    article = step.edit.article
    if article is None or not step.of(article):
        raise step.bad("没有这篇稿件。", "There is no such article.")
    first, last = _span(step.edit)
    step.seen(article)
    for n in range(first, last + 1):
        step.seen(step.marks[n].article)
        role = step.marks[n].role
        step.set(n, article=article, role="body" if role == "furniture" else role, joins=False, unsure=False)
    return step.marks


def _join(step: _Step) -> list[Mark]:
    n = step.edit.line
    article = step.near(n)
    if article and n == step.of(article)[0]:
        _merge(step)
        article -= 1
    if not any(k < n and step.marks[k].role in TEXT for k in step.of(article)):
        raise step.bad("前面没有可以接上的正文。", "There is no text before this line to join it to.")
    step.seen(article)
    role = step.marks[n].role
    step.set(n, article=article, role=role if role in TEXT else "body", joins=True, unsure=False)
    return step.marks


def _part(step: _Step) -> list[Mark]:
    step.seen(step.marks[step.edit.line].article)
    step.set(step.edit.line, joins=False)
    return step.marks


def _cut(step: _Step) -> list[Mark]:
    n, at = step.edit.line, step.edit.at
    mark = step.marks[n]
    if at is None or not mark.start < at < mark.end:
        raise step.bad("断开处不在这一行之内。", "The place to cut is not inside this line.")
    left, right = step.text[mark.start : at].rstrip(), step.text[at : mark.end].lstrip()
    one = replace(mark, end=mark.start + len(left))
    other = replace(mark, start=mark.end - len(right), joins=mark.role in TEXT)
    step.marks[n : n + 1] = [one, other]
    return step.marks


def _sure(step: _Step) -> list[Mark]:
    step.seen(step.marks[step.edit.line].article)
    return step.marks


_STEPS = {
    "role": _role, "open": _open, "merge": _merge, "move": _move, "give": _give, "join": _join, "part": _part, "cut": _cut,
    "sure": _sure,
}  # fmt: skip


def _span(edit: Edit) -> tuple[int, int]:
    to = edit.line if edit.to is None else edit.to
    return min(edit.line, to), max(edit.line, to)
