"""Which of two runs is better: a paired test on the same items, from two prediction folders or files.

A folder written with `--out` remembers its task, data and split; two bare files need `--task` and `--gold`. The gold is
read again and must be what both runs were measured on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from eval.result import number, span
from eval.sets import Gold, read_pages, read_summaries, read_topics
from eval.significance import Difference, holm, paired
from models.errors import BadInput

SCORES = {
    "topics": ("macro_f1", "micro_f1", "subset_accuracy", "macro_ap"),
    "summaries": ("rougeL", "rouge1", "rouge2", "chrf", "number_precision"),
    "pages": ("article_f1", "headline_exact", "body_char_f1"),
}
READERS: dict[str, Callable[..., Gold[Any]]] = {
    "topics": read_topics,
    "summaries": read_summaries,
    "pages": read_pages,
}


def compare(
    run_a: Path, run_b: Path, *, task: str | None = None, gold: Path | None = None, split: str | None = None
) -> dict[str, Any]:
    """The differences B minus A, p corrected after Holm for the scores that are compared."""
    (lines_a, record_a), (lines_b, record_b) = (_open(run) for run in (run_a, run_b))
    for key in ("task", "data_sha256"):
        known = {record[key] for record in (record_a, record_b) if key in record}
        if len(known) > 1:
            raise BadInput(f"{run_a} and {run_b} do not belong together: {key} is {' and '.join(sorted(known))}")
    record = record_a or record_b
    task = task or record.get("task")
    data = gold or (Path(record["data"]) if "data" in record else None)
    if task not in SCORES or data is None:
        raise BadInput("bare prediction files need --task topics|summaries|pages and --gold FILE")
    if not data.is_file():
        raise BadInput(f"the data of these runs is not at {data} any more: name it with --gold FILE")
    module = import_module(f"eval.{task}")
    split = split or record.get("split")
    found_hash = READERS[task](data, split=split).sha256
    if record.get("data_sha256", found_hash) != found_hash:
        raise BadInput(
            f"{data} is not what these runs were measured on: its hash is {found_hash[:12]}, "
            f"theirs {record['data_sha256'][:12]}"
        )
    a, b = (module.system(lines, data, split) for lines in (lines_a, lines_b))
    topics_a, topics_b = ([name[3:] for name in system.scores if name.startswith("f1:")] for system in (a, b))
    if topics_a != topics_b:
        odd = sorted(set(topics_a) ^ set(topics_b))
        raise BadInput(f"{run_a} and {run_b} speak of different topics: {', '.join(odd)}")
    found = []
    for name in (*SCORES[task], *(f"f1:{topic}" for topic in topics_a)):
        rows, scores = a.part(name)
        found.append(paired(rows, b.part(name)[0], scores, name))
    unknown = [d.name for d in found if math.isnan(d.delta)]
    able = [d for d in found if not math.isnan(d.delta)]
    if SCORES[task][0] in unknown:
        raise BadInput(f"{SCORES[task][0]} is not defined for one of the two runs: nothing can be compared")
    return {"task": task, "data": str(data), "n": a.rows.shape[0], "differences": _records(able), "undefined": unknown}


def _records(differences: list[Difference]) -> list[dict[str, Any]]:
    corrected = holm([d.p for d in differences])
    return [
        {"score": d.name, "a": number(d.a), "b": number(d.b), "delta": number(d.delta), "ci": span(d.interval), "p": d.p,
         "p_bootstrap": d.p_bootstrap, "p_holm": p}
        for d, p in zip(differences, corrected, strict=True)
    ]  # fmt: skip


def render(found: dict[str, Any], run_a: Path, run_b: Path) -> str:
    """The differences as a table and one sentence."""
    head = f"{'score':18} {'A':>8} {'B':>8} {'B - A':>9}  {'95%':20} {'p':>7} {'p (Holm)':>9}"
    lines = [f"A = {run_a}", f"B = {run_b}", f"gold = {found['data']}", "", head]
    for d in found["differences"]:
        ci = "–" if d["ci"] is None else f"[{d['ci'][0]:+.4f}, {d['ci'][1]:+.4f}]"
        lines.append(
            f"{d['score']:18} {d['a']:8.4f} {d['b']:8.4f} {d['delta']:+9.4f}  {ci:20} {d['p']:7.4f} {d['p_holm']:9.4f}"
        )
    if found["undefined"]:
        lines.append(f"not defined in one of the runs, not compared: {', '.join(found['undefined'])}")
    first = found["differences"][0]
    better = "B" if first["delta"] > 0 else "A"
    sure = first["p_holm"] < 0.05
    told = (
        f"{better} is better in {first['score']} (p = {first['p_holm']:.4f})"
        if sure
        else (f"no difference in {first['score']} is shown (p = {first['p_holm']:.4f})")
    )
    return "\n".join([*lines, "", told, ""])


def _open(run: Path) -> tuple[Path, dict[str, Any]]:
    if not run.is_dir():
        return run, {}
    try:
        return run / "predictions.jsonl", json.loads((run / "result.json").read_text("utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise BadInput(f"{run} is no folder written with --out: {error}") from error
