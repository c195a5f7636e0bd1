"""Takes up another bundle while the service runs: `publish` and `rollback` replace a folder, this loads what lies there now.

The new bundle is loaded beside the old one and has to answer the canary text; calls that are inside end on the old one. One
that cannot be used is refused once, with a line in the log and a count, and the old one goes on. It owns the task; what serves
is readiness.py's.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

from models.analyzer import Analyzer
from models.device import read_device
from models.errors import CaibianError
from models.registry import Task, load_classifier, load_summarizer
from service.beside import beside
from service.parts import Parts
from service.readiness import Stamp, checked, folder_of, stamp_of
from service.settings import Settings

log = logging.getLogger("caibian")

EVERY_SECONDS = 1.0


class BundleWatch:
    """The task of one app. `note` writes down which bundles serve, before each switch and after it."""

    def __init__(self, parts: Parts, note: Callable[[], Awaitable[None]]) -> None:
        self._parts, self._note = parts, note
        self._refused: dict[Task, Stamp] = {}

    def running(self) -> AbstractAsyncContextManager[None]:
        """A context in which it watches."""
        return beside(self._go_on())

    def look(self) -> None:
        """Look again even at what was refused. Safe in a signal handler."""
        self._refused = {}

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.once()
            except Exception as error:
                log.error("bundles are not watched (%s): tried again in a moment", type(error).__name__)

    async def once(self) -> None:
        """Take up what lies in the folders now, where it is another bundle than the one that serves."""
        for task, stamp in list(self._parts.readiness.stamps.items()):
            folder = folder_of(self._parts.settings, task)
            now = await asyncio.to_thread(stamp_of, folder)
            if folder and now and now not in (stamp, self._refused.get(task)):
                await self._take_up(task, folder, now)

    async def _take_up(self, task: Task, folder: Path, stamp: Stamp) -> None:
        readiness, switches = self._parts.readiness, self._parts.metrics.switches
        present = readiness.analyzer
        if present is None:  # it is being loaded for the first time
            return
        before, refusal = _name(present, task), ""
        analyzer = None
        try:
            analyzer = await asyncio.to_thread(_with_new, present, task, folder, self._parts.settings)
        except CaibianError as error:
            refusal = error.message
        except Exception as error:
            log.exception("a bundle of %s could not be loaded", task)
            refusal = type(error).__name__
        if await asyncio.to_thread(stamp_of, folder) != stamp:
            return  # the folder was replaced meanwhile: what was read may be of both bundles
        if analyzer is None:
            self._refused[task] = stamp
            switches.labels(task, "refused").inc()
            log.error("a new bundle of %s is refused, %s goes on serving: %s", task, before, refusal)
            return
        await self._note()
        readiness.take(task, analyzer, stamp)
        switches.labels(task, "done").inc()
        log.info("%s: %s serves, %s did before", task, _name(analyzer, task), before)
        await self._note()
        del present, analyzer
        await asyncio.to_thread(_give_back)


def _name(analyzer: Analyzer, task: Task) -> str:
    return analyzer.classifier.bundle if task == "topics" else analyzer.summarizer.bundle


def _with_new(present: Analyzer, task: Task, folder: Path, settings: Settings) -> Analyzer:
    threads, device = settings.threads, read_device(settings.device)
    if task == "topics":
        return checked(replace(present, classifier=load_classifier(folder, threads, device)))
    return checked(replace(present, summarizer=load_summarizer(folder, threads, device)))


def _give_back() -> None:
    """Hand the memory of the old bundle back to the system, which the C library would keep."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        ctypes.CDLL(None).malloc_trim(0)
