"""What each format of articles says of itself: declared charsets, headlines, bylines, ids, tracked changes."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from models.encodings import decode
from models.readers import FORMATS, BadRecord, Record, read_articles
from tests.test_readers import SIMPLIFIED, TRADITIONAL
from tests.written import Piece, tar_of, write_docx, write_html, write_newsml, write_nitf

ROOT = Path(__file__).parents[1]
PIECE = Piece("青禾县总工会送清凉", ("本报讯（记者林晓舟）7月12日，工会走进河滨大桥工地。", "高温时段将调整作息时间。"))
TRADITIONAL_PIECE = Piece("總工會為勞動者送清涼", ("本報訊（記者林曉舟）7月12日，工會走進河濱大橋工地。",))


def one(tmp_path: Path, name: str, data: bytes) -> Record:
    (tmp_path / name).write_bytes(data)
    (record,) = read_articles(tmp_path / name)
    assert isinstance(record, Record), record
    return record


@pytest.mark.parametrize(
    ("piece", "encoding", "declared"),
    [
        (PIECE, "gbk", "gb2312"),
        (PIECE, "gbk", "GBK"),
        (PIECE, "gb18030", "gb18030"),
        (TRADITIONAL_PIECE, "big5", "big5"),
        (TRADITIONAL_PIECE, "gbk", "gb2312"),
        (PIECE, "utf-8", "gb2312"),  # says GB2312 and is UTF-8
        (PIECE, "gbk", "utf-8"),  # and the other way round
        (TRADITIONAL_PIECE, "big5", "utf-8"),
        (PIECE, "utf-16", "utf-16"),
        (PIECE, "gbk", "iso-8859-1"),
        (PIECE, "utf-8", "x-unheard-of"),
        (PIECE, "gbk", "rot13"),
    ],
)
def test_a_declared_charset_is_taken_when_the_bytes_agree(
    tmp_path: Path, piece: Piece, encoding: str, declared: str
) -> None:
    page = write_html(piece).decode().replace('charset="utf-8"', f'charset="{declared}"')
    page = page.replace("青禾日报", "青禾").replace("首页", "首").replace("要闻", "要")  # what Big5 has too
    old = page.replace(f'<meta charset="{declared}">', f'<META http-equiv=x content="text/html; charset={declared}">')
    for name, text in (("a.html", page), ("b.html", old)):
        record = one(tmp_path, name, text.encode(encoding))
        assert (record.article.headline, record.article.body) == (piece.headline, piece.body)
    xml = write_nitf(piece).decode().replace('encoding="UTF-8"', f'encoding="{declared}"')
    xml = xml.replace("本报记者 林晓舟", "林")
    record = one(tmp_path, "a.xml", xml.encode(encoding))
    assert (record.article.headline, record.article.body) == (piece.headline, piece.body)


def test_a_short_text_is_read_by_its_declaration_alone() -> None:
    assert decode("联通".encode("gbk"), "gbk") == ("联通", "gb18030")
    assert decode("Café".encode("latin-1"), "iso-8859-1") == ("Café", "cp1252")
    assert decode(SIMPLIFIED.encode(), "gbk") == (SIMPLIFIED, "utf-8")
    assert decode(TRADITIONAL.encode("big5"), "gb2312") == (TRADITIONAL, "big5hkscs")


def test_a_byte_that_the_charset_lacks_is_named_and_never_replaced(tmp_path: Path) -> None:
    data = write_html(PIECE)
    place = data.find("河滨".encode())
    (tmp_path / "a.html").write_bytes(data[:place] + b"\xff" + data[place:])
    (bad,) = read_articles(tmp_path / "a.html")
    assert isinstance(bad, BadRecord)
    assert f"byte {place} " in bad.reason


def test_nitf_gives_its_parts(tmp_path: Path) -> None:
    record = one(tmp_path, "a.nitf", write_nitf(PIECE))
    assert (record.article.id, record.byline, record.dateline) == ("qh-1", "本报记者 林晓舟", "青禾")
    assert record.date == "20260712T080000+0800"
    assert (record.article.headline, record.article.body) == (PIECE.headline, PIECE.body)
    media = "<media><media-caption>图注</media-caption></media><p>末段 &lt;完&gt;</p></body.content>"
    text = write_nitf(PIECE).decode().replace("</body.content>", media)
    assert one(tmp_path, "b.nitf", text.encode()).article.body == PIECE.body + "\n末段 <完>"


def test_newsml_gives_its_parts_in_each_rendition(tmp_path: Path) -> None:
    record = one(tmp_path, "a.xml", write_newsml(PIECE))
    assert record.article.id == "urn:newsml:qinghe.example:1"
    assert (record.byline, record.dateline, record.date) == ("林晓舟", "青禾", "2026-07-12T08:00:00+08:00")
    assert (record.article.headline, record.article.body) == (PIECE.headline, PIECE.body)
    inner = re.sub(r"<\?xml.*?\?>|<!DOCTYPE[^>]*>", "", write_nitf(PIECE).decode())
    text = re.sub("<html.*</html>", lambda _: inner, write_newsml(PIECE).decode(), flags=re.S)
    assert one(tmp_path, "b.xml", text.encode()).article.body == PIECE.body
    plain = f'<inlineData contenttype="text/plain">{PIECE.body}</inlineData></contentSet>'
    text = re.sub("<inlineXML.*</contentSet>", lambda _: plain, write_newsml(PIECE).decode(), flags=re.S)
    assert one(tmp_path, "c.xml", text.encode()).article.body == PIECE.body


def test_a_news_message_gives_each_item_and_names_those_without_text(tmp_path: Path) -> None:
    item = re.sub(r"<\?xml.*?\?>", "", write_newsml(PIECE).decode())
    empty = re.sub(
        "<contentSet>.*</contentSet>", '<contentSet><remoteContent href="x.jpg"/></contentSet>', item, flags=re.S
    )
    message = (
        f'<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><itemSet>{item}{empty}{item}</itemSet></newsMessage>'
    )
    (tmp_path / "a.xml").write_text(message, "utf-8")
    reads = list(read_articles(tmp_path / "a.xml"))
    assert [(type(r), r.line) for r in reads] == [(Record, 1), (BadRecord, 2), (Record, 3)]
    assert isinstance(reads[1], BadRecord)
    assert "no text" in reads[1].reason


def test_word_reads_inserted_text_tables_and_titles_but_nothing_deleted(tmp_path: Path) -> None:
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    extra = (
        f"<w:p {w}><w:r><w:t>原有</w:t></w:r><w:ins><w:r><w:t>新增</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>删去</w:delText></w:r></w:del><w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink></w:p>"
        f"<w:tbl {w}><w:tr><w:tc><w:p><w:r><w:t>格一</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>格二</w:t></w:r></w:p></w:tc>"
        "</w:tr></w:tbl>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write_docx(PIECE))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                data = data.replace(b"<w:sectPr", extra.encode() + b"<w:sectPr")
            new.writestr(name, data)
    record = one(tmp_path, "a.docx", out.getvalue())
    assert record.article.headline == PIECE.headline
    assert record.article.body == PIECE.body + "\n原有新增链接\n格一\n格二"


def test_a_page_gives_its_own_headline_and_no_menu(tmp_path: Path) -> None:
    text = "".join(f"<p>{p}</p>" for p in PIECE.paragraphs)
    for name, head in (
        (
            "og",
            f'<meta property="og:title" content="{PIECE.headline}"></head><body><h1>青禾日报</h1><h1>{PIECE.headline}</h1>',
        ),
        ("title", f"<title>{PIECE.headline}_青禾日报</title></head><body>"),
        ("h1", f"<title>青禾日报数字报</title></head><body><h1>{PIECE.headline}</h1>"),
    ):
        page = f"<html><head>{head}<nav>首页 要闻</nav><div>{text}</div><footer>版权所有</footer></body></html>"
        record = one(tmp_path, f"{name}.html", page.encode())
        assert record.article.headline == PIECE.headline
        assert "首页" not in record.article.body and "版权" not in record.article.body
        assert PIECE.body in record.article.body


def test_names_in_a_zip_are_read_as_windows_wrote_them(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xxxx.txt", "标题\n正文")
        archive.writestr("__MACOSX/._a.txt", "x")
        archive.writestr(".DS_Store", "x")
    data = out.getvalue().replace(b"xxxx.txt", "工会".encode("gbk") + b".txt")
    assert one(tmp_path, "a.zip", data).file.endswith("a.zip!/工会.txt")


def test_tables_inside_archives_keep_their_lines(tmp_path: Path) -> None:
    rows = '{"id": "1", "body": "好"}\n{"body": \n{"body": "也好"}\n'.encode()
    (tmp_path / "a.tgz").write_bytes(tar_of({"x/r.jsonl": rows, "x/r.csv": "id,body\n7,好\n".encode()}, "gz"))
    name = f"{tmp_path}/a.tgz!/x/r.jsonl"
    reads = list(read_articles(tmp_path / "a.tgz"))
    assert [(r.file, r.line) for r in reads[:3]] == [(name, 1), (name, 2), (name, 3)]
    assert isinstance(reads[1], BadRecord)
    assert [r.article.id for r in reads if isinstance(r, Record)] == ["1", f"{name}:3", "7"]


def test_the_page_of_formats_has_a_row_for_each() -> None:
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `.")]
    assert sorted(re.findall(r"`(\.[\w.]+)`", " ".join(rows))) == sorted(FORMATS)
