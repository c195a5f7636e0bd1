"""What the dashboard and the corrections' home count, in tables of their own.

`note_analysis` and `settle` run in the transaction of the analysis and of the correction. A withdrawal takes what it said of
the article with it; the days' numbers stay. It knows no HTTP.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from models.topics import OTHER
from service.store.tables import agreement_days, analyses, corrections, figure_days, judgements, standing

Counts = dict[tuple[str, str], tuple[int, int]]
"""Two numbers by day and topic."""
ALL = ""
"""The row of a day that counts every article, whatever its topics."""
FILL = 500


def note_analysis(connection: Connection, topics: dict[str, Any] | None, when: datetime) -> None:
    """Count an analysis."""
    _add(connection, figure_days, _counted_in(topics, when))


def settle(connection: Connection, task: str, article_id: str) -> None:
    """Find again which correction speaks for an article or page, after one was added or taken back, and what it judges."""
    _add(connection, agreement_days, _settle(connection, task, article_id))


def _settle(connection: Connection, task: str, article_id: str) -> Counts:
    """The change of `agreement_days`."""
    spoken = _last(connection, task, article_id)
    here = (standing.c.task == task) & (standing.c.article_id == article_id)
    before = connection.execute(select(standing.c.correction_id).where(here)).scalar()
    if before == (spoken.id if spoken is not None else None):
        return {}
    if before is not None:
        connection.execute(delete(standing).where(here))
    if spoken is not None:
        values = {"task": task, "article_id": article_id, "correction_id": spoken.id, "created": spoken.created}
        connection.execute(standing.insert().values(**values))
    return _judge(connection, article_id, spoken) if task == "topics" else {}


def fill(connection: Connection) -> None:
    """Count what is there already; the tables are empty."""
    kept = connection.execute(
        select(analyses.c.topics, analyses.c.created).execution_options(yield_per=FILL)  # not all in memory
    )
    analysed: Counts = {}
    for row in kept:
        _sum(analysed, _counted_in(row.topics, row.created))
    _add(connection, figure_days, analysed)
    judged: Counts = {}
    said = select(corrections.c.task, corrections.c.article_id).distinct().order_by(corrections.c.article_id)
    for row in connection.execute(said).all():
        _sum(judged, _settle(connection, row.task, row.article_id))
    _add(connection, agreement_days, judged)


def _counted_in(topics: dict[str, Any] | None, when: datetime) -> Counts:
    if topics is None:
        return {}
    day, unsure = when.astimezone(UTC).date().isoformat(), int(bool(topics.get("needs_review")))
    return {(day, topic): (1, unsure) for topic in (ALL, *(topics["labels"] or [OTHER]))}


def _last(connection: Connection, task: str, article_id: str) -> Any:
    """The last correction that counts; None when there is none."""
    undone = set()
    of_article = (corrections.c.article_id == article_id) & (corrections.c.task == task)
    for row in connection.execute(select(corrections).where(of_article).order_by(corrections.c.seq.desc())):
        if row.id in undone:
            continue
        if row.undoes is None:
            return row
        undone.add(row.undoes)
    return None


def _judge(connection: Connection, article_id: str, spoken: Any) -> Counts:
    here = judgements.c.article_id == article_id
    gone = connection.execute(select(judgements).where(here)).all()
    if gone:
        connection.execute(delete(judgements).where(here))
    came = _judgements(connection, spoken) if spoken is not None else []
    if came:
        connection.execute(judgements.insert(), came)
    change: Counts = {}
    for sign, rows in ((-1, [row._mapping for row in gone]), (1, came)):
        for row in rows:
            key = (row["created"].astimezone(UTC).date().isoformat(), row["topic"])
            _sum(change, {key: (sign, sign * (row["model"] == row["editor"]))})
    return change


def _judgements(connection: Connection, spoken: Any) -> list[dict[str, Any]]:
    """A row a topic: what the editor saw is the analysis of that version that was the last by then."""
    of_version = (analyses.c.article_id == spoken.article_id) & (analyses.c.version == spoken.version)
    seen = connection.execute(
        select(analyses.c.topics, analyses.c.topics_bundle)
        .where(of_version, analyses.c.created <= spoken.created)
        .order_by(analyses.c.id.desc())
        .limit(1)
    ).first()
    if seen is None or seen.topics is None:
        return []
    said, right = set(seen.topics["labels"]), set(spoken.labels or ())
    common = {
        "article_id": spoken.article_id,
        "correction_id": spoken.id,
        "bundle": seen.topics_bundle,
        "created": spoken.created,
    }
    return [
        {**common, "topic": topic, "model": topic in said, "editor": topic in right}
        for topic in sorted({*seen.topics.get("scores", ()), *said, *right})
    ]


def _add(connection: Connection, table: Table, numbers: Counts) -> None:
    """Add to the two numbers of days and topics; in one order, so that two writers cannot wait for each other."""
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, (*key, *numbers[key]), strict=True)) for key in sorted(numbers) if any(numbers[key])]
    if rows:
        connection.execute(_upsert(connection.dialect.name, table), rows)


@cache
def _upsert(dialect: str, table: Table) -> Any:
    new: Any = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    day, topic, *numbers = (column.name for column in table.columns)
    added = {name: table.c[name] + new.excluded[name] for name in numbers}
    return new.on_conflict_do_update(index_elements=[day, topic], set_=added)


def _sum(total: Counts, more: Counts) -> None:
    for key, (first, second) in more.items():
        there = total.get(key, (0, 0))
        total[key] = (there[0] + first, there[1] + second)
