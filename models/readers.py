"""From files to articles, one after another: folders in sorted order, one function a format.

A format is one function and one line in FORMATS. What cannot be read is handed on as a BadRecord with file, line and
reason, so that one broken row stops nothing and none vanishes. It checks that a row has the right shape; what a text
must be like for the models (length, not blank) is the doors' to say. It knows nothing of models or output.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.article import Article
from models.encodings import SAMPLE, decode, guess
from models.errors import BadEncoding, BadInput
from models.pages import split_page

MAX_BYTES = 8 * 1024 * 1024
"""Of one text file or one line of a table: a book is under 2 MiB, so what is larger is no article."""

COLUMNS = {
    "id": ("id", "编号", "稿件编号"),
    "headline": ("headline", "title", "标题"),
    "body": ("body", "content", "正文", "内容"),
}
"""What a CSV's header may call the three columns, the first found wins."""


@dataclass(frozen=True, slots=True)
class Record:
    """An article and where it stood. `unsure`: the page splitter wants a person to look."""

    file: str
    line: int
    article: Article
    unsure: bool = False


@dataclass(frozen=True, slots=True)
class BadRecord:
    """What could not be read, and why; `line` is None when it is the whole file."""

    file: str
    line: int | None
    reason: str
    id: str | None = None


Read = Record | BadRecord


def read_articles(path: Path | str, *, pages: bool = False, skip: Collection[Path] = ()) -> Iterator[Read]:
    """Every article of a file or folder, in order. `pages`: a text file is one newspaper page, not one article."""
    for file in walk(Path(path), skip):
        yield from read_file(file, pages=pages)


def walk(path: Path, skip: Collection[Path] = ()) -> Iterator[Path]:
    """The file itself, or those under a folder sorted by name, without hidden ones, links to folders and `skip`."""
    if not path.is_dir():
        yield path
        return
    left_out = {p.absolute() for p in skip}
    try:
        entries = sorted(path.iterdir(), key=lambda p: os.fsencode(p.name))
    except OSError:
        yield path  # read_file then names it
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.absolute() in left_out or (entry.is_dir() and entry.is_symlink()):
            continue
        yield from walk(entry, skip)


def read_file(path: Path, *, pages: bool = False) -> Iterator[Read]:
    """Every article of one file; a file that cannot be read is one BadRecord."""
    name = shown(path)
    if path.exists() and not path.is_file():  # a pipe would wait for ever
        yield BadRecord(name, None, "a folder that cannot be listed, or no plain file")
        return
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        known = " ".join(FORMATS)
        yield BadRecord(name, None, f"no reader for this kind of file: known are {known}")
        return
    try:
        yield from read_page(path, name) if pages and read is read_text else read(path, name)
    except OSError as error:
        yield BadRecord(name, None, f"cannot be opened: {error.strerror or error}")
    except BadInput as error:
        yield BadRecord(name, None, error.message)


def read_text(path: Path, name: str) -> Iterator[Read]:
    """A .txt or .md file: one article, its first line the headline; a single line is a body without one."""
    text = _whole(path).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    headline, _, body = text.partition("\n")
    if not body.strip():
        headline, body = "", headline
    if path.suffix.lower() == ".md":
        headline = headline.lstrip("#")
    yield Record(name, 1, Article(headline.strip(), body.strip("\n"), f"{name}:1"))


def read_page(path: Path, name: str) -> Iterator[Read]:
    """A text file as one newspaper page: its articles, called `<path>#<n>`."""
    text = _whole(path)
    found = split_page(text).articles
    if not found:
        yield BadRecord(name, None, "no article was found on this page")
    for n, article in enumerate(found, 1):
        line = text.count("\n", 0, article.blocks[0].start) + 1 if article.blocks else 1
        yield Record(name, line, article.article(f"{name}#{n}"), article.needs_review)


def read_jsonl(path: Path, name: str) -> Iterator[Read]:
    """A .jsonl file: one object a line with `body`, `headline` or both, perhaps `id`; other fields are left alone."""
    for n, line in _lines(path):
        try:
            if isinstance(line, BadInput):
                raise line
            if line.strip():
                yield Record(name, n, _article(_json_object(line), f"{name}:{n}"))
        except BadInput as error:
            yield BadRecord(name, n, error.message)


def read_csv(path: Path, name: str) -> Iterator[Read]:
    """A .csv file with a header line that names the columns (COLUMNS)."""
    rows = _csv_rows(path)
    first = next(rows, None)
    if first is None:
        raise BadInput("the file is empty")
    _, header = first
    if isinstance(header, BadInput):
        raise header
    places = {field: _column(header, names) for field, names in COLUMNS.items()}
    if places["body"] is None and places["headline"] is None:
        raise BadInput(f"line 1 names no column body or headline (正文, 标题); it has: {', '.join(header)[:200]}")
    for n, row in rows:
        try:
            if isinstance(row, BadInput):
                raise row
            if not any(row):
                continue
            if len(row) != len(header):
                raise BadInput(f"{len(row)} columns where the header has {len(header)}: check commas and quotes")
            cells = {field: row[place] for field, place in places.items() if place is not None}
            yield Record(name, n, _article({k: v for k, v in cells.items() if v or k != "id"}, f"{name}:{n}"))
        except BadInput as error:
            yield BadRecord(name, n, error.message)


FORMATS: dict[str, Callable[[Path, str], Iterator[Read]]] = {
    ".txt": read_text,
    ".md": read_text,
    ".jsonl": read_jsonl,
    ".csv": read_csv,
}
"""The registry: a new format is one function above and one line here."""


def shown(path: Path) -> str:
    """The path as text that UTF-8 can write, whatever bytes the name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _whole(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise BadInput(f"{size:,} bytes are over the limit of {MAX_BYTES:,} for one text file: split it")
    text, _ = decode(path.read_bytes())
    if not text.strip():
        raise BadInput("the file is empty")
    return text


def _article(data: dict[str, Any], fallback_id: str) -> Article:
    texts = {}
    for field in ("headline", "body"):
        value = data.get(field)
        if value is not None and not isinstance(value, str):
            raise BadInput(f"{field} must be a string, it is {type(value).__name__}", field=field)
        texts[field] = value or ""
    if data.get("headline") is None and data.get("body") is None:
        raise BadInput("the record has neither body nor headline", field="body")
    id_ = data.get("id")
    if id_ is not None and (isinstance(id_, bool) or not isinstance(id_, str | int)):
        raise BadInput(f"id must be a string or an integer, it is {type(id_).__name__}", field="id")
    return Article(id=fallback_id if id_ is None or id_ == "" else str(id_), **texts)


def _json_object(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except RecursionError:
        raise BadInput("the JSON is nested too deeply") from None
    except ValueError as error:
        raise BadInput(f"not JSON: {error}") from None
    if not isinstance(data, dict):
        raise BadInput(f"a line must hold one JSON object, this one holds {type(data).__name__}")
    return data


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    folded = [cell.strip().lower() for cell in header]
    return next((folded.index(name) for name in names if name in folded), None)


def _csv_rows(path: Path) -> Iterator[tuple[int, list[str] | BadInput]]:
    """Each row with the line it begins on; a row with a line that does not decode or parse is the error."""
    broken: list[BadInput] = []

    def lines() -> Iterator[str]:
        for _, line in _lines(path):
            if isinstance(line, BadInput):
                broken.append(line)
                yield "\n"  # the row it stands in is refused below
            else:
                yield line

    csv.field_size_limit(MAX_BYTES)
    rows = csv.reader(lines(), strict=True)
    while True:
        begin = rows.line_num + 1
        row: list[str] | BadInput
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            row = BadInput(f"lines {begin} to {rows.line_num} are no CSV row: {error}")
        if broken:
            row = broken.pop(0)
            broken.clear()
        yield begin, row


def _lines(path: Path) -> Iterator[tuple[int, str | BadInput]]:
    """Each line with its number, decoded strictly by itself; one that does not decode is the error."""
    with path.open("rb") as file:
        encoding, offset = _sniff(file)
        if encoding.startswith("utf-16"):
            # A line's bytes cannot be found before decoding, so a broken place ends the file.
            yield from _utf16_lines(file, encoding, offset)
            return
        file.seek(offset)
        n = 0
        while line := file.readline(MAX_BYTES + 1):
            n += 1
            start, offset = offset, offset + len(line)
            if len(line) > MAX_BYTES:
                while line and not line.endswith(b"\n"):
                    line = file.readline(MAX_BYTES)
                    offset += len(line)
                yield n, BadInput(f"the line is over the limit of {MAX_BYTES:,} bytes")
                continue
            try:
                yield n, line.decode(encoding)
            except UnicodeDecodeError as error:
                place = start + error.start
                yield n, BadEncoding(f"byte {place} of the file cannot be {encoding.upper()}, which the rest is")


def _utf16_lines(file: io.BufferedReader, encoding: str, offset: int) -> Iterator[tuple[int, str | BadInput]]:
    file.seek(offset)
    n = 0
    try:
        with io.TextIOWrapper(file, encoding) as text:
            while line := text.readline(MAX_BYTES + 1):
                n += 1
                if len(line) <= MAX_BYTES:
                    yield n, line
                    continue
                while line and not line.endswith("\n"):
                    line = text.readline(MAX_BYTES)
                yield n, BadInput(f"the line is over the limit of {MAX_BYTES:,} characters")
    except UnicodeDecodeError as error:
        yield n + 1, BadEncoding(f"not {encoding.upper()} from here on ({error.reason}), the rest was not read")


def _sniff(file: io.BufferedReader) -> tuple[str, int]:
    """The encoding of a table, told from its first part that is not plain ASCII, and the length of its BOM."""
    sample = file.read(SAMPLE)
    for bom, name in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if sample.startswith(bom):
            return name, len(bom)
    while sample.isascii() and b"\0" not in sample and (more := file.read(SAMPLE)):
        sample = more
    sample += file.readline(SAMPLE)  # to the end of a line, so that no character is cut
    try:
        return guess(sample), 0
    except BadEncoding:
        if b"\0" in sample:
            raise
        return "utf-8", 0  # a stray line or two: each is named by itself
