"""Where a bad record begins, by the byte: what the quarantine says leads to the place in the file."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from models.readers import BadRecord, Record, read_articles
from models.readers.lines import read_lines
from models.readers.source import from_path
from service.cli import main
from tests.service_client import FLOORS

GOOD = '{"id": "好", "body": "工会送清凉到工地，职工都说好。"}'
BAD = '{"body": 7}'


def failed(path: Path) -> list[BadRecord]:
    return [read for read in read_articles(path) if isinstance(read, BadRecord)]


def jsonl(*lines: bytes) -> tuple[bytes, list[int]]:
    """The file, and where each of its lines begins."""
    starts = [sum(len(line) + 1 for line in lines[:n]) for n in range(len(lines))]
    return b"\n".join(lines) + b"\n", starts


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5hkscs"])
@pytest.mark.parametrize("end", ["", "\r"])
def test_a_line_of_json(tmp_path: Path, encoding: str, end: str) -> None:
    good = GOOD if encoding != "big5hkscs" else '{"id": "好", "body": "工會送清涼到工地，職工都說好。"}'
    data, starts = jsonl(*((text + end).encode(encoding) for text in (good, BAD, "", good * 2, good, "[1]")))
    (tmp_path / "a.jsonl").write_bytes(data)
    assert [(b.line, b.byte) for b in failed(tmp_path / "a.jsonl")] == [(n, starts[n - 1]) for n in (2, 4, 6)]
    kept = [read for read in read_articles(tmp_path / "a.jsonl") if isinstance(read, Record)]
    assert [r.byte for r in kept] == [starts[0], starts[4]]


@pytest.mark.parametrize("bom", [b"\xef\xbb\xbf", b""])
def test_a_byte_that_does_not_decode_is_that_byte(tmp_path: Path, bom: bytes) -> None:
    broken = GOOD.encode().replace("职".encode(), b"\xff\xfe")
    data, starts = jsonl(bom + GOOD.encode(), broken, GOOD.encode())
    (tmp_path / "a.jsonl").write_bytes(data)
    (bad,) = failed(tmp_path / "a.jsonl")
    assert (bad.line, bad.byte) == (2, starts[1] + broken.index(b"\xff"))
    assert f"byte {bad.byte} " in bad.reason
    (tmp_path / "b.txt").write_bytes(bom + broken)
    (bad,) = failed(tmp_path / "b.txt")
    assert (bad.line, bad.byte) == (None, len(bom) + broken.index(b"\xff"))
    assert f"byte {bad.byte} " in bad.reason


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16(tmp_path: Path, encoding: str) -> None:
    """With characters whose bytes hold those of a line's end, and beyond the first plane."""
    texts = [GOOD.replace("工", "上ਊ"), BAD, GOOD.replace("工", "𠮷"), BAD]
    data = "".join(f"{text}\n" for text in ["\ufeff" + texts[0], *texts[1:]]).encode(encoding)
    (tmp_path / "a.jsonl").write_bytes(data)
    places = [data.index(f"{BAD}\n".encode(encoding)), data.rindex(f"{BAD}\n".encode(encoding))]
    assert [(b.line, b.byte) for b in failed(tmp_path / "a.jsonl")] == [(2, places[0]), (4, places[1])]
    long = f"{GOOD}\n" * 3000  # several blocks of the reader
    data = ("\ufeff" + long).encode(encoding) + b"\xd8\x00\x00\x41"[:: 1 if encoding.endswith("be") else -1] + b"\n"
    (tmp_path / "b.jsonl").write_bytes(data)
    (bad,) = failed(tmp_path / "b.jsonl")
    assert bad.line == 3001
    assert len(("\ufeff" + long).encode(encoding)) <= bad.byte < len(data)


def test_utf_16_lines_are_those_of_the_text(tmp_path: Path) -> None:
    lines = ["上上\n", "\n", "尾" * 40_000 + "\n", "ਊ\r\n", "末"]
    path = tmp_path / "a.jsonl"
    path.write_bytes(("\ufeff" + "".join(lines)).encode("utf-16-le"))
    got = list(read_lines(from_path(path)))
    assert [line for _, _, line in got] == [*lines[:-1], "末\n"]
    assert [n for n, _, _ in got] == [1, 2, 3, 4, 5]
    data = path.read_bytes()
    assert [start for _, start, _ in got] == [2 + len("".join(lines[:n]).encode("utf-16-le")) for n in range(5)]
    assert data[got[3][1] :].startswith("ਊ".encode("utf-16-le"))


def test_a_row_of_csv_begins_at_its_first_line(tmp_path: Path) -> None:
    rows = ["id,body", '1,"工会\n送清凉"', '2,"一\n二",多', "3,好", '4,"五\n!六"', "7,好,多"]
    data = "\n".join(rows).encode().replace(b"!", b"\xff")
    (tmp_path / "a.csv").write_bytes(data)
    places = [data.index(b"2,"), data.index(b"\xff"), data.index(b"7,")]
    assert [b.byte for b in failed(tmp_path / "a.csv")] == places
    kept = [read for read in read_articles(tmp_path / "a.csv") if isinstance(read, Record)]
    assert [r.byte for r in kept] == [data.index(b"1,"), data.index(b"3,")]


def test_members_of_archives_count_from_their_own_beginning(tmp_path: Path) -> None:
    data, starts = jsonl(GOOD.encode(), BAD.encode())
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("first.jsonl", GOOD)
        file.writestr("in.jsonl", data)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        info = tarfile.TarInfo("in.jsonl")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    for name in ("a.zip", "a.tar.gz"):
        (bad,) = failed(tmp_path / name)
        assert (bad.file.endswith("!/in.jsonl"), bad.byte) == (True, starts[1])


def test_the_quarantine_says_the_byte_whoever_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    lines = [GOOD, BAD, '{"id": "x", "body": " "}', '{"id": "n", "body": "a\\u0000b"}', GOOD]
    data, starts = jsonl(*(line.encode() for line in lines))
    Path("a.jsonl").write_bytes(data)
    Path("b.xyz").write_bytes(b"??")
    assert main(["tag", "a.jsonl", "b.xyz", "-o", "o.jsonl"]) == 1
    told: list[dict[str, Any]] = [
        json.loads(line) for line in Path("o.quarantine.jsonl").read_text("utf-8").splitlines()
    ]
    assert [list(t) for t in told] == [["file", "line", "byte", "id", "reason"]] * 4
    assert sorted((t["file"], t["byte"]) for t in told) == [("a.jsonl", n) for n in starts[1:4]] + [("b.xyz", 0)]
