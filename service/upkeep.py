"""What goes on beside the requests while the service runs: calls are written down, and which bundles serve.

It owns the task and its end; what is written where is in service/store/.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING

from models.errors import CaibianError
from service.beside import beside
from service.parts import Parts

if TYPE_CHECKING:
    from sqlalchemy import Connection

log = logging.getLogger("caibian")

EVERY_SECONDS = 1.0


class Upkeep:
    """The task of one app."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._noted: dict[str, str] = {}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """A context in which it writes; what is left is written at its end."""
        try:
            async with beside(self._go_on()):
                yield
        finally:
            await self.once()

    async def _go_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.once()

    async def once(self) -> None:
        """Write down what there is; what cannot be written now is kept for the next time."""
        if not self._parts.storage.used:
            return
        calls, last = self._parts.limiter.take_unwritten()
        try:
            if calls or last:
                await self._parts.storage.write(_note_use, calls, last)
            calls, last = {}, {}
            if (bundles := self._bundles()) != self._noted:
                await self._parts.storage.write(_note_bundles, bundles)
                self._noted = bundles
        except CaibianError:
            log.warning("the store does not answer: uses of keys are written down later")
        except Exception as error:
            log.warning("uses of keys could not be written down (%s): they are later", type(error).__name__)
        finally:
            self._parts.limiter.give_back(calls, last)

    def _bundles(self) -> dict[str, str]:
        analyzer = self._parts.readiness.analyzer
        if analyzer is None:
            return self._noted
        return {"topics": analyzer.classifier.bundle, "summaries": analyzer.summarizer.bundle}


def _note_use(connection: Connection, calls: dict[tuple[str, str], int], last: dict[str, datetime]) -> None:
    from service.store import keys

    keys.note_use(connection, calls, last)


def _note_bundles(connection: Connection, bundles: dict[str, str]) -> None:
    from service.store import upkeep

    for task, bundle in bundles.items():
        upkeep.note_activation(connection, task, bundle)
