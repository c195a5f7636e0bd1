"""The finished records as a table: CSV or Parquet, made from the lines that a run has written.

A run always grows a file of lines, which can be cut back to the last whole chunk; a table cannot. So the table is made at
the end, beside its final name, and takes that name only when it is whole. Columns: id, labels, primary, one a topic for
its score, needs_review, summary, summary_method, summary_ok, summary_score, topics_bundle, summaries_bundle, repeated,
duplicate_of.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from service.job_results import cell
from service.ledger import beside

ROWS = 4096
"""Rows that lie in memory at a time, and of a row group of Parquet."""
OF_SUMMARY = ("summary_method", "summary_ok", "summary_score")
PART_ROWS = 500_000
"""Rows of a file of a partitioned Parquet folder."""


def table_writer(out: Path) -> Callable[[Path, Path, Sequence[str]], None] | None:
    """What turns lines into the table that `out` is named for; None where lines are wanted."""
    name = out.name.lower()
    if name.endswith(".csv"):
        return write_csv
    if name.endswith(".parquet"):
        return write_parquet
    return write_parts if name.endswith(".parquet.d") else None


def write_csv(lines: Path, out: Path, topics: Sequence[str]) -> None:
    """UTF-8 with a byte order mark, which spreadsheets want; several labels are joined by `|`, no cell is a formula."""
    part = beside(out)
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, _columns(topics))
        writer.writeheader()
        for row in _rows(lines, topics):
            row["labels"] = "|".join(row["labels"])
            writer.writerow({name: cell(value) for name, value in row.items()})
    _place(part, out)


def write_parquet(lines: Path, out: Path, topics: Sequence[str]) -> None:
    """One file, zstd."""
    part = beside(out)
    _parquet(_rows(lines, topics), part, topics)
    _place(part, out)


def write_parts(lines: Path, out: Path, topics: Sequence[str]) -> None:
    """A folder of `part-00000.parquet` …, in the order of the records, at most `PART_ROWS` each, zstd."""
    part = beside(out)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    rows, n = _rows(lines, topics), 0
    while _parquet(islice(rows, PART_ROWS), part / f"part-{n:05}.parquet", topics) == PART_ROWS:
        n += 1
    _place(part, out)


def _place(part: Path, out: Path) -> None:
    """Onto the disk, then to its name: the lines are dropped after it, and a power cut must find one or the other."""
    for path in (*(sorted(part.iterdir()) if part.is_dir() else ()), part):
        file = os.open(path, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
    part.replace(out)
    folder = os.open(out.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _parquet(rows: Iterator[dict[str, Any]], path: Path, topics: Sequence[str]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {"labels": pa.list_(pa.string()), "needs_review": pa.bool_(), "repeated": pa.bool_()}
    kinds |= {"summary_ok": pa.bool_(), "summary_score": pa.float64()}
    kinds |= dict.fromkeys(topics, pa.float32())
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in _columns(topics)])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while some := list(islice(rows, ROWS)):
            writer.write_table(pa.Table.from_pylist(some, schema))
            count += len(some)
    return count


def _columns(topics: Sequence[str]) -> list[str]:
    return [
        "id",
        "labels",
        "primary",
        *topics,
        "needs_review",
        "summary",
        *OF_SUMMARY,
        "topics_bundle",
        "summaries_bundle",
        "repeated",
        "duplicate_of",
    ]


def _rows(lines: Path, topics: Sequence[str]) -> Iterator[dict[str, Any]]:
    with lines.open("rb") as file:
        for line in file:
            record = json.loads(line)
            bundles = record.pop("bundles")
            yield {
                "id": record["id"],
                "labels": record["labels"],
                "primary": record["primary"],
                **{name: record["scores"][name] for name in topics},
                "needs_review": record["needs_review"],
                "summary": record["summary"],
                **{name: record[name] for name in OF_SUMMARY},
                "topics_bundle": bundles["topics"],
                "summaries_bundle": bundles["summaries"],
                "repeated": record.get("repeated", False),
                "duplicate_of": record.get("duplicate_of"),
            }
