"""Bombs, locks, cuts and false names: each refused in a sentence that names the file, the member and the limit."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from models.readers import BadRecord, Read, Record, read_articles
from tests.press import Press, needs_font
from tests.written import WRITERS, Piece, tar_of, write_docx, write_nitf, write_txt

PIECE = Piece("青禾县总工会送清凉", ("本报讯（记者林晓舟）7月12日，工会走进河滨大桥工地。", "高温时段将调整作息时间。"))


def zip_of(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(tmp_path: Path, name: str, data: bytes) -> list[Read]:
    """All of a file, and a check that reading wrote nothing."""
    folder = tmp_path / "inner" / "most"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    before = sorted(tmp_path.rglob("*"))
    reads = list(read_articles(folder / name))
    assert sorted(tmp_path.rglob("*")) == before
    assert all(read.file.startswith(str(folder / name)) for read in reads)
    return reads


def reason(reads: list[Read]) -> str:
    (bad,) = reads
    assert isinstance(bad, BadRecord), bad
    return bad.reason


def nested(depth: int) -> bytes:
    data = zip_of({"深.txt": write_txt(PIECE)})
    for n in range(depth - 1):
        data = zip_of({f"{n}.zip": data})
    return data


def test_archives_nest_three_deep_and_no_deeper(tmp_path: Path) -> None:
    (record,) = read(tmp_path, "a.zip", nested(3))
    assert isinstance(record, Record)
    assert record.file.endswith("a.zip!/1.zip!/0.zip!/深.txt")
    assert record.article.id == f"{record.file}:1"
    (bad,) = read(tmp_path, "b.zip", nested(4))
    assert isinstance(bad, BadRecord)
    assert bad.file.endswith("b.zip!/2.zip!/1.zip!/0.zip")
    assert "3 deep" in bad.reason


def test_a_table_that_unpacks_without_end_is_stopped_at_the_ratio(tmp_path: Path) -> None:
    line = b'{"body": "' + b"x" * 1000 + b'"}\n'
    data = zip_of({"a.jsonl": line * 100_000, "b.txt": write_txt(PIECE)})  # 100 MB in 300 kB
    reads = read(tmp_path, "a.zip", data)
    (bad,) = [r for r in reads if isinstance(r, BadRecord)]
    assert "200 times" in bad.reason
    assert bad.file.endswith("a.zip!/a.jsonl")
    assert len(reads) > 60_000  # what came before the limit was read


@pytest.mark.parametrize("gigabytes", [1, pytest.param(10, marks=pytest.mark.long)])
@pytest.mark.parametrize("name", ["spaces.txt", "spaces.jsonl"])
def test_gigabytes_of_spaces_are_refused(tmp_path: Path, name: str, gigabytes: int) -> None:
    block = 16 * 1024 * 1024
    info = tarfile.TarInfo(name)
    info.size = block * 64 * gigabytes
    piece = gzip.compress(b" " * block)
    data = gzip.compress(info.tobuf(tarfile.GNU_FORMAT)) + piece * (64 * gigabytes) + gzip.compress(b"\0" * 1024)
    started = time.process_time()
    reads = read(tmp_path, "a.tar.gz", data)
    assert all("limit" in r.reason for r in reads if isinstance(r, BadRecord)) and reads
    assert any(r.file.endswith(name) for r in reads)
    assert time.process_time() - started < 60


def test_a_member_that_lies_about_its_size_is_found_out(tmp_path: Path) -> None:
    data = bytearray(zip_of({"a.txt": b" " * 50_000_000}))
    for at in (data.find(b"PK\x03\x04") + 22, data.find(b"PK\x01\x02") + 24):
        struct.pack_into("<L", data, at, 100)  # of 50 million bytes it owns up to 100
    assert "CRC" in reason(read(tmp_path, "a.zip", bytes(data)))
    data = bytearray(zip_of({"a.txt": write_txt(PIECE)}))
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 12, 0x7FFFFFFF)  # a list of members of 2 GB
    assert "limit" in reason(read(tmp_path, "b.zip", bytes(data)))


def test_paths_that_lead_out_of_an_archive_are_names_and_nothing_else(tmp_path: Path) -> None:
    for name, data in (
        ("a.zip", zip_of({"../../x.txt": write_txt(PIECE), "/etc/x.txt": write_txt(PIECE)})),
        ("a.tar", tar_of({"../../x.txt": write_txt(PIECE), "/etc/x.txt": write_txt(PIECE)})),
    ):
        reads = read(tmp_path, name, data)
        assert [r.file.rpartition("!")[2] for r in reads if isinstance(r, Record)] == ["/../../x.txt", "//etc/x.txt"]


def test_links_and_odd_members_of_a_tar_are_named(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (("a.txt", tarfile.SYMTYPE), ("b.txt", tarfile.LNKTYPE), ("c.txt", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo(".hidden.txt"))
    reads = read(tmp_path, "a.tar", out.getvalue())
    assert [r.file[-5:] for r in reads] == ["a.txt", "b.txt", "c.txt"]
    assert all(isinstance(r, BadRecord) for r in reads)


def test_a_tar_header_that_claims_gigabytes_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 10 * 2**30
    first = tar_of({"a.txt": write_txt(PIECE)})[:1024]
    reads = read(tmp_path, "a.tar", first + info.tobuf(tarfile.GNU_FORMAT) + b" " * 5000)
    assert [type(r) for r in reads] == [Record, BadRecord]
    assert "limit" in reads[1].reason if isinstance(reads[1], BadRecord) else False


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE nitf [<!ENTITY a "哈哈哈哈"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE nitf [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE nitf [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x.dtd"> %a;]>',
    ],
)
def test_entities_are_refused(tmp_path: Path, doctype: str) -> None:
    data = write_nitf(PIECE).decode().replace('<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">', doctype).encode()
    assert "limit is 0" in reason(read(tmp_path, "a.xml", data))


def test_deep_markup_is_no_way_to_crash(tmp_path: Path) -> None:
    deep = 90_000
    xml = f"<nitf><body><body.content>{'<p>' * deep}深处{'</p>' * deep}</body.content></body></nitf>".encode()
    (record,) = read(tmp_path, "a.xml", xml)
    assert isinstance(record, Record)
    assert record.article.body == "深处"
    html = f"<html><body><h1>标题</h1>{'<div>' * deep}<p>深处</p>{'</div>' * deep}</body></html>".encode()
    assert len(read(tmp_path, "a.html", html)) == 1
    for name, data in (("b.html", b"<html><body>" + b"<a>x</a>" * 150_000), ("b.xml", b"<nitf>" + b"<p/>" * 250_000)):
        assert "limit of 200,000" in reason(read(tmp_path, name, data))


@needs_font
@pytest.mark.cjkfont
def test_a_pdf_bomb_is_refused(tmp_path: Path) -> None:
    body = zlib.compress(b" " * 100_000_000, 9)
    page = (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n4 0 obj<</Length %d/Filter%s>>stream\n"
    )
    end = b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n"
    one = page % (len(body), b"/FlateDecode") + body + end
    assert "limit" in reason(read(tmp_path, "a.pdf", one))
    twice = zlib.compress(body, 9)
    two = page % (len(twice), b"[/FlateDecode/FlateDecode]") + twice + end
    assert "bomb" in reason(read(tmp_path, "b.pdf", two))


def test_a_word_bomb_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(write_docx(PIECE))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            pad = b"<!--" + b" " * 80_000_000 + b"-->" if name == "word/document.xml" else b""
            new.writestr(name, old.read(name) + pad)
    assert "limit" in reason(read(tmp_path, "a.docx", out.getvalue()))


def encrypted_zip() -> bytes:
    data = bytearray(zip_of({"a.txt": write_txt(PIECE), "b.txt": write_txt(PIECE)}))
    data[data.find(b"PK\x03\x04") + 6] |= 1
    data[data.find(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def test_an_encrypted_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    bad, good = read(tmp_path, "a.zip", encrypted_zip())
    assert isinstance(bad, BadRecord)
    assert bad.file.endswith("a.zip!/a.txt")
    assert "encrypted" in bad.reason
    assert isinstance(good, Record)
    (other,) = read(tmp_path, "b.zip", zip_of({"a.txt": write_txt(PIECE)}, zipfile.ZIP_LZMA))
    assert isinstance(other, BadRecord)
    assert "Deflate" in other.reason


def test_a_broken_member_stops_no_other(tmp_path: Path) -> None:
    members = {"a.txt": b"\xff\xfe\xff", "b.docx": write_docx(PIECE)[:900], "c.pdf": b"%PDF-1.4", "d.doc": b"x"}
    members["e.txt"] = write_txt(PIECE)
    for name, data in (("a.zip", zip_of(members)), ("a.tar.gz", tar_of(members, "gz"))):
        reads = read(tmp_path, name, data)
        assert [r.file.rpartition("!/")[2] for r in reads] == sorted(members)
        assert [isinstance(r, Record) for r in reads] == [False] * 4 + [True]


@needs_font
@pytest.mark.cjkfont
def test_an_encrypted_pdf_is_named(tmp_path: Path) -> None:
    press = Press(300, 300)
    press.canvas.setEncrypt("secret")
    press.line(20, 50, "标题")
    press.end_page()
    assert "encrypted" in reason(read(tmp_path, "a.pdf", press.done()))


@pytest.mark.parametrize(
    "suffix", [".docx", ".pdf", ".parquet", ".xml", ".zip", ".tar", ".tar.gz", ".tar.xz", ".tar.bz2"]
)
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, suffix: str) -> None:
    if suffix == ".pdf":
        data = WRITERS[".txt"](PIECE)
        data = b"%PDF-1.4\n1 0 obj<</Type/Catalog" + data
    else:
        data = WRITERS[suffix](PIECE)
        data = data[: 700 if suffix == ".tar" else len(data) * 2 // 3]
    reads = read(tmp_path, f"a{suffix}", data)
    assert reads
    assert any(isinstance(r, BadRecord) and r.reason for r in reads)


def test_a_tar_cut_between_members_is_found_out(tmp_path: Path) -> None:
    whole = tar_of({"a.txt": write_txt(PIECE), "b.txt": write_txt(PIECE)})
    reads = read(tmp_path, "a.tar", whole[:1024])
    assert [type(r) for r in reads] == [Record, BadRecord]
    assert isinstance(reads[1], BadRecord)
    assert "cut off" in reads[1].reason


@pytest.mark.parametrize(
    ("name", "made", "word"),
    [
        ("a.txt", ".docx", "zip"),
        ("a.jsonl", ".zip", "zip"),
        ("a.pdf", ".docx", "zip"),
        ("a.docx", ".txt", "Word"),
        ("a.txt", ".html", "HTML"),
        ("a.csv", ".xml", "XML"),
        ("a.zip", ".tar.gz", "gzip"),
        ("a.tar", ".tar.gz", "gzip"),
        ("a.html", ".txt", "tag"),
        ("a.xml", ".html", "XML"),
        ("a.parquet", ".csv", "Parquet"),
    ],
)
def test_a_false_name_is_said_so(tmp_path: Path, name: str, made: str, word: str) -> None:
    said = reason(read(tmp_path, name, WRITERS[made](PIECE)))
    assert word in said


def test_old_office_files_and_pictures_are_told_by_their_first_bytes(tmp_path: Path) -> None:
    assert ".doc" in reason(read(tmp_path, "a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600))
    assert "JPEG" in reason(read(tmp_path, "a.pdf", b"\xff\xd8\xff\xe0" + b"\0" * 600))
    assert "RTF" in reason(read(tmp_path, "a.txt", b"{\\rtf1\\ansi x}"))
