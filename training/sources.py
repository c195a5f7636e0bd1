"""Training data in: files to `datasets.Dataset`, with what must not be trained on taken out.

Owns which rows a run sees. It knows files and texts, no model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets, load_dataset

from models.errors import BadInput
from training.duplicates import near_duplicates
from training.rows import BadRows, Check, Placed, find_bad, placed, records_of, text_reason, walk

CHECKED = ("id", "headline", "body", "summary", "labels", "sure", "split")  # columns that a check may ask for
OWN = "Your own data want a config of your own: the shipped ones name files of ours (docs/training.md#a-config-of-your-own)"
LOADERS = {".jsonl": "json", ".json": "json", ".gz": "json", ".csv": "csv", ".parquet": "parquet"}


def read_rows(
    source: str, split: str = "", *, need: Sequence[str] = (), check: Check = text_reason, unique: bool = False
) -> Dataset:
    """The rows of a file (JSONL, CSV, Parquet), of all such files of a folder, by name, or of a hub data set by name; `split`
    selects by the column of that name.

    Raises BadInput when the file is missing, not of a known kind, empty, or lacks a column of `need`; BadRows, which names
    each by file and line, when `check` has a reason against rows of the split, or one is broken or (`unique`) repeats an id.
    """
    path, files = Path(source), list[Path]()
    if source and (path.suffix in LOADERS or path.exists()):
        files = _files(path)
        rows = _load(source, files, check, split, unique)
    elif not source:
        raise BadInput("the config names no data: set data.train, and data.dev for topics", field="data")
    else:
        try:
            rows = load_dataset(source, split=split or "train")
        except Exception as e:  # no network, no such set, no such split: each library has its own
            why = " ".join(str(e).split())[:300]
            raise BadInput(f"no file and no hub data set {source}: {why}", field="data") from e
        split = ""
    whole = rows
    if split:
        if "split" not in rows.column_names:
            raise BadInput(f"{source} has no column 'split', so no rows of split {split!r}. {OWN}", field="split")
        wanted = [i for i, s in enumerate(rows["split"]) if s == split]
        rows = rows.select(wanted)
    missing = [c for c in need if c not in rows.column_names]
    if missing:
        raise BadInput(
            f"{source} has no column {missing[0]!r}; it has {', '.join(rows.column_names)}", field=missing[0]
        )
    if len(rows) == 0:
        raise BadInput(f"{source}{f' split {split}' if split else ''} has no rows", field="data")
    columns, csv = [c for c in CHECKED if c in rows.column_names], bool(files) and files[0].suffix == ".csv"
    try:
        unplaced = (Placed(source, f"row {i}", r) for i, r in enumerate(records_of(rows, columns, csv), 1))
        bad, count = find_bad(unplaced, check, unique=unique) if columns else ([], len(rows))
        if bad and files:  # now it is worth looking for the places
            bad, count = find_bad(placed(files, records_of(whole, columns, csv), len(whole)), check, split, unique)
    except UnicodeDecodeError:  # Arrow takes bytes as they are; they are decoded when they are asked for
        bad, count = find_bad(walk(files), check, split, unique)
    if bad:
        raise BadRows(source, bad, count)
    return rows


def _load(source: str, files: Sequence[Path], check: Check, split: str, unique: bool) -> Dataset:
    """What `datasets` makes of the files; where it cannot, every row that is to blame is named."""
    try:
        if any(row.record is None for row in walk([f for f in files if f.suffix == ".csv"])):
            raise ValueError("rows with more or fewer cells than the head")  # pandas would fill them up
        return load_dataset(LOADERS[files[0].suffix], data_files=[str(f) for f in files], split="train")
    except Exception as e:  # datasets wraps every reader's own error; the cause holds the sentence
        try:
            bad, count = find_bad(walk(files), check, split, unique)
        except Exception:  # not even that can be read, as a Parquet file whose end is missing
            bad, count = [], 0
        if bad:
            raise BadRows(source, bad, count) from e
        why = " ".join(str(e.__cause__ or e).split())
        why = "it has no rows" if not why or "corresponds to no data" in why else why
        raise BadInput(f"{source} cannot be read: {why}", field="data") from e


def _files(path: Path) -> list[Path]:
    """The file, or the files of a folder, which must be of one kind; raises BadInput for what is missing, unknown or empty."""
    files = sorted(f for f in path.iterdir() if f.suffix in LOADERS) if path.is_dir() else [path]
    if not files:
        raise BadInput(f"{path} has no file that ends in {', '.join(LOADERS)}", field="data")
    kinds = sorted({LOADERS.get(f.suffix, "") for f in files})
    if len(kinds) > 1:
        raise BadInput(f"{path} has files of several kinds ({', '.join(kinds)}): one kind a folder", field="data")
    for file in files:
        if not file.is_file():
            raise BadInput(f"no data file {file} (a path counts from the working directory). {OWN}", field="data")
        if file.suffix not in LOADERS:
            raise BadInput(f"{file}: data files end in {', '.join(LOADERS)}", field="data")
        if file.stat().st_size == 0:
            raise BadInput(f"{file} is empty", field="data")
    return files


def labelled_by(rows: Dataset, labels: str, check: Check = text_reason) -> Dataset:
    """The rows that a label file names, with its labels: JSON Lines of id, labels and perhaps sure, no text.

    So labels may be kept and shared where the texts may not. Raises BadInput when it names an id that the rows lack.
    """
    given = read_rows(labels, need=["id", "labels"], check=check, unique=True)
    place = {str(row_id): i for i, row_id in enumerate(rows["id"])}
    lost = [row_id for row_id in given["id"] if str(row_id) not in place]
    if lost:
        raise BadInput(
            f"{labels}: {len(lost)} ids stand in no unlabelled file, the first is {lost[0]!r}", field="labels"
        )
    kept = rows.select([place[str(i)] for i in given["id"]])
    kept = kept.remove_columns([c for c in ("labels", "sure") if c in kept.column_names])
    sure = given["sure"] if "sure" in given.column_names else [True] * len(given)
    return kept.add_column("labels", list(given["labels"])).add_column("sure", list(sure))


def whole_text(row: dict[str, Any]) -> str:
    """Headline and body, the text that duplicates are compared by."""
    return f"{row.get('headline') or ''}\n{row.get('body') or ''}"


def without_duplicates_of(rows: Dataset, protected: Sequence[Dataset], share: float = 0.5) -> tuple[Dataset, int]:
    """`rows` without near-duplicates of the protected sets, and how many were taken out.

    Headlines are left out of the comparison: two reports of one event may share one.
    """
    bodies = [str(b or "") for p in protected for b in p["body"]]
    bad = set(near_duplicates([str(b or "") for b in rows["body"]], bodies, share))
    return rows.select([i for i in range(len(rows)) if i not in bad]), len(bad)


def fingerprint(*sets: Dataset) -> str:
    """SHA-256 over ids and texts: the same rows give the same value, wherever and in whatever format they were read."""
    digest = hashlib.sha256()
    for rows in sets:
        columns = [c for c in ("id", "headline", "body", "summary", "target", "labels") if c in rows.column_names]
        for row in rows.select_columns(columns):
            digest.update(json.dumps(row, ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


def joined(sets: Sequence[Dataset], columns: Sequence[str]) -> Dataset:
    """Several sets one after the other, with these columns only."""
    return concatenate_datasets([s.select_columns([c for c in columns if c in s.column_names]) for s in sets])
