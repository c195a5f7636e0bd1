"""Which bundle serves each task. Owns the names of the tasks and where bundles lie; knows nothing of what is in them.

`models/bundles/<task>/` is the shipped default. `CAIBIAN_*` settings or a path choose another.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from models.analyzer import Classifier, Summarizer

Task = Literal["topics", "summaries"]
TASKS: tuple[Task, ...] = ("topics", "summaries")
ROOT = Path(__file__).with_name("bundles")


def default_bundle(task: Task) -> Path:
    """The folder of the bundle that serves this task when none is named."""
    return ROOT / task


def load_classifier(where: Path | str | None = None, threads: int = 0) -> Classifier:
    """The classifier of a bundle folder, the default one (None), or the floor ("keywords")."""
    if where == "keywords":
        from models.keywords import KeywordClassifier

        return KeywordClassifier()
    from models.classifier import BundleClassifier

    return BundleClassifier.load(Path(where) if where else default_bundle("topics"), threads)


def load_summarizer(where: Path | str | None = None, threads: int = 0) -> Summarizer:
    """The summarizer of a bundle folder, the default one (None), or the floor ("lead")."""
    if where == "lead":
        from models.lead import LeadSummarizer

        return LeadSummarizer()
    from models.summarizer import BundleSummarizer

    return BundleSummarizer.load(Path(where) if where else default_bundle("summaries"), threads)
