"""One chunk of an archive to its lines: what a worker does, in this process or in another one.

Owns records, bad records and what happens when the models break. It knows nothing of files, ledgers or order: a chunk
goes in, its lines come out, and they depend on nothing else.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.analyzer import Analyzer
from models.article import Analysis, Length
from models.cascade import QuickClassifier, Reading
from models.classifier import BundleClassifier
from models.errors import BadInput
from models.readers import BadRecord, Read, Record
from service.archive_counts import Counts
from service.job_results import tagged
from service.limits import check_article
from service.settings import Settings

log = logging.getLogger("caibian")


@dataclass(frozen=True, slots=True)
class How:
    """What is asked of each record."""

    pages: bool
    length: Length
    summaries: bool
    reading: Reading


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the input; `repeated[i]`: the id of read i came before in this run."""

    reads: tuple[Read, ...]
    repeated: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """The lines of a chunk, without line ends, and what they count."""

    records: list[str]
    bad: list[str]
    read: int
    unsure: int
    counts: dict[str, dict[str, int]]


class Worker:
    """Turns chunks into lines. Whatever a chunk holds, the answer accounts for each of its reads."""

    def __init__(self, analyzer: Analyzer, how: How, settings: Settings) -> None:
        self.how, self.settings = how, settings
        classifier = analyzer.classifier
        if isinstance(classifier, BundleClassifier):
            classifier = QuickClassifier(classifier, how.reading, settings.threads)
        self.analyzer = replace(analyzer, classifier=classifier)
        self.bundles = {
            "topics": classifier.bundle,
            "summaries": analyzer.summarizer.bundle if how.summaries else None,
        }

    def __call__(self, chunk: Chunk) -> Done:
        """The chunk's lines, in its order."""
        good, flags, bad = self._sift(chunk)
        analyses, broken = self._analyse(good)
        counts, lines, unsure = Counts(), [], 0
        for record, repeated, analysis in zip(good, flags, analyses, strict=True):
            if analysis is None:
                continue
            line = as_record(record, analysis, self.bundles)
            unsure += line["needs_review"]
            counts.note(record.date, line["labels"], review=line["needs_review"])
            lines.append(_line(line | ({"repeated": True} if repeated else {})))
        return Done(lines, [_line(_bad(b)) for b in [*bad, *broken]], len(chunk.reads), unsure, counts.years)

    def _sift(self, chunk: Chunk) -> tuple[list[Record], list[bool], list[BadRecord]]:
        """What the models can read, and what not."""
        good, flags, bad = [], [], []
        for read, repeated in zip(chunk.reads, chunk.repeated, strict=True):
            if isinstance(read, BadRecord):
                bad.append(read)
                continue
            try:
                # A page's photo story may be a headline alone: that is the page's shape and no fault of a record.
                need_body = self.how.summaries and not self.how.pages
                check_article(read.article, "article", self.settings, need_body=need_body)
                good.append(read)
                flags.append(repeated)
            except BadInput as error:
                bad.append(BadRecord(read.file, read.line, error.message, read.article.id))
        return good, flags, bad

    def _analyse(self, good: Sequence[Record]) -> tuple[list[Analysis | None], list[BadRecord]]:
        """The analyses; when the models break over a chunk, the records that they break over are set apart."""

        def analyse(records: Sequence[Record]) -> list[Analysis]:
            articles = [r.article for r in records]
            return self.analyzer.analyze(articles, summaries=self.how.summaries, length=self.how.length)

        if not good:
            return [], []
        try:
            return list(analyse(good)), []
        except Exception as error:
            log.warning("the models broke over a chunk (%s), trying its records one by one", type(error).__name__)
        analyses: list[Analysis | None] = []
        broken = []
        for record in good:
            try:
                analyses += analyse([record])
            except Exception:
                log.exception("the models broke over %s line %s", record.file, record.line)
                reason = "the models broke over it, see the log"
                broken.append(BadRecord(record.file, record.line, reason, record.article.id))
                analyses.append(None)
        return analyses, broken


def as_record(record: Record, analysis: Analysis, bundles: dict[str, str | None]) -> dict[str, Any]:
    """A line of the output."""
    return tagged(analysis, bundles, unsure=record.unsure)


def _line(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def _bad(bad: BadRecord) -> dict[str, Any]:
    id_ = bad.id.encode("utf-8", "replace").decode() if bad.id is not None else None
    return {"file": bad.file, "line": bad.line, "id": id_, "reason": bad.reason}
