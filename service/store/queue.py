"""What stands in the queue: lists and counts over the desk's rows, the least sure first, and which article comes next.

It only reads, and only `desk_articles` and `desk_topics`: both lie in the order that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, func, select, tuple_

from service.store.desk import SOURCE_CHARS, STATES, State
from service.store.tables import desk_articles, desk_topics

MAX_SOURCES = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles: None asks for all. `topic` is one that holds, or "other"; days are ISO dates, both included."""

    state: State | None = "open"
    topic: str | None = None
    source: str | None = None
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article stands in the queue."""

    sureness: float
    id: str


def listing(connection: Connection, wanted: Wanted, after: Place | None, limit: int) -> Sequence[Row[Any]]:
    """The rows behind this place, the least sure first."""
    table = _table(wanted)
    order = (table.c.sureness, table.c.article_id)
    query = select(table.c.article_id).where(*_conditions(wanted))
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(after.sureness, after.id))
    ids = connection.execute(query.order_by(*order).limit(limit)).scalars().all()
    rows = connection.execute(select(desk_articles).where(desk_articles.c.article_id.in_(ids)))
    return sorted(rows, key=lambda row: ids.index(row.article_id))


def counts(connection: Connection, wanted: Wanted) -> dict[State, int]:
    """How many articles there are in each state, whatever state is asked for."""
    every = Wanted(None, wanted.topic, wanted.source, wanted.first, wanted.last)
    state = _table(every).c.state
    query = select(state, func.count()).where(*_conditions(every)).group_by(state)
    found = {row[0]: row[1] for row in connection.execute(query)}
    return {name: found.get(name, 0) for name in STATES}


def place_of(connection: Connection, article_id: str) -> Place | None:
    """Where an article stands; None when there is none of this id."""
    row = connection.execute(select(desk_articles.c.sureness).where(desk_articles.c.article_id == article_id)).first()
    return Place(row.sureness, article_id) if row is not None else None


def next_of(connection: Connection, wanted: Wanted, after: Place | None, others: set[str]) -> str | None:
    """The article behind this place, or the first one when there is none behind; not itself, and none that others have open."""
    skip = others | ({after.id} if after else set())
    for start in (after, None) if after else (None,):
        rows = listing(connection, wanted, start, len(skip) + 1)
        for row in rows:
            if row.article_id not in skip:
                return str(row.article_id)
    return None


def sources(connection: Connection) -> list[str]:
    """Where articles come from, in the order of their names; at most `MAX_SOURCES`."""
    found: list[str] = []
    source = desk_articles.c.source
    while len(found) < MAX_SOURCES:  # from one name to the next in the index: a hundred thousand rows are not read
        query = select(func.min(source)).where(source > found[-1] if found else source.is_not(None))
        name = connection.execute(query).scalar()
        if name is None:
            break
        found.append(name)
    return found


def _table(wanted: Wanted) -> Table:
    """The table whose index has the order and every column of the filter."""
    return desk_articles if wanted.topic is None else desk_topics


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    table = _table(wanted)
    found = []
    if wanted.topic is not None:
        found.append(table.c.topic == wanted.topic)
    if wanted.state is not None:
        found.append(table.c.state == wanted.state)
    if wanted.source is not None:
        found.append(table.c.source == wanted.source[:SOURCE_CHARS])
    if wanted.first is not None:
        found.append(table.c.day >= wanted.first)
    if wanted.last is not None:
        found.append(table.c.day <= wanted.last)
    return found
