"""Chunks over several processes, answers in the order of the chunks: one process more is one core more.

Owns the pool, how far it may run ahead, and what happens when a process dies: its chunks are given out again. Processes
are spawned, not forked, so that none inherits the threads of ONNX Runtime, and they end with their parent, however it
ends.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from models.errors import CaibianError
from service.archive_work import Chunk, Done, How, Worker
from service.readiness import load_checked
from service.settings import Settings

log = logging.getLogger("caibian")

AHEAD = 3
"""Chunks a process that wait or are being worked on: enough to keep all busy, few enough to hold in memory."""
TRIES = 3
"""Deaths in a row, no chunk finished between them, after which the run gives up."""

_worker: list[Worker] = []
_failure: list[str] = []
"""Of this process: what answers chunks, or why it cannot."""


def in_processes(chunks: Iterable[Chunk], how: How, settings: Settings, workers: int) -> Iterator[Done]:
    """The answers of `workers` processes in order. Raises CaibianError when they keep dying."""
    source, waiting = iter(chunks), deque[tuple[Chunk, Future[Done]]]()
    pool, deaths, ended = _pool(how, settings, workers), 0, False
    try:
        while True:
            while not ended and len(waiting) < AHEAD * workers:
                chunk = next(source, None)
                if chunk is None:
                    ended = True
                else:
                    waiting.append((chunk, _submit(pool, chunk)))
            if not waiting:
                return
            try:
                done = waiting[0][1].result()
            except BrokenProcessPool:
                deaths += 1
                if deaths > TRIES:
                    raise CaibianError(
                        f"a worker process died {deaths} times over the same records, perhaps for want of memory: "
                        "run the same command again with fewer --workers to go on"
                    ) from None
                log.warning("a worker process died: its records are given out again")
                pool.shutdown(wait=True, cancel_futures=True)
                pool = _pool(how, settings, workers)
                waiting = deque((chunk, _submit(pool, chunk)) for chunk, _ in waiting)
                continue
            deaths = 0
            waiting.popleft()
            yield done
    finally:
        _end(pool)


def _submit(pool: ProcessPoolExecutor, chunk: Chunk) -> Future[Done]:
    # Ctrl-C reaches every process; only the parent says when to stop. The first call starts the processes, which inherit
    # that they do not hear it; a Ctrl-C of just then waits for the parent.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(_work, chunk)
    except BrokenProcessPool as error:  # it is met again, in order, when the answer is asked for
        broken: Future[Done] = Future()
        broken.set_exception(error)
        return broken
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pool(how: How, settings: Settings, workers: int) -> ProcessPoolExecutor:
    spawn = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=spawn, initializer=_start, initargs=(how, settings))


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop at once, whatever is being worked on: what is not written down is done again by the next run."""
    processes = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(5)


def _start(how: How, settings: Settings) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    try:
        _worker[:] = [Worker(load_checked(settings), how, settings)]
    except CaibianError as error:  # raised here it would be a broken pool without a reason
        _failure[:] = [error.message]


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _work(chunk: Chunk) -> Done:
    if _failure:
        raise CaibianError(_failure[0])
    return _worker[0](chunk)
