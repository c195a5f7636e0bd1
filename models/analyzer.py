"""The one path from articles to analyses: HTTP, command line and eval all call `Analyzer`.

It owns the order of things (classify, summarise, put together) and nothing else: batching by length lives in the
classifier and the summarizer, limits and queues in the service.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.article import Analysis, Article, Length, Page, SummaryResult, TopicResult
from models.device import CPU, Device
from models.pages import split_page
from models.topics import Taxonomy


class Classifier(Protocol):
    """Gives each article its topics. `bundle` is name@version; `trained` is False for a rule-based floor."""

    bundle: str
    taxonomy: Taxonomy
    trained: bool

    def classify(self, articles: Sequence[Article]) -> list[TopicResult]:
        """One result an article, same order."""
        ...


class Summarizer(Protocol):
    """Writes a summary of each article's body; it never reads the headline."""

    bundle: str
    trained: bool

    def summarize(self, articles: Sequence[Article], length: Length = "brief") -> list[SummaryResult]:
        """One result an article, same order."""
        ...


CANARY = Article(
    headline="县总工会开展夏季送清凉活动",
    body="7月12日，青禾县总工会走进在建的河滨大桥工地，为三百二十名建筑工人送去绿豆汤、毛巾和防暑药品，"
    "并请医生现场量血压。工会负责人表示，高温时段将督促企业调整作息时间。",
)
"""What both models must answer before the service says ready. Invented."""


@dataclass(frozen=True, slots=True)
class Analyzer:
    """Topics and summaries of articles and pages. Thread-safe when its two parts are (ours are)."""

    classifier: Classifier
    summarizer: Summarizer

    def analyze(
        self,
        articles: Sequence[Article],
        *,
        topics: bool = True,
        summaries: bool = True,
        length: Length = "brief",
    ) -> list[Analysis]:
        """One analysis an article, same order; the half that is not asked for stays None."""
        labelled = self.classifier.classify(articles) if topics else [None] * len(articles)
        summed = self.summarizer.summarize(articles, length) if summaries else [None] * len(articles)
        return [Analysis(a.id, t, s) for a, t, s in zip(articles, labelled, summed, strict=True)]

    def analyze_page(
        self, text: str, *, summaries: bool = True, length: Length = "brief"
    ) -> tuple[Page, list[Analysis]]:
        """The page split, and one analysis for each of its articles in order."""
        page = split_page(text)
        return page, self.analyze([a.article() for a in page.articles], summaries=summaries, length=length)

    def check(self) -> None:
        """Answer the canary text with both models; raises what they raise, or BundleError on an empty answer."""
        from models.errors import BundleError

        (answer,) = self.analyze([CANARY], length="headline")
        if answer.topics is None or answer.summary is None or not answer.summary.summary.strip():
            raise BundleError("the models gave no answer to the canary text: rebuild or re-publish the bundles")


def device_of(half: Classifier | Summarizer) -> tuple[str, str]:
    """What a half computes on, and in which precision: `cpu` and `int8`, `cuda:0` and `fp16`; a floor has `rules`."""
    return str(getattr(half, "device", CPU)), str(getattr(half, "precision", "rules"))


def load_analyzer(
    topics: Path | str | None = None, summaries: Path | str | None = None, threads: int = 0, device: Device = CPU
) -> Analyzer:
    """The analyzer of two bundles.

    None takes the published default of the task (models/registry.py); the words "keywords" and "lead" take the
    zero-weight floors. `threads` 0 means all cores. Raises BundleError when a bundle is missing or damaged, DeviceError
    when the device cannot be had.
    """
    from models import registry

    return Analyzer(
        registry.load_classifier(topics, threads, device), registry.load_summarizer(summaries, threads, device)
    )
