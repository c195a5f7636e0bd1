"""Where bytes come from: a file on disk or a member of an archive, opened once and read forwards.

Owns names (`a.zip!/b.txt`), bounded reading, and telling by its first bytes that a file is not what its name says. It
knows no format's inside, and nothing is ever written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from models.errors import BadInput, TooLarge
from models.readers.limits import MAX_BYTES, MAX_DOCUMENT, Budget, read_up_to

KINDS = (
    (b"%PDF-", "a PDF", (".pdf",)),
    (b"PK\x03\x04", "a zip archive (.docx, .xlsx and .epub are such)", (".zip", ".docx")),
    (b"PK\x05\x06", "an empty zip archive", (".zip",)),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .wps, .xls) or an encrypted new one", ()),
    (b"\x1f\x8b\x08", "gzip data", (".tar.gz", ".tgz")),
    (b"BZh91AY&SY", "bzip2 data", (".tar.bz2",)),
    (b"\xfd7zXZ\0", "xz data", (".tar.xz",)),
    (b"7z\xbc\xaf'\x1c", "a 7-Zip archive", ()),
    (b"Rar!\x1a\x07", "a RAR archive", ()),
    (b"PAR1", "a Parquet file", (".parquet",)),
    (b"{\\rtf", "an RTF file", ()),
    (b"\x89PNG\r\n", "a PNG picture", ()),
    (b"\xff\xd8\xff", "a JPEG picture", ()),
    (b"GIF8", "a GIF picture", ()),
    (b"II*\0", "a TIFF picture", ()),
    (b"\0asm", "a program", ()),
    (b"\x7fELF", "a program", ()),
    (b"MZ\x90\0", "a program", ()),
)
"""First bytes, what has them, and the names such a file may bear."""
MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(!doctype\s+html|html[\s>]|\?xml\s)", re.IGNORECASE | re.S
)


@dataclass(frozen=True, slots=True)
class Source:
    """One file to read. `open` may be called once: a member of a tar passes by and does not come back."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]
    size: int | None
    budget: Budget
    depth: int = 0
    path: Path | None = None

    @property
    def suffix(self) -> str:
        """What the name ends on, in lower case; `.tar.gz` is one suffix."""
        suffixes = [s.lower() for s in Path(self.name.rpartition("/")[2]).suffixes[-2:]]
        return "".join(suffixes) if suffixes[:1] == [".tar"] else "".join(suffixes[-1:])

    def member(self, name: str, open_: Callable[[], AbstractContextManager[BinaryIO]], size: int) -> Source:
        """A file inside this one."""
        return Source(f"{self.name}!/{clean(name)}", open_, size, self.budget, self.depth + 1)


def from_path(path: Path) -> Source:
    """The source that is a file on disk."""
    size = path.stat().st_size
    return Source(shown(path), lambda: path.open("rb"), size, Budget(size), 0, path)


def shown(path: Path) -> str:
    """The path as text that UTF-8 can write, whatever bytes the name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def clean(name: str) -> str:
    """A member's name as text that UTF-8 can write, without what would break a line."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def read_whole(source: Source, limit: int = MAX_BYTES) -> bytes:
    """All bytes, when they are no more than the limit, and what the name promises."""
    what, advice = ("one text file", "split it") if limit == MAX_BYTES else ("one document", "save it smaller")
    if source.size is not None and source.size > limit:
        raise TooLarge(f"{source.size:,} bytes are over the limit of {limit:,} for {what}: {advice}")
    with source.open() as stream:
        data = read_up_to(stream, limit + 1)
    if len(data) > limit:
        raise TooLarge(f"it has more bytes than the limit of {limit:,} for {what}: {advice}")
    if not data:
        raise BadInput("the file is empty")
    check_kind(data[:4096], source.suffix)
    return data


def read_document(source: Source) -> bytes:
    """All bytes of a file whose format cannot be read forwards."""
    return read_whole(source, MAX_DOCUMENT)


def check_kind(head: bytes, suffix: str) -> None:
    """Refuse a file whose first bytes are those of another kind than its name says."""
    for start, what, suffixes in KINDS:
        if head.startswith(start) and suffix not in suffixes:
            raise BadInput(f"it is named {suffix or 'without suffix'}, but its first bytes are those of {what}")
    if suffix not in (".html", ".htm", ".xhtml", ".xml", ".nitf") and (found := MARKUP.match(head)):
        what = "XML" if found[1].startswith(b"?") else "an HTML page"
        raise BadInput(f"it is named {suffix}, but its first bytes are those of {what}")
