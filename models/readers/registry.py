"""From files to articles, one after another: folders in sorted order, archives member by member.

A format is one function and one line in FORMATS. What cannot be read is handed on as a BadRecord with file, line and
reason, so that one broken row or member stops nothing and none vanishes. It checks that a row has the right shape; what
a text must be like for the models (length, not blank) is the doors' to say. It knows nothing of models or output.
"""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import TypeVar

from models.errors import BadEncoding, BadInput, TooLarge
from models.readers.limits import MAX_BYTES, MAX_DEPTH
from models.readers.news_xml import read_news_xml
from models.readers.pdf import read_pdf
from models.readers.plain import read_text
from models.readers.record import BadRecord, Read, Record, Sheet, join_sheets
from models.readers.source import Source, from_path, shown
from models.readers.tables import read_csv, read_jsonl, read_parquet
from models.readers.tars import read_tar
from models.readers.web import read_html
from models.readers.word import read_docx
from models.readers.zips import read_zip

Part = Record | BadRecord | Sheet | Source
"""What a format's function yields: rows, a sheet of text, or the files inside an archive."""

FORMATS: dict[str, Callable[[Source], Iterator[Part]]] = {
    ".txt": read_text,
    ".md": read_text,
    ".jsonl": read_jsonl,
    ".csv": read_csv,
    ".parquet": read_parquet,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".docx": read_docx,
    ".pdf": read_pdf,
    ".xml": read_news_xml,
    ".nitf": read_news_xml,
    ".zip": read_zip,
    ".tar": read_tar,
    ".tar.gz": read_tar,
    ".tgz": read_tar,
    ".tar.bz2": read_tar,
    ".tar.xz": read_tar,
}
"""The registry: a new format is one function in a file beside this one and one line here."""

DAMAGED = (zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, EOFError)


def read_articles(path: Path | str, *, pages: bool = False, skip: Collection[Path] = ()) -> Iterator[Read]:
    """Every article of a file or folder, in order. `pages`: a text is one newspaper page, not one article."""
    for file in walk(Path(path), skip):
        yield from read_file(file, pages=pages)


def walk(path: Path, skip: Collection[Path] = ()) -> Iterator[Path]:
    """The file itself, or those under a folder sorted by name, without hidden ones, links to folders and `skip`."""
    if not path.is_dir():
        yield path
        return
    # By the real folder and the name in it: the folder may be reached by another way than the files to skip.
    left_out = {_place(p) for p in skip}
    here = path.resolve()
    try:
        entries = sorted(path.iterdir(), key=lambda p: os.fsencode(p.name))
    except OSError:
        yield path  # read_file then names it
        return
    for entry in entries:
        if entry.name.startswith(".") or here / entry.name in left_out or (entry.is_dir() and entry.is_symlink()):
            continue
        yield from walk(entry, skip)


def _place(path: Path) -> Path:
    return path.parent.resolve() / path.name


def read_file(path: Path, *, pages: bool = False) -> Iterator[Read]:
    """Every article of one file; a file that cannot be read is one BadRecord."""
    yield from _file(path, split_sheet if pages else None)


def read_sheets(path: Path) -> Iterator[Read | tuple[str, Sheet]]:
    """The same with texts without rows as they stand, each with its file's name: no page is split, no two sheets are joined."""
    yield from _file(path, lambda source, sheet, _: iter([(source.name, sheet)]))


def read_source(source: Source, *, pages: bool = False) -> Iterator[Read]:
    """Every article of a file, or of a member of an archive; a broken one ends with a BadRecord."""
    yield from _source(source, split_sheet if pages else None)


Told = TypeVar("Told")
_OnSheet = Callable[[Source, Sheet, int], Iterator[Told]] | None
"""What becomes of a sheet (how many came of the file before); None joins all sheets of a file to one article."""


def _file(path: Path, on_sheet: _OnSheet[Told]) -> Iterator[Read | Told]:
    if path.exists() and not path.is_file():  # a pipe would wait for ever
        yield BadRecord(shown(path), None, "a folder that cannot be listed, or no plain file")
        return
    try:
        source = from_path(path)
    except OSError as error:
        yield BadRecord(shown(path), None, f"cannot be opened: {error.strerror or error}")
        return
    yield from _source(source, on_sheet)


def _source(source: Source, on_sheet: _OnSheet[Told]) -> Iterator[Read | Told]:
    read = FORMATS.get(source.suffix)
    if read is None:
        known = " ".join(FORMATS)
        yield BadRecord(source.name, None, f"no reader for this kind of file: known are {known}")
        return
    try:
        yield from _articles(source, read(source), on_sheet)
    except BadInput as error:
        yield BadRecord(source.name, None, error.message, byte=error.byte if isinstance(error, BadEncoding) else 0)
    except DAMAGED as error:
        yield BadRecord(source.name, None, f"it is cut off or damaged, the rest was not read: {error}")
    except OSError as error:
        yield BadRecord(source.name, None, f"cannot be opened: {error.strerror or error}")


def _articles(source: Source, parts: Iterator[Part], on_sheet: _OnSheet[Told]) -> Iterator[Read | Told]:
    sheets: list[Sheet] = []
    held = found = 0
    for part in parts:
        if isinstance(part, Source):
            if part.depth > MAX_DEPTH:
                raise TooLarge(f"archives inside archives are read {MAX_DEPTH} deep, this one lies deeper")
            yield from _source(part, on_sheet)
        elif not isinstance(part, Sheet):
            yield part
        elif on_sheet is not None:
            for read in on_sheet(source, part, found):
                found += 1
                yield read
        else:
            held += len(part.text)
            if held > MAX_BYTES:
                raise TooLarge(f"its text is over the limit of {MAX_BYTES:,} characters for one article: split it")
            sheets.append(part)
    if sheets:
        yield join_sheets(sheets, source.name)


def split_sheet(source: Source, sheet: Sheet, found: int) -> Iterator[Read]:
    """The articles of a newspaper page, called `<path>#<n>`; `found` is how many the file gave before."""
    from models.pages import split_page

    articles = split_page(sheet.text).articles
    if not articles:
        yield BadRecord(source.name, sheet.page, "no article was found on this page")
    for n, article in enumerate(articles, found + 1):
        line = sheet.text.count("\n", 0, article.blocks[0].start) + 1 if article.blocks else 1
        id_ = f"{source.name}#{n}"
        yield Record(source.name, sheet.page or line, article.article(id_), article.needs_review or sheet.unsure)
