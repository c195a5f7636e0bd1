"""Tar archives, plain or packed: every member as a source of its own, in one pass, whatever the archive's size.

Owns unpacking in bounded steps and telling an archive's end from a cut. Members are never written; links are not
followed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, cast

from models.errors import BadInput, TooLarge
from models.readers.limits import MAX_BYTES, STEP, Metered
from models.readers.record import BadRecord
from models.readers.source import Source, check_kind
from models.readers.zips import hidden

XZ_MEMORY = 128 * 1024 * 1024
"""What xz may take to unpack; `xz -9` takes 65 MiB."""


_END = tarfile.EOFHeaderError  # type: ignore[attr-defined]


def read_tar(source: Source) -> Iterator[BadRecord | Source]:
    """A .tar file, or one packed by gzip, bzip2 or xz: its members in order, without folders and hidden ones."""
    with source.open() as stream:
        buffered: io.BufferedReader = io.BufferedReader(cast(io.RawIOBase, stream), STEP)
        check_kind(buffered.peek(16)[:4096], source.suffix)
        unpacked = _unpack(buffered, source.suffix)
        forwards = Forwards(unpacked if unpacked is buffered else Metered(unpacked, source.budget))
        try:
            archive = tarfile.TarFile(fileobj=cast(BinaryIO, forwards), mode="r")
        except (tarfile.TarError, ValueError, RecursionError) as error:
            raise BadInput(f"no tar archive, or a damaged one: {error}") from None
        yield from _members(source, archive, forwards)


def _members(source: Source, archive: tarfile.TarFile, forwards: Forwards) -> Iterator[BadRecord | Source]:
    info = archive.next()
    while info is not None:
        archive.members = []  # type: ignore[attr-defined] # tarfile keeps every header it saw
        if not (info.isdir() or hidden(info.name)):
            member = source.member(info.name, _opener(archive, info), info.size)
            if info.isreg() and not info.issparse():
                yield member
            else:
                kind = "a link" if info.islnk() or info.issym() else "sparse, or no plain file"
                yield BadRecord(member.name, None, f"the member is {kind}, which is not read")
            if source.budget.over:
                return
        info = _next(archive, forwards)


def _next(archive: tarfile.TarFile, forwards: Forwards) -> tarfile.TarInfo | None:
    """The next header. `archive.next()` takes any broken one for the end, so it is not used."""
    forwards.seek(archive.offset)
    try:
        return tarfile.TarInfo.fromtarfile(archive)
    except _END:
        _finish(forwards)
        return None
    except (tarfile.TarError, ValueError, RecursionError) as error:
        raise BadInput(
            f"the archive is cut off or damaged at byte {archive.offset:,} of its content, what follows was not read: "
            f"{error}"
        ) from None


def _finish(forwards: Forwards) -> None:
    """Read what stands behind the end mark: the sum over packed data comes last, and a second archive may follow."""
    while piece := forwards.read(STEP):
        if piece.strip(b"\0"):
            raise BadInput("more data follows behind the end of the tar archive: it was not read")


def _opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], AbstractContextManager[BinaryIO]]:
    def open_() -> BinaryIO:
        file = archive.extractfile(info)
        if file is None:
            raise BadInput("the member is no plain file")
        return cast(BinaryIO, file)

    return open_


def _unpack(stream: io.BufferedReader, suffix: str) -> BinaryIO:
    if suffix in (".tar.gz", ".tgz"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=stream))
    if suffix == ".tar.bz2":
        return cast(BinaryIO, bz2.BZ2File(stream))
    if suffix == ".tar.xz":
        return cast(BinaryIO, io.BufferedReader(Xz(stream)))
    return stream


class Xz(io.RawIOBase):
    """xz data, unpacked in steps with a bound on memory, which `lzma.LZMAFile` does not offer."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        """The next bytes; raises EOFError when the stream ends too early."""
        while not self.unpacker.eof:
            more = self.stream.read(STEP) if self.unpacker.needs_input else b""
            if self.unpacker.needs_input and not more:
                raise EOFError("the xz data ends too early")
            data = self.unpacker.decompress(more, max_length=len(into))
            if data:
                into[: len(data)] = data
                return len(data)
        return 0


class Forwards:
    """The part of a file that tarfile asks for, over a stream that cannot go back."""

    def __init__(self, stream: BinaryIO | io.RawIOBase) -> None:
        self.stream = stream
        self.place = 0

    def tell(self) -> int:
        """Bytes read so far."""
        return self.place

    def seek(self, place: int) -> int:
        """Skip to a place further on."""
        if place < self.place:
            raise BadInput(f"the archive points back to its byte {place:,}: it is damaged")
        while self.place < place and self.read(min(STEP, place - self.place)):
            pass
        return self.place

    def read(self, count: int = STEP) -> bytes:
        """`count` bytes, fewer only at the end. A header that wants more than any real one is a bomb."""
        if count < 0 or count > 2 * MAX_BYTES:
            raise TooLarge(f"a header of the tar archive claims {count:,} bytes, over the limit of {2 * MAX_BYTES:,}")
        pieces, left = [], count
        while left > 0 and (piece := self.stream.read(left)):
            pieces.append(piece)
            left -= len(piece)
        data = b"".join(pieces)
        self.place += len(data)
        return data
