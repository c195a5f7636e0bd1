"""CSV and Parquet instead of lines: the same records, whole or not at all, and gone on with like lines."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from service import archive_tables
from service.cli import main
from tests.service_client import ARTICLES


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CAIBIAN_TOPICS_BUNDLE", "keywords")
    monkeypatch.setenv("CAIBIAN_SUMMARIES_BUNDLE", "lead")
    monkeypatch.chdir(tmp_path)
    rows = [{"id": f"r{n % 140}", "body": f"第{n}篇，“引号”,\n换行。" + ARTICLES[n % 3]["body"]} for n in range(150)]
    Path("a.jsonl").write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows), "utf-8")
    assert main(["tag", "a.jsonl", "-o", "lines.jsonl"]) == 0


def expected() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("lines.jsonl").read_text("utf-8").splitlines()]


def test_csv_holds_every_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", "a.jsonl", "-o", "out.csv"]) == 0
    assert Path("out.csv").read_bytes().startswith(b"\xef\xbb\xbfid,labels,primary,")
    with Path("out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, record in zip(rows, expected(), strict=True):
        assert row["labels"] == "|".join(record["labels"])
        assert (row["id"], row["summary"], row["primary"]) == (record["id"], record["summary"], record["primary"])
        assert {name: float(row[name]) for name in record["scores"]} == record["scores"]
        assert row["repeated"] == str(record.get("repeated", False))
        assert (row["summary_method"], row["summary_ok"], row["summary_score"]) == ("extractive", "True", "")
    assert not Path("out.csv.partial").exists()
    before = Path("out.csv").read_bytes()
    assert main(["tag", "a.jsonl", "-o", "out.csv"]) == 0
    assert "already done" in capsys.readouterr().err
    assert Path("out.csv").read_bytes() == before


def test_a_cell_of_csv_is_no_formula() -> None:
    given = {"id": "=HYPERLINK(1)", "body": "+1+1。县总工会送清凉，慰问职工。"}
    Path("formula.jsonl").write_text(json.dumps(given), "utf-8")
    assert main(["tag", "formula.jsonl", "-o", "formula.csv"]) == 0
    with Path("formula.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["id"] == "'=HYPERLINK(1)"
    assert row["summary"].startswith("'+1")


def test_parquet_holds_every_record_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_tables, "PART_ROWS", 60)
    for out in ("out.parquet", "out.parquet.d"):
        assert main(["tag", "a.jsonl", "-o", out]) == 0
        files = sorted(Path(out).iterdir()) if Path(out).is_dir() else [Path(out)]
        rows = [row for file in files for row in pq.read_table(file).to_pylist()]
        for row, record in zip(rows, expected(), strict=True):
            assert (row["id"], row["labels"], row["summary"]) == (record["id"], record["labels"], record["summary"])
            assert row["needs_review"] is record["needs_review"]
            assert all(row[name] == record[name] for name in ("summary_method", "summary_ok", "summary_score"))
            assert {n: round(row[n], 4) for n in record["scores"]} == record["scores"]
        assert pq.ParquetFile(files[0]).metadata.row_group(0).column(0).compression == "ZSTD"
    assert [f.name for f in files] == ["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"]
    assert main(["tag", "a.jsonl", "-o", "out.parquet.d", "--restart"]) == 0


def test_a_table_that_breaks_leaves_the_lines_to_go_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("csv.DictWriter", full)
        assert main(["tag", "a.jsonl", "-o", "out.csv"]) == 1
    assert not Path("out.csv").exists()
    assert Path("out.csv.partial").exists()
    assert main(["tag", "a.jsonl", "-o", "out.csv"]) == 0
    assert Path("out.csv").exists()
    assert not Path("out.csv.table").exists()


def test_a_folder_that_no_run_made_is_left_alone() -> None:
    Path("out.parquet.d").mkdir()
    Path("out.parquet.d/precious").write_text("x", "utf-8")
    for more in ([], ["--restart"]):
        assert main(["tag", "a.jsonl", "-o", "out.parquet.d", *more]) == 2
    assert Path("out.parquet.d/precious").exists()


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.parquet.d"])
def test_a_table_is_on_the_disk_before_its_lines_are_dropped(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = os.fsync

    def fails(file: int) -> None:
        if list(Path().glob("*.table")):
            raise OSError(5, "Input/output error")
        plain(file)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        assert main(["tag", "a.jsonl", "-o", name]) == 1
    assert "Input/output error" in capsys.readouterr().err
    assert Path(f"{name}.partial").exists() and not Path(name).exists()
    assert main(["tag", "a.jsonl", "-o", name]) == 0
    assert Path(name).exists() and not [*Path().glob("*.partial"), *Path().glob("*.table")]
