"""Zip archives: every member as a source of its own, unpacked as it is read and never to disk.

Owns what may be trusted of a zip: sizes are what comes out, not what the list says. It knows no member's format.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, cast

from models.errors import BadInput, TooLarge
from models.readers.limits import MAX_DIRECTORY, Metered
from models.readers.record import BadRecord
from models.readers.source import Source, check_kind, read_document

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The two that Python unpacks in bounded steps; the others may take gigabytes for one step."""


def read_zip(source: Source) -> Iterator[BadRecord | Source]:
    """A .zip file: its members in the order of its list, without folders and hidden ones."""
    if source.path is not None:
        with source.path.open("rb") as file:
            yield from _members(source, file)
    else:
        yield from _members(source, io.BytesIO(read_document(source)))


def _members(source: Source, file: BinaryIO) -> Iterator[BadRecord | Source]:
    check_kind(file.read(4096), source.suffix)
    with open_zip(file) as archive:
        for info in archive.infolist():
            name = member_name(info)
            if info.is_dir() or hidden(name):
                continue
            member = source.member(name, _opener(archive, info, source), info.file_size)
            reason = refused(info)
            yield BadRecord(member.name, None, reason) if reason else member
            if source.budget.over:
                return


def _opener(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source
) -> Callable[[], AbstractContextManager[BinaryIO]]:
    def open_() -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(Metered(open_member(archive, info), source.budget)))

    return open_


def open_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    """The member's bytes; raises BadInput when its own header does not agree with the list."""
    try:
        return cast(BinaryIO, archive.open(info))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, struct.error) as error:
        raise BadInput(f"it cannot be unpacked: {error}") from None


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The archive; raises BadInput when it is none, is cut off, or has a list of members too long to hold."""
    size = file.seek(0, io.SEEK_END)
    if size == 0:
        raise BadInput("the file is empty")
    file.seek(max(0, size - 66_000))  # the end record and the longest comment
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise BadInput("no zip archive, or one that is cut off: the list of members at its end is missing")
    directory: int = struct.unpack_from("<L", tail, end + 12)[0]
    big = tail.rfind(b"PK\x06\x06", 0, end)
    if directory == 0xFFFFFFFF and big >= 0 and len(tail) >= big + 48:
        directory = struct.unpack_from("<Q", tail, big + 40)[0]
    if directory > MAX_DIRECTORY:
        raise TooLarge(f"the list of members has {directory:,} bytes, over the limit of {MAX_DIRECTORY:,}: split it")
    file.seek(0)
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error) as error:
        raise BadInput(f"no zip archive, or a damaged one: {error}") from None


def refused(info: zipfile.ZipInfo) -> str | None:
    """Why a member cannot be read, if so."""
    if info.flag_bits & 0x1:
        return "it is encrypted: unpack it with its password first"
    if info.compress_type not in METHODS:
        return f"it is packed by the method no. {info.compress_type}, which is not read: pack it with Deflate"
    return None


def hidden(name: str) -> bool:
    """What a walk over folders would leave out, and macOS's copies."""
    return any(part.startswith(".") and part not in (".", "..") for part in name.split("/")) or name.startswith(
        "__MACOSX/"
    )


def member_name(info: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: without the UTF-8 flag zipfile reads it as cp437, and Windows wrote GBK."""
    if info.flag_bits & 0x800 or info.filename.isascii():
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename
