"""What editors correct: rows that are only added, an undo among them, and the training files that come out of them.

A correction belongs to one version of an article (topics, summaries) or carries its page (pages). A correction counts when no undo
that counts refers to it; an undo can be undone. The last one that counts speaks for an article. It knows no HTTP.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, select

from service.store import desk, figures, pages
from service.store.tables import article_versions, corrections, page_examples

CorrectionTask = Literal["topics", "summaries", "pages"]
TASKS: tuple[CorrectionTask, ...] = ("topics", "summaries", "pages")


@dataclass(frozen=True, slots=True)
class Correction:
    """What an editor says is right. `version` is of the article that it was said of; a page carries text and articles."""

    task: CorrectionTask
    article_id: str
    editor: str
    version: int | None = None
    labels: list[str] | None = None
    summary: str | None = None
    text: str | None = None
    articles: list[dict[str, Any]] | None = None
    note: str | None = None


def add(connection: Connection, correction: Correction, key_id: str | None, *, when: datetime | None = None) -> str:
    """Keep a correction; its id. What is said in one breath has one `when`."""
    desk.lock(connection, correction.article_id)
    made = uuid.uuid4().hex
    connection.execute(
        corrections.insert().values(
            id=made,
            task=correction.task,
            article_id=correction.article_id,
            version=correction.version,
            labels=correction.labels,
            summary=correction.summary,
            editor=correction.editor,
            key_id=key_id,
            note=correction.note,
            created=when or datetime.now(UTC),
        )
    )
    if correction.task == "pages":
        connection.execute(
            page_examples.insert().values(
                correction_id=made, page_id=correction.article_id, text=correction.text, articles=correction.articles
            )
        )
    desk.refresh(connection, correction.article_id)
    figures.settle(connection, correction.task, correction.article_id)
    if correction.task == "pages":
        _settle_page(connection, correction.article_id)
    return made


def find(connection: Connection, correction_id: str) -> Row[Any] | None:
    """The row with this id."""
    return connection.execute(select(corrections).where(corrections.c.id == correction_id)).first()


def is_undone(connection: Connection, correction_id: str) -> bool:
    """Whether it was taken back (even if that was taken back, too)."""
    return connection.execute(select(corrections.c.id).where(corrections.c.undoes == correction_id)).first() is not None


def undo(
    connection: Connection, row: Row[Any], editor: str, key_id: str | None, *, when: datetime | None = None
) -> str:
    """Take a correction, or an undo, back, as `find` gave it; the id of the row that says so.

    Raises Clash when it was taken back before.
    """
    made = uuid.uuid4().hex
    desk.lock(connection, row.article_id)
    connection.execute(
        corrections.insert().values(
            id=made,
            task=row.task,
            article_id=row.article_id,
            version=row.version,
            undoes=row.id,
            editor=editor,
            key_id=key_id,
            created=when or datetime.now(UTC),
        )
    )
    desk.refresh(connection, row.article_id)
    figures.settle(connection, row.task, row.article_id)
    if row.task == "pages":
        _settle_page(connection, row.article_id)
    return made


def _settle_page(connection: Connection, page_id: str) -> None:
    """Say of a kept page whether an editor's split of it counts."""
    of_page = (corrections.c.article_id == page_id) & (corrections.c.task == "pages") & corrections.c.undoes.is_(None)
    counting = counted(connection, page_id)
    rows = connection.execute(select(corrections.c.id).where(of_page)).scalars()
    pages.settle(connection, page_id, corrected=any(found in counting for found in rows))


def holding(connection: Connection, article_id: str, version: int) -> dict[str, Row[Any]]:
    """What editors' last word on this version is, by task; tasks of which nobody has said anything are not there."""
    counting = counted(connection, article_id)
    rows = connection.execute(
        select(corrections)
        .where(corrections.c.article_id == article_id, corrections.c.version == version, corrections.c.undoes.is_(None))
        .order_by(corrections.c.seq)
    )
    return {row.task: row for row in rows if row.id in counting}


def last_said(connection: Connection, article_id: str, version: int) -> list[Row[Any]]:
    """What to undo to take the last correction of this version back, with what was said in the same breath; [] when nothing counts.

    That is the correction itself, or the last undo of its undo.
    """
    held = list(holding(connection, article_id, version).values())
    last = max((row.created for row in held), default=None)
    of_article = select(corrections).where(corrections.c.article_id == article_id, corrections.c.undoes.is_not(None))
    undone_by = {row.undoes: row for row in connection.execute(of_article)}
    found = []
    for row in held:
        if row.created == last:
            while row.id in undone_by:
                row = undone_by[row.id]
            found.append(row)
    return found


def history(
    connection: Connection, article_id: str | None = None, *, after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Rows as they were added, undone ones and undos included; `counts` says which hold."""
    counting = counted(connection, article_id)
    query = select(corrections).where(corrections.c.seq > after).order_by(corrections.c.seq).limit(limit)
    if article_id is not None:
        query = query.where(corrections.c.article_id == article_id)
    return [
        {
            "seq": row.seq,
            "id": row.id,
            "task": row.task,
            "article": row.article_id,
            "version": row.version,
            "labels": row.labels,
            "summary": row.summary,
            "undoes": row.undoes,
            "editor": row.editor,
            "note": row.note,
            "created": row.created.isoformat(),
            "counts": row.id in counting,
        }
        for row in connection.execute(query)
    ]


def counted(connection: Connection, article_id: str | None = None) -> set[str]:
    """The ids of what has not been taken back, of one article or of all."""
    query = select(corrections.c.id, corrections.c.undoes).order_by(corrections.c.seq.desc())
    if article_id is not None:  # an undo is of the same article as what it undoes
        query = query.where(corrections.c.article_id == article_id)
    counting, undone = set(), set()
    for row in connection.execute(query):  # newest first: an undo comes after what it undoes
        if row.id not in undone:
            counting.add(row.id)
            undone.add(row.undoes)
    return counting


def export(connection: Connection, tasks: tuple[CorrectionTask, ...] = TASKS) -> Iterator[dict[str, Any] | None]:
    """Training rows, the oldest correction first; None for one that an embargo still holds back.

    topics: {"id","headline","body","labels","editor"}; summaries: {"id","body","summary"}; pages: {"id","text","articles"}.
    """
    counting = counted(connection)
    light = select(corrections.c.seq, corrections.c.id, corrections.c.task, corrections.c.article_id)
    rows = connection.execute(light.where(corrections.c.undoes.is_(None)).order_by(corrections.c.seq))
    last = {(row.task, row.article_id): row.seq for row in rows if row.id in counting and row.task in tasks}
    now = datetime.now(UTC)
    for seq in sorted(last.values()):
        yield _training_row(connection, seq, now)


def _training_row(connection: Connection, seq: int, now: datetime) -> dict[str, Any] | None:
    row = connection.execute(select(corrections).where(corrections.c.seq == seq)).one()
    if row.task == "pages":
        page = connection.execute(select(page_examples).where(page_examples.c.correction_id == row.id)).one()
        return {"id": page.page_id, "text": page.text, "articles": page.articles}
    article = connection.execute(
        select(article_versions).where(
            article_versions.c.article_id == row.article_id, article_versions.c.version == row.version
        )
    ).one()
    if article.embargo is not None and article.embargo > now:
        return None
    if row.task == "summaries":
        return {"id": row.article_id, "body": article.body, "summary": row.summary}
    return {"id": row.article_id, "headline": article.headline, "body": article.body, "labels": row.labels,
            "editor": row.editor}  # fmt: skip
