"""What a measurement comes to: systems with scores and intervals, the model first and the floors beside it.

Owns the measuring of one system, the tables, and the files that `--json`, `--predictions` and `--out` write. Knows no
task: which scores there are and which of them go where, the task modules say.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eval import origin, significance, slices
from eval.metrics import Array, Metric, Stack
from eval.metrics.chinese import bare
from eval.predictions import PageOutput, SummaryOutput, TopicOutput, write_lines
from eval.sets import Gold
from eval.significance import Difference, Interval, Score
from eval.slices import Slice

VERSION = "2"
"""Of the measuring protocol: raise it when a number could change on the same predictions."""


@dataclass(frozen=True, slots=True)
class System:
    """One system on one set. `rows` are its statistics an item (an array or a csr_array) and `score` turns their sums into
    scores: what a paired test needs. `metric` is where both come from.
    """

    name: str
    scores: Mapping[str, float]
    intervals: Mapping[str, Interval]
    rows: Array
    score: Score
    bca: Mapping[str, Interval] = field(default_factory=dict)
    metric: Metric[Any, Any] | None = None

    def part(self, name: str) -> tuple[Array, Score]:
        """Rows and score function with only what the score `name` needs."""
        if not isinstance(self.metric, Stack):
            return self.rows, self.score
        columns, metric = self.metric.part(name)
        found = self.rows[:, columns]
        return found if isinstance(found, np.ndarray) else found.toarray(), metric.scores


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
    slices: tuple[Slice, ...] = ()
    evidence: Sequence[Mapping[str, Any]] = ()


def measure(name: str, items: Sequence[Any], outputs: Sequence[Any], metric: Metric[Any, Any]) -> System:
    """Scores and 95% intervals of one system."""
    rows = metric.rows(items, outputs)
    intervals, bca = significance.both_intervals(rows, metric.scores)
    return System(name, significance.total(rows, metric.scores), intervals, rows, metric.scores, bca, metric)


def versus(floors: Sequence[System], model: System, main: str) -> tuple[tuple[str, Difference], ...]:
    """The model against every floor in the main score, where both have it and there is more than one item."""
    if model.rows.shape[0] < 2 or math.isnan(model.scores[main]):
        return ()
    rows, score = model.part(main)
    return tuple(
        (floor.name, significance.paired(floor.part(main)[0], rows, score, main))
        for floor in floors
        if not math.isnan(floor.scores[main])
    )


def sliced(gold: Gold[Any], system: System, names: Sequence[str]) -> tuple[tuple[Slice, ...], str]:
    """The system's scores by slice, and the sentence that names the worst one in the first score ("" when none is)."""
    rows, score = system.part(names[0])
    found = tuple(slices.measure_slices(rows, score, slices.cut(gold), names))
    low = slices.worst(found, names[0])
    if low is None:
        return found, ""
    span = low.intervals[names[0]]
    shown = "" if span is None else f" [{span[0]:.3f}, {span[1]:.3f}]"
    return found, (
        f"the worst slice of {slices.LEAST} items or more is {low.name} (n = {low.n}): {names[0]} "
        f"{low.scores[names[0]]:.3f}{shown} against {system.scores[names[0]]:.3f} over all"
    )


def where(gold: Gold[Any]) -> dict[str, Any]:
    """Which data a result speaks of."""
    return {"data": str(gold.path), "split": gold.split, "data_sha256": gold.sha256}


def repeated(gold: Gold[Any]) -> list[str]:
    """A note when texts stand more than once under different ids: they weigh more than others."""
    first: dict[str, str] = {}
    again = []
    for item in gold.items:
        text = bare(getattr(item, "headline", "") + getattr(item, "body", getattr(item, "text", "")))
        again += [f"{item.id} = {first[text]}"] if text in first else []
        first.setdefault(text, item.id)
    return [f"{len(again)} texts stand more than once: {', '.join(again[:3])}"] if again else []


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
    split = f" ({result.origin['split']})" if result.origin["split"] else ""
    text = [
        f"## {result.task}: {result.origin['system']} on {result.origin['data']}{split}",
        "",
        *table(result),
        "",
    ]
    for title, cells in result.parts:
        text += [*part_table(title, cells), ""]
    text += compared(result)
    if result.slices:
        names = tuple(result.slices[0].scores)
        lines = [[s.by, s.value, str(s.n), *(cell(s.scores[k], s.intervals[k]) for k in names)] for s in result.slices]
        text += ["", *aligned(("slice", "", "n", *names), lines), ""]
    text += [f"note: {note}" for note in result.notes]
    return "\n".join([*text, f"signature: {result.signature}", ""])


def table(result: Result) -> list[str]:
    """Every system's scores, and the floors that cannot be had with their reason."""
    head = ("system", *result.columns)
    lines = [[s.name, *(cell(s.scores[name], s.intervals[name]) for name in result.columns)] for s in result.systems]
    for absent in result.absent:
        name, _, why = absent.partition(": ")
        lines.append([name, why, *[""] * (len(head) - 2)])
    return aligned(head, lines)


def part_table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One of a result's parts, such as its topics."""
    lines = [[name, *map(plain, cells.values())] for name, cells in rows.items()]
    return aligned((title, *next(iter(rows.values()))), lines)


def compared(result: Result) -> list[str]:
    """The model against every floor, a sentence each."""
    told = []
    for floor, d in result.against:
        low, high = d.interval or (math.nan, math.nan)
        told.append(
            f"{d.name} over {floor}: {d.delta:+.4f} [{low:+.4f}, {high:+.4f}], p = {d.p:.4f} "
            f"(paired: bootstrap, approximate randomisation, {d.samples} samples; p of the bootstrap {d.p_bootstrap:.4f})"
        )
    return told


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """One JSON object, readable in a diff; NaN is a mistake here."""
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n", "utf-8")


def write_run(result: Result, folder: Path, command: str = "") -> None:
    """A run folder: predictions.jsonl, table.md, result.json (the flat keys, every system and slice, where it came from
    and the command), and evidence.jsonl where the system gives evidence (it holds sentences of the data).
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(folder / "predictions.jsonl", result.ids, result.outputs)
    (folder / "table.md").write_text(render(result), "utf-8")
    systems = {
        s.name: {
            "scores": {k: number(v) for k, v in s.scores.items()},
            "ci": {k: span(v) for k, v in s.intervals.items()},
            "ci_bca": {k: span(v) for k, v in s.bca.items()},
        }
        for s in result.systems
    }
    if result.evidence:
        lines = (json.dumps(line, ensure_ascii=False) + "\n" for line in result.evidence)
        (folder / "evidence.jsonl").write_text("".join(lines), "utf-8")
    where = str(Path(result.origin["data"]).resolve())  # `compare` may be called from elsewhere
    record = {
        "task": result.task,
        **result.origin,
        "data": where,
        "command": command,
        "main": result.main,
        "columns": result.columns,
        "flat": result.flat,
        "systems": systems,
        "absent": result.absent,
        "slices": [
            {"by": s.by, "value": s.value, "n": s.n, **{k: number(v) for k, v in s.scores.items()},
             **{f"{k}_ci": span(v) for k, v in s.intervals.items()}}
            for s in result.slices
        ],
        "against": [{"floor": floor, **dataclasses.asdict(d)} for floor, d in result.against],
        "notes": result.notes,
        "signature": result.signature,
        **origin.describe(),
    }  # fmt: skip
    write_json(folder / "result.json", record)


def cell(value: float, interval: Interval) -> str:
    """A score with its interval."""
    shown = plain(value)
    if interval is None or math.isnan(value):
        return shown
    return f"{shown} [{plain(interval[0])}, {plain(interval[1])}]"


def plain(value: object) -> str:
    """A figure in a table; – where it is not defined."""
    if value is None:
        return "–"
    if isinstance(value, float):
        # Shares have three decimals; character counts and lengths are past 10 or whole.
        return "–" if math.isnan(value) else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
    return str(value)


def aligned(head: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table with columns of even width."""
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    rule = ["-" * width for width in widths]
    return [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in (head, rule, *lines)
    ]
