"""The connection to SQLite or PostgreSQL: opening, transactions, the schema's version, and errors that hold no text.

It knows no table. `Store.read` and `Store.write` are the two kinds of transaction; on SQLite a writer takes the lock at
its beginning, so that two writers wait for each other (busy timeout) and never meet half-way.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Engine, event, exc, text

from models.errors import BadInput, StoreDown

log = logging.getLogger("caibian")

HEAD = "0006"
"""The schema that this code works with: the last of service/migrations/versions."""
BUSY_SECONDS = 10
"""How long a writer waits for another on SQLite, and a statement for a lock on PostgreSQL."""
CONNECT_SECONDS = 3
CLASHES = {"40001", "40P01"}
"""PostgreSQL's serialization failure and deadlock: to be tried again."""


DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
"""How SQLite's names of a file begin that it cannot read."""


class Clash(Exception):
    """Another wrote the same at the same time, or what is referred to is gone."""


class Store:
    """An open database."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.kind = engine.dialect.name

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; raises StoreDown."""
        with _named(), self.engine.connect() as connection:
            connection = connection.execution_options(caibian_reads=True)
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is kept when the block ends, and forgotten when it raises; raises StoreDown."""
        with _named(), self.engine.begin() as connection:
            yield connection

    def check(self) -> None:
        """Raises StoreDown when the database does not answer."""
        with self.read() as connection:
            connection.execute(text("SELECT 1"))

    def shrink(self) -> None:
        """Let what was deleted go from SQLite's files, too (PostgreSQL does so by its own vacuum). It writes the index of the
        search anew: seconds with a hundred thousand articles.
        """
        if self.kind == "sqlite":
            with _named(), contextlib.closing(self.engine.raw_connection()) as raw:
                try:
                    raw.cursor().execute("INSERT INTO search_index (search_index) VALUES ('optimize')")
                except sqlite3.OperationalError as error:  # another writes for long
                    log.warning("words of what was deleted stay in the file until the next deletion (%s)", error)
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")  # outside a transaction

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()


def open_store(url: str) -> Store:
    """The store at this address, with its schema in place.

    An empty database gets its tables, an older SQLite file is brought up to date. Raises BadInput when the address cannot be
    meant, when a PostgreSQL database waits for `migrate` or is not in UTF-8; StoreDown when it does not answer.
    """
    engine = make_engine(url)
    try:
        _check_encoding(engine)
        present = schema_version(engine)
        if present != HEAD:
            _bring_up(engine, present)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


def _check_encoding(engine: Engine) -> None:
    """Raises BadInput for a PostgreSQL database that has no room for every character, or knows none (SQL_ASCII)."""
    if engine.dialect.name != "postgresql":
        return
    with Store(engine).read() as connection:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise BadInput(
            f"the database is in {encoding}, articles need UTF-8: make one with `createdb -E UTF8 -T template0 NAME`",
            field="CAIBIAN_DATABASE_URL",
        )


def _bring_up(engine: Engine, present: str | None) -> None:
    refuse_newer(present)
    if present is not None and engine.dialect.name != "sqlite":
        raise BadInput(
            f"the database has schema {present}, this version needs {HEAD}: stop the other processes, make a backup "
            "and run `python -m service migrate`"
        )
    from service.store.migrate import upgrade

    upgrade(engine)


def refuse_newer(present: str | None) -> None:
    """Raises BadInput when a newer version of the service has made this schema."""
    if present is not None and present > HEAD:
        raise BadInput(
            f"the database has schema {present}, this version knows {HEAD}: use the newer version of the service"
        )


def make_engine(url: str) -> Engine:
    """An engine with our settings; nothing is connected yet."""
    try:
        parsed = sqlalchemy.make_url(url)
    except exc.ArgumentError:
        raise BadInput(_meant("it is no URL"), field="CAIBIAN_DATABASE_URL") from None
    if parsed.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return sqlalchemy.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            hide_parameters=True,  # they hold article text, and errors are logged
            pool_pre_ping=True,
            pool_timeout=BUSY_SECONDS,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "client_encoding": "UTF8",  # whatever PGCLIENTENCODING, the role or the database says
                "options": f"-c lock_timeout={BUSY_SECONDS}s -c timezone=UTC -c jit=off",
                "tcp_user_timeout": BUSY_SECONDS * 1000,
            },
        )
    if parsed.drivername != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise BadInput(_meant("neither of the two"), field="CAIBIAN_DATABASE_URL")
    _make_file(Path(parsed.database))
    engine = sqlalchemy.create_engine(
        parsed, hide_parameters=True, pool_timeout=BUSY_SECONDS, connect_args={"timeout": BUSY_SECONDS}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _meant(why: str) -> str:
    return (
        f"CAIBIAN_DATABASE_URL: {why}. Write sqlite:////absolute/path.db or postgresql://user:password@host:5432/name"
    )


def _make_file(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)  # articles and keys are nobody else's
    except OSError as error:
        raise StoreDown(f"the store {path} cannot be written ({error.strerror}): set CAIBIAN_DATABASE_URL") from None


def _prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None  # we begin our transactions ourselves
    _use_wal(connection)
    for pragma in (
        "synchronous=FULL",  # what was acknowledged survives a power cut, too
        "foreign_keys=ON",
        "secure_delete=ON",  # a withdrawn text is overwritten, not only unlinked
    ):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait by itself for another process that turns a new file over at the same moment.
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("caibian_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def schema_version(engine: Engine) -> str | None:
    """The schema of a database; None when it has none. Raises StoreDown."""
    with Store(engine).read() as connection:
        if not sqlalchemy.inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found) if found is not None else None


@contextlib.contextmanager
def _named() -> Iterator[None]:
    """What the database's driver raises as StoreDown, or as an error without the statement's values and row."""
    try:
        yield
    except exc.IntegrityError:
        raise Clash from None  # its text may hold a row
    except exc.TimeoutError:  # of the pool
        raise _down("every connection is taken") from None
    except exc.DBAPIError as error:
        code = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or "")
        if code in CLASHES:
            raise Clash from None
        if code.startswith(DAMAGED):
            log.error("the store is damaged: %s", code)
            raise StoreDown(
                f"the database is damaged, or its file is none of SQLite ({code}): set CAIBIAN_DATABASE_URL right, or "
                "move the file away and run `python -m service restore BACKUP`"
            ) from None
        operational = isinstance(error, exc.OperationalError | exc.InterfaceError) and code != "SQLITE_ERROR"
        if operational or error.connection_invalidated:
            raise _down(" ".join(str(error.orig).split())[:200]) from None
        raise RuntimeError(f"the store refused a statement ({type(error).__name__} {code})") from None


def _down(why: str) -> StoreDown:
    log.error("the store does not answer: %s", why)
    return StoreDown("存储暂时不可用，请稍后重试。 The store does not answer at the moment: try again a little later.")
