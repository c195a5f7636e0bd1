"""The rows of a data file one by one, each with its place, and every one that cannot be used named with the reason.

Knows files and plain records; what makes a row good or bad is a function that its caller hands in. `datasets` reads the
rows of a run: this walks a file a second time only to say where something is wrong with it.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from models.errors import BadInput

if TYPE_CHECKING:
    from datasets import Dataset

Record = Mapping[str, Any]
Check = Callable[[Record], str | None]  # the reason why a row cannot be used, or None
SHOWN = 20  # bad rows that a message lists
TEXTS = ("headline", "body", "summary")
SURE = {"true": True, "false": False, "1": True, "0": False}  # what a cell of a CSV may say


class BadRows(BadInput):
    """Rows of a source that cannot be used; the message lists the first `SHOWN` by file and place, with the reasons."""

    def __init__(self, source: str, bad: Sequence[BadRow], rows: int) -> None:
        lines = [f"{source}: {len(bad)} of {rows} rows cannot be used; nothing was trained"]
        lines += [f"  {b.file} {b.place}: {b.reason}" for b in bad[:SHOWN]]
        lines += [f"  … and {len(bad) - SHOWN} more"] if len(bad) > SHOWN else []
        super().__init__("\n".join(lines), field="data")
        self.bad = tuple(bad)


@dataclass(frozen=True, slots=True)
class BadRow:
    """Where a row stands (`line 3` of JSON Lines and CSV, where it begins; `row 3` of Parquet, counted from 1) and why not."""

    file: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A row as it stands in a file: its record, or the reason why there is none."""

    file: str
    place: str
    record: Record | None = None
    reason: str = ""


def find_bad(rows: Iterable[Placed], check: Check, split: str = "", unique: bool = False) -> tuple[list[BadRow], int]:
    """The rows that cannot be used, in their order, and how many there are in all; of the split, where one is named.

    `unique`: a row that repeats the `id` of an earlier one is bad too.
    """
    bad, count, first = [], 0, dict[str, tuple[str, str]]()  # places only: the texts of all rows would not fit
    for row in rows:
        if row.record is not None and split and row.record.get("split") != split:
            continue
        count += 1
        reason = row.reason or check(row.record or {})
        row_id = (row.record or {}).get("id")
        if unique and row_id not in (None, ""):
            if (before := first.get(str(row_id))) is not None:
                same = f"{before[0]} " if before[0] != row.file else ""
                reason = reason or f"repeats the id {str(row_id)!r} of {same}{before[1]}"
            else:
                first[str(row_id)] = row.file, row.place
        if reason:
            bad.append(BadRow(row.file, row.place, reason))
    return bad, count


def walk(files: Sequence[Path]) -> Iterator[Placed]:
    """Every row of the files; raises OSError when one cannot be read."""
    for file in files:
        if file.suffix == ".csv":
            yield from _csv(file)
        elif file.suffix == ".parquet":
            yield from _parquet(file)
        else:
            yield from _json(file)


def _json(file: Path) -> Iterator[Placed]:
    with cast(IO[bytes], gzip.open(file)) if file.suffix == ".gz" else file.open("rb") as lines:
        first = next((line for line in lines if line.strip()), b"")
        lines.seek(0)
        if first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[") and file.suffix == ".json":
            yield from _array(file, lines.read())
            return
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parsed(file, f"line {number}", line)


def _parsed(file: Path, place: str, line: bytes) -> Placed:
    try:
        record = json.loads(line.rstrip().removeprefix(b"\xef\xbb\xbf"))
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeDecodeError as e:
        return Placed(str(file), place, reason=f"is not UTF-8 at byte {e.start + 1} of the line")
    except UnicodeEncodeError:
        return Placed(str(file), place, reason="has half a character (a lone surrogate)")
    except (ValueError, RecursionError) as e:
        told = f"{e.msg} at character {e.pos + 1}" if isinstance(e, json.JSONDecodeError) else str(e)
        return Placed(str(file), place, reason=f"is no JSON ({told})")
    if not isinstance(record, dict):
        return Placed(str(file), place, reason=f"is no JSON object but {named(record)}")
    return Placed(str(file), place, record)


def _array(file: Path, content: bytes) -> Iterator[Placed]:
    """The elements of one JSON list; behind one that is broken none can be told apart."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = content.count(b"\n", 0, e.start) + 1
        yield Placed(str(file), f"line {line}", reason=f"is not UTF-8 at byte {e.start + 1} of the file")
        return
    at, line, counted, decoder = text.index("[") + 1, 1, 0, json.JSONDecoder()
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if text[at : at + 1] == "]":
            return
        line, counted = line + text.count("\n", counted, at), at
        try:
            record, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as e:
            yield Placed(str(file), f"line {line}", reason=f"is no JSON ({e})")
            return
        if isinstance(record, dict):
            yield Placed(str(file), f"line {line}", record)
        else:
            yield Placed(str(file), f"line {line}", reason=f"is no JSON object but {named(record)}")


def _csv(file: Path) -> Iterator[Placed]:
    csv.field_size_limit(2**31 - 1)
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text:
        reader, head, began = csv.reader(text), list[str](), 1
        for cells in reader:
            place, began = f"line {began}", reader.line_num + 1
            if not cells or (len(cells) == 1 and cells[0] and not cells[0].strip(" \t")):
                continue  # pandas passes over blank lines, too, also before the head
            if not head:
                head = cells
            elif any("\udc80" <= c <= "\udcff" for cell in cells for c in cell if c >= "\ud800"):
                yield Placed(str(file), place, reason="is not UTF-8")
            elif len(cells) != len(head):
                told = (
                    f"has {len(cells)} cells, the head has {len(head)}: a comma or a quotation mark too many or too few"
                )
                yield Placed(str(file), place, reason=told)
            else:
                record: dict[str, Any] = {k: cell or None for k, cell in zip(head, cells, strict=True)}
                if "sure" in record:
                    record["sure"] = SURE.get(str(record["sure"]).strip().lower(), record["sure"])
                yield Placed(str(file), place, record)


def _parquet(file: Path) -> Iterator[Placed]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    for batch in pq.ParquetFile(file).iter_batches():
        texts = [pa.types.is_string(f.type) or pa.types.is_large_string(f.type) for f in batch.schema]
        columns = [
            c.cast(pa.large_binary()).to_pylist() if is_text else c.to_pylist()
            for c, is_text in zip(batch.columns, texts, strict=True)
        ]
        for values in zip(*columns, strict=True):
            number += 1
            record, broken = dict[str, Any](), ""
            for name, is_text, value in zip(batch.schema.names, texts, values, strict=True):
                try:
                    record[name] = value.decode() if is_text and value is not None else value
                except UnicodeDecodeError as e:
                    broken = broken or f"the {name} is not UTF-8 at byte {e.start + 1} of it"
            yield Placed(str(file), f"row {number}", None if broken else record, broken)


def placed(files: Sequence[Path], records: Iterable[Record], count: int) -> Iterator[Placed]:
    """Records that `datasets` read, with their places in the files, where the files have as many rows."""
    places = [(row.file, row.place) for row in walk(files)]
    if len(places) != count:  # several objects a line, or one over several lines
        places = [(str(files[0] if len(files) == 1 else files[0].parent), f"row {i}") for i in range(1, count + 1)]
    for (file, place), record in zip(places, records, strict=True):
        yield Placed(file, place, record)


def text_reason(record: Record, names: Sequence[str] = TEXTS) -> str | None:
    """Why the texts of a record cannot be used: one is there, but no text. An empty one may have its reasons."""
    for name in names:
        value = record.get(name)
        if not (value is None or isinstance(value, str)):
            return f"the {name} is {named(value)}, no text"
    return None


def named(value: object) -> str:
    """The type of a JSON value, in words."""
    kinds = {
        bool: "true or false",
        int: "a number",
        float: "a number",
        str: "a text",
        list: "a list",
        dict: "an object",
    }
    return "null" if value is None else kinds.get(type(value), type(value).__name__)


def records_of(rows: Dataset, columns: Sequence[str], texts: bool = False) -> Iterator[Record]:
    """The records, these columns only. `texts`: a number is a text that looks like one, as every cell of a CSV but `sure` is."""
    for part in rows.select_columns(list(columns)).iter(1000):
        for values in zip(*part.values(), strict=True):
            yield {
                k: str(v) if texts and k != "sure" and isinstance(v, int | float) else v
                for k, v in zip(part, values, strict=True)
            }
