"""Jobs as they are kept: their articles, who works on them until when, and results that are kept with their chunk, once.

A process works on a job while it holds its lease. A chunk's results and the job's count change in one transaction, which only the
holder of the lease can make, so that a killed process leaves no half chunk and two never count the same. It knows no
model and no HTTP.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, case, func, or_, select, update

from service.store.tables import job_items, jobs

ROWS = 500
"""Articles that are written to or read from the database at once."""
OPEN = ("queued", "running")


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a job. An `error` says why it cannot be analysed."""

    n: int
    article_id: str | None
    headline: str | None = None
    body: str | None = None
    error: str | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an item: a result, or an error."""

    n: int
    result: dict[str, Any] | None
    error: str | None = None


def create(
    connection: Connection,
    items: Iterable[Item],
    *,
    summaries: bool,
    length: str,
    webhook: str | None,
    key_id: str | None,
    caller: str | None,
) -> str:
    """Keep a job and its articles; its id."""
    made, total, failed = uuid.uuid4().hex, 0, 0
    connection.execute(
        jobs.insert().values(
            id=made,
            key_id=key_id,
            caller=caller,
            state="queued",
            summaries=summaries,
            length=length,
            total=0,
            done=0,
            failed=0,
            created=datetime.now(UTC),
            webhook=webhook,
            webhook_state="waiting" if webhook else None,
            webhook_tries=0,
        )
    )
    left = iter(items)
    while rows := list(islice(left, ROWS)):
        connection.execute(
            job_items.insert(),
            [
                {
                    "job_id": made,
                    "n": item.n,
                    "article_id": item.article_id,
                    "headline": item.headline,
                    "body": item.body,
                    "unsure": item.unsure,
                    "state": "failed" if item.error else "waiting",
                    "error": item.error,
                }
                for item in rows
            ],
        )
        total += len(rows)
        failed += sum(1 for item in rows if item.error)
    connection.execute(update(jobs).where(jobs.c.id == made).values(total=total, done=failed, failed=failed))
    return made


def get(connection: Connection, job_id: str) -> Row[Any] | None:
    """The job with this id."""
    return connection.execute(select(jobs).where(jobs.c.id == job_id)).first()


def latest(connection: Connection, key_id: str | None, *, every: bool, limit: int) -> Sequence[Row[Any]]:
    """The newest jobs of a key, or of all."""
    query = select(jobs).order_by(jobs.c.created.desc(), jobs.c.id).limit(limit)
    return connection.execute(query if every else query.where(jobs.c.key_id.is_not_distinct_from(key_id))).all()


def claim(connection: Connection, runner: str, seconds: float) -> Row[Any] | None:
    """Take the oldest job that nobody works on, for so many seconds; None when there is none.

    One whose process neither finished it nor let it go has a loss more: that process was killed, or the job killed it.
    """
    now = time.time()
    free = jobs.c.state.in_(OPEN) & or_(jobs.c.lease.is_(None), jobs.c.lease < now)
    oldest = select(jobs.c.id).where(free).order_by(jobs.c.created, jobs.c.id).limit(1)
    job_id = connection.execute(oldest.with_for_update(skip_locked=True)).scalar()
    if job_id is None:
        return None
    connection.execute(
        update(jobs)
        .where(jobs.c.id == job_id)
        .values(
            state="running",
            runner=runner,
            lease=now + seconds,
            losses=case((jobs.c.runner.is_not(None), jobs.c.losses + 1), else_=jobs.c.losses),
            started=func.coalesce(jobs.c.started, datetime.now(UTC)),
        )
    )
    return get(connection, job_id)


def waiting(connection: Connection, job_id: str, limit: int) -> list[Item]:
    """The next articles of a job that have no result, in their order."""
    query = select(job_items).where(job_items.c.job_id == job_id, job_items.c.state == "waiting")
    rows = connection.execute(query.order_by(job_items.c.n).limit(limit))
    return [Item(row.n, row.article_id, row.headline, row.body, unsure=row.unsure) for row in rows]


def commit(connection: Connection, job_id: str, runner: str, outcomes: Sequence[Outcome], seconds: float) -> bool:
    """Keep a chunk's outcomes and prolong the lease; False, and nothing kept, when the job is not this runner's any more.

    With outcomes the losses begin anew: what is done has killed nobody.
    """
    if not _hold(connection, job_id, runner, seconds):
        return False
    done = failed = 0
    for outcome in outcomes:
        state = "failed" if outcome.error else "done"
        changed = connection.execute(
            update(job_items)
            .where(job_items.c.job_id == job_id, job_items.c.n == outcome.n, job_items.c.state == "waiting")
            .values(state=state, result=outcome.result, error=outcome.error)
        ).rowcount  # 0 when it was withdrawn in between
        done += changed
        failed += changed if outcome.error else 0
    if outcomes:
        counts = {"done": jobs.c.done + done, "failed": jobs.c.failed + failed, "losses": 0}
        connection.execute(update(jobs).where(jobs.c.id == job_id).values(**counts))
    return True


def finish(connection: Connection, job_id: str, runner: str) -> bool:
    """Say that all articles have their result; False when the job is not this runner's any more."""
    if not _hold(connection, job_id, runner, 0):
        return False
    values = {
        "state": "done",
        "finished": datetime.now(UTC),
        "runner": None,
        "lease": None,
        "webhook_next": time.time(),
    }
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))
    return True


def let_go(connection: Connection, job_id: str, runner: str) -> None:
    """Give a job back before its lease ends, for another process to go on with."""
    where = (jobs.c.id == job_id, jobs.c.runner == runner, jobs.c.state == "running")
    connection.execute(update(jobs).where(*where).values(runner=None, lease=None))


def cancel(connection: Connection, job_id: str) -> bool:
    """Stop a job; what has a result keeps it. False when it was over already."""
    values = {"state": "cancelled", "finished": datetime.now(UTC), "runner": None, "lease": None}
    where = (jobs.c.id == job_id, jobs.c.state.in_(OPEN))
    return bool(connection.execute(update(jobs).where(*where).values(webhook_next=time.time(), **values)).rowcount)


def results(connection: Connection, job_id: str, after: int = -1) -> list[Row[Any]]:
    """The next stretch of articles with what came of them, those that wait left out."""
    query = select(job_items).where(job_items.c.job_id == job_id, job_items.c.n > after, job_items.c.state != "waiting")
    return list(connection.execute(query.order_by(job_items.c.n).limit(ROWS)))


def due_webhook(connection: Connection, runner: str, seconds: float) -> Row[Any] | None:
    """Take a webhook that is due, for so many seconds: nobody else sends it in between."""
    now = time.time()
    due = (jobs.c.webhook_state == "waiting") & jobs.c.state.in_(("done", "cancelled")) & (jobs.c.webhook_next <= now)
    job_id = connection.execute(
        select(jobs.c.id).where(due).order_by(jobs.c.webhook_next).limit(1).with_for_update(skip_locked=True)
    ).scalar()
    if job_id is None:
        return None
    values = {"webhook_next": now + seconds, "webhook_tries": jobs.c.webhook_tries + 1, "runner": runner}
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))
    return get(connection, job_id)


def note_webhook(connection: Connection, job_id: str, *, sent: bool, again_in: float | None) -> None:
    """What became of a webhook: sent, to be tried again in so many seconds, or given up."""
    values: dict[str, Any] = {"runner": None}
    if sent or again_in is None:
        values["webhook_state"] = case((jobs.c.webhook_state == "waiting", "sent" if sent else "failed"))
    else:
        values["webhook_next"] = time.time() + again_in
    connection.execute(update(jobs).where(jobs.c.id == job_id).values(**values))


def _hold(connection: Connection, job_id: str, runner: str, seconds: float) -> bool:
    # The update locks the row: nobody cancels or claims the job until this transaction ends.
    where = (jobs.c.id == job_id, jobs.c.runner == runner, jobs.c.state == "running")
    return bool(connection.execute(update(jobs).where(*where).values(lease=time.time() + seconds)).rowcount)


def all_results(read: Any, job_id: str) -> Iterator[Row[Any]]:
    """Every article with what came of it, a stretch a transaction: `read` opens one."""
    after = -1
    while True:
        with read() as connection:
            rows = results(connection, job_id, after)
        if not rows:
            return
        yield from rows
        after = rows[-1].n
