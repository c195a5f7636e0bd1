"""Where the models run: a bounded number of threads beside the event loop, and a bounded number of calls in line.

It owns the line and refuses when it is full; it knows nothing of articles or HTTP. Batching across calls takes this
place later; routes only know `run`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from models.errors import Busy

Result = TypeVar("Result")


def busy() -> Busy:
    """What a caller hears whose call there is no room for."""
    return Busy("排队的请求太多，请稍后重试。 Too many requests are waiting: try again a little later.")


class Inference:
    """Runs blocking work in `workers` threads while at most `max_waiting` more calls wait."""

    def __init__(self, workers: int, max_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="inference")
        self._room = workers + max_waiting
        self.inside = 0

    @property
    def full(self) -> bool:
        """Whether the next call would be refused."""
        return self.inside >= self._room

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of `work()`; raises Busy at once when the line is full."""
        if self.full:
            raise busy()
        # Only the event loop's thread changes the count, so it needs no lock. A caller that went away leaves its work
        # in the pool, which is why the count follows the work and not the caller.
        self.inside += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._leave)
        return await future

    def _leave(self, _: asyncio.Future[Result]) -> None:
        self.inside -= 1

    def close(self) -> None:
        """Drop what waits; what runs is left to finish."""
        self._pool.shutdown(wait=False, cancel_futures=True)
