"""One call before the models, and how it is computed: by itself, or together with others that ask the same.

It owns what becomes of work that breaks, and runs in the thread that computes. Who may compute when is inference.py's.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from models.analyzer import Analyzer
from models.article import Analysis, Article, Length
from models.errors import WorkerLost
from service import tracing
from service.turns import Turn

log = logging.getLogger("caibian")


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


Outcome = tuple[Any, Exception | None]
"""A result, or an error; neither when nobody waits for it."""


class Abandoned(Exception):
    """Nobody waits for the work any more."""


class Call(Turn):
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


def trace(call: Call, began: float, together: int) -> None:
    """Spans of its wait and of its computing, where traces are on."""
    tracing.record("queue", call.asked_at, began)
    counts = {"caibian.calls": together, "caibian.articles": len(call.articles)}
    tracing.record("models", began, time.monotonic(), **counts)


def end_if_gone(calls: list[Call]) -> None:
    """Raises Abandoned when nobody waits for any of them."""
    if all(call.gone for call in calls):
        raise Abandoned


def outcomes_of(calls: list[Call]) -> list[Outcome]:
    """What became of each; those that broke together are computed one by one."""
    if len(calls) > 1:
        try:
            return _together(calls)
        except Abandoned:
            return [(None, None)] * len(calls)
        except BaseException as error:
            # One of them is to blame: the others shall not suffer.
            log.warning("%d calls that were computed together broke (%s)", len(calls), type(error).__name__)
    return [_alone(call) for call in calls]


def _together(calls: list[Call]) -> list[Outcome]:
    asked = calls[0].asked
    if asked is None:
        raise TypeError("work of its own is computed by itself")
    found = asked.of([article for call in calls for article in call.articles])
    out: list[Outcome] = []
    at = 0
    for call in calls:
        part = found[at : at + len(call.articles)]
        at += len(call.articles)
        out.append((call.write(part) if call.write else part, None))
    return out


def _alone(call: Call) -> Outcome:
    if call.gone:
        return None, None
    try:
        return call.work(), None
    except Abandoned:
        return None, None
    except Exception as error:
        return None, error
    except BaseException as error:
        # SystemExit in a thread's future would end the event loop that reads it.
        log.critical("a worker thread was ended by %s; the next call has another", type(error).__name__, exc_info=True)
        return None, lost()


def lost() -> WorkerLost:
    """What a caller hears whose work came to an end that is no error of the input."""
    return WorkerLost(
        "处理这次请求的线程意外终止，请重新发送；如再次出现，请告诉管理员。 "
        "The thread that worked on this call ended unexpectedly: send it again, and tell your administrator if it "
        "happens once more."
    )
