"""What keeps the store small and its history known: the purge of what is past its retention, and which bundle served when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from service.store import search
from service.store.database import Store
from service.store.tables import (
    activations,
    articles,
    corrections,
    desk_articles,
    idempotency,
    jobs,
    pages,
    sessions,
    usage,
)

IDEMPOTENCY_DAYS = 2
USAGE_DAYS = 400


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows of each kind went."""

    articles: int
    jobs: int
    corrections: int


def purge(store: Store, days: int, correction_days: int) -> Purged:
    """Delete articles, pages and finished jobs older than `days`, corrections older than `correction_days`; 0 keeps for ever.

    An article that a correction still speaks of stays as long as the correction: it is a training example.
    """
    now = datetime.now(UTC)
    with store.write() as connection:
        old = _purge_corrections(connection, now - timedelta(days=correction_days)) if correction_days else 0
        gone = finished = 0
        if days:
            before = now - timedelta(days=days)
            spoken_of = select(corrections.c.article_id)
            unused = (articles.c.changed < before) & articles.c.id.not_in(spoken_of)
            search.forget(connection, connection.execute(select(articles.c.id).where(unused)).scalars().all())
            gone = connection.execute(delete(articles).where(unused)).rowcount
            connection.execute(delete(pages).where(pages.c.changed < before))  # an example of one has its own text
            over = jobs.c.state.in_(("done", "cancelled")) & (jobs.c.finished < before)
            finished = connection.execute(delete(jobs).where(over)).rowcount
        connection.execute(delete(sessions).where(sessions.c.expires <= now))
        connection.execute(delete(idempotency).where(idempotency.c.created < now - timedelta(days=IDEMPOTENCY_DAYS)))
        last_day = (now - timedelta(days=USAGE_DAYS)).date().isoformat()
        connection.execute(delete(usage).where(usage.c.day < last_day))
    store.shrink()
    return Purged(gone, finished, old)


def _purge_corrections(connection: Connection, before: datetime) -> int:
    # A correction and its undos go together (the undo's foreign key cascades), whatever their own age.
    gone = connection.execute(
        delete(corrections).where(corrections.c.created < before, corrections.c.undoes.is_(None))
    ).rowcount
    # No editor's name outlives what was said; what they made of the article (labels, done) stays, or it were work anew.
    mine = corrections.c.article_id == desk_articles.c.article_id
    last = select(corrections.c.editor).where(mine).order_by(corrections.c.seq.desc()).limit(1).scalar_subquery()
    named = desk_articles.c.editor.is_not(None) & desk_articles.c.editor.is_distinct_from(last)
    connection.execute(update(desk_articles).where(named).values(editor=last))
    return gone


def note_activation(connection: Connection, task: str, bundle: str) -> bool:
    """Remember that this bundle serves the task from now on; False when it did before."""
    last = select(activations.c.bundle).where(activations.c.task == task).order_by(activations.c.id.desc()).limit(1)
    if connection.execute(last).scalar() == bundle:
        return False
    connection.execute(activations.insert().values(task=task, bundle=bundle, created=datetime.now(UTC)))
    return True


def activation_history(connection: Connection, task: str) -> list[tuple[str, datetime]]:
    """Bundles of a task with the time from which each served, oldest first."""
    query = select(activations).where(activations.c.task == task).order_by(activations.c.id)
    return [(row.bundle, row.created) for row in connection.execute(query)]
