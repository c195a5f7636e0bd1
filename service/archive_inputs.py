"""What an archive run reads: paths and patterns to files, files to chunks, and how much there is of it.

Owns order, the sample, ids that come again, and the refusal of the run's own files. Reading itself is models/readers/.
"""

from __future__ import annotations

import glob
import hashlib
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from models.article import Article
from models.errors import BadInput
from models.readers import BadRecord, Read, Record, read_file, shown, walk
from service.archive_remote import Remote, find, is_url, local_path, read_remote
from service.archive_work import Chunk, How, Old, check_read
from service.ledger import Ledger
from service.settings import Settings

CHUNK = 64
"""Records that are analysed and written together: large enough to sort by length, seconds of work at most."""


Input = Path | Remote


def expand(texts: Sequence[str]) -> tuple[Input, ...]:
    """The paths and URLs, patterns (`2024-*/*.jsonl`, `**`) replaced by what they match; raises BadInput where nothing does."""
    paths: list[Input] = []
    for text in texts:
        if is_url(text):
            local = local_path(text)
            if local is None:
                paths += find(text)
                continue
            text = str(local)
        if Path(text).exists() or not glob.has_magic(text):
            paths.append(Path(text))
            continue
        found = sorted(glob.glob(text, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        if not found:
            raise BadInput(f"{text} matches no file")
        paths += [Path(name) for name in found]
    return tuple(paths)


def named(path: Input) -> str:
    """An input as its records and the ledger call it."""
    return path.name if isinstance(path, Remote) else shown(path)


def check_paths(paths: Sequence[Input], ledger: Ledger) -> None:
    """Refuse what is not there, what the run itself writes, and an output that cannot be written."""
    out = ledger.out
    for path in paths:
        if isinstance(path, Remote):
            continue
        if not path.exists():
            raise BadInput(f"{shown(path)} does not exist")
        _check_input(path, ledger)
    if (out.is_dir() and not (out.name.endswith(".parquet.d") and ledger.path.exists())) or not out.parent.is_dir():
        raise BadInput(f"{shown(out)} cannot be written: its folder is missing, or it is a folder itself")
    if out.exists() and not (out.is_file() or out.is_dir()):  # a device or a pipe, which a file would replace
        raise BadInput(f"{shown(out)} cannot be written: it is no plain file")


def _check_input(path: Path, ledger: Ledger) -> None:
    if ledger.owns(path):
        raise BadInput(
            f"{shown(path)} is an input, and it is a file that the run of {shown(ledger.out)} writes: "
            "choose another output, or rename the input"
        )


def fingerprint(paths: Sequence[Input], ledger: Ledger) -> str:
    """Of the files' names, sizes and times of change; raises BadInput for a link into the run's own files."""
    inputs = hashlib.sha256()
    for path in paths:
        if isinstance(path, Remote):
            inputs.update(f"{path.name}\0{path.stamp}\n".encode())
            continue
        for file in walk(path, ledger.files):
            if file.is_symlink():  # into the run's own files, from a folder
                _check_input(file, ledger)
            state = file.stat() if file.exists() else None
            stamp = (state.st_size, state.st_mtime_ns) if state else None
            inputs.update(f"{shown(file)}\0{stamp}\n".encode())
    return inputs.hexdigest()


def read_all(paths: Sequence[Input], skip: Sequence[Path], *, pages: bool) -> Iterator[Read]:
    """Every record of every file, in order."""
    for path in paths:
        if isinstance(path, Remote):
            yield from read_remote(path, pages=pages)
            continue
        for file in walk(path, skip):
            yield from read_file(file, pages=pages)


def readable(read: Read, how: How, settings: Settings) -> TypeGuard[Record]:
    """Whether the models can read it."""
    if isinstance(read, BadRecord):
        return False
    try:
        check_read(read, how, settings)
    except BadInput:
        return False
    return True


def sample_of(total: int, count: int) -> list[int]:
    """Places of `count` records of `total`, evenly likely and the same every time, ascending."""
    return sorted(random.Random(0).sample(range(total), min(count, total)))  # noqa: S311 - no secret


def at_places(reads: Iterable[Read], places: Sequence[int]) -> Iterator[Read]:
    """The reads at these ascending places."""
    wanted = iter(places)
    place = next(wanted, None)
    for n, read in enumerate(reads):
        if n == place:
            yield read
            place = next(wanted, None)
            if place is None:
                return


def chunks_of(
    reads: Iterable[Read],
    done: int,
    first: Callable[[int, Read], int | None] | None = None,
    floor: Callable[[], int] | None = None,
    old: Callable[[Read], Old | None] | None = None,
) -> Iterator[Chunk]:
    """Chunks of CHUNK reads; the last one is shorter, perhaps empty. `done` were read by an earlier run: only their ids count.

    `first` says of a read which one it repeats, `floor` the earliest that a later one may repeat, `old` what an earlier run
    said of it.
    """
    reads, seen, start = iter(reads), SeenIds(), done
    for read in itertools.islice(reads, done):
        seen.again(read)
    while True:
        taken = tuple(itertools.islice(reads, CHUNK))
        yield Chunk(
            taken,
            tuple(seen.again(read) for read in taken),
            start,
            tuple(first(start + n, read) for n, read in enumerate(taken)) if first else (),
            floor() if floor else 0,
            tuple(map(old, taken)) if old else (),
        )
        start += len(taken)
        if len(taken) < CHUNK:
            return


class SeenIds:
    """Which ids came before, at eight bytes an id: ten million ids take 80 MB."""

    RECENT = 1 << 13

    def __init__(self) -> None:
        self._sorted: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._recent: set[int] = set()

    def again(self, read: Read) -> bool:
        """Whether a record of this id was asked about before; what could not be read has no id."""
        if isinstance(read, BadRecord):
            return False
        key = _key(read.article)
        place = int(np.searchsorted(self._sorted, np.uint64(key)))
        if key in self._recent or (place < len(self._sorted) and int(self._sorted[place]) == key):
            return True
        self._recent.add(key)
        if len(self._recent) >= self.RECENT:
            recent = np.sort(np.fromiter(self._recent, np.uint64, len(self._recent)))
            self._sorted = np.concatenate([self._sorted, recent])
            self._sorted.sort(kind="stable")  # of two sorted halves: one pass
            self._recent.clear()
        return False


def _key(article: Article) -> int:
    text = (article.id or "").encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
