"""Every row that cannot be trained on is named by file, line and reason, all at once; what is left out by design is counted."""

from __future__ import annotations

import gzip
import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset

from models.errors import BadInput
from models.topics import read_taxonomy
from training.labelled import check_labels
from training.rows import SHOWN, BadRows, Placed, find_bad
from training.sources import read_rows
from training.summaries import with_target

TAXONOMY = read_taxonomy()
NEED = ["headline", "body", "labels"]


def refused(path: Path, split: str = "") -> list[tuple[str, str]]:
    """Place and reason of each row that is refused as a row of topics."""
    with pytest.raises(BadRows) as caught:
        read_rows(str(path), split, need=NEED, check=check_labels(str(path), TAXONOMY), unique=True)
    assert all(b.file.startswith(str(path)) for b in caught.value.bad)
    return [(b.place, b.reason.split(";")[0]) for b in caught.value.bad]


def line(row_id: object, **changes: object) -> bytes:
    row = {"id": row_id, "headline": "工会", "body": f"第{row_id}次活动。", "labels": ["wellbeing"]} | changes
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


MEANT = [
    ("line 2", "unknown label 'sports'"),
    ("line 4", "the body is empty"),
    ("line 5", "the labels are true or false, no list"),
    ("line 6", "has no labels (none of the topics is [])"),
    ("line 7", "repeats the id '1' of line 1"),
    ("line 8", "the headline is a number, no text"),
    ("line 9", "sure is a text, not true or false"),
]
BAD = [line(1), line(2, labels=["wellbeing", "sports"]), b"\n", line(3, body=" "), line(4, labels=True),
       line(5, labels=None), line(1, labels=[]), line(6, headline=7), line(7, sure="no"), line(8)]  # fmt: skip
BROKEN = [
    ("line 11", "is not UTF-8 at byte 2 of the line"),
    ("line 12", "is no JSON (Expecting value at character 7)"),
    ("line 13", "is no JSON object but a list"),
    ("line 14", "has half a character (a lone surrogate)"),
]


def test_all_bad_rows_of_json_lines_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"".join(BAD))
    assert refused(tmp_path / "a.jsonl") == MEANT
    broken = [b'"\xff"\n', b'{"id": \n', b"[1]\n", b'{"body": "\\ud800"}\n']
    (tmp_path / "b.jsonl").write_bytes(b"".join(BAD + broken))
    assert refused(tmp_path / "b.jsonl") == MEANT + BROKEN, "together with rows that no reader takes"
    with gzip.open(tmp_path / "c.jsonl.gz", "wb") as out:
        out.write(b"".join(BAD + broken))
    assert refused(tmp_path / "c.jsonl.gz") == MEANT + BROKEN


def test_bytes_that_are_no_text_are_found_though_arrow_takes_them(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1) + line(2).replace("活".encode(), b"\xb4") + line(3))
    assert [place for place, reason in refused(tmp_path / "a.jsonl") if "is not UTF-8 at byte" in reason] == ["line 2"]
    schema = pa.schema({"headline": pa.string(), "body": pa.string(), "labels": pa.list_(pa.string())})
    bodies = pa.array(["好。".encode(), b"x\xff", b""]).view(pa.string())
    pq.write_table(pa.table([pa.array(["a", "b", "c"]), bodies, pa.array([["wellbeing"], [], ["x"]])], schema=schema),
                   tmp_path / "a.parquet")  # fmt: skip
    assert refused(tmp_path / "a.parquet") == [
        ("row 2", "the body is not UTF-8 at byte 2 of it"),
        ("row 3", "the body is empty"),
    ]


def test_a_record_of_a_csv_is_named_by_the_line_that_it_begins_at(tmp_path: Path) -> None:
    text = 'id,headline,body,labels\n1,工会,"第一行\n第二行",wellbeing\n2,工会,活动,sports\n\n3,2026,5,\n4,工会,,wellbeing\n'
    (tmp_path / "a.csv").write_text(text, "utf-8")
    assert refused(tmp_path / "a.csv") == [("line 4", "unknown label 'sports'"), ("line 7", "the body is empty")]
    (tmp_path / "b.csv").write_bytes(text.encode() + b"5,x\n6,x,\xff,\n7,x,y,,z\n")
    assert refused(tmp_path / "b.csv") == [
        ("line 4", "unknown label 'sports'"), ("line 7", "the body is empty"),
        ("line 8", "has 2 cells, the head has 4: a comma or a quotation mark too many or too few"),
        ("line 9", "is not UTF-8"),
        ("line 10", "has 5 cells, the head has 4: a comma or a quotation mark too many or too few"),
    ]  # fmt: skip


def test_a_csv_may_say_sure_and_have_blank_lines_and_rows_without_an_id(tmp_path: Path) -> None:
    text = "\nid,headline,body,labels,sure\n1,工会,活动,wellbeing,True\n  \n,工会,活动,,false\n,工会,活动,,\n"
    (tmp_path / "a.csv").write_text(text, "utf-8")
    check = check_labels(str(tmp_path / "a.csv"), TAXONOMY)
    assert read_rows(str(tmp_path / "a.csv"), need=NEED, check=check, unique=True)["sure"] == [True, False, None]
    (tmp_path / "b.csv").write_text(text + "4,工会,活动\n5,工会,活动,,no\n", "utf-8")
    assert [place for place, _ in refused(tmp_path / "b.csv")] == ["line 7", "line 8"]


def test_what_topics_do_not_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line("", summary=["a"]) + line("", summary=["b", "c"]))
    check = check_labels(str(tmp_path / "a.jsonl"), TAXONOMY)
    assert len(read_rows(str(tmp_path / "a.jsonl"), need=NEED, check=check, unique=True)) == 2
    with pytest.raises(BadRows, match="the summary is a list, no text"):
        read_rows(str(tmp_path / "a.jsonl"))


def test_the_search_for_repeated_ids_keeps_no_texts() -> None:
    alive: list[weakref.ref[Text]] = []

    def rows() -> Iterator[Placed]:
        for i in range(50):
            body = Text(f"第{i}次活动。")
            alive.append(weakref.ref(body))
            yield Placed("a.jsonl", f"line {i}", {"id": i % 49, "body": body})

    bad, count = find_bad(rows(), lambda _: None, unique=True)
    assert (len(bad), count) == (1, 50)
    assert not any(text() for text in alive)


class Text(str):
    """A text that can be watched."""


def test_a_correction_may_be_of_a_headline_alone(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1, body=""))
    name = str(tmp_path / "a.jsonl")
    assert len(read_rows(name, check=check_labels(name, TAXONOMY, body=None))) == 1
    with pytest.raises(BadRows, match="the body is empty"):
        read_rows(name, check=check_labels(name, TAXONOMY, body=False))


def test_a_list_in_a_json_file_has_lines_too(tmp_path: Path) -> None:
    rows = [json.loads(x) for x in (line(1), line(2, labels=["sports"]), line(3, labels={"wellbeing": 1}))]
    (tmp_path / "a.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")
    assert refused(tmp_path / "a.json") == [
        ("line 10", "unknown label 'sports'"), ("line 18", "the labels are an object, no list")]  # fmt: skip


def test_rows_of_other_splits_are_not_asked(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1, split="train") + line(1, split="dev") + line(2, split="dev", body=""))
    assert refused(tmp_path / "a.jsonl", "dev") == [("line 3", "the body is empty")]
    assert len(read_rows(str(tmp_path / "a.jsonl"), "train", need=NEED, unique=True)) == 1


def test_a_folder_names_the_file_and_a_long_list_is_cut(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1))
    (tmp_path / "b.jsonl").write_bytes(b"".join(line(i, labels=["x"]) for i in range(1, 30)))
    with pytest.raises(BadRows) as caught:
        read_rows(str(tmp_path), need=NEED, check=check_labels(str(tmp_path), TAXONOMY), unique=True)
    lines = caught.value.message.splitlines()
    assert lines[0] == f"{tmp_path}: 29 of 30 rows cannot be used; nothing was trained"
    assert lines[1].startswith(f"  {tmp_path}/b.jsonl line 1: unknown label 'x'; known are rights_protection, ")
    assert lines[-1] == f"  … and {29 - SHOWN} more"
    assert len(lines) == SHOWN + 2


def test_the_same_id_in_two_files_names_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1))
    (tmp_path / "b.jsonl").write_bytes(line(2) + line(1))
    assert refused(tmp_path) == [("line 2", f"repeats the id '1' of {tmp_path}/a.jsonl line 1")]


def test_rows_that_are_left_out_by_design_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = Dataset.from_dict({"body": ["a", "b", "", None, "c"], "summary": ["x", " ", "y", None, "z"]})
    assert with_target(rows, "s.jsonl")["target"] == ["x", "z"]
    assert "s.jsonl: 3 of 5 rows are left out: 2 without a body, 2 without a summary" in capsys.readouterr().err
    with pytest.raises(BadInput, match="no row is left"):
        with_target(rows.select([1, 2]), "s.jsonl")
