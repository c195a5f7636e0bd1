"""Chunks over a Ray cluster, answers in the order of the chunks: for archives that one machine is too slow for.

The same chunks, the same `Worker` and the same ledger as with processes, so the records are the same, byte for byte. This
process reads, and Ray Data gets stretches of a few chunks (archive_ray_data.py), keeps their order, starts and ends actors
with the work and gives out again what a lost process or node had. What is read ahead is bounded here. When Ray Data itself
gives up, its execution is begun anew with the stretches that have no answer yet.
"""

from __future__ import annotations

import gc
import itertools
import logging
import os
import pickle
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from models.errors import BadInput, BundleError, CaibianError
from service.archive_work import Chunk, Done, How
from service.settings import Settings

log = logging.getLogger("caibian")

ROOT = Path(__file__).resolve().parents[1]
STARTS = 3
"""Attempts to start a Ray: it gives up after 30 seconds, which a busy machine may need."""
FAILURES = 3
"""Executions in a row that Ray Data may give up without one answer."""
AHEAD = 4
"""Stretches an actor that wait, are being worked on or wait to be written."""
QUICK = 4
"""Chunks of a stretch where the cascade reads them: half a second's work, as a chunk is where more is asked."""
PATIENCE = 20.0
"""Seconds that an actor has to come back after its node was lost, and the first one to start."""

SECRETS = ("database_url", "webhook_secret", "traces_endpoint")
"""Settings that may hold a password, and that no worker has a use for."""


def on_ray(
    chunks: Iterable[Chunk], how: How, settings: Settings, workers: int, address: str | None = None
) -> Iterator[Done]:
    """The answers of at most `workers` actors in order; `address` None starts a Ray of this run's own on this machine.

    Raises BadInput when Ray is not installed or not reached, CaibianError when it gives up.
    """
    # They would cross the network and lie in Ray's store.
    settings = settings.model_copy(update=dict.fromkeys(SECRETS))
    stretches, failures = Stretches(chunks, how, AHEAD * workers), 0
    while stretches.fill():
        before = stretches.first
        # A connection of its own for each execution: with it Ray ends whatever actors the last one has left.
        ray = _connect(workers, settings.threads, address)
        try:
            yield from _execute(ray, stretches, how, settings, workers)
        except Exception as error:
            # Ray Data raises errors of Ray, of its own and plain ones. What reading raised is not begun anew: after it,
            # an iterator looks like one that has come to its end.
            if stretches.broken or (isinstance(error, CaibianError) and not isinstance(error, ray.exceptions.RayError)):
                raise
            if isinstance(error, BundleError):  # of a worker: the next one would say the same
                raise BundleError(_reason(error)) from error
            failures = failures + 1 if stretches.first == before else 1
            if failures == FAILURES:
                raise CaibianError(f"Ray gave up ({_reason(error)}): run the same command again to go on") from error
            log.warning("Ray Data stopped (%s): it is begun anew with what has no answer yet", _reason(error))
        finally:
            gc.collect()  # Ray Data ends an execution when nobody refers to it any more
            ray.shutdown()


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(getattr(error, "cause", None) or error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0][:300]


class Stretches:
    """Stretches of the input, numbered: those that were read and have no answer yet."""

    def __init__(self, chunks: Iterable[Chunk], how: How, most: int) -> None:
        headlines = how.summaries and how.length == "headline"
        self._chunks, self._size = iter(chunks), QUICK if how.reading == "cascade" and not headlines else 1
        self._most = most
        self.waiting: dict[int, bytes] = {}
        self.first = self.end = 0
        self.ended = self.broken = False

    def fill(self) -> list[tuple[int, bytes]]:
        """Read ahead as far as may be; every stretch that waits for its answer, none at the end of the input."""
        while not self.ended and len(self.waiting) < self._most:
            try:
                stretch = list(itertools.islice(self._chunks, self._size))
            except Exception:
                self.broken = True
                raise
            self.ended = len(stretch) < self._size
            if stretch:
                self.waiting[self.end] = pickle.dumps(stretch)
                self.end += 1
        return list(self.waiting.items())

    def settle(self) -> None:
        """The first one has its answer."""
        del self.waiting[self.first]
        self.first += 1


def _execute(ray: Any, stretches: Stretches, how: How, settings: Settings, workers: int) -> Iterator[Done]:
    """One execution of a Ray dataset over all that is still to come."""
    from service.archive_ray_data import Handout, tagged

    here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), False)
    handout = ray.remote(num_cpus=0, scheduling_strategy=here)(Handout).remote(stretches.first, workers)
    at_once = _room(ray, settings.threads, workers)
    with Watch(ray, handout, settings.threads) as watch:
        dataset = tagged(handout, stretches.first, how, settings, workers, at_once)
        blocks: Iterator[Any] | None = None
        handed = stretches.first
        while waiting := stretches.fill():
            for n, stretch in waiting[handed - stretches.first :]:
                handout.put.remote(n, stretch)
            handed = stretches.end
            if stretches.ended:
                handout.end.remote(handed)
            if blocks is None:  # it waits for the first one
                blocks = (ref for bundle in dataset.iter_internal_ref_bundles() for ref in bundle.block_refs)
            row = watch.wait_for(next(blocks)).to_pylist()[0]
            if row["n"] != stretches.first:
                raise CaibianError(f"Ray Data answered stretch {row['n']} when {stretches.first} was due")
            yield from pickle.loads(row["data"])  # noqa: S301 - our own
            handout.settle.remote(stretches.first)
            stretches.settle()


def _room(ray: Any, threads: int, workers: int) -> int:
    """Actors that have a place now, 1 to `workers`; says so when there are fewer places than workers."""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    room = sum(int(node["Resources"].get("CPU", 0) // (threads or 1)) for node in nodes)
    if room < workers:
        log.warning(
            "the cluster has room for %d of %d workers (%d nodes, %d cores a worker): the others start when it grows",
            room, workers, len(nodes), threads or 1,
        )  # fmt: skip
    return max(1, min(room, workers))


class Watch:
    """A thread that says when no actor finds a place, and ends an execution whose actors a lost node leaves without one.

    Ray binds a stretch to its actor: while that waits for a core and every other core is taken, the run waits, too, since
    records keep their order. Begun anew, the execution gives its stretches to the actors that there are.
    """

    def __init__(self, ray: Any, handout: Any, threads: int) -> None:
        self._ray, self._handout, self._threads = ray, handout, threads or 1
        self._ended, self._lost, self._answered = threading.Event(), False, 0.0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def wait_for(self, block: Any) -> Any:
        """The block: it may have been lost with a node, and Ray be computing it again. Raises an error of Ray's."""
        while True:
            try:
                answer = self._ray.get(block, timeout=PATIENCE / 6)
            except self._ray.exceptions.GetTimeoutError:
                if self._lost:
                    raise
            else:
                self._answered = time.monotonic()
                return answer

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        began, told, lost = time.monotonic(), False, dict[str, float]()
        while not self._ended.wait(PATIENCE / 6):
            try:
                nodes: dict[str, str] = self._ray.get(self._handout.nodes.remote(), timeout=PATIENCE)
                alive = {node["NodeID"] for node in self._ray.nodes() if node["Alive"]}
                free = self._ray.available_resources().get("CPU", 0)
            except Exception:
                log.debug("Ray does not answer", exc_info=True)
                continue
            now = time.monotonic()
            if not (nodes or told) and now - began > PATIENCE:
                log.warning(
                    "no worker has started yet: %g cores of the cluster are free, one needs %d", free, self._threads
                )
                told = True
            lost = {actor: lost.get(actor, now) for actor, node in nodes.items() if node not in alive}
            # Where a core is free they may still be starting; but the free ones may not lie on one node.
            patience = PATIENCE * (10 if free >= self._threads else 1)
            if lost and now - max(self._answered, min(lost.values())) > patience:
                log.warning("a node was lost, and no other has a core for its workers")
                self._lost = True
                self._handout.stop.remote()
                return


def find_ray() -> Any:
    """The library; raises BadInput with a sentence that says how to install it."""
    try:
        import pandas  # noqa: F401 - ray.data cannot be imported without it
        import ray
    except ImportError:
        raise BadInput(
            "--engine ray needs Ray, which is not installed: .venv/bin/pip install -r requirements/ray.lock"
        ) from None
    return ray


def _connect(workers: int, threads: int, address: str | None) -> Any:
    # What Ray itself writes to a terminal frightens and helps nobody; its logs have it (/tmp/ray/session_latest/logs).
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # a thread of Ray Data that outlives its Ray would start another one
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
            ray._private.worker._worker_logs_enabled = False  # what it says of lost nodes would go to stdout
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
