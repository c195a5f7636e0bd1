"""What a measurement comes to: systems with scores and intervals, the model first and the floors beside it.

Owns the measuring of one system, the tables, and the files that `--json`, `--predictions` and `--out` write. Knows no
task: which scores there are and which of them go where, the task modules say.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eval import significance
from eval.metrics import Array, Metric
from eval.predictions import PageOutput, SummaryOutput, TopicOutput, write_lines
from eval.significance import Difference, Interval, Score

VERSION = "1"
"""Of the measuring protocol: raise it when a number could change on the same predictions."""


@dataclass(frozen=True, slots=True)
class System:
    """One system on one set. `rows` are its statistics an item and `score` turns their sums into scores: what a paired
    test needs.
    """

    name: str
    scores: Mapping[str, float]
    intervals: Mapping[str, Interval]
    rows: Array
    score: Score


@dataclass(frozen=True, slots=True)
class Result:
    """All systems of one measurement; the first is the one that was asked about."""

    task: str
    main: str
    columns: tuple[str, ...]
    systems: tuple[System, ...]
    flat: Mapping[str, Any]
    signature: str
    ids: tuple[str, ...]
    outputs: Sequence[TopicOutput] | Sequence[SummaryOutput] | Sequence[PageOutput]
    origin: Mapping[str, Any]
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    parts: tuple[tuple[str, Mapping[str, Mapping[str, Any]]], ...] = field(default=())
    against: tuple[tuple[str, Difference], ...] = ()


def measure(name: str, items: Sequence[Any], outputs: Sequence[Any], metric: Metric[Any, Any]) -> System:
    """Scores and 95% intervals of one system."""
    rows = metric.rows(items, outputs)
    return System(
        name,
        significance.total(rows, metric.scores),
        significance.intervals(rows, metric.scores),
        rows,
        metric.scores,
    )


def versus(floors: Sequence[System], model: System, main: str) -> tuple[tuple[str, Difference], ...]:
    """The model against every floor in the main score, where both have it and there is more than one item."""
    if len(model.rows) < 2 or math.isnan(model.scores[main]):
        return ()
    return tuple(
        (floor.name, significance.paired(floor.rows, model.rows, model.score, main))
        for floor in floors
        if not math.isnan(floor.scores[main])
    )


def sign(*parts: str, n: int, sha256: str) -> str:
    """The signature line of a score: protocol, resampling, size and data, so that it can be reproduced or refused."""
    return "|".join((f"caibian-eval:{VERSION}", *parts, significance.SIGNATURE, f"n:{n}", f"data:{sha256[:12]}"))


def number(value: float) -> float | None:
    """A score for JSON: 6 decimals; an undefined one is null."""
    return None if math.isnan(value) else round(value, 6)


def span(interval: Interval) -> list[float] | None:
    """An interval for JSON."""
    return None if interval is None else [round(interval[0], 6), round(interval[1], 6)]


def floor_keys(systems: Sequence[System], main: str) -> dict[str, float | None]:
    """The main score of every floor as flat keys: `floor_<name>_<score>`."""
    return {f"floor_{s.name.replace('-', '_')}_{main}": number(s.scores[main]) for s in systems[1:]}


def render(result: Result) -> str:
    """The tables as Markdown that is aligned enough to read in a terminal."""
    head = ("system", *result.columns)
    lines = [[system.name, *(_cell(system, name) for name in result.columns)] for system in result.systems]
    lines += [
        [*absent.split(": ", 1)[:1], absent.split(": ", 1)[1], *[""] * (len(head) - 2)] for absent in result.absent
    ]
    split = f" ({result.origin['split']})" if result.origin["split"] else ""
    text = [
        f"## {result.task}: {result.origin['system']} on {result.origin['data']}{split}",
        "",
        *_table(head, lines),
        "",
    ]
    for title, part in result.parts:
        columns = tuple(next(iter(part.values())))
        text += [*_table((title, *columns), [[row, *map(_plain, cells.values())] for row, cells in part.items()]), ""]
    for floor, d in result.against:
        low, high = d.interval or (math.nan, math.nan)
        text.append(
            f"{d.name} over {floor}: {d.delta:+.4f} [{low:+.4f}, {high:+.4f}], p = {d.p:.4f} "
            f"(paired: bootstrap, approximate randomisation, {d.samples} samples)"
        )
    text += [f"note: {note}" for note in result.notes]
    return "\n".join([*text, f"signature: {result.signature}", ""])


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """One JSON object, readable in a diff; NaN is a mistake here."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8")


def write_run(result: Result, folder: Path) -> None:
    """A run folder: predictions.jsonl, table.md, result.json (the flat keys, every system, where it came from)."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "predictions.jsonl", result.ids, result.outputs)
    (folder / "table.md").write_text(render(result), "utf-8")
    systems = {
        s.name: {
            "scores": {k: number(v) for k, v in s.scores.items()},
            "ci": {k: span(v) for k, v in s.intervals.items()},
        }
        for s in result.systems
    }
    where = str(Path(result.origin["data"]).resolve())  # `compare` may be called from elsewhere
    record = {
        "task": result.task,
        **result.origin,
        "data": where,
        "flat": result.flat,
        "systems": systems,
        "notes": result.notes,
    }
    write_json(folder / "result.json", record)


def _cell(system: System, name: str) -> str:
    value, interval = system.scores[name], system.intervals[name]
    if math.isnan(value):
        return "–"
    shown = _plain(value)
    return shown if interval is None else f"{shown} [{_plain(interval[0])}, {_plain(interval[1])}]"


def _plain(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        # Shares have three decimals; character counts and lengths are past 10 or whole.
        return "–" if math.isnan(value) else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    rule = ["-" * width for width in widths]
    return [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in (head, rule, *lines)
    ]
