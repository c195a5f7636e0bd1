"""Rows of tests/data, which we invented: plain JSON lines, or packed ones where pages weigh much."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"


def read(name: str) -> list[dict[str, Any]]:
    """The rows of a file of tests/data."""
    packed = (DATA / name).read_bytes()
    text = gzip.decompress(packed) if name.endswith(".gz") else packed
    return [json.loads(line) for line in text.decode().splitlines()]
