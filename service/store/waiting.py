"""What has been corrected since a bundle began to serve, what that says about it, and the rows of the corrections' home.

It reads what store/figures.py keeps; nothing here is counted over all corrections. It knows no HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from service.store import upkeep
from service.store.corrections import CorrectionTask
from service.store.tables import corrections, desk_articles, judgements, pages, standing


@dataclass(frozen=True, slots=True)
class Waiting:
    """Of one task: how many articles or pages have a correction that counts, and how many since the bundle that serves.

    `since` is None when the store does not know of any bundle.
    """

    bundle: str | None
    since: datetime | None
    new: int
    total: int


@dataclass(frozen=True, slots=True)
class Change:
    """Of one topic, over the articles corrected since: labels that the editors added, took away and left."""

    topic: str
    added: int
    taken: int
    left: int


def waiting(connection: Connection, task: CorrectionTask) -> Waiting:
    """The corrections of a task. A page's bundle is none: pages are split by rules that no training changes."""
    served = upkeep.activation_history(connection, task)
    bundle, since = served[-1] if served else (None, None)
    of_task = standing.c.task == task
    total = _count(connection, of_task)
    return Waiting(bundle, since, _count(connection, of_task & (standing.c.created > since)) if since else total, total)


def changes(connection: Connection, bundle: str | None, since: datetime | None) -> list[Change]:
    """What the editors say against this bundle's own answers, by topic; of all its answers when `since` is None."""
    newer = [judgements.c.created > since] if since else []
    rows = connection.execute(
        select(
            judgements.c.topic,
            _number(judgements.c.editor & ~judgements.c.model).label("added"),
            _number(judgements.c.model & ~judgements.c.editor).label("taken"),
            _number(judgements.c.model & judgements.c.editor).label("left"),
        )
        .where(judgements.c.bundle == bundle, *newer)
        .group_by(judgements.c.topic)
        .order_by(judgements.c.topic)
    )
    return [Change(row.topic, row.added, row.taken, row.left) for row in rows]


def judged(connection: Connection, bundle: str | None, since: datetime | None) -> int:
    """How many articles `changes` speaks of."""
    newer = [judgements.c.created > since] if since else []
    found = select(func.count(judgements.c.article_id.distinct())).where(judgements.c.bundle == bundle, *newer)
    return connection.execute(found).scalar_one()


def recent(connection: Connection, before: int | None, limit: int) -> list[dict[str, Any]]:
    """Corrections and undos, the newest first, from `before` (a `seq`) on; `counts` says which hold, `kept_page` whether
    they are of a page that is kept.
    """
    query = select(corrections).order_by(corrections.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(corrections.c.seq < before)
    rows = connection.execute(query).all()
    articles = {row.article_id for row in rows}
    said = select(corrections.c.id, corrections.c.undoes).where(corrections.c.article_id.in_(articles))
    undone: set[str] = set()
    for row in connection.execute(said.order_by(corrections.c.seq.desc())):
        if row.undoes is not None and row.id not in undone:
            undone.add(row.undoes)
    named = select(desk_articles.c.article_id, desk_articles.c.headline).where(desk_articles.c.article_id.in_(articles))
    headlines = {row.article_id: row.headline for row in connection.execute(named)}
    spoken_of = {row.article_id for row in rows if row.task == "pages"}
    kept = set(connection.execute(select(pages.c.id).where(pages.c.id.in_(spoken_of))).scalars())
    return [
        dict(row._mapping)
        | {
            "counts": row.id not in undone,
            "headline": headlines.get(row.article_id, ""),
            "kept_page": row.task == "pages" and row.article_id in kept,
        }
        for row in rows
    ]


def _count(connection: Connection, condition: Any) -> int:
    return connection.execute(select(func.count()).select_from(standing).where(condition)).scalar_one()


def _number(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))
