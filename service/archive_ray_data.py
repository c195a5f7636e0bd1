"""What of a tagging run lives in Ray: the stretches on their way, the source that hands them to Ray Data, the actors that tag.

Imported only where Ray is (archive_ray.py). A stretch is a few chunks, pickled, in one row of one block, so that Ray Data
hands out, retries and holds back whole stretches. It knows nothing of files, ledgers or the order of a run.
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import logging
import os
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext, Dataset, Datasource, ReadTask, read_datasource
from ray.data.block import BlockMetadata

from models.article import Analysis
from models.errors import BundleError, CaibianError
from service.archive_work import How, Worker
from service.readiness import load_checked
from service.settings import Settings

TRIES = 3
"""Deaths over a stretch, or over a record alone, after which it is not given out again as it was."""


class Stopped(CaibianError):
    """The driver has asked for an end."""


class Handout:
    """An actor on the driver's node: stretches that have no answer yet, by number, and over which a process died.

    Ray Data may read a stretch again as long as it is not settled, so nothing that is lost with a node is lost to the run.
    """

    def __init__(self, first: int, workers: int) -> None:
        _exit_at_once()
        self._first, self._end = first, -1
        self._stretches: dict[int, bytes] = {}
        self._begun: Counter[tuple[str, int]] = Counter()
        self._nodes: dict[str, str] = {}
        self._stopped = False
        self._starts, self._most = 0, 8 * workers + 8  # each may meet TRIES deaths twice over before its first answer
        self._news = asyncio.Condition()

    async def put(self, n: int, stretch: bytes) -> None:
        """Stretch `n` may be read."""
        self._stretches[n] = stretch
        await self._tell()

    async def end(self, n: int) -> None:
        """There is no stretch `n`, nor any after it."""
        self._end = n
        await self._tell()

    async def settle(self, n: int) -> None:
        """The answer to stretch `n` has arrived."""
        self._first = n + 1
        self._stretches.pop(n, None)
        await self._tell()

    async def take(self, n: int) -> bytes | None:
        """Stretch `n`, as soon as it is there; empty when it is settled, None at the end, once all are. May raise Stopped."""

        def due() -> bool:
            return self._stopped or n in self._stretches or n < self._first or n == self._end == self._first

        async with self._news:
            await self._news.wait_for(due)
        if self._stopped:
            raise Stopped("what a lost node had is given out again")
        return self._stretches.get(n, b"" if n < self._first else None)

    async def stop(self) -> None:
        """The next stretch that is asked for raises Stopped: Ray Data gives up, and the driver begins anew."""
        self._stopped = True
        await self._tell()

    async def started(self, actor: str, node: str) -> None:
        """An actor's process has started. Raises CaibianError when too many did and none gave an answer."""
        self._nodes[actor] = node
        self._starts += 1
        if self._starts > self._most:
            raise CaibianError(f"{self._starts} processes were started one after the other, and none gave an answer")

    async def begin(self, kind: str, n: int) -> int:
        """A process begins with a stretch or a record: how many died over it before."""
        deaths = self._begun[kind, n]
        self._begun[kind, n] += 1
        return deaths

    async def finished(self, kind: str, n: int) -> None:
        """It lived."""
        self._begun.pop((kind, n), None)
        self._starts = 0

    async def nodes(self) -> dict[str, str]:
        """The node on which each actor started last, by the actor's id."""
        return dict(self._nodes)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


class Stretches(Datasource):  # type: ignore[misc]
    """A source for Ray Data whose one read task yields stretches for as long as the handout has them."""

    def __init__(self, handout: Any, first: int) -> None:
        super().__init__()
        self.handout, self.first = handout, first

    @property
    def supports_distributed_reads(self) -> bool:
        """Beside the driver, where the handout is."""
        return False

    def estimate_inmemory_data_size(self) -> int | None:
        """Nobody knows how much is still to be read."""
        return None

    def get_read_tasks(
        self, parallelism: int, per_task_row_limit: int | None = None, data_context: Any = None
    ) -> list[ReadTask]:
        """One: order is kept by reading in order."""
        handout, first = self.handout, self.first

        def read() -> Iterator[pa.Table]:
            _exit_at_once()
            for n in itertools.count(first):
                stretch = ray.get(handout.take.remote(n))
                if stretch is None:
                    return
                yield _row(n, stretch)

        return [ReadTask(read, BlockMetadata(num_rows=None, size_bytes=None, exec_stats=None, input_files=None))]


class Tagger:
    """A `Worker` in an actor of Ray Data's pool. A stretch over which processes died is read record by record."""

    def __init__(self, how: How, settings: Settings, handout: Any) -> None:
        logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
        _exit_at_once()
        here = ray.get_runtime_context()
        ray.get(handout.started.remote(here.get_actor_id(), here.get_node_id()))
        self.handout = handout
        self.worker, self.failure = None, ""
        try:
            self.worker = Worker(load_checked(settings), how, settings)
        except CaibianError as error:  # raised here Ray would start it again and again, and say that an actor died
            self.failure = error.message

    def __call__(self, table: pa.Table) -> pa.Table:
        """Rows of stretches to rows of answers, each a pickled list of Done."""
        return pa.concat_tables(
            [_row(n, self._answer(n, stretch)) for n, stretch in zip(*table.to_pydict().values(), strict=True)]
        )

    def _answer(self, n: int, stretch: bytes) -> bytes:
        if not stretch:  # settled, and read again by a read task that was started anew
            return b""
        if self.worker is None:
            raise BundleError(self.failure)
        deaths = ray.get(self.handout.begin.remote("stretch", n))
        watch = self._watched if deaths >= TRIES else None
        done = [self.worker(chunk, watch) for chunk in pickle.loads(stretch)]  # noqa: S301 - our own
        self.handout.finished.remote("stretch", n)
        return pickle.dumps(done)

    def _watched(self, place: int, analyse: Callable[[], list[Analysis]]) -> list[Analysis] | str:
        deaths = self._ask(self.handout.begin.remote("record", place))
        if deaths >= TRIES:
            return f"{deaths} worker processes died over it, one after the other"
        answer = analyse()
        self._ask(self.handout.finished.remote("record", place))
        return answer

    @staticmethod
    def _ask(answer: Any) -> Any:
        try:
            return ray.get(answer)
        except ray.exceptions.RayError:
            raise SystemExit(1) from None  # the run has ended: no record is to blame, as for another error one would be


def tagged(handout: Any, first: int, how: How, settings: Settings, workers: int, at_once: int) -> Dataset:
    """The stretches from `first` on, tagged, in their order: at least one actor, `at_once` to begin with, at most `workers`.

    Rows are `n` and `data`, a pickled list of Done. Actors start and end with what there is to do; each is restarted, and
    its stretches are given out again, however often: the handout counts.
    """
    for handler in logging.getLogger("ray.data").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setLevel(logging.CRITICAL)  # an error is raised as well, and stands in Ray's own logs
    context = DataContext.get_current()
    context.target_max_block_size = 1  # a row a block
    context.execution_options.preserve_order = True
    context.enable_progress_bars = context.print_on_execution_start = False
    context.execution_no_progress_timeout_s = -1  # a stretch may take long, and so may a cluster that grows
    context.raise_original_map_exception = True  # else its sentence is about Ray's settings
    context.max_consecutive_actor_init_deaths = TRIES
    source = read_datasource(Stretches(handout, first), override_num_blocks=1, num_cpus=0)
    return source.map_batches(
        Tagger,
        fn_constructor_args=(how, settings, handout),
        batch_size=None,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(min_size=1, max_size=workers, initial_size=at_once),
        num_cpus=settings.threads or 1,
    )


def _exit_at_once() -> None:
    """When this process comes to its end, let it end: what Ray 2.60 does last of all may wait for itself for ever."""
    atexit.unregister(os._exit)
    atexit.register(os._exit, 0)


def _row(n: int, data: bytes) -> pa.Table:
    return pa.table({"n": pa.array([n], pa.int64()), "data": pa.array([data], pa.large_binary())})
