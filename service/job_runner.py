"""Works on jobs beside the requests and behind them: takes one, analyses it in small pieces, keeps each chunk once.

It owns the task of this process, its lease and the webhooks that are due. A killed process leaves its job to whoever comes
after the lease, from the last chunk that was kept. What is kept how is store/jobs.py's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from models.article import Analysis, Article
from models.errors import Busy, Stopping, StoreDown
from service import webhooks
from service.beside import beside
from service.calls import Asked
from service.job_results import tagged
from service.parts import Parts

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.jobs import Item, Outcome

log = logging.getLogger("caibian")

CHUNK = 16
"""Articles that are kept together."""
PIECE_CHARS = 2000
"""Characters that the models get in one go. A request that comes in between waits for one batch of them (turns.py)."""
IDLE_SECONDS = 1.0
ALONE, GIVEN_UP = 2, 4
"""Processes that vanished over a job in a row, without a result between: from so many on its articles are analysed one by one, and
then the one that is next is set apart. An operator's kill seldom hits a job twice without a chunk between.
"""


class Runner:
    """The jobs of this process."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._id = uuid.uuid4().hex
        self._lease = float(parts.settings.job_lease_seconds)

    def running(self) -> AbstractAsyncContextManager[None]:
        """A context in which it works."""
        return beside(self._go_on(self._work), self._go_on(self._call))

    async def _go_on(self, once: Any) -> None:
        while True:
            did = False
            try:
                readiness = self._parts.readiness
                if self._parts.storage.used and readiness.analyzer is not None and not readiness.stopping:
                    did = await once()
            except Stopping:
                log.info("a job is let go: the service is stopping")
            except StoreDown:
                log.warning("jobs wait for the store")
            except Exception as error:
                log.error("jobs: %s; tried again in a moment", type(error).__name__)
            if not did:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._parts.new_job.wait(), IDLE_SECONDS)
                self._parts.new_job.clear()

    async def _work(self) -> bool:
        """Take a job and work on it; False when there is none."""
        from service.store.jobs import Outcome

        job = await self._parts.storage.write(_claim, self._id, self._lease)
        if job is None:
            return False
        log.info("job %s: %d articles, %d done", job.id, job.total, job.done)
        beat = asyncio.create_task(self._prolong(job.id))
        size = 1 if job.losses >= ALONE else CHUNK
        fatal = job.losses >= GIVEN_UP
        try:
            while True:
                items = await self._parts.storage.read(_waiting, job.id, size)
                if not items:
                    await self._parts.storage.write(_finish, job.id, self._id)
                    log.info("job %s is done", job.id)
                    return True
                if fatal:
                    log.error("job %s: %d processes died in a row, the last ones over article %d, which is set apart",
                              job.id, job.losses, items[0].n)  # fmt: skip
                    outcomes, fatal = [Outcome(items[0].n, None, FATAL)], False
                else:
                    outcomes = await self._analyse(items, job)
                if not await self._parts.storage.write(_commit, job.id, self._id, outcomes, self._lease):
                    log.info("job %s was stopped, or another process has it", job.id)
                    return True
        except (asyncio.CancelledError, Stopping):
            with contextlib.suppress(Exception):  # the lease ends by itself
                await self._parts.storage.write(_let_go, job.id, self._id)
            raise
        finally:
            beat.cancel()

    async def _prolong(self, job_id: str) -> None:
        """A chunk of long articles may take longer than the lease."""
        while True:
            await asyncio.sleep(self._lease / 3)
            with contextlib.suppress(Exception):  # the next beat, or the next chunk, says more
                await self._parts.storage.write(_commit, job_id, self._id, [], self._lease)

    async def _analyse(self, items: Sequence[Item], job: Any) -> list[Outcome]:
        from service.store.jobs import Outcome

        outcomes: list[Outcome] = []
        for piece in pieces(items):
            try:
                found = await self._behind(piece, job)
            except Busy:
                raise
            except Exception as error:
                log.warning("job %s: the models broke over a piece (%s)", job.id, type(error).__name__)
                found = [await self._alone(item, job) for item in piece]
            outcomes += [Outcome(i.n, r, None if r else BROKEN) for i, r in zip(piece, found, strict=True)]
        return outcomes

    async def _alone(self, item: Item, job: Any) -> dict[str, Any] | None:
        try:
            return (await self._behind([item], job))[0]
        except Busy:
            raise
        except Exception as error:
            log.warning("job %s: the models broke over article %d (%s)", job.id, item.n, type(error).__name__)
            return None

    async def _behind(self, piece: Sequence[Item], job: Any) -> list[dict[str, Any] | None]:
        """Analyse behind the requests, which go first between any two batches."""
        asked = Asked(self._parts.readiness.require(), summaries=job.summaries, length=job.length)
        given = [Article(i.headline or "", i.body or "", i.article_id) for i in piece]
        models = asked.models
        bundles = {
            "topics": models.classifier.bundle,
            "summaries": models.summarizer.bundle if job.summaries else None,
        }

        def write(found: Sequence[Analysis]) -> list[dict[str, Any] | None]:
            return [tagged(f, bundles, unsure=i.unsure) for i, f in zip(piece, found, strict=True)]

        return await self._parts.inference.analyze(asked, given, write, behind=True)

    async def _call(self) -> bool:
        """Call a webhook that is due; False when there is none."""
        job = await self._parts.storage.write(_due, self._id, 3 * webhooks.SECONDS)
        if job is None:
            return False
        told = {
            "event": "job.finished",
            "job": job.id,
            "state": job.state,
            "total": job.total,
            "done": job.done,
            "failed": job.failed,
            "finished": job.finished.isoformat(),
        }
        sent = await webhooks.send(job.webhook, told, self._parts.settings)
        tries = job.webhook_tries
        again = webhooks.RETRIES[tries - 1] if tries <= len(webhooks.RETRIES) else None
        await self._parts.storage.write(_note, job.id, sent, again)
        return True


BROKEN = "模型处理失败，详见服务日志。 The models broke over it: see the service's log."

FATAL = "处理此稿时服务进程多次异常退出，已跳过。 The service's process died over it several times: it was set apart."


def pieces(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items in their order, cut so that a piece has one article or at most PIECE_CHARS characters."""
    piece: list[Item] = []
    size = 0
    for item in items:
        chars = len(item.headline or "") + len(item.body or "")
        if piece and size + chars > PIECE_CHARS:
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += chars
    if piece:
        yield piece


def _claim(connection: Connection, runner: str, lease: float) -> Any:
    from service.store import jobs

    return jobs.claim(connection, runner, lease)


def _waiting(connection: Connection, job_id: str, limit: int) -> list[Item]:
    from service.store import jobs

    return jobs.waiting(connection, job_id, limit)


def _commit(connection: Connection, job_id: str, runner: str, outcomes: Sequence[Outcome], lease: float) -> bool:
    from service.store import jobs

    return jobs.commit(connection, job_id, runner, outcomes, lease)


def _finish(connection: Connection, job_id: str, runner: str) -> bool:
    from service.store import jobs

    return jobs.finish(connection, job_id, runner)


def _let_go(connection: Connection, job_id: str, runner: str) -> None:
    from service.store import jobs

    jobs.let_go(connection, job_id, runner)


def _due(connection: Connection, runner: str, seconds: float) -> Any:
    from service.store import jobs

    return jobs.due_webhook(connection, runner, seconds)


def _note(connection: Connection, job_id: str, sent: bool, again: float | None) -> None:
    from service.store import jobs

    jobs.note_webhook(connection, job_id, sent=sent, again_in=again)
