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
    ids = dev["id"] if "id" in dev.column_names else range(1, len(dev) + 1)
    lines = [
        json.dumps({"id": str(i), "body": b, "summary": t}, ensure_ascii=False) + "\n"
        for i, b, t in zip(ids, dev["body"], dev["target"], strict=True)
    ]
    (run / DEV).write_text("".join(lines), "utf-8")
