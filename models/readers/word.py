"""Word files: the paragraphs of a .docx in order, those of tables and text boxes included, by python-docx.

Owns what counts as text (inserted, not deleted) and which paragraph is the headline. What python-docx is given has been
unpacked here within limits, since a .docx is a zip and may be a bomb. Footnotes, headers and comments are not read.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

from models.errors import BadInput, TooLarge
from models.readers.limits import MAX_BYTES, read_up_to
from models.readers.markup import tidy
from models.readers.record import Sheet, as_sheet
from models.readers.source import Source, read_document
from models.readers.zips import open_member, open_zip, refused

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
TITLES = ("Title", "Heading 1", "标题", "标题 1")
"""Styles of a headline."""
PICTURES = (
    ".png",
    ".jpeg",
    ".jpg",
    ".gif",
    ".bmp",
    ".tif",
    ".tiff",
    ".emf",
    ".wmf",
    ".wdp",
    ".svg",
    ".mp4",
    ".ttf",
    ".odttf",
)
PLAIN = {f"{W}tab": " ", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}


def read_docx(source: Source) -> Iterator[Sheet]:
    """A .docx file: its title or first paragraph as the headline, the others as the body."""
    data = read_document(source)
    if not data.startswith(b"PK"):
        raise BadInput("no Word file: a .docx begins with PK (is it an old .doc? save it as .docx)")
    paragraphs = _paragraphs(_repack(data))
    if not paragraphs:
        raise BadInput("the document holds no text")
    titles = [n for n, (_, style) in enumerate(paragraphs[:5]) if style in TITLES]
    at = titles[0] if titles else 0
    texts = [text for text, _ in paragraphs]
    if len(texts) == 1:
        yield as_sheet(texts)
        return
    sheet = as_sheet(texts[:at] + texts[at + 1 :], texts[at])
    yield Sheet("\n\n".join(texts), sheet.headline, sheet.body)


def _repack(data: bytes) -> io.BytesIO:
    """The same parts, unpacked within limits and stored; pictures emptied, as nobody looks at them."""
    packed, out, total = io.BytesIO(data), io.BytesIO(), 0
    with open_zip(packed) as archive, zipfile.ZipFile(out, "w") as plain:
        names = archive.namelist()
        if "[Content_Types].xml" not in names:
            raise BadInput("a zip archive but no Word file: it has no [Content_Types].xml")
        for info in archive.infolist():
            if reason := refused(info):
                raise BadInput(f"its part {info.filename}: {reason}")
            part = b""
            if posixpath.splitext(info.filename)[1].lower() not in PICTURES:
                with open_member(archive, info) as stream:
                    part = read_up_to(stream, MAX_BYTES - total + 1)
                total += len(part)
                if total > MAX_BYTES:
                    raise TooLarge(
                        f"the document has more than {MAX_BYTES:,} bytes of XML, which is the limit: split it"
                    )
                if b"<!DOCTYPE" in part[:1000] or b"<!ENTITY" in part:
                    raise BadInput(f"its part {info.filename} declares a document type, which no Word file does")
            plain.writestr(info.filename, part)
    out.seek(0)
    return out


def _paragraphs(file: io.BytesIO) -> list[tuple[str, str]]:
    """Text and style name of each paragraph that has text."""
    import docx

    try:
        document = docx.Document(file)
        names = {style.style_id: style.name or "" for style in document.styles}
        found = []
        for paragraph in document.element.body.iter(f"{W}p"):
            if any(True for _ in paragraph.iterancestors(FALLBACK)):
                continue  # a second form of a text box that was read already
            style = paragraph.find(f"{W}pPr/{W}pStyle")
            name = names.get(style.get(f"{W}val"), "") if style is not None else ""
            found += [(text, name) for raw in _text(paragraph).split("\n") if (text := tidy(raw))]
    except Exception:  # a parser of other people's files may fail in any way
        raise BadInput("no Word file, or a damaged one") from None
    return found


def _text(paragraph: Any) -> str:
    """The runs of a paragraph, inserted ones too; a text box inside it has paragraphs of its own."""
    pieces = []
    for element in paragraph.iter(f"{W}t", *PLAIN):
        if next(element.iterancestors(f"{W}p")) is paragraph and element.getparent().tag == f"{W}r":
            pieces.append(PLAIN.get(element.tag) or element.text or "")
    return "".join(pieces)
