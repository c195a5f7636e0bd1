"""PDF files with a text layer, by pypdfium2: glyphs and frames of each page; their order is models/pdf_columns.py's.

Owns what is refused (encrypted, pictures only, glyphs without a meaning) and the guard against streams that unpack
without end. pypdfium2 and not pdfplumber: on a five-column page of 9,000 glyphs it took 0.11 s against 0.68 s, and
neither knows columns.
"""

from __future__ import annotations

import ctypes
import re
import zlib
from collections.abc import Iterator
from typing import Any

from models.errors import BadInput, TooLarge
from models.pdf_columns import Frame, Glyph, read_order
from models.readers.limits import MAX_BYTES, MAX_DOCUMENT
from models.readers.record import BadRecord, Sheet, as_sheet
from models.readers.source import Source, read_document

MAX_GLYPHS = 200_000
"""Of one page: a broadsheet full of small print has 20,000."""
MAX_OBJECTS = 50_000
"""Drawn lines and pictures of one page that are looked at."""
UNMAPPED = 0.01
"""The share of glyphs without a Unicode character over which a page is refused; below, a person should look."""
STREAM = re.compile(rb"\bstream\r?\n")
PACKERS = re.compile(rb"/(?:FlateDecode|LZWDecode|RunLengthDecode|Fl|LZW|RL)\b")
ERRORS = {
    3: "no PDF, or one that is cut off or damaged",
    4: "it is encrypted: save it without a password first",
    5: "it is encrypted in a way that is not read",
}
"""pdfium's numbers for what went wrong while opening."""


def read_pdf(source: Source) -> Iterator[BadRecord | Sheet]:
    """A .pdf file with a text layer: a sheet a page, in reading order of its columns."""
    data = read_document(source)
    if b"%PDF-" not in data[:1024]:
        raise BadInput("no PDF: its first bytes lack %PDF-")
    check_streams(data)
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise BadInput(ERRORS.get(getattr(error, "err_code", 3) or 3, ERRORS[3])) from None
    try:
        blank = True
        for number in range(1, len(document) + 1):
            try:
                part = _page(document, number, raw)
            except pypdfium2.PdfiumError:
                part = BadRecord(source.name, number, "the page is damaged")
            except BadInput as error:
                part = BadRecord(source.name, number, f"page {number}: {error.message}")
            if part is not None:
                blank = False
                yield part if isinstance(part, Sheet) else BadRecord(source.name, part.line, part.reason)
        if blank:
            raise BadInput("it holds no text and no picture")
    finally:
        document.close()


def _page(document: Any, number: int, raw: Any) -> Sheet | BadRecord | None:
    page = document[number - 1]
    try:
        text_page = page.get_textpage()
        try:
            glyphs, unmapped = _glyphs(text_page, page.get_height(), raw)
        finally:
            text_page.close()
        frames, pictures = _drawn(page, raw)
    finally:
        page.close()
    if not any(not glyph.text.isspace() for glyph in glyphs):
        if unmapped:
            raise BadInput(f"none of its {unmapped:,} glyphs says which character it is: run OCR over it")
        if pictures:
            raise BadInput("a picture without text layer: run OCR over it")
        return None
    if unmapped > UNMAPPED * len(glyphs):
        raise BadInput(
            f"{unmapped:,} of its {len(glyphs) + unmapped:,} glyphs do not say which character they are: run OCR over it"
        )
    paragraphs = read_order(glyphs, frames)
    titles = [n for n, paragraph in enumerate(paragraphs[:6]) if paragraph.title]
    texts = [paragraph.text for paragraph in paragraphs]
    at = titles[0] if titles else 0
    if not titles and (len(texts) == 1 or len(texts[0]) > 46 or texts[0].endswith(("。", "！", "？"))):
        return as_sheet(texts, page=number, unsure=unmapped > 0)
    sheet = as_sheet(texts[:at] + texts[at + 1 :], texts[at])
    return Sheet("\n\n".join(texts), sheet.headline, sheet.body, number, unmapped > 0)


def _glyphs(text_page: Any, height: float, raw: Any) -> tuple[list[Glyph], int]:
    """The glyphs with place and size, from the top down, and how many have no character."""
    count = raw.FPDFText_CountChars(text_page)
    if count > MAX_GLYPHS:
        raise TooLarge(f"the page has {count:,} glyphs, over the limit of {MAX_GLYPHS:,}")
    box, matrix = raw.FS_RECTF(), raw.FS_MATRIX()
    x, y = ctypes.c_double(), ctypes.c_double()
    glyphs, unmapped, high = [], 0, 0
    for n in range(count):
        if raw.FPDFText_IsGenerated(text_page, n) == 1:
            continue
        code = raw.FPDFText_GetUnicode(text_page, n)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code, high = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00), 0
        if (
            code in (0, 0xFFFD, 0xFFFE, 0xFFFF)
            or 0xD800 <= code < 0xE000
            or raw.FPDFText_HasUnicodeMapError(text_page, n) == 1
        ):
            unmapped += 1
            continue
        if code < 0x20:
            continue
        raw.FPDFText_GetMatrix(text_page, n, matrix)
        raw.FPDFText_GetCharOrigin(text_page, n, x, y)
        raw.FPDFText_GetLooseCharBox(text_page, n, box)
        size = raw.FPDFText_GetFontSize(text_page, n) * (matrix.c**2 + matrix.d**2) ** 0.5
        turned = abs(matrix.b) > 0.02 * (abs(matrix.a) + abs(matrix.b))
        right = max(box.right, x.value + 0.2 * size)
        glyphs.append(Glyph(chr(code), x.value, right, height - y.value, max(size, 0.1), turned))
    return glyphs, unmapped


def _drawn(page: Any, raw: Any) -> tuple[list[Frame], int]:
    """The rectangles drawn on a page, and how many pictures it has."""
    height, frames, pictures = page.get_height(), [], 0
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for n in range(min(raw.FPDFPage_CountObjects(page), MAX_OBJECTS)):
        drawn = raw.FPDFPage_GetObject(page, n)
        kind = raw.FPDFPageObj_GetType(drawn)
        pictures += kind in (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM)
        if kind == raw.FPDF_PAGEOBJ_PATH and raw.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
            frames.append(Frame(left.value, height - top.value, right.value, height - bottom.value))
    return frames, pictures


def check_streams(data: bytes) -> None:
    """Refuse streams that unpack beyond the limit, before pdfium unpacks them. Pictures are never unpacked."""
    for match in STREAM.finditer(data):
        head = data[max(0, match.start() - 2000) : match.start()]
        head = head[head.rfind(b"obj") + 3 :]
        packers = PACKERS.findall(head)
        if not packers or re.search(rb"/Subtype\s*/Image|/FontFile|/Length1", head):
            continue
        if len(packers) > 1:
            raise BadInput("a stream of it is packed more than once, which no newspaper page is: it looks like a bomb")
        if packers[0] in (b"/FlateDecode", b"/Fl") and not re.search(rb"/A(?:SCII)?85|/AHx|/ASCIIHex", head):
            _unpack(data, match.end())


def _unpack(data: bytes, start: int) -> None:
    unpacker, total, place = zlib.decompressobj(), 0, start
    chunk = data[place : place + 65536]
    try:
        while chunk and not unpacker.eof:
            total += len(unpacker.decompress(chunk, MAX_BYTES))
            if total > MAX_DOCUMENT:
                raise TooLarge(
                    f"a stream of it unpacks to more than the limit of {MAX_DOCUMENT:,} bytes: it looks like a bomb"
                )
            if not (chunk := unpacker.unconsumed_tail):
                place += 65536
                chunk = data[place : place + 65536]
    except zlib.error:
        return  # pdfium mends what it can and says so if it cannot
