"""Chunks over the actors of a Ray cluster, answers in the order of the chunks: for archives that one machine is too slow for.

The same chunks, the same `Worker` and the same ledger as with processes, so the records are the same, byte for byte. An
actor whose process or node is lost is started again and its chunk given to it anew: that is Ray's own doing. Actors are
used and not a Ray dataset, since a dataset that reads from a running iterator, keeps its order and leaves its actors
alive from one stretch of input to the next cannot be had; what is read ahead is bounded here.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from models.errors import BadInput, CaibianError
from service.archive_processes import AHEAD
from service.archive_work import Chunk, Done, How, Worker
from service.readiness import load_checked
from service.settings import Settings

log = logging.getLogger("caibian")

ROOT = Path(__file__).resolve().parents[1]
STARTS = 3
"""Attempts to start a Ray: it gives up after 30 seconds, which a busy machine may need."""


def on_ray(
    chunks: Iterable[Chunk], how: How, settings: Settings, workers: int, address: str | None = None
) -> Iterator[Done]:
    """The answers of `workers` actors in order; `address` None starts a Ray of this run's own on this machine.

    Raises BadInput when Ray is not installed or not reached, CaibianError when it gives up.
    """
    ray = _connect(workers, settings.threads, address)
    try:
        yield from _answers(ray, iter(chunks), how, settings, workers)
    except ray.exceptions.RayError as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise CaibianError(f"Ray gave up ({reason[:300]}): run the same command again to go on") from error
    finally:
        ray.shutdown()


def _answers(ray: Any, source: Iterator[Chunk], how: How, settings: Settings, workers: int) -> Iterator[Done]:
    remote = ray.remote(num_cpus=settings.threads or 1, max_restarts=-1, max_task_retries=-1)(Actor)
    actors = [remote.remote(how, settings) for _ in range(workers)]
    busy = [0] * workers
    waiting: deque[tuple[int, Any]] = deque()
    ended = False
    while True:
        while not ended and len(waiting) < AHEAD * workers:
            chunk = next(source, None)
            if chunk is None:
                ended = True
                break
            place = busy.index(min(busy))
            busy[place] += 1
            waiting.append((place, actors[place].work.remote(chunk)))
        if not waiting:
            return
        place, answer = waiting.popleft()
        done: Done = ray.get(answer)
        busy[place] -= 1
        yield done


class Actor:
    """A `Worker` in a process of Ray's."""

    def __init__(self, how: How, settings: Settings) -> None:
        logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
        self.worker = Worker(load_checked(settings), how, settings)

    def work(self, chunk: Chunk) -> Done:
        """The chunk's lines."""
        return self.worker(chunk)


def find_ray() -> Any:
    """The library; raises BadInput with a sentence that says how to install it."""
    try:
        import ray
    except ImportError:
        raise BadInput(
            "--engine ray needs Ray, which is not installed: .venv/bin/pip install -r requirements/ray.lock"
        ) from None
    return ray


def _connect(workers: int, threads: int, address: str | None) -> Any:
    ray = find_ray()
    # On other nodes the project lies at the same path, or PYTHONPATH says where (docs/archive.md).
    settings: dict[str, Any] = {}
    if address is None:
        places = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        settings["runtime_env"] = {"env_vars": {"PYTHONPATH": os.pathsep.join(places)}}
        settings |= {"num_cpus": workers * max(1, threads), "include_dashboard": False}
    for left in reversed(range(1 if address else STARTS)):
        try:
            ray.init(address=address or "local", logging_level=logging.ERROR, log_to_driver=False, **settings)
            return ray
        except Exception as error:  # Ray raises plain ones too
            ray.shutdown()
            reason = (str(error).splitlines() or [type(error).__name__])[0][:300]
            if address:
                raise BadInput(f"no Ray is reached at {address}: {reason}") from None
            if not left:
                raise CaibianError(
                    f"Ray did not start on this machine ({reason}): run the same command again"
                ) from None
            log.warning("Ray did not start (%s), trying again", reason)
    return ray
