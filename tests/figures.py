"""The figures that long tests measure, kept in one file: `pytest --figures docs/figures.json` (`make test-long`).

A test takes the fixture `figure` and tells name and value. A run brings the names that it measured up to date and leaves
the others; each says when, on which commit and under which load it was measured.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from eval import origin

Figure = Callable[[str, Any], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--figures FILE`."""
    parser.addoption("--figures", type=Path, metavar="FILE", help="keep what long tests measure in this JSON file")


@pytest.fixture
def figure(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Iterator[Figure]:
    """Tell a figure: a number, or names and numbers. It is printed, and kept when the test has passed."""
    told: dict[str, Any] = {}

    def tell(name: str, value: Any) -> None:
        told[name] = value
        with capsys.disabled():
            print(f"\n{name}: {value}")

    failed = request.session.testsfailed
    yield tell
    file: Path | None = request.config.getoption("--figures")
    if file is not None and told and request.session.testsfailed == failed:
        keep(file, told)


def keep(file: Path, told: dict[str, Any]) -> None:
    """Write the figures into the file beside those of other tests; whole or not at all."""
    kept: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    about = {
        "measured": time.strftime("%Y-%m-%d"),
        "code": origin.describe()["code"],
        "load": round(os.getloadavg()[0], 1),
    }
    kept |= {name: {"value": value} | about for name, value in told.items()}
    new = file.with_name(f"{file.name}.new")
    new.write_text(json.dumps(dict(sorted(kept.items())), ensure_ascii=False, indent=1) + "\n", "utf-8")
    new.replace(file)
