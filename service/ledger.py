"""The ledger of a batch run: what was asked, which record has its result, and how far input and outputs have come.

A run that was killed goes on from where the ledger stands: outputs are on the disk before the ledger says so, and what they
hold beyond it is cut off, so that a half-written chunk leaves no trace. It knows nothing of articles or models; the file
itself is ledger_file.py's.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from models.errors import BadInput
from service.archive_counts import Counts
from service.ledger_file import Lock, asked_of, check_kind, connect, create, in_words, is_of_lines, journal_of, remove

EVERY = 0.5
"""Seconds between two commits: where chunks are quick, several share one."""
_START_OVER = "say --restart to start over"


def beside(out: Path) -> Path:
    """Where a table grows before it is whole and takes the output's name."""
    return out.with_name(out.name + ".table")


@dataclass(frozen=True, slots=True)
class Mark:
    """The state at the end of a chunk, as the ledger's `progress` has it. `done` says that all input was read."""

    read: int = 0
    written: int = 0
    failed: int = 0
    unsure: int = 0
    output_bytes: int = 0
    quarantine_bytes: int = 0
    done: bool = False


class Ledger:
    """One run's files: OUT.partial and the quarantine grow by whole chunks, OUT.ledger notes how far; OUT.lock while it runs.

    The quarantine of `a.jsonl` is `a.quarantine.jsonl`, that of another output `OUT.quarantine`: two outputs never share a file.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = out.with_name(out.name + ".partial")
        stem = out.name.removesuffix(".jsonl")
        suffix = out.name.removeprefix(stem)
        self.quarantine = out.with_name(f"{stem}.quarantine{suffix}")
        self.path = out.with_name(out.name + ".ledger")
        self.of_lines = out.with_name(f"{stem}.ledger{suffix}")
        """What an earlier version called its ledger."""
        self.mark = Mark()
        self.counts = Counts()
        self._lock = Lock(out.with_name(out.name + ".lock"))
        self._database: sqlite3.Connection | None = None
        self._outputs: tuple[IO[bytes], IO[bytes]] | None = None
        self._noted = Counts()
        self._committed = -EVERY

    @property
    def files(self) -> tuple[Path, ...]:
        """All files of the run: input folders may hold them, and they are no input."""
        ledger = (self.path, journal_of(self.path), self._lock.path)
        return (self.out, self.partial, self.quarantine, *ledger, beside(self.out))

    def owns(self, path: Path) -> bool:
        """Whether the path, links followed, is a file of this run: reading it as input would destroy it."""
        real = os.path.realpath(path)
        for file in self.files:
            if real == os.path.realpath(file):
                return True
            with contextlib.suppress(OSError):  # either may be missing
                if path.samefile(file):  # a hard link
                    return True
        return False

    def __enter__(self) -> Self:
        if not self._lock.take():
            raise BadInput(f"another run is writing {self.out}: wait for it, or choose another output")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.ExitStack() as stack:  # on a full disk a file cannot be closed without an error
            stack.callback(self._lock.give_back)
            if self._database:
                stack.callback(self._database.close)  # what is not committed is taken back
            for file in self._outputs or ():
                stack.callback(file.close)
            self._database = self._outputs = None

    def open(self, asked: dict[str, Any], *, restart: bool) -> bool:
        """Take up the run; True when an earlier one is gone on with. Raises BadInput when that one asked otherwise."""
        for path in {self.path, self.of_lines}:
            if not is_of_lines(path):
                continue
            if not restart:
                check_kind(path)  # says so
            path.unlink()
        check_kind(self.path)
        before = {} if restart else self._take_up(asked)
        if not before:
            for path in () if restart else (self.out, self.partial, self.quarantine):
                if path.exists():
                    raise BadInput(f"{path} exists and no ledger tells how it was made: move it away, or say --restart")
            self._drop()
            with in_words(self.path, _START_OVER):
                self._database = create(self.path, asked)
        if not (self.mark.done and self.out.exists()):
            self._cut_back()
        else:
            self.partial.unlink(missing_ok=True)  # killed between the table and this
        return bool(before)

    def lost(self) -> set[int]:
        """The numbers of the reads that gave no record."""
        with self._using() as database:
            return {read for (read,) in database.execute("SELECT read FROM records WHERE start IS NULL")}

    def commit(
        self,
        records: list[str],
        bad: list[str],
        *,
        read: int,
        unsure: int,
        done: bool,
        places: Sequence[int],
        texts: Sequence[bytes],
        counts: dict[str, dict[str, int]] | None = None,
        changes: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Write a chunk's lines, then note them, several chunks at a time: the note is what counts.

        Beside each of `records`: `places`, the number of its read, and `texts`, the key of its text; the reads between them
        gave no record. `changes`: what an earlier run had said otherwise.
        """
        output, quarantine = self._outputs or (None, None)
        if output is None or quarantine is None:
            raise RuntimeError("commit before open")
        old, sizes = self.mark, []
        written = [line.encode() + b"\n" for line in records]
        for file, lines in ((output, written), (quarantine, [line.encode() + b"\n" for line in bad])):
            file.writelines(lines)
            file.flush()
            sizes.append(file.tell())
        self.mark = Mark(
            read=old.read + read,
            written=old.written + len(records),
            failed=old.failed + len(bad),
            unsure=old.unsure + unsure,
            output_bytes=sizes[0],
            quarantine_bytes=sizes[1],
            done=done,
        )
        for all_ in (self.counts, self._noted):
            all_.add(counts or {})
        rows: dict[int, tuple[int, int | None, bytes | None]]
        rows = {n: (n, None, None) for n in range(old.read, old.read + read)}
        start = old.output_bytes
        for n, line, text in zip(places, written, texts, strict=True):
            rows[n] = (n, start, text)
            start += len(line)
        with self._using() as database:
            if not database.in_transaction:
                database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO records VALUES (?, ?, ?)", rows.values())
            database.executemany(
                "INSERT INTO changes VALUES (:id, :year, :headline, :gained, :lost, :scores)",
                ({k: v if isinstance(v, str | int) else _json(v) for k, v in change.items()} for change in changes),
            )
            if done or time.monotonic() - self._committed >= EVERY:
                self._note(database)

    def finish(self, convert: Callable[[Path, Path], None] | None = None) -> None:
        """Give the finished output its name; a quarantine without a line goes.

        `convert` makes the output out of the lines, whole or not at all; they go when it is there.
        """
        for file in self._outputs or ():
            file.close()
        self._outputs = None
        # Before the output is there: then the run has ended, and nobody would come back for it.
        if self.quarantine.exists() and not self.quarantine.stat().st_size:
            self.quarantine.unlink()
        if self.partial.exists() and convert:
            convert(self.partial, self.out)
            self.partial.unlink()
        elif self.partial.exists():
            self.partial.replace(self.out)

    def _note(self, database: sqlite3.Connection) -> None:
        for file in self._outputs or ():
            os.fsync(file.fileno())
        database.executemany(
            "INSERT INTO counts VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET articles = articles + excluded.articles",
            ((year, what, n) for year, here in self._noted.years.items() for what, n in here.items()),
        )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        database.execute("REPLACE INTO progress VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)", (*astuple(self.mark), now))
        database.execute("COMMIT")
        self._noted, self._committed = Counts(), time.monotonic()

    def _take_up(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the earlier run was asked; empty where there is none."""
        if not self.path.exists() or not self.path.stat().st_size:
            return {}
        with in_words(self.path, _START_OVER):
            self._database = database = connect(self.path)
            before = asked_of(database)
            if before:
                self._compare(before, asked)
                for _, read, written, failed, unsure, output, quarantine, done, _ in database.execute(
                    "SELECT * FROM progress"
                ):
                    self.mark = Mark(read, written, failed, unsure, output, quarantine, bool(done))
                for year, what, n in database.execute("SELECT year, what, articles FROM counts"):
                    self.counts.add({year: {what: n}})
        return before

    def _drop(self) -> None:
        for path in (self.out, self.partial, self.quarantine):
            if path.is_dir() and not path.is_symlink():  # of Parquet files, which this run's ledger says it made
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        if self._database:
            self._database.close()
        remove(self.path)

    def _cut_back(self) -> None:
        outputs = []
        for path, size in ((self.partial, self.mark.output_bytes), (self.quarantine, self.mark.quarantine_bytes)):
            if (path.stat().st_size if path.exists() else 0) < size:
                raise BadInput(f"{path} is shorter than its ledger says, it was changed by hand: say --restart")
            file = path.open("ab")
            file.truncate(size)
            file.seek(size)
            outputs.append(file)
        self._outputs = (outputs[0], outputs[1])

    def _compare(self, before: dict[str, Any], asked: dict[str, Any]) -> None:
        differing = sorted(name for name in before.keys() | asked.keys() if before.get(name) != asked.get(name))
        if differing:
            words = {
                "inputs": "the input files have changed",
                "record": "an earlier version wrote it, whose records have other fields",
            }
            said = "; ".join(words.get(n) or f"{n} was {before.get(n)}, now {asked.get(n)}" for n in differing)
            raise BadInput(
                f"{self.out} belongs to a run that asked otherwise ({said}): choose another output, "
                "or say --restart to drop that run and start over"
            )

    @contextlib.contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        with in_words(self.path, _START_OVER):
            yield self._open()

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            raise RuntimeError("a ledger is used inside `with`, after `open`")
        return self._database


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
