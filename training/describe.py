"""What the rows of a run are like: class balance, lengths, which labels come together, near-duplicates; said, kept, plotted.

Knows rows and topics, no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from models.errors import BadInput
from training.duplicates import groups_of, near_pairs
from training.sources import whole_text

PERCENTILES = (5, 50, 95)
KEPT, SHOWN = 100, 5  # pairs with different labels that the record keeps, and that are said
Pairs = Sequence[tuple[int, int]]


def pairs_of(rows: Dataset) -> list[tuple[int, int]]:
    """The pairs of rows whose bodies are near-duplicates of one another, the same included; headlines are left out."""
    return near_pairs([str(b or "") for b in rows["body"]])


def describe_near(rows: Dataset, pairs: Pairs) -> dict[str, Any]:
    """How many rows are near-duplicates of another, in how many groups; where there are labels, the pairs whose labels differ."""
    groups = groups_of(pairs, len(rows))
    told: dict[str, Any] = {"pairs": len(pairs), "rows": len({i for pair in pairs for i in pair}),
                            "groups": len({groups[i] for i, _ in pairs})}  # fmt: skip
    if "labels" in rows.column_names:
        ids = rows["id"] if "id" in rows.column_names else range(1, len(rows) + 1)
        labels = [sorted(x) for x in rows["labels"]]
        differ = [(i, j) for i, j in pairs if labels[i] != labels[j]]
        told["labels_differ"] = len(differ)
        told["differing"] = [
            {"ids": [str(ids[i]), str(ids[j])], "labels": [labels[i], labels[j]]} for i, j in differ[:KEPT]
        ]
    return told


def tell_near(told: dict[str, Any]) -> str:
    """One line for the terminal, and one for each of the first pairs whose labels differ."""
    if not told["pairs"]:
        return "  near-duplicates of one another: none"
    lines = [f"  near-duplicates of one another: {told['rows']} rows in {told['groups']} groups"]
    if told.get("labels_differ"):
        lines[0] += f"; of {told['pairs']} pairs {told['labels_differ']} have different labels"
        for one in told["differing"][:SHOWN]:
            a, b = (f"{i} ({', '.join(x) or 'none'})" for i, x in zip(one["ids"], one["labels"], strict=True))
            lines.append(f"    {a} and {b}")
        if told["labels_differ"] > SHOWN:
            lines.append(f"    and {told['labels_differ'] - SHOWN} more, the first {KEPT} in record.json")
    return "\n".join(lines)


def describe_rows(rows: Dataset, topics: Sequence[str], name: str, pairs: Pairs | None = None) -> dict[str, Any]:
    """Counts and lengths of labelled rows; raises BadInput when all rows have the same text.

    `pairs` are the near-duplicates (None: looked for here).
    `together` is a (T, T) table of how many rows have both topics; its diagonal is how many have the topic.
    """
    given = [set(labels) for labels in rows["labels"]]
    flags = np.array([[t in labels for t in topics] for labels in given], np.int64).reshape(len(given), len(topics))
    texts = [
        whole_text(row) for row in rows.select_columns([c for c in ("headline", "body") if c in rows.column_names])
    ]
    distinct = len(set(texts))
    if len(rows) > 1 and distinct == 1:
        raise BadInput(
            f"{name}: all {len(rows)} rows have the same text; nothing can be learned from them", field="data"
        )
    lengths = np.array([len(t) - 1 for t in texts])
    return {
        "rows": len(rows),
        "copies": len(rows) - distinct,
        "positives": {t: int(n) for t, n in zip(topics, flags.sum(axis=0), strict=True)},
        "none": int((flags.sum(axis=1) == 0).sum()),
        "several": int((flags.sum(axis=1) > 1).sum()),
        "unsure": sum(s is False for s in rows["sure"]) if "sure" in rows.column_names else 0,
        "characters": {f"p{p}": int(np.percentile(lengths, p)) for p in PERCENTILES} | {"max": int(lengths.max())},
        "together": (flags.T @ flags).tolist(),
        "near": describe_near(rows, pairs_of(rows) if pairs is None else pairs),
    }


def tell_rows(told: dict[str, Any], name: str) -> str:
    """One paragraph for the terminal."""
    n, sizes, topics = told["rows"], told["characters"], list(told["positives"])
    balance = ", ".join(f"{t} {c} ({c / n:.1%})" for t, c in told["positives"].items())
    pairs = [
        f"{a} + {b} {told['together'][i][j]}"
        for i, a in enumerate(topics)
        for j, b in enumerate(topics)
        if i < j and told["together"][i][j]
    ]
    return "\n".join([
        f"{name}: {n} rows; {balance}; none {told['none']} ({told['none'] / n:.1%})",
        f"  characters: 5% under {sizes['p5']}, half under {sizes['p50']}, 95% under {sizes['p95']}, longest {sizes['max']}",
        f"  several labels: {told['several']} rows ({'; '.join(pairs) or 'none'}); unsure: {told['unsure']}; "
        f"rows with the text of an earlier one: {told['copies']}",
        tell_near(told["near"]),
    ])  # fmt: skip


def draw_rows(run: Path, told: dict[str, Any]) -> None:
    """data.png: positives a topic, and how often two topics stand together."""
    from training.plots import new_figure, save_figure

    topics, table = list(told["positives"]), np.array(told["together"])
    figure, (left, right) = new_figure(1, 2)
    left.barh([*topics, "(none)"], [*told["positives"].values(), told["none"]], color="#3b6ea5")
    left.invert_yaxis()
    left.set(xlabel=f"rows (n = {told['rows']})", title="class balance")
    right.imshow(table, cmap="Blues")
    right.set_xticks(range(len(topics)), topics, rotation=40, ha="right")
    right.set_yticks(range(len(topics)), topics)
    right.set(title="rows with both topics")
    for i, row in enumerate(table.tolist()):
        for j, count in enumerate(row):
            right.text(
                j, i, str(count), ha="center", va="center", color="white" if count > table.max() / 2 else "black"
            )
    save_figure(figure, run / "data.png")
