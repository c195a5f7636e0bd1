"""The gate: the figures of a measurement held against a file of floors, for CI and for a newsroom's own.

Owns the file's form and the verdict, and refuses to know what a figure means. A floor that cannot be checked (a figure that
is not there, is undefined or is no number) is an error: it never counts as held.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import BadInput

TABLES = ("topics", "summaries", "briefs", "pages")
"""What a file may hold apart: one table for each kind of measurement; `briefs` is `summaries --length brief`."""
CEILING = "_max"


@dataclass(frozen=True, slots=True)
class Bound:
    """A figure's least value, or its greatest where the file calls it `<figure>_max`. `path` leads to it in the flat keys."""

    path: tuple[str, ...]
    limit: float
    ceiling: bool

    @property
    def name(self) -> str:
        """The figure's name, with dots where it lies deeper (`per_topic.wellbeing.f1`)."""
        return ".".join(self.path)

    def broken(self, value: float) -> str:
        """The sentence about a value on the wrong side; "" when it holds. The bound itself holds."""
        if self.ceiling:
            return f"{self.name} is {value:.10g}, over its ceiling of {self.limit:.10g}" if value > self.limit else ""
        return f"{self.name} is {value:.10g}, under its floor of {self.limit:.10g}" if value < self.limit else ""


def read_bounds(path: Path, table: str) -> tuple[Bound, ...]:
    """The bounds of a .toml or .json file for one of `TABLES`; a file without such tables holds the bounds of any of them.

    BadInput when it does not read, has no bound for `table`, or has one that is no finite number.
    """
    found = _read(path)
    if any(isinstance(found.get(name), dict) for name in TABLES):
        strange = [name for name in found if name not in TABLES]
        if strange:
            raise BadInput(
                f"{path}: beside the tables of measurements stand {', '.join(strange)}: put them into a table"
            )
        if not isinstance(found.get(table), dict):
            raise BadInput(f"{path} has no table {table}, it has {', '.join(found)}")
        found = found[table]
    bounds = tuple(_bounds(path, found, ()))
    if not bounds:
        raise BadInput(
            f"{path} holds no floor for {table}: name a figure of --json and its least value, macro_f1 = 0.6"
        )
    return bounds


def check(bounds: tuple[Bound, ...], figures: Mapping[str, Any], path: Path) -> list[str]:
    """One sentence for every bound that `figures` (the object of --json) break; empty when all hold.

    BadInput names every bound that cannot be checked.
    """
    values, wrong = [], []
    for bound in bounds:
        value = _value(bound.path, figures)
        if isinstance(value, str):
            wrong.append(f"{bound.name} {value}")
        else:
            values.append((bound, value))
    if wrong:
        raise BadInput(f"{path}: {len(wrong)} floors cannot be checked: {'; '.join(wrong)}")
    return [told for bound, value in values if (told := bound.broken(value))]


def _value(path: tuple[str, ...], figures: Mapping[str, Any]) -> float | str:
    """The figure, or what is the matter with it."""
    found: Any = figures
    for name in path:
        if not isinstance(found, Mapping) or name not in found:
            names = ", ".join(found) if isinstance(found, Mapping) else "nothing below"
            return f"is no figure of this measurement ({names})"
        found = found[name]
    if found is None:
        return "is not defined for this data"
    if isinstance(found, bool) or not isinstance(found, int | float):
        return "is not one number"
    return float(found) if math.isfinite(found) else f"is {found}"


def _bounds(path: Path, table: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Bound]:
    for name, limit in table.items():
        if isinstance(limit, Mapping):
            yield from _bounds(path, limit, (*above, name))
            continue
        # A whole number of hundreds of digits is none that a float holds.
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not -1e300 < limit < 1e300:
            raise BadInput(f"{path}: {'.'.join((*above, name))} = {limit!r} is no number that a figure can be held to")
        yield Bound((*above, name.removesuffix(CEILING)), float(limit), name.endswith(CEILING))


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise BadInput(f"there is no file {path}")
    if path.suffix not in (".toml", ".json"):
        raise BadInput(f"{path}: floors are a .toml or .json file")
    try:
        text = path.read_text("utf-8")
        found = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        raise BadInput(f"{path} does not read as {path.suffix[1:]}: {error}") from error
    if not isinstance(found, dict):
        raise BadInput(f'{path}: floors are one JSON object, {{"macro_f1": 0.6}}')
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose names stand once: of two floors for one figure the lower would go unseen."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} stands more than once")
    return found
