"""The results of a job as JSON Lines, CSV or Parquet: one record an article, in the order that they came.

A record is that of `python -m service tag`; an article that failed or was withdrawn says so instead. Rows come from the
store a stretch at a time, so a large job does not lie in memory.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, Literal

from models.article import Analysis

Format = Literal["jsonl", "csv", "parquet"]
FORMATS: dict[str, str] = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet."""
COLUMNS = (
    "n",
    "id",
    "labels",
    "primary",
    "needs_review",
    "summary",
    "summary_method",
    "summary_ok",
    "summary_score",
    "scores",
    "topics_bundle",
    "summaries_bundle",
    "error",
)
STRETCH = 500
BLOCK = 256 * 1024


def record_of(row: Any) -> dict[str, Any]:
    """The JSON of one article."""
    if row.state == "withdrawn":
        return {"n": row.n, "id": None, "withdrawn": True}
    if row.state == "failed":
        return {"n": row.n, "id": row.article_id, "error": row.error}
    return {"n": row.n, **row.result}


def tagged(analysis: Analysis, bundles: dict[str, str | None], *, unsure: bool = False) -> dict[str, Any]:
    """The record of one analysis, of a job as of `python -m service tag`."""
    topics, summary = analysis.topics, analysis.summary
    if topics is None:
        raise RuntimeError("a record always has topics")
    return {
        "id": analysis.id,
        "labels": list(topics.labels),
        "primary": topics.primary,
        "scores": topics.scores,
        "needs_review": topics.needs_review or unsure,
        **of_summary(summary.as_dict() if summary else None),
        "bundles": bundles,
    }


def of_summary(summary: dict[str, Any] | None) -> dict[str, Any]:
    """What a record says of a summary: its text, how it was made, whether its checks hold, how sure the model was of it."""
    told = summary or {}
    found = told.get("checks", {})
    return {
        "summary": told.get("summary"),
        "summary_method": told.get("method"),
        "summary_ok": found.get("ok", False if summary else None),  # an old one was kept unchecked
        "summary_score": found.get("score"),
    }


def as_jsonl(rows: Iterator[Any]) -> Iterator[bytes]:
    """JSON Lines."""
    for row in rows:
        yield json.dumps(record_of(row), ensure_ascii=False, allow_nan=False).encode() + b"\n"


def as_csv(rows: Iterator[Any], columns: Sequence[str] = COLUMNS) -> Iterator[bytes]:
    """CSV with a byte order mark, which spreadsheets want for Chinese; `labels` are joined by a semicolon."""
    out = io.StringIO()
    write = csv.writer(out)
    yield b"\xef\xbb\xbf"
    write.writerow(columns)
    for row in rows:
        flat = flatten(record_of(row), columns)
        flat["labels"] = ";".join(flat["labels"] or ())
        flat["scores"] = json.dumps(flat["scores"]) if flat["scores"] else None
        write.writerow([cell(flat[name]) for name in columns])
        if out.tell() > 64 * 1024:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def parquet_of(rows: Iterator[Any], columns: Sequence[str] = COLUMNS) -> IO[bytes]:
    """A Parquet file without a name, which is gone when it is closed."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - its reader closes it
    try:
        _write_parquet(rows, file, columns)
    except BaseException:
        file.close()
        raise
    return file


def blocks_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file from its beginning, closed at the end, and when nobody reads on."""
    with file:
        file.seek(0)
        while block := file.read(BLOCK):
            yield block


def _write_parquet(rows: Iterator[Any], file: IO[bytes], columns: Sequence[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, number = pa.string(), pa.float64()
    types = {"n": pa.int64(), "labels": pa.list_(text), "needs_review": pa.bool_(), "scores": pa.map_(text, number)}
    types |= {"summary_ok": pa.bool_(), "summary_score": number}
    schema = pa.schema([(name, types.get(name, text)) for name in columns])
    with pq.ParquetWriter(file, schema) as writer:
        stretch: list[dict[str, Any]] = []

        def flush() -> None:
            writer.write_table(pa.Table.from_pylist(stretch, schema))
            stretch.clear()

        for row in rows:
            flat = flatten(record_of(row), columns)
            stretch.append(flat | {"scores": list(flat["scores"].items()) if flat["scores"] else None})
            if len(stretch) == STRETCH:
                flush()
        flush()


def flatten(record: dict[str, Any], columns: Sequence[str] = COLUMNS) -> dict[str, Any]:
    """A record as columns."""
    bundles = record.get("bundles") or {}
    flat = {name: record.get(name) for name in columns}
    error = "withdrawn" if record.get("withdrawn") else record.get("error")
    return flat | {
        "topics_bundle": bundles.get("topics"),
        "summaries_bundle": bundles.get("summaries"),
        "error": error,
    }


def cell(value: Any) -> Any:
    """What stands in a cell of CSV: a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value


WRITERS: dict[str, Callable[[Iterator[Any]], Iterator[bytes]]] = {"jsonl": as_jsonl, "csv": as_csv}
