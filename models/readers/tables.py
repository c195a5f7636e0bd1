"""Tables with a row an article: JSON lines, CSV and Parquet.

Owns how a row is found and named; what a row has to hold is record.py's. A broken row stops nothing and never vanishes.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from models.errors import BadEncoding, BadInput, TooLarge
from models.readers.limits import MAX_BYTES, MAX_DOCUMENT
from models.readers.lines import read_lines
from models.readers.record import (
    DATES,
    BadRecord,
    Read,
    Record,
    as_article,
    date_text,
    find_columns,
    find_date,
    kind_of,
)
from models.readers.source import Source, clean, read_document

ROWS = 256
"""Rows of a Parquet file that are held in memory at a time."""


def read_jsonl(source: Source) -> Iterator[Read]:
    """A .jsonl file: one object a line with `body`, `headline` or both, perhaps `id`; other fields are left alone."""
    name = source.name
    for n, byte, line in read_lines(source):
        try:
            if isinstance(line, BadInput):
                raise line
            if line.strip():
                row = _json_object(line)
                date = next((row[key] for key in DATES if key in row), None)
                yield Record(name, n, as_article(row, f"{name}:{n}"), date=date_text(date), byte=byte)
        except BadInput as error:
            yield BadRecord(name, n, error.message, byte=byte)


def read_csv(source: Source) -> Iterator[Read]:
    """A .csv file with a header line that names the columns (COLUMNS)."""
    name = source.name
    rows = _csv_rows(source)
    first = next(rows, None)
    if first is None:
        raise BadInput("the file is empty")
    _, _, header = first
    if isinstance(header, BadInput):
        raise header
    places, day = find_columns(header, "line 1"), find_date(header)
    for n, byte, row in rows:
        try:
            if isinstance(row, BadInput):
                raise row
            if not any(row):
                continue
            if len(row) != len(header):
                raise BadInput(f"{len(row)} columns where the header has {len(header)}: check commas and quotes")
            cells = {field: row[place] for field, place in places.items()}
            article = as_article({k: v for k, v in cells.items() if v or k != "id"}, f"{name}:{n}")
            yield Record(name, n, article, date="" if day is None else date_text(row[day]), byte=byte)
        except BadInput as error:
            yield BadRecord(name, n, error.message, byte=byte)


def read_parquet(source: Source) -> Iterator[Read]:
    """A .parquet file whose columns are named as a CSV's; some hundred rows lie in memory at a time."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise BadInput("reading Parquet needs pyarrow, which is not installed: pip install pyarrow") from None
    file = source.path if source.path is not None else io.BytesIO(read_document(source))
    name, n = source.name, 0
    try:
        with pq.ParquetFile(file) as table:
            columns = table.schema_arrow.names
            places = find_columns(columns, "the file")
            day = find_date(columns)
            wanted = [columns[p] for p in places.values()]
            if day is not None:
                wanted.append(columns[day])
            _check_groups(table.metadata, set(wanted))
            batches = table.iter_batches(ROWS, columns=wanted, use_threads=False)
            for batch in batches:
                for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    n += 1
                    try:
                        row = _row(dict(zip(places, values[: len(places)], strict=True)))
                        date = date_text(values[-1]) if day is not None else ""
                        yield Record(name, n, as_article(row, f"{name}:{n}"), date=date)
                    except BadInput as error:
                        yield BadRecord(name, n, error.message)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, FileNotFoundError | PermissionError):
            raise
        sentence = str(error).splitlines()[0][:200] if str(error) else "it is damaged"
        raise BadInput(f"no whole Parquet file, row {n + 1} and on were not read: {sentence}") from None


def _check_groups(metadata: Any, wanted: set[str]) -> None:
    """Refuse a row group that would not fit: Parquet unpacks by column and group."""
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        columns = [row_group.column(n) for n in range(row_group.num_columns)]
        size = sum(c.total_uncompressed_size for c in columns if c.path_in_schema.split(".")[0] in wanted)
        if size > MAX_DOCUMENT:
            raise TooLarge(
                f"row group {group + 1} unpacks to {size:,} bytes, over the limit of {MAX_DOCUMENT:,}: "
                "write it with smaller row groups"
            )


def _row(row: dict[str, Any]) -> dict[str, Any]:
    for field, value in row.items():
        if isinstance(value, str) and len(value) > MAX_BYTES:
            raise TooLarge(f"{field} is over the limit of {MAX_BYTES:,} characters", field=field)
    return row


def _json_object(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line, object_pairs_hook=_no_repeats)
    except RecursionError:
        raise BadInput("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise BadInput(f"not JSON from character {error.pos + 1} of the line on: check quotes and commas") from None
    except ValueError:  # an integer of more than 4,300 digits
        raise BadInput("the JSON holds a number that is too long") from None
    if not isinstance(data, dict):
        raise BadInput(f"a line must hold one JSON object, this one holds {kind_of(data)}")
    return data


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadInput(f"{clean(name[:80])} stands twice in one object: keep one of them")
        found[name] = value
    return found


def _csv_rows(source: Source) -> Iterator[tuple[int, int, list[str] | BadInput]]:
    """Each row with line and byte at which it begins; a row with a line that does not decode or parse is the error, and where."""
    broken: list[tuple[int, BadInput]] = []
    starts: list[int] = []

    def lines() -> Iterator[str]:
        for _, byte, line in read_lines(source):
            starts.append(byte)
            if isinstance(line, BadInput):
                broken.append((byte, line))
                yield (
                    line.text if isinstance(line, BadEncoding) else ""
                ) or "\n"  # the row it stands in is refused below
            else:
                yield line

    csv.field_size_limit(MAX_BYTES)
    rows = csv.reader(lines(), strict=True)
    while True:
        begin = rows.line_num + 1
        row: list[str] | BadInput
        starts.clear()
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            row = BadInput(f"lines {begin} to {rows.line_num} are no CSV row: {error}")
        byte = starts[0] if starts else 0
        if broken:
            where, row = broken[0]
            byte = where if isinstance(row, BadEncoding) else byte
            broken.clear()
        yield begin, byte, row
