"""Is a run's bundle worse than the one that serves? Both answer the run's development rows; a paired test decides.

Measured by eval as anybody would measure it. Knows no way to publish: `training/publish.py` asks and decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval import summaries, topics
from eval.predictions import from_summary, from_topics
from eval.result import System, measure
from eval.sets import SummaryItem, read_summaries, read_topics
from eval.significance import paired
from models.article import Article
from models.bundle import Bundle
from models.errors import BadInput
from models.registry import load_classifier, load_summarizer
from training.briefs import brief_bodies, read_briefs
from training.record import DEV

SCORE = {"topics": "macro_f1", "summaries": "rougeL"}
MOST = 500
"""Development rows that are summarised by each side: beams cost a hundredth of a second to a tenth."""
LEVEL = 0.05
FEW = 50
"""Rows below which hardly any difference can be shown."""


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

    @property
    def caution(self) -> str:
        """What has to be known of it besides, where it rests on few rows."""
        if self.n >= FEW:
            return ""
        return f"; it rests on {self.n} rows, and fewer than {FEW} hardly show any difference: read some of its answers"

    def as_dict(self) -> dict[str, Any]:
        """For the history."""
        return {"score": self.score, "rows": self.rows, "n": self.n, "before": round(self.before, 4),
                "after": round(self.after, 4), "delta": round(self.delta, 4), "p": round(self.p, 4)}  # fmt: skip


def compare(new: Bundle, serving: Bundle, config: dict[str, Any]) -> Comparison:
    """Let both answer the development rows of the run's config; raises BadInput that says why they cannot be compared.

    A run that learned briefs alone is compared in briefs: its headlines are those of the model that it started from.
    """
    task, data = new.manifest["task"], config["data"]
    if task == "topics" and new.manifest["taxonomy"] != serving.manifest["taxonomy"]:
        raise BadInput("the bundle that serves knows other topics", field="run")
    briefs = bool(config.get("adapter_rank"))
    aside = new.path.parent / DEV  # a bundle is made in its run's folder
    source = data.get("dev") or (data.get("train") if data.get("dev_split") else str(aside) if aside.is_file() else "")
    files = data.get("brief_dev", []) if briefs else [source]
    lost = [f for f in files or [""] if not f or not Path(f).is_file()]
    if lost:
        raise BadInput(
            f"the development rows are not at hand ({lost[0] or 'the run had none of its own'})", field="run"
        )
    split = data.get("dev_split") or None
    if task == "topics":
        before, after, count = _topics(new, serving, Path(source), split)
    else:
        before, after, count = _summaries(
            new, serving, _briefs(data) if briefs else _headlines(Path(source), split), briefs
        )
    (rows_a, scores), (rows_b, _) = (system.part(SCORE[task]) for system in (before, after))
    found = paired(rows_a, rows_b, scores, SCORE[task])
    shown = ", ".join(files) + (f":{split}" if split and not briefs else "")
    return Comparison(SCORE[task], shown, count, found.a, found.b, found.delta, found.p)


def _topics(new: Bundle, serving: Bundle, source: Path, split: str | None) -> tuple[System, System, int]:
    def measured(bundle: Bundle) -> System:
        classifier = load_classifier(bundle.path)
        names = classifier.taxonomy.names
        items = read_topics(source, names, split).items
        said = classifier.classify([Article(i.headline, i.body) for i in items])
        return measure(bundle.name, items, [from_topics(r) for r in said], topics.metric(names))

    before, after = measured(serving), measured(new)
    return before, after, before.rows.shape[0]


def _summaries(new: Bundle, serving: Bundle, items: Sequence[SummaryItem], briefs: bool) -> tuple[System, System, int]:
    def measured(bundle: Bundle) -> System:
        articles = [Article(body=i.body) for i in items]
        told = load_summarizer(bundle.path).summarize(articles, "brief" if briefs else "headline")
        return measure(bundle.name, items, [from_summary(r) for r in told], summaries.metric())

    return measured(serving), measured(new), len(items)


def _headlines(source: Path, split: str | None) -> list[SummaryItem]:
    items = read_summaries(source, split).items
    return [items[i * len(items) // MOST] for i in range(MOST)] if len(items) > MOST else list(items)


def _briefs(data: dict[str, Any]) -> list[SummaryItem]:
    bodies = brief_bodies(data["train"], data.get("train_split", ""), data.get("dev", ""), data.get("dev_split", ""))
    rows = read_briefs(data["brief_dev"], bodies)
    return [SummaryItem(*cells) for cells in zip(rows["id"], rows["body"], rows["target"], strict=True)]
