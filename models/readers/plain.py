"""Text and Markdown files: one article, or one newspaper page.

The text is handed on as it stands, line ends of an article aside. What a page is made of is models/pages.py's to say.
"""

from __future__ import annotations

from collections.abc import Iterator

from models.encodings import decode
from models.errors import BadInput
from models.readers.record import Sheet
from models.readers.source import Source, read_whole


def read_text(source: Source) -> Iterator[Sheet]:
    """A .txt or .md file: one article, its first line the headline; a single line is a body without one."""
    whole, _ = decode(read_whole(source))
    if not whole.strip():
        raise BadInput("the file is empty")
    text = whole.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    headline, _, body = text.partition("\n")
    if not body.strip():
        headline, body = "", headline
    if source.suffix == ".md":
        headline = headline.lstrip("#")
    yield Sheet(whole, headline.strip(), body.strip("\n"))
