"""The SQLite file behind a ledger: its schema, how it is opened, what is no ledger; and the lock of a run.

It has a rollback journal and no write-ahead log, which needs memory that all its users share: network drives have none. A
run's notes may be read while it goes on; it waits for whoever reads. Nothing here knows of outputs, articles or models.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from models.errors import BadInput, CaibianError

APPLICATION, VERSION = 0x43414942, 2  # "CAIB"; version 1 was lines of JSON
MAGIC, LINES = b"SQLite format 3\0", b'{"ledger": 1'
"""How a database begins, and how a ledger of lines did."""
JOURNAL = (b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", bytes(8))
"""How SQLite's journal begins, the second before it is on the disk."""
WAIT = 60.0
"""Seconds that a run waits for somebody who reads."""
PASSING = frozenset(
    getattr(sqlite3, f"SQLITE_{name}")
    for name in ("PERM", "BUSY", "LOCKED", "NOMEM", "READONLY", "IOERR", "FULL", "CANTOPEN", "PROTOCOL")
)
"""Errors that say nothing against the file: dropping it would mend none of them."""
SCHEMA = """
CREATE TABLE asked (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE progress (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    read INTEGER NOT NULL, written INTEGER NOT NULL, failed INTEGER NOT NULL, unsure INTEGER NOT NULL,
    output_bytes INTEGER NOT NULL, quarantine_bytes INTEGER NOT NULL, done INTEGER NOT NULL, at TEXT NOT NULL
);
CREATE TABLE records (read INTEGER PRIMARY KEY, start INTEGER, text BLOB);
CREATE TABLE counts (year TEXT, what TEXT, articles INTEGER NOT NULL, PRIMARY KEY (year, what)) WITHOUT ROWID;
CREATE TABLE changes (
    id TEXT, year TEXT, headline TEXT, gained TEXT NOT NULL, lost TEXT NOT NULL, scores TEXT NOT NULL
);
"""
"""docs/archive.md says what stands in each column, and a test reads both."""


def check_kind(path: Path) -> None:
    """Raises BadInput where a file is there and is not the ledger of a run, or its journal."""
    journal = journal_of(path)
    if journal.exists():
        with journal.open("rb") as file:
            if (head := file.read(8)) and head not in JOURNAL:
                raise BadInput(f"{journal} is not the journal of a ledger: move it away, or choose another output")
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(100)
    if head.startswith(LINES):
        raise BadInput(
            f"{path} is a ledger of an earlier version, in lines: finish that run with that version, "
            "or say --restart to drop it and start over"
        )
    version, application = (int.from_bytes(head[at : at + 4], "big") for at in (60, 68))
    if head and (not head.startswith(MAGIC) or application != APPLICATION):
        raise BadInput(f"{path} is not the ledger of a run: move it away, or choose another output")
    if head and version != VERSION:
        raise BadInput(f"{path} was written by another version of this program: go on with that one")


def is_of_lines(path: Path) -> bool:
    """Whether a file is a ledger of an earlier version, which wrote lines of JSON."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        return file.read(len(LINES)) == LINES
    return False


def connect(path: Path) -> sqlite3.Connection:
    """Open a database that exists, without changing it; whatever a killed run left half written is taken back."""
    return _durable(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", WAIT, isolation_level=None, uri=True))


def create(path: Path, asked: dict[str, Any]) -> sqlite3.Connection:
    """A new ledger, whole or not at all."""
    database = sqlite3.connect(path, WAIT, isolation_level=None)
    try:
        _durable(database).executescript(
            f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; {SCHEMA}"
        )
        rows = [(name, json.dumps(value, ensure_ascii=False)) for name, value in asked.items()]
        database.executemany("INSERT INTO asked VALUES (?, ?)", rows)
        database.execute("COMMIT")
    except BaseException:
        database.close()
        remove(path)
        raise
    return database


def _durable(database: sqlite3.Connection) -> sqlite3.Connection:
    database.execute("PRAGMA synchronous = FULL")  # as SQLite has it unless it was built otherwise
    database.execute("PRAGMA cache_size = -256")  # KiB: rows are added at the end, so pages are seldom needed again
    return database


def remove(path: Path) -> None:
    """Its journal first: one that is left alone would be played into the next ledger of the name."""
    journal_of(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def journal_of(path: Path) -> Path:
    """Where SQLite keeps what it takes back after a kill."""
    return path.with_name(path.name + "-journal")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A ledger that may be of another run; raises BadInput where it is none, or damaged."""
    check_kind(path)
    with in_words(path, "nothing can be taken from that run"), contextlib.closing(connect(path)) as database:
        yield database


@contextlib.contextmanager
def in_words(path: Path, then: str) -> Iterator[None]:
    """SQLite's errors as BadInput where the file is damaged, which says what follows; else as CaibianError."""
    try:
        yield
    except sqlite3.IntegrityError:  # a second result of a record: a fault of this program
        raise
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in PASSING:
            raise CaibianError(
                f"{path} cannot be used ({error}). What is written is kept: run the same command again to go on."
            ) from None
        raise BadInput(f"{path} is damaged ({error}): {then}") from None


def asked_of(database: sqlite3.Connection) -> dict[str, Any]:
    """What the run was asked; empty where nothing is."""
    if not database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'asked'").fetchone():
        return {}
    return {name: json.loads(value) for name, value in database.execute("SELECT name, value FROM asked")}


class Lock:
    """One run an output, until it ends, however it ends. Not on the ledger itself: there SQLite has its own locks, and on a
    network drive both would be the same.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """False while another process has it; raises BadInput where something else bears its name."""
        while True:
            with contextlib.suppress(FileNotFoundError):
                state = self.path.stat()
                if state.st_size or not stat.S_ISREG(state.st_mode):
                    raise BadInput(f"{self.path} is not the lock of a run: move it away, or choose another output")
            file = self.path.open("ab")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                return False
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), self.path.stat()):
                    self._file = file
                    return True
            file.close()  # its owner took it away between the two calls

    def give_back(self) -> None:
        """Let others have it."""
        if self._file:
            self.path.unlink(missing_ok=True)
            self._file.close()
            self._file = None
