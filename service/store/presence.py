"""Who has which article open: browsers say so every few seconds, and what was not said for a while holds no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from service.store.tables import articles, presence

FRESH_SECONDS = 30
KEEP_SECONDS = 300


def note(connection: Connection, article_id: str, holder: str, name: str) -> bool:
    """Somebody looks at an article; False when there is none of this id."""
    now = datetime.now(UTC)
    mine = (presence.c.article_id == article_id) & (presence.c.holder == holder)
    if connection.execute(update(presence).where(mine).values(seen=now, name=name)).rowcount:
        return True
    if connection.execute(select(articles.c.id).where(articles.c.id == article_id)).first() is None:
        return False
    connection.execute(delete(presence).where(presence.c.seen < now - timedelta(seconds=KEEP_SECONDS)))
    connection.execute(presence.insert().values(article_id=article_id, holder=holder, name=name, seen=now))
    return True


def leave(connection: Connection, article_id: str, holder: str) -> None:
    """A page was closed."""
    connection.execute(delete(presence).where(presence.c.article_id == article_id, presence.c.holder == holder))


def looking(connection: Connection, article_ids: Iterable[str] | None = None, but: str = "") -> dict[str, list[str]]:
    """Who has these articles open (None: any), by id; without the page `but`."""
    since = datetime.now(UTC) - timedelta(seconds=FRESH_SECONDS)
    query = select(presence).where(presence.c.seen >= since, presence.c.holder != but)
    if article_ids is not None:
        query = query.where(presence.c.article_id.in_(list(article_ids)))
    found: dict[str, list[str]] = {}
    for row in connection.execute(query.order_by(presence.c.name)):
        names = found.setdefault(row.article_id, [])
        if row.name not in names:
            names.append(row.name)
    return found
