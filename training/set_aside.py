"""Development rows of a summaries run whose config gives none: a part of its pairs, set aside and kept in the run folder.

Knows rows, no model. `publish` compares on what is kept (training/gate.py).
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from datasets import Dataset

from models.errors import BadInput
from training.processes import is_main
from training.record import DEV

MOST_DEV, LEAST_DEV = 1000, 50
"""How many rows are set aside at most and at least, the latter as far as a tenth of all allows."""


def split_off(rows: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """The rows without, and the rows of, a development set: 2 %, at most `MOST_DEV`, and `LEAST_DEV` or at least a tenth."""
    if len(rows) < 2:
        raise BadInput("one row cannot be split into training and development rows: give data.dev", field="data")
    order = np.random.default_rng(seed).permutation(len(rows))
    count = min(MOST_DEV, max(len(rows) // 50, min(LEAST_DEV, len(rows) // 10), 1))
    return rows.select(sorted(order[count:].tolist())), rows.select(sorted(order[:count].tolist()))


def keep_dev(dev: Dataset, run: Path) -> None:
    """RUN/dev.jsonl: the rows that were set aside, for `publish` and for whoever measures the run."""
    if not is_main():
        return
    lines = [
        json.dumps({"id": i, "body": b, "summary": t}, ensure_ascii=False) + "\n"
        for i, b, t in zip(_ids(dev), dev["body"], dev["target"], strict=True)
    ]
    part = run / f"{DEV}.part"
    part.write_text("".join(lines), "utf-8")
    part.replace(run / DEV)


def _ids(dev: Dataset) -> list[str]:
    """An id each: `row-N` for a row without, since eval refuses rows that share one."""
    if "id" not in dev.column_names:
        return [str(n) for n in range(1, len(dev) + 1)]
    told = ["" if i is None or i != i else str(i) for i in dev["id"]]  # noqa: PLR0124 - NaN in a column of numbers
    given = [i if i.strip() else "" for i in told]
    taken, ids = set(given), list[str]()
    for n, own in enumerate(given, 1):
        name = own or f"row-{n}"
        while not own and name in taken:
            name += "_"
        ids.append(name)
    return ids
