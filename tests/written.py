"""An invented article written in every format there is a reader for: what the tests over all formats write and break."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Piece:
    """A headline and paragraphs, none of them blank or with white space at its ends."""

    headline: str
    paragraphs: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n".join(self.paragraphs)

    @property
    def ink(self) -> str:
        """All characters in order, white space aside."""
        return "".join((self.headline + self.body).split())


def write_txt(piece: Piece) -> bytes:
    return f"{piece.headline}\n{piece.body}".encode()


def write_md(piece: Piece) -> bytes:
    return f"# {piece.headline}\n{piece.body}".encode()


def write_jsonl(piece: Piece) -> bytes:
    return json.dumps({"headline": piece.headline, "body": piece.body}).encode()


def write_csv(piece: Piece) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([["标题", "正文"], [piece.headline, piece.body]])
    return out.getvalue().encode()


def write_parquet(piece: Piece) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"headline": [piece.headline], "body": [piece.body]}), out)
    return out.getvalue()


def write_html(piece: Piece) -> bytes:
    text = "".join(f"<p>{escape(p)}</p>\n" for p in piece.paragraphs)
    return (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{escape(piece.headline)}-青禾日报</title></head><body>'
        '<nav><a href="/">首页</a> <a href="/1">要闻</a></nav>'
        f"<article><h1>{escape(piece.headline)}</h1>\n{text}</article></body></html>"
    ).encode()


def write_xhtml(piece: Piece) -> bytes:
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + write_html(piece)


def write_docx(piece: Piece) -> bytes:
    import docx

    document = docx.Document()
    document.add_heading(piece.headline, 1)
    for paragraph in piece.paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def write_pdf(piece: Piece) -> bytes:
    from tests.press import PITCH, SIZE, Press

    press = Press(500, 3000)
    per = 450 // 24
    for n in range(0, len(piece.headline), per):
        press.line(25, 50 + n // per * 30, piece.headline[n : n + per], 24)
    top = 50 + len(piece.headline) // per * 30 + 2 * PITCH
    rest = press.flow(list(piece.paragraphs), [(25, top, 50 * SIZE, 2950)])
    if rest:
        raise AssertionError("the page is too short")
    press.end_page()
    return press.done()


def write_nitf(piece: Piece) -> bytes:
    text = "".join(f"<p>{escape(p)}</p>" for p in piece.paragraphs)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">\n'
        '<nitf><head><docdata><doc-id id-string="qh-1"/><date.issue norm="20260712T080000+0800"/></docdata></head><body>'
        f"<body.head><hedline><hl1>{escape(piece.headline)}</hl1></hedline><byline>本报记者 林晓舟</byline>"
        f"<dateline><location>青禾</location></dateline></body.head><body.content>{text}</body.content></body></nitf>"
    ).encode()


def write_newsml(piece: Piece) -> bytes:
    text = "".join(f"<p>{escape(p)}</p>" for p in piece.paragraphs)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" '
        'guid="urn:newsml:qinghe.example:1"><itemMeta><versionCreated>2026-07-12T08:00:00+08:00</versionCreated></itemMeta>'
        f"<contentMeta><headline>{escape(piece.headline)}</headline><by>林晓舟</by><dateline>青禾</dateline></contentMeta>"
        '<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><body>'
        f"{text}</body></html></inlineXML></contentSet></newsItem>"
    ).encode()


def write_zip(piece: Piece) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("要闻/一.txt", write_txt(piece))
    return out.getvalue()


def tar_of(members: dict[str, bytes], packing: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w:{packing}") as archive:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _tar(packing: str) -> Callable[[Piece], bytes]:
    return lambda piece: tar_of({"要闻/一.txt": write_txt(piece)}, packing)


WRITERS: dict[str, Callable[[Piece], bytes]] = {
    ".txt": write_txt,
    ".md": write_md,
    ".jsonl": write_jsonl,
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".html": write_html,
    ".htm": write_html,
    ".xhtml": write_xhtml,
    ".docx": write_docx,
    ".pdf": write_pdf,
    ".xml": write_newsml,
    ".nitf": write_nitf,
    ".zip": write_zip,
    ".tar": _tar(""),
    ".tar.gz": _tar("gz"),
    ".tgz": _tar("gz"),
    ".tar.bz2": _tar("bz2"),
    ".tar.xz": _tar("xz"),
}
EXACT = (".txt", ".md", ".jsonl", ".csv", ".parquet", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
"""Formats that keep every character; the others keep those that are not white space, in order."""
