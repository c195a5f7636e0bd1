"""What a search finds: counted, in order, a page at a time, and all of it for an export. It knows no HTTP and no HTML."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    FromClause,
    Integer,
    Select,
    and_,
    cast,
    column,
    func,
    select,
    table,
    text,
)

from models.topics import OTHER
from service.job_results import of_summary
from service.store.found_lines import conditions, in_headline, lines, rank, ranked
from service.store.search import SHIFT
from service.store.search_terms import Phrase
from service.store.tables import analyses, article_versions, desk_articles, search_entries

Order = Literal["date", "relevance"]
RANKED = 5000
"""So many hits are ranked by their words; of more, words that stand everywhere, those with them in the headline come first."""
STRETCH = 200


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. `since` and `until` are days, both included."""

    phrases: tuple[Phrase, ...] = ()
    topic: str | None = None
    source: str | None = None
    since: str | None = None
    until: str | None = None
    order: Order = "date"

    @property
    def wanted(self) -> tuple[Phrase, ...]:
        """The phrases that have to stand there."""
        return tuple(phrase for phrase in self.phrases if not phrase.unwanted)


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that was found, with its text."""

    article_id: str
    headline: str
    body: str
    source: str | None
    day: str
    labels: tuple[str, ...]
    state: str


def look(connection: Connection, query: Query, offset: int, limit: int) -> tuple[int, list[Hit]]:
    """How many articles there are, and hits `offset` to `offset + limit` of them."""
    if not _by_line(connection, query):
        total = count(connection, query)
        return total, page(connection, query, total, offset, limit)
    # Counted and put in order in one pass over the texts; which order relevance means turns on how many are found.
    _prepare(connection)
    relevance = query.order == "relevance" and bool(query.wanted)
    first, most = (0, max(RANKED, offset + limit)) if relevance else (offset, limit)
    ordered = _ordered(connection, query, RANKED + 1).add_columns(func.count().over())
    rows = connection.execute(ordered.offset(first).limit(most)).all()
    ids = [row[0] for row in rows]
    total = rows[0][1] if rows else count(connection, query) if first else 0
    if relevance and total <= RANKED:
        ids = list(connection.execute(ranked(ids, query.wanted)).scalars())
    return total, _hits(connection, ids[offset - first : offset - first + limit])


def count(connection: Connection, query: Query) -> int:
    """How many articles."""
    _prepare(connection)
    told, _, _ = _entries(connection, query)
    found = select(func.count()).select_from(told).where(*_where(connection, query))
    return connection.execute(found).scalar_one()


def page(connection: Connection, query: Query, total: int, offset: int, limit: int) -> list[Hit]:
    """Hits `offset` to `offset + limit` of the `total` that `count` said."""
    _prepare(connection)
    ids = connection.execute(_ordered(connection, query, total).offset(offset).limit(limit)).scalars().all()
    return _hits(connection, ids)


def _hits(connection: Connection, ids: Sequence[int]) -> list[Hit]:
    rows = connection.execute(
        select(search_entries, article_versions.c.headline, article_versions.c.body, desk_articles.c.state)
        .join_from(search_entries, article_versions, _of_version(search_entries))
        .join(desk_articles, desk_articles.c.article_id == search_entries.c.article_id)
        .where(search_entries.c.n.in_(ids))
    )
    hits = {row.n: _hit(row) for row in rows}
    return [hits[n] for n in ids if n in hits]


def sources(connection: Connection, most: int) -> list[str]:
    """Names of sources to choose from, in order; a step of the index each."""
    found: list[str] = []
    while len(found) < most:
        later = [search_entries.c.source > found[-1]] if found else []
        source = connection.execute(
            select(func.min(search_entries.c.source)).where(search_entries.c.source.is_not(None), *later)
        ).scalar()
        if source is None:
            break
        found.append(source)
    return found


def every(
    read: Callable[[], contextlib.AbstractContextManager[Connection]], query: Query
) -> Iterator[list[dict[str, Any]]]:
    """All that is found as records, in order, a stretch at a time; each stretch in a transaction of its own."""
    with read() as connection:
        total = count(connection, query)
        ids = connection.execute(_ordered(connection, query, total)).scalars().all()
    for at in range(0, len(ids), STRETCH):
        with read() as connection:
            yield _records(connection, ids[at : at + STRETCH])


def _records(connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
    each = analyses.alias("each_analysis")
    said = (each.c.article_id == search_entries.c.article_id) & (each.c.version == search_entries.c.version)
    last = select(func.max(each.c.id)).where(said).correlate(search_entries).scalar_subquery()
    rows = connection.execute(
        select(
            search_entries,
            article_versions.c.headline,
            article_versions.c.body,
            article_versions.c.date,
            article_versions.c.source.label("whole_source"),
            article_versions.c.embargo,
            analyses.c.topics,
            analyses.c.summary,
            analyses.c.topics_bundle,
            analyses.c.summaries_bundle,
        )
        .join_from(search_entries, article_versions, _of_version(search_entries))
        .outerjoin(analyses, analyses.c.id == last)
        .where(search_entries.c.n.in_(ids))
    )
    found = {row.n: _record(row) for row in rows}
    return [found[n] for n in ids if n in found]


def _record(row: Any) -> dict[str, Any]:
    labels = list(_labels(row.labels))
    topics = row.topics or {}
    primary = topics.get("primary")
    return {
        "id": row.article_id,
        "headline": row.headline,
        "body": row.body,
        "source": row.whole_source,
        "date": row.date,
        "embargo": row.embargo.isoformat() if row.embargo else None,
        "labels": labels,
        "primary": primary if primary in labels else (labels or [OTHER])[0],
        "needs_review": topics.get("needs_review"),
        **of_summary(row.summary),
        "scores": topics.get("scores"),
        "bundles": {"topics": row.topics_bundle, "summaries": row.summaries_bundle},
    }


def _hit(row: Any) -> Hit:
    return Hit(row.article_id, row.headline, row.body, row.source, row.day, _labels(row.labels), row.state)


def _labels(kept: str) -> tuple[str, ...]:
    return tuple(name for name in kept.strip("|").split("|") if name not in ("", OTHER))


def _of_version(entries: Any) -> ColumnElement[bool]:
    return and_(article_versions.c.article_id == entries.c.article_id, article_versions.c.version == entries.c.version)


def _by_line(connection: Connection, query: Query) -> bool:
    """Whether lines are looked through: PostgreSQL's way to find phrases."""
    return bool(query.phrases) and connection.dialect.name == "postgresql"


def _prepare(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Room for the places of all that is found; with less PostgreSQL forgets some, and works the pairs of texts out anew.
        connection.execute(text("SET LOCAL work_mem = '64MB'"))


def _entries(connection: Connection, query: Query) -> tuple[FromClause, ColumnElement[int], ColumnElement[str]]:
    """What is looked through, the entry's number there, and its day."""
    if not _by_line(connection, query):
        return search_entries, search_entries.c.n, search_entries.c.day
    if query.source is None and query.topic is None:
        return lines, lines.c.entry, lines.c.day
    return lines.join(search_entries, search_entries.c.n == lines.c.entry), lines.c.entry, lines.c.day


def _where(connection: Connection, query: Query) -> list[ColumnElement[bool]]:
    entry = search_entries.c
    _, n, day = _entries(connection, query)
    found: list[ColumnElement[bool]] = []
    if query.since is not None:
        found.append(day >= query.since)
    if query.until is not None:
        found.append(day <= query.until)
    if query.source is not None:
        found.append(entry.source == query.source)
    if query.topic is not None:
        found.append(entry.labels.contains(f"|{query.topic}|", autoescape=True))
    if _by_line(connection, query):
        return found + conditions(query.phrases)
    for phrase in query.phrases:
        rowid, holds, _ = _looked_up([phrase])
        with_it = n.in_(select(rowid).where(holds))
        found.append(~with_it if phrase.unwanted else with_it)
    return found


def _ordered(connection: Connection, query: Query, total: int) -> Select[Any]:
    told, n, day = _entries(connection, query)
    newest = (day.desc(), n.desc())
    found = select(n).select_from(told).where(*_where(connection, query))
    if query.order == "date" or not query.wanted:
        return found.order_by(*newest)
    if _by_line(connection, query):
        best = in_headline(query.wanted) if total > RANKED else rank(query.wanted)
        # Within: else the whole text of all that is found would be carried through counting and sorting.
        each = found.add_columns(day.label("day"), best.label("best")).offset(0).subquery()
        return select(each.c[0]).order_by(each.c.best.desc(), each.c.day.desc(), each.c[0].desc())
    rowid, holds, weight = _looked_up(query.wanted, headline=total > RANKED)
    if total > RANKED:
        return found.order_by(n.in_(select(rowid).where(holds)).desc(), *newest)
    ranks = select(rowid.label("n"), func.max(weight).label("rank")).where(holds).group_by(rowid).subquery()
    return found.outerjoin(ranks, ranks.c.n == n).order_by(ranks.c.rank.desc().nulls_last(), *newest)


def _looked_up(
    phrases: Sequence[Phrase], *, headline: bool = False
) -> tuple[ColumnElement[int], ColumnElement[bool], ColumnElement[float]]:
    """Of SQLite's index: the entry's number, whether all these phrases stand there, and how well (more is better)."""
    index = table("search_index", column("rowid", Integer), column("search_index"), column("rank", Float))
    said = " AND ".join(f'"{" ".join(phrase.words)}"{" *" if phrase.opens else ""}' for phrase in phrases)
    match = f"{{headline}} : ({said})" if headline else said
    holds = index.c.search_index.op("MATCH", is_comparison=True)(match)
    weighed = index.c.rank.op("MATCH", is_comparison=True)("bm25(4.0, 1.0)")
    # The cast gives it a type, without which SQLite joins no index to it and looks through all ranks for each hit.
    return cast(index.c.rowid.op(">>")(SHIFT), Integer), holds & weighed, -index.c.rank
