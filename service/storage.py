"""The store as the service holds it: opened when it is first needed, called in threads beside the event loop.

Nothing is opened, and neither sqlalchemy nor alembic imported, before there is something to keep or something was kept: a
PostgreSQL address is set, or the SQLite file exists. What is kept is in service/store/.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from models.errors import StoreDown
from service import tracing
from service.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.database import Store

Result = TypeVar("Result")
Rest = ParamSpec("Rest")

DEFAULT_FILE = Path(__file__).parents[1] / "var" / "caibian.db"
THREADS = 4
"""Calls of the database at the same time; SQLite writes one after the other anyway."""
DOWN_SECONDS = 1.0
DOWN = "the store did not answer a moment ago"
TRIES = 5
"""How often a transaction is tried that clashed with another's."""


def database_url(settings: Settings) -> str:
    """Where the store is."""
    if settings.database_url is None:
        return f"sqlite:///{DEFAULT_FILE}"
    return settings.database_url.get_secret_value()


class Storage:
    """The one store of an app."""

    def __init__(self, settings: Settings) -> None:
        self._url = database_url(settings)
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._down_until = 0.0

    @property
    def used(self) -> bool:
        """Whether there is anything to look at; a store that is not used has no keys."""
        if self._store is not None or not self._url.startswith("sqlite:///"):
            return True
        file = Path(self._url.removeprefix("sqlite:///").partition("?")[0])
        return file.is_file() and file.stat().st_size > 0

    def open(self) -> Store:
        """The store, opened when it was not; raises BadInput and StoreDown as `open_store` does."""
        with self._lock:
            if self._store is None:
                from service.store.database import open_store

                self._store = open_store(self._url)
            return self._store

    async def call(self, work: Callable[Rest, Result], *given: Rest.args, **named: Rest.kwargs) -> Result:
        """`work` in one of the storage's threads."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="storage")
        context = contextvars.copy_context()  # the request's id and trace go along
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: context.run(work, *given, **named))

    async def read(
        self, work: Callable[Concatenate[Connection, Rest], Result], *given: Rest.args, **named: Rest.kwargs
    ) -> Result:
        """`work(connection, …)` in a transaction that reads."""

        def run() -> Result:
            with tracing.step("store.read"), self._watched(), self.open().read() as connection:
                return work(connection, *given, **named)

        return await self.call(run)

    async def write(
        self, work: Callable[Concatenate[Connection, Rest], Result], *given: Rest.args, **named: Rest.kwargs
    ) -> Result:
        """`work(connection, …)` in a transaction that is kept; tried again when another wrote the same just then."""
        return await self.call(lambda: self.write_now(work, *given, **named))

    def write_now(
        self, work: Callable[Concatenate[Connection, Rest], Result], *given: Rest.args, **named: Rest.kwargs
    ) -> Result:
        """As `write`, in this thread; raises Clash when it clashes every time."""
        from service.store.database import Clash

        for _ in range(TRIES - 1):
            with contextlib.suppress(Clash):
                return self._write_once(work, *given, **named)
        return self._write_once(work, *given, **named)

    def _write_once(
        self, work: Callable[Concatenate[Connection, Rest], Result], *given: Rest.args, **named: Rest.kwargs
    ) -> Result:
        with tracing.step("store.write"), self._watched(), self.open().write() as connection:
            return work(connection, *given, **named)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """A store that is down is not asked again for a moment: callers hear so at once, and no line of them builds up."""
        if time.monotonic() < self._down_until:
            raise StoreDown(DOWN)
        try:
            yield
        except StoreDown:
            self._down_until = time.monotonic() + DOWN_SECONDS
            raise

    def close(self) -> None:
        """Let threads and connections go."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        with self._lock:
            if self._store is not None:
                self._store.close()
                self._store = None
