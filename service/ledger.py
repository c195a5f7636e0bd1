"""The ledger of a batch run: what was asked, and after each chunk how far input and output have come.

A run that was killed goes on from the last line of the ledger: both outputs are cut back to the sizes noted there, so
that a half-written chunk leaves no trace. It knows nothing of articles or models.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from models.errors import BadInput
from service.archive_counts import Counts

KIND = {"ledger": 1}
"""How every ledger begins: what begins otherwise was not written here and is never touched."""
HEAD = json.dumps(KIND).removesuffix("}").encode()


MARKS = ("read", "written", "failed", "unsure", "output_bytes", "quarantine_bytes", "done")


def check_head(path: Path) -> None:
    """Raises BadInput where a file is not the ledger of a run."""
    with path.open("rb") as file:
        begins = file.read(len(HEAD))
    if begins != HEAD[: len(begins)]:
        raise BadInput(f"{path} is not the ledger of a run: move it away, or choose another output")


def notes(path: Path) -> Iterator[dict[str, Any]]:
    """What a run was asked, then its notes, of a ledger that may be of another run; raises BadInput where it is none."""
    check_head(path)
    try:
        for line, whole in _lines(path):
            if whole:
                yield json.loads(line)
    except ValueError:
        raise BadInput(f"{path} is damaged: nothing can be taken from that run") from None


def _lines(path: Path) -> Iterator[tuple[bytes, bool]]:
    with path.open("rb") as file:
        for line in file:
            yield line, line.endswith(b"\n")


def beside(out: Path) -> Path:
    """Where a table grows before it is whole and takes the output's name."""
    return out.with_name(out.name + ".table")


@dataclass(frozen=True, slots=True)
class Mark:
    """The state at the end of a chunk. `done` says that all input was read."""

    read: int = 0
    written: int = 0
    failed: int = 0
    unsure: int = 0
    output_bytes: int = 0
    quarantine_bytes: int = 0
    done: bool = False


class Ledger:
    """One run's files: OUT.partial and OUT.quarantine.jsonl grow by whole chunks, OUT.ledger.jsonl notes how far.

    For `a.jsonl` they are called `a.quarantine.jsonl` and `a.ledger.jsonl`; an output that is not called `.jsonl` has
    `a.quarantine` and `a.ledger`, so that two outputs never share a file.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.partial = out.with_name(out.name + ".partial")
        stem = out.name.removesuffix(".jsonl")
        suffix = out.name.removeprefix(stem)
        self.quarantine = out.with_name(f"{stem}.quarantine{suffix}")
        self.path = out.with_name(f"{stem}.ledger{suffix}")
        self.mark = Mark()
        self.counts = Counts()
        self.lost: set[int] = set()
        self._file: IO[bytes] | None = None
        self._outputs: tuple[IO[bytes], IO[bytes]] | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """All files of the run: input folders may hold them, and they are no input."""
        return (self.out, self.partial, self.quarantine, self.path, beside(self.out))

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
        # Opened for appending: nothing is lost before the lock is ours.
        self._file = self.path.open("ab")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise BadInput(f"another run is writing {self.out}: wait for it, or choose another output") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in self._outputs or ():
            file.close()
        if self._file:
            empty = self._file.tell() == 0
            self._file.close()
            if empty:  # refused before anything began
                self.path.unlink(missing_ok=True)

    def open(self, asked: dict[str, Any], *, restart: bool) -> bool:
        """Take up the run; True when an earlier one is gone on with. Raises BadInput when that one asked otherwise."""
        check_head(self.path)
        lines = iter(()) if restart else self._whole_lines()
        before, asked = next(lines, None), KIND | asked
        if before is None and not restart:
            for path in (self.out, self.partial, self.quarantine):
                if path.exists():
                    raise BadInput(f"{path} exists and no ledger tells how it was made: move it away, or say --restart")
        if before is not None:
            self._compare(before, asked)
            self.mark, self.counts, self.lost = Mark(), Counts(), set()
            for line in lines:
                self.counts.add(line.get("counts", {}))
                self.lost.update(line.get("lost", ()))
                self.mark = Mark(**{name: line[name] for name in MARKS})
        else:
            self._drop()
            self._file_().truncate(0)
            self._note(asked)
        if not (self.mark.done and self.out.exists()):
            self._cut_back()
        else:
            self.partial.unlink(missing_ok=True)  # killed between the table and this
        return before is not None

    def commit(
        self,
        records: list[str],
        bad: list[str],
        *,
        read: int,
        unsure: int,
        done: bool,
        counts: dict[str, dict[str, int]] | None = None,
        texts: Sequence[bytes] = (),
        lost: Sequence[int] = (),
        changes: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Write a chunk's lines, then note them: the note is what counts.

        With it go the keys of the records' texts, the numbers of reads that gave no record where that is needed to go on,
        and what an earlier run had said otherwise.
        """
        output, quarantine = self._outputs or (None, None)
        if output is None or quarantine is None:
            raise RuntimeError("commit before open")
        sizes = []
        for file, lines in ((output, records), (quarantine, bad)):
            file.writelines(line.encode() + b"\n" for line in lines)
            file.flush()
            if lines:
                os.fsync(file.fileno())
            sizes.append(file.tell())
        old = self.mark
        self.mark = Mark(
            read=old.read + read,
            written=old.written + len(records),
            failed=old.failed + len(bad),
            unsure=old.unsure + unsure,
            output_bytes=sizes[0],
            quarantine_bytes=sizes[1],
            done=done,
        )
        self.counts.add(counts or {})
        more = {"counts": counts, "texts": base64.b64encode(b"".join(texts)).decode(), "lost": lost, "changes": changes}
        self._note(asdict(self.mark) | {name: value for name, value in more.items() if value})

    def finish(self, convert: Callable[[Path, Path], None] | None = None) -> None:
        """Give the finished output its name; a quarantine without a line goes.

        `convert` makes the output out of the lines, whole or not at all; they go when it is there.
        """
        for file in self._outputs or ():
            file.close()
        self._outputs = None
        if self.partial.exists() and convert:
            convert(self.partial, self.out)
            self.partial.unlink()
        elif self.partial.exists():
            self.partial.replace(self.out)
        if self.quarantine.exists() and not self.quarantine.stat().st_size:
            self.quarantine.unlink()

    def _drop(self) -> None:
        for path in (self.out, self.partial, self.quarantine):
            if path.is_dir() and not path.is_symlink():  # of Parquet files, which this run's ledger says it made
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

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
            said = "; ".join(
                "the input files have changed" if n == "inputs" else f"{n} was {before.get(n)}, now {asked.get(n)}"
                for n in differing
            )
            raise BadInput(
                f"{self.out} belongs to a run that asked otherwise ({said}): choose another output, "
                "or say --restart to drop that run and start over"
            )

    def _whole_lines(self) -> Iterator[dict[str, Any]]:
        """What was asked, and every note. The last line may be half written; it then counts as not there, and is cut off."""
        end = 0
        try:
            for line, whole in _lines(self.path):
                if whole:
                    end += len(line)
                    yield json.loads(line)
                else:
                    self._file_().truncate(end)
        except ValueError:
            raise BadInput(f"{self.path} is damaged: say --restart to start over") from None

    def _note(self, data: dict[str, Any]) -> None:
        file = self._file_()
        file.write(json.dumps(data, ensure_ascii=False).encode() + b"\n")
        file.flush()

    def _file_(self) -> IO[bytes]:
        if self._file is None:
            raise RuntimeError("a ledger is used inside `with`")
        return self._file
