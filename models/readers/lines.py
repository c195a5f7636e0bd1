"""The lines of a table, one after another, each decoded strictly by itself; a stream is read once, forwards.

Owns how the encoding of a table is found and how long a line may be. It knows nothing of JSON or CSV.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from models.encodings import SAMPLE, guess
from models.errors import BadEncoding, BadInput, TooLarge
from models.readers.limits import MAX_BYTES, STEP, Joined, read_up_to
from models.readers.source import Source, check_kind

BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


Line = tuple[int, int, str | BadInput]
"""Its number from 1, the byte of the file at which it begins, and itself; or what is wrong, and where exactly."""


def read_lines(source: Source) -> Iterator[Line]:
    """Each line; one that does not decode or is too long is the error."""
    with source.open() as stream:
        head = read_up_to(stream, SAMPLE)
        check_kind(head[:4096], source.suffix)
        encoding, skip = _from_head(head)
        rest = Joined(head[skip:], stream)
        if encoding and encoding.startswith("utf-16"):
            yield from _utf16(rest, encoding, skip)
        else:
            yield from _bytewise(rest, encoding, skip)


def _from_head(head: bytes) -> tuple[str | None, int]:
    """The encoding, None when the first line beyond ASCII has to tell, and the length of the BOM."""
    for bom, name in BOMS:
        if head.startswith(bom):
            return name, len(bom)
    return (guess(head) if b"\0" in head else None), 0


def _bytewise(stream: io.RawIOBase, encoding: str | None, offset: int) -> Iterator[Line]:
    file: BinaryIO = io.BufferedReader(stream)
    n = 0
    while line := file.readline(MAX_BYTES + 1):
        n += 1
        start, offset = offset, offset + len(line)
        if len(line) > MAX_BYTES:
            while line and not line.endswith(b"\n"):
                line = file.readline(MAX_BYTES)
                offset += len(line)
            yield n, start, TooLarge(f"the line is over the limit of {MAX_BYTES:,} bytes")
            continue
        if encoding is None and not line.isascii():
            ahead = read_up_to(file, SAMPLE) + file.readline(SAMPLE)  # to a line's end: no character is cut
            encoding = _from_sample(line + ahead, start)
            file = io.BufferedReader(Joined(ahead, file))
        try:
            yield n, start, line.decode(encoding or "ascii")
        except UnicodeDecodeError as error:
            name = (encoding or "ascii").upper()
            byte, text = start + error.start, line.decode(encoding or "ascii", "replace")
            sentence = f"byte {byte} of the file cannot be {name}, which the rest is"
            yield n, byte, BadEncoding(sentence, byte=byte, text=text)


def _from_sample(sample: bytes, offset: int) -> str:
    try:
        return guess(sample, offset)
    except BadEncoding:
        if b"\0" in sample:
            raise
        return "utf-8"  # a stray line or two: each is named by itself


def _utf16(stream: io.RawIOBase, encoding: str, offset: int) -> Iterator[Line]:
    """The bytes of a line's end also stand inside characters: it is found after decoding, so a broken place ends the file."""
    decoder = codecs.getincrementaldecoder(encoding)()
    n, start, line, width = 1, offset, "", 0  # `line` is what is held of it, `width` the bytes of all of it
    broken: BadEncoding | None = None
    while broken is None:
        data = stream.read(STEP) or b""
        begun = len(decoder.getstate()[0])
        try:
            text = decoder.decode(data, not data)
        except UnicodeDecodeError as error:
            byte, name = offset - begun + error.start, encoding.upper()
            sentence = f"not {name} from byte {byte} of the file on ({error.reason}), the rest was not read"
            broken, text = BadEncoding(sentence, byte=byte), error.object[: error.start].decode(encoding)
        offset += len(data)
        *ended, rest = text.split("\n")
        for piece in ended:
            yield n, start, _not_too_long(line + piece)
            n, start, line, width = n + 1, start + width + len(f"{piece}\n".encode(encoding)), "", 0
        line, width = (line + rest)[: MAX_BYTES + 1], width + len(rest.encode(encoding))
        if not data and broken is None:
            if width:
                yield n, start, _not_too_long(line)
            return
    yield n, broken.byte, broken


def _not_too_long(line: str) -> str | BadInput:
    if len(line) > MAX_BYTES:
        return TooLarge(f"the line is over the limit of {MAX_BYTES:,} characters")
    return line + "\n"
