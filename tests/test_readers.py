"""Readers: encodings told apart strictly, every good row read, every bad one named with file, line and reason."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from models.encodings import decode
from models.errors import BadEncoding
from models.readers import FORMATS, BadRecord, Read, Record, read_articles

SIMPLIFIED = (
    "青禾县总工会为户外劳动者送清凉\n"
    "本报讯（记者林晓舟）7月12日，青禾县总工会走进河滨大桥工地，为三百二十名建筑工人送去绿豆汤和防暑药品。\n"
    "工会负责人表示，高温时段将督促企业调整作息时间，把关爱落到每一个班组。"
)
TRADITIONAL = (
    "總工會為戶外勞動者送清涼\n"
    "本報訊（記者林曉舟）7月12日，縣總工會走進河濱大橋工地，為三百二十名建築工人送去綠豆湯和防暑藥品。\n"
    "工會負責人表示，高溫時段將督促企業調整作息時間，把關愛落到每一個班組。"
)


def good(reads: list[Read]) -> list[Record]:
    return [r for r in reads if isinstance(r, Record)]


def bad(reads: list[Read]) -> list[BadRecord]:
    return [r for r in reads if isinstance(r, BadRecord)]


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "utf-16", "utf-16-le"),
        (SIMPLIFIED, "utf-16-le", "utf-16-le"),
        (SIMPLIFIED, "utf-16-be", "utf-16-be"),
        (TRADITIONAL, "utf-8", "utf-8"),
        (TRADITIONAL, "big5", "big5hkscs"),
        (TRADITIONAL, "gb18030", "gb18030"),
        ("关于召开工会会员代表大会的通知", "gbk", "gb18030"),
        ("關於召開工會會員代表大會的通知", "big5", "big5hkscs"),
        ("plain ASCII", "ascii", "utf-8"),
        ("", "utf-8", "utf-8"),
        ("Профсоюз · 労働組合 · 노동조합 𠮷", "utf-8", "utf-8"),
    ],
)
def test_an_encoding_is_told_from_the_bytes(text: str, encoding: str, found: str) -> None:
    assert decode(text.encode(encoding)) == (text, found)


def test_every_stretch_of_a_text_is_read_right_or_refused() -> None:
    # A short legacy text may be beyond telling; it must then be refused, never read as something else.
    for text, encoding in ((SIMPLIFIED, "gb18030"), (TRADITIONAL, "big5"), (SIMPLIFIED, "utf-16-le")):
        read = 0
        stretches = [text[n : n + size] for size in (12, 20, 40) for n in range(0, len(text) - size, 3)]
        for stretch in stretches:
            try:
                assert decode(stretch.encode(encoding))[0] == stretch
                read += 1
            except BadEncoding:
                pass
        assert read / len(stretches) > 0.8, encoding


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (SIMPLIFIED.encode()[:58] + b"\xff" + SIMPLIFIED.encode()[58:], "byte 58 "),  # UTF-8 with a broken byte
        (b"\xef\xbb\xbf" + "工会".encode() + b"\xe5", "byte 9 "),
        (SIMPLIFIED.encode("gb18030") + b"\xff\xff", f"byte {len(SIMPLIFIED.encode('gb18030'))} "),
        (b"caf\xe9 au lait", "byte 3 "),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "byte 0 "),
        ("工会".encode("utf-32"), "UTF-32"),
        ("노동조합이 건설 현장을 찾아 시원한 음료를 전달했다. ".encode("euc-kr") * 4, "byte 0 "),
        ("労働組合は橋の工事現場を訪れ、作業員に冷たい飲み物を配った。".encode("shift-jis") * 4, "byte 0 "),
    ],
)
def test_what_does_not_decode_names_the_byte(data: bytes, place: str) -> None:
    with pytest.raises(BadEncoding) as caught:
        decode(data)
    assert place in caught.value.message


def test_a_text_file_is_one_article_with_its_first_line_as_headline(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(SIMPLIFIED.replace("\n", "\r\n").encode("gb18030"))
    (record,) = read_articles(file)
    assert isinstance(record, Record)
    headline, _, body = SIMPLIFIED.partition("\n")
    assert (record.article.headline, record.article.body) == (headline, body)
    assert (record.article.id, record.line) == (f"{file}:1", 1)
    (tmp_path / "b.md").write_text(f"# {SIMPLIFIED}", "utf-8")
    (markdown,) = good(list(read_articles(tmp_path / "b.md")))
    assert markdown.article.headline == headline
    (tmp_path / "c.txt").write_text("一行文字没有标题。\n", "utf-8")
    (single,) = good(list(read_articles(tmp_path / "c.txt")))
    assert (single.article.headline, single.article.body) == ("", "一行文字没有标题。")


def test_a_page_gives_its_articles_with_numbers(tmp_path: Path) -> None:
    page = Path(__file__).parents[1] / "service" / "static" / "sample.txt"
    records = good(list(read_articles(page, pages=True)))
    assert [r.article.id for r in records] == [f"{page}#{n}" for n in range(1, 5)]
    assert "青禾县总工会为户外劳动者送清凉" in records[0].article.headline
    assert page.read_text("utf-8").splitlines()[records[3].line - 1]


def test_jsonl_gives_each_good_row_and_names_each_bad_one(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    rows: list[bytes] = [
        '{"id": "x", "headline": "标题", "body": "正文。", "labels": ["wellbeing"]}'.encode(),
        '{"body": "正文。"}'.encode(),
        b'{"body": ',
        b"",
        b"[1]",
        b'{"headline": 3, "body": "x"}',
        b'{"id": true, "body": "x"}',
        b'{"other": 1}',
        "坏的".encode("gbk"),
        b"[" * 100_000,
        '{"id": 17, "headline": "只有标题"}'.encode(),
    ]
    file.write_bytes(b"\n".join(rows))
    reads = list(read_articles(file))
    assert [(r.line, r.article.id) for r in good(reads)] == [(1, "x"), (2, f"{file}:2"), (11, "17")]
    reasons = {r.line: r.reason for r in bad(reads)}
    assert set(reasons) == {3, 5, 6, 7, 8, 9, 10}
    assert all(r.file == str(file) for r in bad(reads))
    assert "byte" in reasons[9]
    assert "headline" in reasons[6]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_tables_are_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    headline, _, body = SIMPLIFIED.partition("\n")
    row = json.dumps({"id": "1", "headline": headline, "body": body}, ensure_ascii=False)
    (tmp_path / "a.jsonl").write_bytes(f"{row}\n{row}\n".encode(encoding))
    quoted = body.replace('"', '""')
    (tmp_path / "b.csv").write_bytes(
        f'编号,标题,正文\r\n1,{headline},"{quoted}"\r\n,{headline},"{quoted}"\r\n'.encode(encoding)
    )
    for name in ("a.jsonl", "b.csv"):
        records = good(list(read_articles(tmp_path / name)))
        assert [(r.article.headline, r.article.body.replace("\r\n", "\n")) for r in records] == [(headline, body)] * 2
    assert records[1].article.id == f"{tmp_path / 'b.csv'}:4"  # the first row takes two lines


def test_csv_names_bad_rows_by_the_line_they_begin_on(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    long_body = "长文" * 100_000  # over Python's own limit of 131,072 characters a cell
    lines = ["id,body", '1,"两行\n正文"', "2,多,一列", "", f"3,{long_body}", '4,"引号"不对', "5,好"]
    file.write_bytes("\n".join(lines).encode() + b'\n6,\xff\n7,\xe5\xa5\xbd\n8,"open\n')
    reads = list(read_articles(file))
    assert [(r.line, r.article.id) for r in good(reads)] == [(2, "1"), (6, "3"), (8, "5"), (10, "7")]
    assert good(reads)[1].article.body == long_body
    assert [r.line for r in bad(reads)] == [4, 7, 9, 11]
    assert "byte" in bad(reads)[2].reason


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("empty.txt", b" \n", "empty"),
        ("empty.csv", b"", "empty"),
        ("headless.csv", b"a,b\n1,2\n", "body"),
        ("picture.png", b"\x89PNG", ".jsonl"),
        ("noname", b"x", ".txt"),
        ("huge.txt", b" " * (8 * 1024 * 1024 + 1), "limit"),
        ("binary.txt", bytes(range(256)) * 4, "byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_named_record(tmp_path: Path, name: str, data: bytes, word: str) -> None:
    (tmp_path / name).write_bytes(data)
    (read,) = read_articles(tmp_path / name)
    assert isinstance(read, BadRecord)
    assert read.file.endswith(name)
    assert word in read.reason


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"body":"' + b"x" * (9 * 1024 * 1024) + b'"}\n{"body":"ok"}\n')
    reads = list(read_articles(file))
    assert [(r.line, "limit" in r.reason) for r in bad(reads)] == [(1, True)]
    assert [r.line for r in good(reads)] == [2]


def test_folders_are_walked_in_sorted_order_and_nothing_hides(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.txt", "a.txt", "c.txt", "B.txt", ".hidden.txt", "x.docx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("标题\n正文", "utf-8")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.txt")
    reads = list(read_articles(tmp_path))
    names = [os.path.relpath(r.file, tmp_path) for r in reads]
    assert names == ["B.txt", "a.txt", "b/1.txt", "b/2.txt", "c.txt", "pipe.txt", "x.docx"]
    assert [os.path.relpath(r.file, tmp_path) for r in bad(reads)] == ["pipe.txt", "x.docx"]
    skipped = list(read_articles(tmp_path, skip=[tmp_path / "a.txt"]))
    assert len(skipped) == len(reads) - 1


def test_a_file_name_that_is_no_utf8_is_shown_and_read(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + "/工会.txt".encode("gbk")
    Path(os.fsdecode(raw)).write_text("标题\n正文", "utf-8")
    (record,) = good(list(read_articles(tmp_path)))
    assert "\\x" in record.file
    assert (record.article.id or "").encode("utf-8")


def test_every_format_of_the_registry_is_a_function_with_a_suffix() -> None:
    assert {".txt", ".md", ".jsonl", ".csv"} <= set(FORMATS)
    for suffix, read in FORMATS.items():
        assert suffix.startswith(".") and suffix == suffix.lower()
        assert callable(read)
        assert read.__doc__


def test_tables_hand_on_the_date(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"body": "正文。", "date": "2024-05-01"}\n{"body": "正文。", "date": 20240501}\n', "utf-8"
    )
    (tmp_path / "b.csv").write_text("正文,发布日期\n正文。,2024年5月1日\n正文。,\n", "utf-8")
    (tmp_path / "c.jsonl").write_text('{"body": "正文。"}\n', "utf-8")
    dates = [r.date for r in read_articles(tmp_path) if isinstance(r, Record)]
    assert dates == ["2024-05-01", "20240501", "2024年5月1日", "", ""]
