"""Readers: archive files of any kind in, articles out. What other packages use of them; each format has its own file."""

from models.readers.limits import MAX_BYTES
from models.readers.record import COLUMNS, BadRecord, Read, Record, Sheet
from models.readers.registry import FORMATS, read_articles, read_file, read_sheets, walk
from models.readers.source import shown

__all__ = [
    "COLUMNS", "FORMATS", "MAX_BYTES", "BadRecord", "Read", "Record", "Sheet", "read_articles", "read_file", "read_sheets", "shown",
    "walk",
]  # fmt: skip
