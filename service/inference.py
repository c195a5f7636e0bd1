"""The line before the models: calls in, answers out, computed by a bounded number of threads beside the event loop.

It owns how many may wait, what a full or ending service says, the deadline of a call, the end of work that nobody waits for,
and which calls may be computed together. The order is turns.py's, the computing calls.py's; of HTTP it knows that a client
may leave.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from models.article import Analysis, Article
from models.errors import Busy, Stopping, TooLate
from models.pauses import pausing
from service.calls import Asked, Call, Outcome, end_if_gone, lost, outcomes_of, trace
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


def leaving(request: Request) -> Leaving:
    """Waits until the client of a request whose body was read has left."""

    async def left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    return left


class Inference:
    """Computes for at most `workers` calls at a time while at most `max_waiting` more wait, each at most `seconds`."""

    def __init__(
        self, workers: int, max_waiting: int, seconds: float | None = None, metrics: Metrics | None = None
    ) -> None:
        self._workers, self._most, self._seconds, self._metrics = workers, workers + max_waiting, seconds, metrics
        self._turns = Turns(workers, lambda kind: ROOM_SUMMARIES if kind[2] else ROOM_TOPICS)  # type: ignore[index]
        # A call that lets others go first keeps its thread; at most so many have begun.
        self._pool = ThreadPoolExecutor(self._most + 4, thread_name_prefix="inference")
        self._calls: set[Call] = set()
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
        result: Result = await self._answer(Call(self._start, behind=behind, work=work), left)
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
        call = Call(
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
        """End at once: who waits hears so, what runs ends at its next pause. In the event loop's thread."""
        self.draining = True
        for call in list(self._calls):
            if not (call.gone or call.future.done()):
                call.future.set_exception(stopping())
                call.future.exception()  # asyncio would log it where the caller was cancelled in the same moment
            self._abandon(call)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, call: Call, left: Leaving | None) -> Any:
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

    def _abandon(self, call: Call) -> None:
        """Nobody waits for it any more."""
        call.gone = True
        if self._turns.drop(call):
            self._forget(call)

    def _forget(self, call: Call) -> None:
        if call in self._calls:
            self._calls.remove(call)
            self.inside -= not call.behind

    def _start(self, lead: Turn, mates: list[Turn]) -> None:
        calls = [one for one in (lead, *mates) if isinstance(one, Call)]
        once = [calls]  # whoever pops it answers them
        try:
            self._pool.submit(self._compute, once)
        except RuntimeError as error:  # the service has ended, or the system gives no more threads
            if not self.draining:
                log.critical("no thread for a call (%s)", type(error).__name__, exc_info=True)
            # Not here: leaving starts the next, which may fail as well.
            with contextlib.suppress(RuntimeError):
                calls[0].loop.call_soon_threadsafe(self._lose, once)

    def _lose(self, once: list[list[Call]]) -> None:
        with contextlib.suppress(IndexError):  # a thread became free and took them after all
            calls = once.pop()
            self._turns.leave(calls[0])
            self._settle(calls, [(None, lost())] * len(calls), 0.0)

    def _compute(self, once: list[list[Call]]) -> None:
        with contextlib.suppress(IndexError):
            self._compute_now(once.pop())

    def _compute_now(self, calls: list[Call]) -> None:
        lead, began = calls[0], time.monotonic()
        outcomes: list[Outcome] = [(None, lost())] * len(calls)
        try:
            if self._metrics is not None:
                articles = sum(len(call.articles) for call in calls)
                self._metrics.batch([(c.behind, began - c.asked_at) for c in calls], articles, full=lead.full)
            outcomes = lead.context.run(self._outcomes, calls)
            for call in calls:
                call.context.run(trace, call, began, len(calls))
        except BaseException as error:
            # Whatever it was: the place in the line is given back, and the callers hear of it.
            log.critical("a call broke beside its work (%s)", type(error).__name__, exc_info=True)
        self._turns.leave(lead)
        seconds = lead.used / len(calls)
        with contextlib.suppress(RuntimeError):  # the loop has ended
            lead.loop.call_soon_threadsafe(self._settle, calls, outcomes, seconds)

    def _settle(self, calls: list[Call], outcomes: list[Outcome], seconds: float) -> None:
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

    def _outcomes(self, calls: list[Call]) -> list[Outcome]:
        def pause(tokens: int) -> None:
            if self._metrics is not None:
                self._metrics.tokens.inc(tokens)
            end_if_gone(calls)
            self._turns.rest(calls[0])
            end_if_gone(calls)

        with pausing(pause):
            return outcomes_of(calls)
