"""Kept pages: the text of a page, its split as marks, and which kept article each of its articles is.

An article of page `p` is kept as `p#1`, `p#2` …; its number stays its own while the split of the page is edited. Functions take a
connection. They know no model and no HTTP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, case, delete, func, select, update

from service.store import articles, desk, search
from service.store.tables import articles as articles_table
from service.store.tables import corrections, pages, withdrawals

PageState = Literal["open", "unread", "done"]
PAGE_STATES: tuple[PageState, ...] = ("open", "unread", "done")
LIGHT = [column for column in pages.columns if column.name not in ("text", "marks", "numbers")]
"""What a list of pages shows; the text of a page may have a million characters."""


@dataclass(frozen=True, slots=True)
class PageArticle:
    """An article of a page, with its number; `unsure`: its edges are. `analysis` None leaves the one that is there."""

    number: int
    headline: str
    body: str
    unsure: bool
    analysis: articles.Analysed | None


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page and its split. `marks` are [start, end, role, article, joins, unsure] a line, `last` the highest number ever given."""

    id: str
    text: str
    source: str | None
    date: str | None
    marks: list[list[Any]]
    numbers: list[int]
    last: int
    state: PageState
    caller: str | None
    created: datetime
    changed: datetime


def put(
    connection: Connection,
    page: KeptPage,
    found: Sequence[PageArticle],
    caller: str | None,
) -> None:
    """Keep a page with its articles; those that it had before and has no more go, unless a correction speaks of them."""
    now = datetime.now(UTC)
    before = connection.execute(select(pages.c.id).where(pages.c.id == page.id).with_for_update()).first()
    values = {
        "source": page.source,
        "date": page.date,
        "day": desk.day_of(page.date, page.created),
        "headline": next((a.headline for a in found if a.headline), ""),
        "articles": len(found),
        "unsure": sum(a.unsure for a in found),
        "state": page.state,
        "changed": now,
        "last": page.last,
        "text": page.text,
        "marks": page.marks,
        "numbers": page.numbers,
    }
    if before is None:
        digest = page_digest(page.id)
        connection.execute(delete(withdrawals).where(withdrawals.c.digest == digest))
        connection.execute(pages.insert().values(id=page.id, caller=caller, created=page.created, **values))
    else:
        connection.execute(update(pages).where(pages.c.id == page.id).values(**values))
    for article in found:
        draft = articles.Draft(
            article_id(page.id, article.number), article.headline, article.body, page.source, page.date
        )
        articles.put(connection, draft, article.analysis, caller, edges=article.unsure)
    _drop(connection, page.id, set(range(1, page.last + 1)) - set(page.numbers))


def get(connection: Connection, page_id: str) -> KeptPage | None:
    """A page as it is now."""
    row = connection.execute(select(pages).where(pages.c.id == page_id)).first()
    if row is None:
        return None
    return KeptPage(
        row.id, row.text, row.source, row.date, row.marks, row.numbers, row.last, row.state, row.caller, row.created, row.changed
    )  # fmt: skip


def listing(
    connection: Connection, state: PageState | None, before: tuple[str, str] | None, limit: int
) -> Sequence[Row[Any]]:
    """Pages, the latest day first, without their texts; `before` is the (day, id) of the last one seen."""
    query = select(*LIGHT).order_by(pages.c.day.desc(), pages.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(pages.c.state == state)
    if before is not None:
        day, page_id = before
        query = query.where((pages.c.day < day) | ((pages.c.day == day) & (pages.c.id < page_id)))
    return connection.execute(query).all()


def lock(connection: Connection, page_id: str) -> Row[Any] | None:
    """What a list shows of a page; until the transaction ends nobody else changes it."""
    return connection.execute(select(*LIGHT).where(pages.c.id == page_id).with_for_update()).first()


def said(connection: Connection, page_id: str) -> Sequence[Row[Any]]:
    """The corrections of a page and their undos, newest first."""
    mine = (corrections.c.article_id == page_id) & (corrections.c.task == "pages")
    return connection.execute(select(corrections).where(mine).order_by(corrections.c.seq.desc())).all()


def last_said(connection: Connection, page_id: str) -> Row[Any] | None:
    """The last of them."""
    mine = (corrections.c.article_id == page_id) & (corrections.c.task == "pages")
    return connection.execute(select(corrections).where(mine).order_by(corrections.c.seq.desc()).limit(1)).first()


def counts(connection: Connection) -> dict[PageState, int]:
    """How many pages there are in each state."""
    found = connection.execute(select(pages.c.state, func.count()).group_by(pages.c.state)).all()
    return dict.fromkeys(PAGE_STATES, 0) | {row[0]: row[1] for row in found}


def withdraw(connection: Connection, page_id: str, caller: str | None) -> bool:
    """Delete a page, its articles and its corrections; whether there was anything. Only the SHA-256 of its id stays."""
    row = connection.execute(select(pages.c.last).where(pages.c.id == page_id)).first()
    mine = (corrections.c.article_id == page_id) & (corrections.c.task == "pages")
    gone = list(connection.execute(select(corrections.c.id).where(mine)).scalars())
    if row is None and not gone:
        return False
    for number in range(1, row.last + 1 if row is not None else 1):
        articles.withdraw(connection, article_id(page_id, number), caller)
    for correction_id in gone:
        connection.execute(delete(corrections).where(corrections.c.id == correction_id))
    articles.forget_answers(connection, page_id, gone)
    connection.execute(delete(pages).where(pages.c.id == page_id))
    articles.note_withdrawal(connection, page_digest(page_id), caller)
    return True


def withdrawn(connection: Connection, page_id: str) -> bool:
    """Whether this page was withdrawn and has not been sent again."""
    found = select(func.count()).select_from(withdrawals).where(withdrawals.c.digest == page_digest(page_id))
    return bool(connection.execute(found).scalar_one())


def page_digest(page_id: str) -> str:
    """What is left of a withdrawn page's id; no article has the same, since no id holds a line break."""
    return articles.id_digest("\n" + page_id)


def article_id(page_id: str, number: int) -> str:
    """What the article with this number is kept as."""
    return f"{page_id}#{number}"


def _drop(connection: Connection, page_id: str, numbers: set[int]) -> None:
    """Articles that an edit of the split has done away with; one that a correction speaks of stays as its example."""
    for number in sorted(numbers):
        name = article_id(page_id, number)
        spoken_of = select(corrections.c.id).where(corrections.c.article_id == name).limit(1)
        if connection.execute(spoken_of).first() is None:
            search.forget(connection, [name])
            connection.execute(delete(articles_table).where(articles_table.c.id == name))


def settle(connection: Connection, page_id: str, *, corrected: bool) -> None:
    """Say whether an editor's split of this page counts; nothing for a page that is not kept."""
    unsettled = case((pages.c.unsure > 0, "open"), else_="unread")
    connection.execute(update(pages).where(pages.c.id == page_id).values(state="done" if corrected else unsettled))
