"""Is a run's bundle worse than the one that serves? Both answer the run's development rows; a paired test decides.

Measured by eval as anybody would measure it. Knows no way to publish: `training/publish.py` asks and decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval import summaries, topics
from eval.predictions import from_summary, from_topics
from eval.result import measure
from eval.sets import Gold, read_summaries, read_topics
from eval.significance import paired
from models.article import Article
from models.bundle import Bundle
from models.errors import BadInput
from models.registry import load_classifier, load_summarizer

SCORE = {"topics": "macro_f1", "summaries": "rougeL"}
MOST = 500
"""Development rows that are summarised by each side: beams cost a hundredth of a second to a tenth."""
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """`delta` is the new bundle's score minus that of the one that serves, on `n` rows; `p` two-sided."""

    score: str
    rows: str
    n: int
    before: float
    after: float
    delta: float
    p: float

    @property
    def worse(self) -> bool:
        """Shown to be worse, and not just lower."""
        return self.delta < 0 and self.p < LEVEL

    def as_dict(self) -> dict[str, Any]:
        """For the history."""
        return {"score": self.score, "rows": self.rows, "n": self.n, "before": round(self.before, 4),
                "after": round(self.after, 4), "delta": round(self.delta, 4), "p": round(self.p, 4)}  # fmt: skip


def compare(new: Bundle, serving: Bundle, config: dict[str, Any]) -> Comparison:
    """Let both answer the development rows of the run's config; raises BadInput that says why they cannot be compared."""
    task, data = new.manifest["task"], config["data"]
    if task == "topics" and new.manifest["taxonomy"] != serving.manifest["taxonomy"]:
        raise BadInput("the bundle that serves knows other topics", field="run")
    source = data.get("dev") or (data.get("train") if data.get("dev_split") else "")
    if not source or not Path(source).is_file():
        raise BadInput(
            f"the development rows are not at hand ({source or 'the run had none of their own'})", field="run"
        )
    split = data.get("dev_split") or None
    systems = [_measured(task, bundle, Path(source), split) for bundle in (serving, new)]
    name = SCORE[task]
    (rows_a, scores), (rows_b, _) = (system.part(name) for system, _ in systems)
    found = paired(rows_a, rows_b, scores, name)
    return Comparison(
        name, f"{source}{f':{split}' if split else ''}", systems[0][1], found.a, found.b, found.delta, found.p
    )


def _measured(task: str, bundle: Bundle, source: Path, split: str | None) -> tuple[Any, int]:
    gold: Gold[Any]
    if task == "topics":
        classifier = load_classifier(bundle.path)
        names = classifier.taxonomy.names
        gold = read_topics(source, names, split)
        said = classifier.classify([Article(i.headline, i.body) for i in gold.items])
        return measure(bundle.name, gold.items, [from_topics(r) for r in said], topics.metric(names)), len(gold.items)
    gold = read_summaries(source, split)
    items = gold.items[:: max(1, len(gold.items) // MOST)][:MOST]
    told = load_summarizer(bundle.path).summarize([Article(body=i.body) for i in items], "headline")
    return measure(bundle.name, items, [from_summary(r) for r in told], summaries.metric()), len(items)
