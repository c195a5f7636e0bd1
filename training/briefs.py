"""Briefs: summaries of one or two sentences, kept without the text that they were written for.

A brief shares names, numbers and turns of phrase with its article, so a file of briefs would hold pieces of texts that
may not be passed on. Each is kept as parts: `[start, end]` is a piece of the body, a string is what the writer put
between. Together with the bodies, by id, the brief comes back; without them it says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets import Dataset

from models.errors import BadInput
from training.sources import joined, read_rows

SHORTEST = 2
"""Characters: what stands in the body and is at least this long becomes a piece of it."""


def as_parts(brief: str, body: str) -> list[Any]:
    """The brief as pieces of the body, each the longest that fits (ties: the first), and strings between them."""
    parts: list[Any] = []
    own, place = "", 0
    while place < len(brief):
        size, start = 0, -1
        while (found := body.find(brief[place : place + size + 1])) >= 0 and place + size < len(brief):
            size, start = size + 1, found
        if size >= SHORTEST:
            parts += [own] * bool(own) + [[start, start + size]]
            own, place = "", place + size
        else:
            own, place = own + brief[place], place + 1
    return parts + [own] * bool(own)


def from_parts(parts: Sequence[Any], body: str) -> str:
    """The brief again; raises ValueError on a part that is neither a string nor a piece of this body."""
    out = []
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        start, end = part
        if not (isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(body)):
            raise ValueError(f"{part} is no piece of a body of {len(body)} characters")
        out.append(body[start:end])
    return "".join(out)


def read_briefs(files: Sequence[str], rows: Dataset) -> Dataset:
    """Columns id, body and target out of brief files; `rows` has the bodies of those that keep parts only.

    A file may also have its own `body` and `summary`. Raises BadInput that names file, line and reason.
    """
    place: dict[str, int] = {}
    out: dict[str, list[str]] = {"id": [], "body": [], "target": []}
    for name in files:
        if not Path(name).is_file():
            raise BadInput(f"no file of briefs {name}", field="briefs")
        for number, line in enumerate(Path(name).read_text("utf-8").splitlines(), 1):
            try:
                row = json.loads(line)
                body, brief = row.get("body"), row.get("summary")
                if body is None or brief is None:
                    place = place or {str(i): n for n, i in enumerate(rows["id"])}
                    body = str(rows[place[str(row["id"])]]["body"])
                    brief = from_parts(row["parts"], body)
            except KeyError as e:
                raise BadInput(
                    f"{name}:{number}: {e} is missing, or no row of data.train has it", field="briefs"
                ) from e
            except (ValueError, TypeError, AttributeError) as e:
                raise BadInput(f"{name}:{number}: {e}", field="briefs") from e
            for key, value in (("id", str(row.get("id", f"{name}:{number}"))), ("body", body), ("target", brief)):
                out[key].append(str(value))
    if not out["id"]:
        raise BadInput(f"{', '.join(files)}: no brief in it", field="briefs")
    return Dataset.from_dict(out)


def brief_bodies(train: str, train_split: str, dev: str, dev_split: str) -> Dataset:
    """The rows, id and body, that briefs without a text of their own are of: both splits of `train`, and `dev`."""
    rows = [read_rows(train, split, need=["id", "body"]) for split in sorted({train_split, dev_split})]
    rows += [read_rows(dev, dev_split, need=["id", "body"])] if dev else []
    return joined(rows, ["id", "body"])
