"""What a tagging run has to know of its models where other processes load them: their names, whether they are trained, topics.

A bundle's files are checked as always (models/bundle.py), its weights are not read: the parent of N workers needs no model of
its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.analyzer import Analyzer
from models.article import Article, Length, SummaryResult, TopicResult
from models.bundle import MANIFEST, damaged, open_bundle
from models.registry import load_classifier, load_summarizer
from models.topics import Taxonomy
from service.readiness import folder_of
from service.settings import Settings


class NamedClassifier:
    """A classifier that others load."""

    trained = True

    def __init__(self, bundle: str, taxonomy: Taxonomy) -> None:
        self.bundle, self.taxonomy = bundle, taxonomy

    def classify(self, articles: Sequence[Article]) -> list[TopicResult]:
        """Never asked."""
        raise RuntimeError(f"{self.bundle} was not loaded in this process")


class NamedSummarizer:
    """A summarizer that others load."""

    trained = True

    def __init__(self, bundle: str) -> None:
        self.bundle = bundle

    def summarize(self, articles: Sequence[Article], length: Length = "brief") -> list[SummaryResult]:
        """Never asked."""
        raise RuntimeError(f"{self.bundle} was not loaded in this process")


def named_models(settings: Settings) -> Analyzer:
    """The models of the settings by their names; raises BundleError when a bundle is missing or damaged."""
    topics, summaries = (folder_of(settings, task) for task in ("topics", "summaries"))
    if topics:
        bundle = open_bundle(topics, "topics")
        with damaged(topics, MANIFEST):
            taxonomy = Taxonomy.from_dict(bundle.manifest["taxonomy"])
        classifier = NamedClassifier(bundle.name, taxonomy)
    summarizer = NamedSummarizer(open_bundle(summaries, "summaries").name) if summaries else None
    return Analyzer(
        classifier if topics else load_classifier(settings.topics_bundle),
        summarizer or load_summarizer(settings.summaries_bundle),
    )
