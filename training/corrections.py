"""What editors corrected, as training rows: a part is held out, and in the end says what learning from the others bought.

Owns the split (by a hash of the id, so an article stays where it is when more corrections come), how often what serves
disagreed with the editors, and the paired comparison of what serves with the new bundle on the held-out part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets import Dataset

from eval import topics
from eval.predictions import from_topics
from eval.result import measure
from eval.sets import TopicItem
from eval.significance import paired
from models.article import Article
from models.errors import BadInput, BundleError
from models.registry import default_bundle, load_classifier
from training.loop import say
from training.sources import without_duplicates_of

HELD_OUT = 5  # one correction in so many
LEAST = 10  # held-out corrections; with fewer a comparison says nothing


@dataclass(frozen=True, slots=True)
class Corrections:
    """Rows to learn from and rows that are held out; `dropped` were near-duplicates of a measured row."""

    learn: Dataset
    held_out: Dataset
    dropped: int


def split_corrections(rows: Dataset, protected: Sequence[Dataset], name: str) -> Corrections:
    """One in five is held out, chosen by its id; what repeats a measured or a held-out row is not learned from.

    Raises BadInput when too few are left to hold any out.
    """
    kept, dropped = without_duplicates_of(rows, protected)
    ids = kept["id"] if "id" in kept.column_names else [str(b) for b in kept["body"]]
    out = [i for i, row_id in enumerate(ids) if is_held_out(str(row_id))]
    if len(out) < LEAST:
        raise BadInput(f"{name}: {len(out)} of {len(kept)} corrections would be held out, at least {LEAST} are needed to tell "
                       f"what they bought: wait for about {LEAST * HELD_OUT} corrections", field="corrections")  # fmt: skip
    held_out = kept.select(out)
    learn, near = without_duplicates_of(kept.select(sorted(set(range(len(kept))) - set(out))), [held_out])
    return Corrections(learn, held_out, dropped + near)


def is_held_out(row_id: str) -> bool:
    """Whether the correction of this id is measured on and never learned from."""
    return hashlib.sha256(row_id.encode("utf-8", "surrogatepass")).digest()[0] % HELD_OUT == 0


def tell_bought(new: Path, held_out: Dataset, old: Path | None = None) -> dict[str, Any]:
    """What the bundle in `new` says of the held-out corrections beside what serves (`old`; None: the default): macro-F1 and
    exactly right label sets with a paired test, and how often what serves disagreed with each editor.
    """
    after = load_classifier(new)
    names = after.taxonomy.names
    items = [TopicItem(str(i), str(h or ""), str(b or ""), frozenset(labels)) for i, (h, b, labels) in enumerate(
        zip(held_out["headline"], held_out["body"], held_out["labels"], strict=True))]  # fmt: skip
    articles = [Article(i.headline, i.body) for i in items]
    told: dict[str, Any] = {"held_out": len(items)}
    try:
        before = load_classifier(old or default_bundle("topics"))
    except BundleError as e:
        return told | {"not_compared": e.message}
    if before.taxonomy.names != names:
        return told | {"not_compared": f"{before.bundle} knows other topics"}
    said = [from_topics(r) for r in before.classify(articles)]
    metric = topics.metric(names)
    systems = [measure(c.bundle, items, outputs, metric)
               for c, outputs in ((before, said), (after, [from_topics(r) for r in after.classify(articles)]))]  # fmt: skip
    for score in ("macro_f1", "subset_accuracy"):
        (rows_a, scores), (rows_b, _) = (system.part(score) for system in systems)
        found = paired(rows_a, rows_b, scores, score)
        told[score] = {"before": round(found.a, 4), "after": round(found.b, 4), "delta": round(found.delta, 4),
                       "interval": found.interval and [round(x, 4) for x in found.interval], "p": round(found.p, 4)}  # fmt: skip
    wrong = [out.labels != item.labels for out, item in zip(said, items, strict=True)]
    return told | {"served": before.bundle, "disagreement": by_editor(held_out, wrong)}


def by_editor(rows: Dataset, wrong: Sequence[bool]) -> dict[str, dict[str, int]]:
    """For each value of the column `editor` (one for all where there is none): corrections, and where what serves differs."""
    editors = [str(e or "?") for e in rows["editor"]] if "editor" in rows.column_names else ["?"] * len(rows)
    out: dict[str, dict[str, int]] = {}
    for editor, differs in zip(editors, wrong, strict=True):
        one = out.setdefault(editor, {"corrections": 0, "differs": 0})
        one["corrections"] += 1
        one["differs"] += int(differs)
    return dict(sorted(out.items()))


def say_bought(told: dict[str, Any]) -> None:
    """One line for the terminal."""
    if "not_compared" in told:
        say(f"held-out corrections: {told['held_out']}, not compared: {told['not_compared']}")
        return
    f1, exact = told["macro_f1"], told["subset_accuracy"]
    say(f"{told['held_out']} held-out corrections: macro-F1 {f1['before']:.3f} of {told['served']} to {f1['after']:.3f} "
        f"(p {f1['p']:.3f}), sets exactly right {exact['before']:.3f} to {exact['after']:.3f} (p {exact['p']:.3f})")  # fmt: skip
