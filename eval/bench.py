"""Public single-label sets: how much of a classification task do TF-IDF and the frozen encoder of a bundle carry?

A sanity check of the encoder on data that everybody has, no measure of the product: one logistic regression against the
rest on TF-IDF of characters, and one on the mean of the encoder's last layer. Hyperparameters are those of the learned
floors, fixed beforehand. Rows are `{"split", "text", "label"}`; the rows of `test` are measured on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval import linear
from eval.encoder import embed_with_bundle
from eval.metrics import Array, Scores
from eval.result import aligned, number, sign, span
from eval.sets import read_dataset
from eval.significance import Difference, intervals, paired
from models.article import Article
from models.bundle import sha256
from models.errors import BadInput


@dataclass(frozen=True, slots=True)
class Found:
    """Right answers a system, (n,) of 0 and 1 each; `versus`: encoder minus TF-IDF."""

    right: dict[str, Array]
    versus: Difference
    counts: dict[str, int]
    classes: int
    signature: str
    told: tuple[str, ...]
    origin: dict[str, Any]


def run(data: Path, train_split: str = "train", bundle: str | None = None) -> Found:
    """Fit on one split, measure on `test`."""
    seen, asked = (_columns(data, split) for split in (train_split, "test"))
    first, second = linear.tfidf_features(seen[0], asked[0])
    vectors, told = embed_with_bundle([Article(body=text) for text in [*seen[0], *asked[0]]], bundle)
    count = len(seen[0])
    features = {"tfidf": (first, second), "encoder": (vectors[:count], vectors[count:])}
    right = {name: fitted(a, b, seen[1], asked[1], linear.STRENGTH[name]) for name, (a, b) in features.items()}
    rows_of = {name: np.column_stack([r, np.ones_like(r)]) for name, r in right.items()}
    digest = sha256(data)
    return Found(
        right, paired(rows_of["tfidf"], rows_of["encoder"], accuracy, "accuracy"),
        {"train": count, "test": len(asked[0])}, len({*seen[1], *asked[1]}),
        sign("bench", "accuracy|one-vs-rest logistic regression", n=len(asked[0]), sha256=digest), (told,),
        {"data": str(data), "split": "test", "data_sha256": digest},
    )  # fmt: skip


def _columns(data: Path, split: str) -> tuple[list[str], list[str]]:
    rows = read_dataset(data, split)
    missing = [c for c in ("text", "label") if c not in rows.column_names]
    if missing:
        raise BadInput(f"{data} has no column {missing[0]!r}: a row is split, text and label", field=missing[0])
    return [str(t) for t in rows["text"]], [str(x) for x in rows["label"]]


def fitted(seen: Any, asked: Any, labels: Sequence[str], gold: Sequence[str], strength: float) -> Array:
    """Whether each row of `asked` is answered right, 0 or 1."""
    said = linear.head(strength, multiclass=True).fit(seen, labels).predict(asked)
    return np.asarray(said == np.array(gold), np.float64)


def accuracy(sums: Array) -> Scores:
    """Share of right answers from sums of (right, 1)."""
    return {"accuracy": sums[..., 0] / sums[..., 1]}


def as_dict(found: Found) -> dict[str, Any]:
    """One flat object."""
    flat: dict[str, Any] = {**found.counts, "classes": found.classes}
    for name, right in found.right.items():
        rows = np.column_stack([right, np.ones_like(right)])
        flat |= {
            f"{name}_accuracy": number(float(right.mean())),
            f"{name}_accuracy_ci": span(intervals(rows, accuracy)["accuracy"]),
        }
    return flat | {"difference": number(found.versus.delta), "difference_ci": span(found.versus.interval),
                   "p": number(found.versus.p), "signature": found.signature, **found.origin}  # fmt: skip


def render(found: Found) -> str:
    """The table as Markdown."""
    flat = as_dict(found)
    lines = []
    for name in found.right:
        low, high = flat[f"{name}_accuracy_ci"] or (None, None)
        lines.append([name, f"{flat[f'{name}_accuracy']:.4f}", "–" if low is None else f"[{low:.4f}, {high:.4f}]"])
    head = f"## bench: {found.counts['test']} test rows, {found.classes} classes, {found.counts['train']} training rows"
    notes = [f"encoder minus tfidf {flat['difference']:+.4f}, p {flat['p']:.4f}", *found.told]
    return "\n".join([head, "", *aligned(("system", "accuracy", "95%"), lines), "", *(f"note: {n}" for n in notes),
                      f"signature: {found.signature}", ""])  # fmt: skip
