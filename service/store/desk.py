"""What the desk lists: one row an article, and one a topic that it has, made of its current version, analysis and corrections.

`refresh` writes them, in the transaction of whatever changed the article; nothing else does. It knows no HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, select

from models.topics import OTHER
from service.store import search
from service.store.tables import analyses, article_versions, articles, corrections, desk_articles, desk_topics

State = Literal["open", "unread", "done"]
STATES: tuple[State, ...] = ("open", "unread", "done")
ACCEPTED = "accepted"
"""The note of a correction that says no more than that the model was right."""
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
FLOOR = "lead@"
FILL = 500
SOURCE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a version's analysis and edges mean for its readers. `reasons` are (reason, topic or None), the weightiest first."""

    sureness: float
    labels: list[str]
    reasons: list[tuple[str, str | None]]


def refresh(connection: Connection, article_id: str, *, edges: bool | None = None) -> None:
    """Write the rows of one article anew; `edges` says whether where it begins or ends on its page is unsure, None keeps that."""
    before = lock(connection, article_id)
    kept = bool(before.edges) if edges is None and before is not None else bool(edges)
    row = _row(connection, article_id, kept)
    if row is None:
        return
    if before is None:
        connection.execute(desk_articles.insert().values(**row))
    else:
        connection.execute(desk_articles.update().where(desk_articles.c.article_id == article_id).values(**row))
        connection.execute(delete(desk_topics).where(desk_topics.c.article_id == article_id))
    connection.execute(desk_topics.insert(), topic_rows(row))
    search.refresh(connection, row)


def get(connection: Connection, article_id: str) -> Row[Any] | None:
    """The row of an article."""
    return connection.execute(select(desk_articles).where(desk_articles.c.article_id == article_id)).first()


def lock(connection: Connection, article_id: str) -> Row[Any] | None:
    """The row of an article; until the transaction ends nobody else changes it."""
    return connection.execute(
        select(desk_articles).where(desk_articles.c.article_id == article_id).with_for_update()
    ).first()


def fill(connection: Connection) -> int:
    """Write the rows of every article that has none yet, in chunks; how many."""
    total, last = 0, ""
    while True:
        query = select(articles.c.id).where(
            articles.c.id > last, articles.c.id.not_in(select(desk_articles.c.article_id))
        )
        ids = connection.execute(query.order_by(articles.c.id).limit(FILL)).scalars().all()
        if not ids:
            return total
        rows = [row for found in ids if (row := _row(connection, found, False)) is not None]
        connection.execute(desk_articles.insert(), rows)
        connection.execute(desk_topics.insert(), [t for row in rows for t in topic_rows(row)])
        total, last = total + len(rows), ids[-1]


def topic_rows(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of `desk_topics` that belong to a row of `desk_articles`."""
    common = {name: row[name] for name in ("article_id", "state", "sureness", "day", "source")}
    return [{**common, "topic": topic} for topic in row["labels"] or [OTHER]]


def last_seq(connection: Connection, article_id: str) -> int:
    """The number of the article's last correction or undo, 0 for none."""
    found = connection.execute(select(func.max(corrections.c.seq)).where(corrections.c.article_id == article_id))
    return found.scalar() or 0


def _row(connection: Connection, article_id: str, edges: bool) -> dict[str, Any] | None:
    version = connection.execute(
        select(article_versions)
        .join(articles, articles.c.id == article_versions.c.article_id)
        .where(articles.c.id == article_id, article_versions.c.version == articles.c.version)
    ).first()
    if version is None:
        return None
    current = (analyses.c.article_id == article_id) & (analyses.c.version == version.version)
    analysis = connection.execute(select(analyses).where(current).order_by(analyses.c.id.desc()).limit(1)).first()
    said = list(_corrections(connection, article_id))
    return desk_row(version, analysis, said, edges)


def _corrections(connection: Connection, article_id: str) -> Iterator[tuple[Any, bool]]:
    """Every correction and undo of an article, newest first, and whether it counts."""
    light = select(
        corrections.c.seq,
        corrections.c.id,
        corrections.c.task,
        corrections.c.version,
        corrections.c.labels,
        corrections.c.undoes,
        corrections.c.editor,
    )
    undone = set()
    for row in connection.execute(
        light.where(corrections.c.article_id == article_id).order_by(corrections.c.seq.desc())
    ):
        counts = row.id not in undone
        if counts:
            undone.add(row.undoes)
        yield row, counts


def desk_row(version: Any, analysis: Any, said: list[tuple[Any, bool]], edges: bool) -> dict[str, Any]:
    """The row of an article, of rows of the other tables; `said` is its corrections, newest first."""
    told = verdict(analysis.topics if analysis else None, analysis.summary if analysis else None, edges)
    holds = [row for row, counts in said if counts and row.undoes is None and row.task == "topics"]
    now = [row for row in holds if row.version == version.version]
    state: State = "done" if now else "open" if told.reasons else "unread"
    return {
        "article_id": version.article_id,
        "version": version.version,
        "headline": version.headline,
        "source": version.source[:SOURCE_CHARS] if version.source else None,
        "day": day_of(version.date, version.created),
        "state": state,
        "sureness": told.sureness,
        "labels": list(now[0].labels or []) if now else told.labels,
        "reasons": [list(reason) for reason in told.reasons],
        "edges": edges,
        "seq": said[0][0].seq if said else 0,
        "editor": said[0][0].editor if said else None,
        "changed": datetime.now(UTC),
    }


def day_of(date: str | None, created: datetime) -> str:
    """The day that an article is listed under."""
    found = DAY.match(date or "")
    return found[0] if found else created.date().isoformat()


def verdict(topics: dict[str, Any] | None, summary: dict[str, Any] | None, edges: bool) -> Verdict:
    """How sure the models are of a version, and why a reader is needed; no reason, no need."""
    if topics is None:
        return Verdict(0.0, [], [("no_analysis", None)])
    labels = list(topics["labels"])
    right = {t: p if t in labels else 1 - p for t, p in topics.get("scores", {}).items()}
    sureness = 1.0
    for p in right.values():
        sureness *= p
    reasons: list[tuple[str, str | None]] = [("edges", None)] if edges else []
    if topics.get("needs_review"):
        given = topics.get("reasons") or ["unsure"]
        reasons += [(r, min(right, key=lambda t: right[t]) if right and r in NAMES_A_TOPIC else None) for r in given]
    if fell_back(summary):
        reasons.append(("summary", None))
    return Verdict(round(sureness, 4), labels, reasons)


NAMES_A_TOPIC = ("unsure", "near_threshold")
"""Reasons for which the topic that the models are least sure of is named."""


def fell_back(summary: dict[str, Any] | None) -> bool:
    """Whether a trained summarizer gave up: what stands there fails its checks, or is a headline that is only cut out.

    An empty summary has nothing to read: that of a headline or a byline alone fills no queue.
    """
    if summary is None or summary["bundle"].startswith(FLOOR) or not (text := summary["summary"].strip()):
        return False
    found = summary.get("checks", {})
    if found.get("ok") is False or found.get("fell_back"):
        return True
    return summary.get("method") == "extractive" and text[-1] not in "。！？!?…”」』）"
