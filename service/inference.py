"""The line before the models: calls in, answers out, computed by a bounded number of threads beside the event loop.

It owns how many may wait, what a full or ending service says, the deadline of a call, the end of work that nobody waits for,
and which calls are computed together. The order is turns.py's; of HTTP it knows that a client may leave.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import math
import time
from collections.abc import Callable, Coroutine, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect

from models.analyzer import Analyzer
from models.article import Analysis, Article, Length
from models.errors import Busy, Stopping, TooLate, WorkerLost
from models.pauses import pausing
from service import tracing
from service.metrics import Metrics
from service.turns import Turn, Turns

log = logging.getLogger("caibian")

Result = TypeVar("Result")
Leaving = Callable[[], Coroutine[Any, Any, None]]
"""Waits until the client has left."""

ROOM_TOPICS, ROOM_SUMMARIES = 1536, 4096
"""Characters of calls that are computed together: one batch of the classifier, and eight articles of a usual length."""
AN_ARTICLE = 48
"""What an article costs beside its characters."""
LONGEST_RETRY = 120


def busy(seconds: int = 2) -> Busy:
    """What a caller hears whose call there is no room for, and after how many seconds to try again."""
    return Busy(
        "排队的请求太多，请稍后重试。 Too many requests are waiting: try again a little later.", seconds=seconds
    )


def stopping() -> Stopping:
    """What a caller hears while the service ends."""
    return Stopping("服务正在停止，请稍后重试。 The service is stopping: try again in a moment.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the models; articles of calls that ask the same may be computed together."""

    models: Analyzer
    topics: bool = True
    summaries: bool = True
    length: Length = "brief"

    @property
    def kind(self) -> Hashable:
        """Equal for calls that ask the same of the same bundles."""
        return id(self.models), self.topics, self.summaries, self.length

    def of(self, articles: Sequence[Article]) -> list[Analysis]:
        """One analysis an article."""
        return self.models.analyze(articles, topics=self.topics, summaries=self.summaries, length=self.length)


class Inference:
    """Computes for at most `workers` calls at a time while at most `max_waiting` more wait, each at most `seconds`."""

    def __init__(
        self, workers: int, max_waiting: int, seconds: float | None = None, metrics: Metrics | None = None
    ) -> None:
        self._workers, self._most, self._seconds, self._metrics = workers, workers + max_waiting, seconds, metrics
        self._turns = Turns(workers, lambda kind: ROOM_SUMMARIES if kind[2] else ROOM_TOPICS)  # type: ignore[index]
        # A call that lets others go first keeps its thread; at most so many have begun.
        self._pool = ThreadPoolExecutor(self._most + 4, thread_name_prefix="inference")
        self._calls: set[_Call] = set()
        self._mean = 0.5  # seconds of computing a call, the last ones most
        self.inside = 0
        """Calls of requests that wait or are computed; only the event loop's thread changes it."""
        self.draining = False

    @property
    def full(self) -> Busy | None:
        """What the next call would hear: None while there is room."""
        return busy(self.retry_after()) if self.inside >= self._most else None

    @property
    def working(self) -> bool:
        """Whether anything waits or is computed, jobs included."""
        return bool(self._calls)

    def retry_after(self) -> int:
        """Seconds until the present line will have been computed."""
        return max(1, min(LONGEST_RETRY, math.ceil(self.inside * self._mean / self._workers)))

    async def run(self, work: Callable[[], Result], *, behind: bool = False, left: Leaving | None = None) -> Result:
        """The result of `work()`, computed by itself. `behind`: after all requests; such work has no deadline.

        Raises Busy when the line is full, Stopping, TooLate, WorkerLost, ClientDisconnect, and what the work raises.
        """
        result: Result = await self._answer(_Call(self._start, behind=behind, work=work), left)
        return result

    async def analyze(
        self,
        asked: Asked,
        articles: Sequence[Article],
        write: Callable[[list[Analysis]], Result],
        *,
        behind: bool = False,
        left: Leaving | None = None,
    ) -> Result:
        """`write` of the articles' analyses, computed together with other small calls that ask the same. Raises as `run`."""
        size = sum(len(a.headline) + len(a.body) + AN_ARTICLE for a in articles)
        call = _Call(
            self._start,
            behind=behind,
            kind=asked.kind,
            size=size,
            work=lambda: write(asked.of(articles)),
            asked=asked,
            articles=articles,
            write=write,
        )
        result: Result = await self._answer(call, left)
        return result

    def drain(self) -> None:
        """Take no more calls; those that are inside are finished. Safe in a signal handler."""
        self.draining = True

    def close(self) -> None:
        """End at once: what waits is dropped, what runs ends at its next pause."""
        self.draining = True
        for call in list(self._calls):
            self._abandon(call)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, call: _Call, left: Leaving | None) -> Any:
        if self.draining:
            raise stopping()
        if not call.behind and (refusal := self.full):
            raise refusal
        self._calls.add(call)
        self.inside += not call.behind
        self._turns.ask(call)
        gone = asyncio.create_task(left()) if left else None
        try:
            waits = {call.future, gone} if gone else {call.future}
            await asyncio.wait(
                waits, timeout=None if call.behind else self._seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if call.future.done():
                return call.future.result()
            if gone and gone.done():
                raise ClientDisconnect
            raise TooLate(
                f"没有在 {self._seconds:g} 秒内完成，请减少稿件，或稍后重试。 "
                f"This was not done in {self._seconds:g} seconds: send fewer articles at once, or try again later."
            )
        finally:
            self._abandon(call)
            if gone:
                gone.cancel()

    def _abandon(self, call: _Call) -> None:
        """Nobody waits for it any more."""
        call.gone = True
        if self._turns.drop(call):
            self._forget(call)

    def _forget(self, call: _Call) -> None:
        if call in self._calls:
            self._calls.remove(call)
            self.inside -= not call.behind

    def _start(self, lead: Turn, mates: list[Turn]) -> None:
        calls = [one for one in (lead, *mates) if isinstance(one, _Call)]
        with contextlib.suppress(RuntimeError):  # the service has ended
            self._pool.submit(self._compute, calls)

    def _compute(self, calls: list[_Call]) -> None:
        lead, began = calls[0], time.monotonic()
        outcomes: list[_Outcome] = [(None, _lost())] * len(calls)
        try:
            if self._metrics is not None:
                articles = sum(len(call.articles) for call in calls)
                self._metrics.batch([(c.behind, began - c.asked_at) for c in calls], articles, full=lead.full)
            outcomes = lead.context.run(self._outcomes, calls)
            for call in calls:
                call.context.run(_trace, call, began, len(calls))
        finally:
            self._turns.leave(lead)
        seconds = lead.used / len(calls)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            lead.loop.call_soon_threadsafe(self._settle, calls, outcomes, seconds)

    def _settle(self, calls: list[_Call], outcomes: list[_Outcome], seconds: float) -> None:
        for call, (result, error) in zip(calls, outcomes, strict=True):
            self._forget(call)
            if not call.behind:
                self._mean += 0.1 * (seconds - self._mean)
            if call.future.done() or call.gone:
                continue
            if error is not None:
                call.future.set_exception(error)
            else:
                call.future.set_result(result)

    def _outcomes(self, calls: list[_Call]) -> list[_Outcome]:
        def pause(tokens: int) -> None:
            if self._metrics is not None:
                self._metrics.tokens.inc(tokens)
            _end_if_gone(calls)
            self._turns.rest(calls[0])
            _end_if_gone(calls)

        with pausing(pause):
            if len(calls) > 1:
                try:
                    return _together(calls)
                except _Abandoned:
                    return [(None, None)] * len(calls)
                except BaseException as error:
                    # One of them is to blame: the others shall not suffer.
                    log.warning("%d calls that were computed together broke (%s)", len(calls), type(error).__name__)
            return [_alone(call) for call in calls]


_Outcome = tuple[Any, Exception | None]


class _Abandoned(Exception):
    """Nobody waits for the work any more."""


class _Call(Turn):
    """One call, from its coming to its answer. `gone`: nobody waits for the answer."""

    def __init__(
        self,
        start: Callable[[Turn, list[Turn]], None],
        *,
        work: Callable[[], Any],
        behind: bool = False,
        kind: Hashable = None,
        size: int = 1,
        asked: Asked | None = None,
        articles: Sequence[Article] = (),
        write: Callable[[list[Analysis]], Any] | None = None,
    ) -> None:
        super().__init__(start, behind=behind, kind=kind, size=size)
        self.work, self.asked, self.articles, self.write = work, asked, articles, write
        self.gone = False
        self.asked_at = time.monotonic()
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.context = contextvars.copy_context()


def _trace(call: _Call, began: float, together: int) -> None:
    tracing.record("queue", call.asked_at, began)
    counts = {"caibian.calls": together, "caibian.articles": len(call.articles)}
    tracing.record("models", began, time.monotonic(), **counts)


def _end_if_gone(calls: list[_Call]) -> None:
    if all(call.gone for call in calls):
        raise _Abandoned


def _together(calls: list[_Call]) -> list[_Outcome]:
    asked = calls[0].asked
    if asked is None:
        raise TypeError("work of its own is computed by itself")
    found = asked.of([article for call in calls for article in call.articles])
    out: list[_Outcome] = []
    at = 0
    for call in calls:
        part = found[at : at + len(call.articles)]
        at += len(call.articles)
        out.append((call.write(part) if call.write else part, None))
    return out


def _alone(call: _Call) -> _Outcome:
    if call.gone:
        return None, None
    try:
        return call.work(), None
    except _Abandoned:
        return None, None
    except Exception as error:
        return None, error
    except BaseException as error:
        # SystemExit in a thread's future would end the event loop that reads it.
        log.critical("a worker thread was ended by %s; the next call has another", type(error).__name__, exc_info=True)
        return None, _lost()


def _lost() -> WorkerLost:
    return WorkerLost(
        "处理这次请求的线程意外终止，请重新发送；如再次出现，请告诉管理员。 "
        "The thread that worked on this call ended unexpectedly: send it again, and tell your administrator if it "
        "happens once more."
    )
