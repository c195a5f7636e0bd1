"""Runs side by side in one HTML page and one JSON file: gathers what both say. How it looks is report_html.py's.

A run is a folder written with `--out`. Runs of one task on the same data stand in one section and are compared in pairs; p
is corrected after Holm over all comparisons of the report. The data is read again for texts, confusion and curves: when it
has moved or changed, the report refuses rather than show other texts.
"""

from __future__ import annotations

import json
import time
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

from eval import report_items
from eval.compare import READERS, SCORES
from eval.metrics.calibration import Calibration
from eval.metrics.ranking import Risk
from eval.predictions import join, parse_page, parse_summary, parse_topic, read_lines
from eval.result import number, span, write_json
from eval.significance import holm, paired, summed
from models.errors import BadInput

PARSERS: dict[str, Any] = {"topics": parse_topic, "summaries": parse_summary, "pages": parse_page}
POINTS = 200
"""Of a risk–coverage curve: more than a plot can show."""


def make_report(
    runs: list[Path], output: Path, side: Path, *, worst: int = 20, gold: Path | None = None
) -> dict[str, Any]:
    """Write the page and the JSON; returns what both say."""
    from eval.report_html import render

    found = gather(runs, worst=worst, gold=gold)
    page = render(found)
    write_json(side, found)
    output.write_text(page, "utf-8")
    return found


def gather(runs: list[Path], *, worst: int = 20, gold: Path | None = None) -> dict[str, Any]:
    """Everything that the report says, ready for JSON. Raises BadInput for a folder that is no run."""
    records = [open_run(run) for run in runs]
    names = _names(runs)
    groups: dict[tuple[str, str], list[int]] = {}
    for i, record in enumerate(records):
        groups.setdefault((record["task"], f"{record['data_sha256']}:{record.get('of', '')}"), []).append(i)
    sections = []
    for (task, _), places in groups.items():
        chosen = {names[i]: (runs[i], records[i]) for i in places}
        make = _robustness if task == "robustness" else _section
        sections.append(make(task, chosen, worst, gold))
    pairs = [pair for section in sections for pair in section["comparisons"]]
    for pair, p in zip(pairs, holm([pair["p"] for pair in pairs]), strict=True):
        pair["p_holm"] = p
    return {
        "made": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "comparisons": len(pairs),
        "sections": sections,
    }


def open_run(run: Path) -> dict[str, Any]:
    """result.json of a run folder; raises BadInput when it is none, or was written by an older release."""
    try:
        record = json.loads((run / "result.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{run} is no folder written with --out: {error}") from error
    lacking = [key for key in ("task", "data", "data_sha256", "signature", "code") if key not in record]
    if lacking:
        raise BadInput(f"{run}: result.json lacks {', '.join(lacking)}; measure it again with --out")
    found: dict[str, Any] = record
    return found


def _names(runs: list[Path]) -> list[str]:
    """Short names: the folders', with a number where two are alike."""
    bases = [run.resolve().name for run in runs]
    return [f"{base} ({bases[: i + 1].count(base)})" if bases.count(base) > 1 else base for i, base in enumerate(bases)]


def _section(task: str, runs: dict[str, tuple[Path, dict[str, Any]]], worst: int, gold: Path | None) -> dict[str, Any]:
    first, record = next(iter(runs.values()))
    data = gold or Path(record["data"])
    if not data.is_file():
        raise BadInput(f"the data of {first} is not at {data} any more: name it with --gold FILE")
    read = READERS[task](data, split=record.get("split"))
    if read.sha256 != record["data_sha256"]:
        raise BadInput(
            f"{data} is not what {first} was measured on: {read.sha256[:12]}, not {record['data_sha256'][:12]}"
        )
    ids = [item.id for item in read.items]
    files = {name: run / "predictions.jsonl" for name, (run, _) in runs.items()}
    outputs = {name: join(ids, read_lines(file, PARSERS[task]), file) for name, file in files.items()}
    module = import_module(f"eval.{task}")
    systems = {name: module.system(file, data, record.get("split")) for name, file in files.items()}
    section: dict[str, Any] = {
        "task": task,
        "data": str(data),
        "n": len(ids),
        "main": record["main"],
        "runs": {name: {**told, "folder": str(run)} for name, (run, told) in runs.items()},
        "comparisons": _comparisons(task, systems),
    }
    if task == "topics":
        topics = [name[3:] for name in systems[next(iter(systems))].scores if name.startswith("f1:")]
        evidence = _evidence(first)
        section |= {
            "topics": topics,
            "confusion": {name: _confusion(read.items, outs, topics) for name, outs in outputs.items()},
            "reliability": {name: _reliability(read.items, outs, topics) for name, outs in outputs.items()},
            "risk_coverage": {name: _risk(read.items, outs, topics) for name, outs in outputs.items()},
            "worst": report_items.worst_topics(read.items, outputs, evidence, worst),
        }
    elif task == "summaries":
        section["worst"] = report_items.worst_summaries(read.items, outputs, worst)
    else:
        first_system = next(iter(systems.values()))
        shares = [float(share) for share in first_system.score(first_system.rows)["article_f1"]]
        section["worst"] = report_items.worst_pages(read.items, outputs, shares, worst)
    return section


def _robustness(
    _task: str, runs: dict[str, tuple[Path, dict[str, Any]]], _worst: int, _gold: Path | None
) -> dict[str, Any]:
    record = next(iter(runs.values()))[1]
    told = {name: {**one, "folder": str(run)} for name, (run, one) in runs.items()}
    return {"task": "robustness", "of": record["of"], "data": record["data"], "n": record["n"], "main": record["score"],
            "runs": told, "comparisons": [], "worst": []}  # fmt: skip


def _comparisons(task: str, systems: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for a, b in combinations(systems, 2):
        for score in SCORES[task]:
            if systems[a].scores.keys() != systems[b].scores.keys():
                raise BadInput(f"{a} and {b} speak of different topics: they cannot stand in one report")
            rows, function = systems[a].part(score)
            d = paired(rows, systems[b].part(score)[0], function, score)
            if d.delta == d.delta:  # an undefined score is compared with nothing
                found.append({"a": a, "b": b, "score": score, "value_a": number(d.a), "value_b": number(d.b),
                              "delta": number(d.delta), "ci": span(d.interval), "p": d.p})  # fmt: skip
    return found


def _evidence(run: Path) -> dict[str, list[dict[str, Any]]]:
    file = run / "evidence.jsonl"
    lines = file.read_text("utf-8").split("\n") if file.exists() else []
    return {str(row["id"]): row["evidence"] for row in map(json.loads, filter(None, lines))}


def _confusion(items: Any, outputs: Any, topics: list[str]) -> list[list[int]]:
    """Gold (rows) against said (columns), the last of each being none.

    A topic rightly said counts on the diagonal. What was missed stands in its row under each topic that was wrongly said,
    or under none; what was wrongly said without anything missed stands in the row none.
    """
    place = {topic: i for i, topic in enumerate(topics)}
    none = len(topics)
    table = [[0] * (none + 1) for _ in range(none + 1)]
    for item, out in zip(items, outputs, strict=True):
        for topic in item.labels & out.labels:
            table[place[topic]][place[topic]] += 1
        missed, added = item.labels - out.labels, out.labels - item.labels
        for topic in missed:
            for other in added or {None}:
                table[place[topic]][none if other is None else place[other]] += 1
        if not missed:
            for other in added:
                table[none][place[other]] += 1
        if not item.labels and not out.labels:
            table[none][none] += 1
    return table


def _reliability(items: Any, outputs: Any, topics: list[str]) -> list[dict[str, float]] | None:
    if any(out.scores is None for out in outputs):
        return None
    metric = Calibration(topics)
    bins = metric.curve(summed(metric.rows(items, outputs)))
    return [{"n": one.n, "said": round(one.said, 4), "true": round(one.true, 4)} for one in bins]


def _risk(items: Any, outputs: Any, topics: list[str]) -> list[list[float]] | None:
    if any(out.scores is None for out in outputs):
        return None
    metric = Risk(topics)
    coverage, risk = metric.curve(summed(metric.rows(items, outputs)))
    every = max(1, len(coverage) // POINTS)
    places = sorted({*range(0, len(coverage), every), len(coverage) - 1})
    return [[round(float(coverage[i]), 4), round(float(risk[i]), 4)] for i in places]
