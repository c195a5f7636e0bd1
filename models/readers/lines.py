"""The lines of a table, one after another, each decoded strictly by itself; a stream is read once, forwards.

Owns how the encoding of a table is found and how long a line may be. It knows nothing of JSON or CSV.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from models.encodings import SAMPLE, guess
from models.errors import BadEncoding, BadInput, TooLarge
from models.readers.limits import MAX_BYTES, Joined, read_up_to
from models.readers.source import Source, check_kind

BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def read_lines(source: Source) -> Iterator[tuple[int, str | BadInput]]:
    """Each line with its number; one that does not decode or is too long is the error."""
    with source.open() as stream:
        head = read_up_to(stream, SAMPLE)
        check_kind(head[:4096], source.suffix)
        encoding, skip = _from_head(head)
        rest = Joined(head[skip:], stream)
        # A line's bytes cannot be found in UTF-16 before decoding, so a broken place ends the file.
        yield from (
            _utf16(rest, encoding) if encoding and encoding.startswith("utf-16") else _bytewise(rest, encoding, skip)
        )


def _from_head(head: bytes) -> tuple[str | None, int]:
    """The encoding, None when the first line beyond ASCII has to tell, and the length of the BOM."""
    for bom, name in BOMS:
        if head.startswith(bom):
            return name, len(bom)
    return (guess(head) if b"\0" in head else None), 0


def _bytewise(stream: io.RawIOBase, encoding: str | None, offset: int) -> Iterator[tuple[int, str | BadInput]]:
    file: BinaryIO = io.BufferedReader(stream)
    n = 0
    while line := file.readline(MAX_BYTES + 1):
        n += 1
        start, offset = offset, offset + len(line)
        if len(line) > MAX_BYTES:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_BYTES)
                offset += len(line)
            yield n, TooLarge(f"the line is over the limit of {MAX_BYTES:,} bytes")
            continue
        if encoding is None and not line.isascii():
            ahead = read_up_to(file, SAMPLE) + file.readline(SAMPLE)  # to a line's end: no character is cut
            encoding = _from_sample(line + ahead)
            file = io.BufferedReader(Joined(ahead, file))
        try:
            yield n, line.decode(encoding or "ascii")
        except UnicodeDecodeError as error:
            name = (encoding or "ascii").upper()
            yield n, BadEncoding(f"byte {start + error.start} of the file cannot be {name}, which the rest is")


def _from_sample(sample: bytes) -> str:
    try:
        return guess(sample)
    except BadEncoding:
        if b"\0" in sample:
            raise
        return "utf-8"  # a stray line or two: each is named by itself


def _utf16(stream: io.RawIOBase, encoding: str) -> Iterator[tuple[int, str | BadInput]]:
    n = 0
    try:
        with io.TextIOWrapper(io.BufferedReader(stream), encoding) as text:
            while line := text.readline(MAX_BYTES + 1):
                n += 1
                if len(line) <= MAX_BYTES:
                    yield n, line
                    continue
                while line and not line.endswith("\n"):
                    line = text.readline(MAX_BYTES)
                yield n, TooLarge(f"the line is over the limit of {MAX_BYTES:,} characters")
    except UnicodeDecodeError as error:
        yield n + 1, BadEncoding(f"not {encoding.upper()} from here on ({error.reason}), the rest was not read")
