"""One chunk of an archive to its lines: what a worker does, in this process or in another one.

Owns records, bad records and what happens when the models break. It knows nothing of files, ledgers or order: a chunk
goes in, its lines come out, and they depend on nothing else. A text that repeats another one gets its line from
dedupe.py; what an earlier run said of a text comes along with the chunk from retag.py.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from models.analyzer import Analyzer
from models.article import Analysis, Article, Length, SummaryResult, TopicResult
from models.cascade import QuickClassifier, Reading
from models.classifier import BundleClassifier
from models.errors import BadInput, BundleError
from models.readers import BadRecord, Read, Record
from service.archive_counts import Counts
from service.job_results import tagged
from service.limits import check_article
from service.settings import Settings

log = logging.getLogger("caibian")

KEY_BYTES = 8
Watch = Callable[[int, Callable[[], list[Analysis]]], list[Analysis] | str]
"""Given the number of a read and what computes its analysis: that analysis, or a sentence that says why there is none."""


@dataclass(frozen=True, slots=True)
class How:
    """What is asked of each record."""

    pages: bool
    length: Length
    summaries: bool
    reading: Reading
    tokens_a_batch: int = 0  # 0: as models/cascade.py has it; no record depends on it
    bundles: tuple[str, ...] = ()  # of topics and, with summaries, of these: what other processes have to load


@dataclass(frozen=True, slots=True)
class Old:
    """What an earlier run said of the same text, and which half of it still holds."""

    record: dict[str, Any]
    topics_hold: bool
    summary_holds: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the input that begins with read number `start`.

    `repeated[i]`: the id of read i came before in this run. `firsts[i]`: the number of the read whose text it repeats.
    `floor`: no later read repeats one before it. `old[i]`: what an earlier run said of it.
    """

    reads: tuple[Read, ...]
    repeated: tuple[bool, ...]
    start: int = 0
    firsts: tuple[int | None, ...] = ()
    floor: int = 0
    old: tuple[Old | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A record whose line is still owed: that of read `first`, whose text it repeats."""

    record: Record
    repeated: bool
    first: int
    old: Old | None


@dataclass(frozen=True, slots=True)
class Done:
    """The lines of a chunk, without line ends, and what they count.

    Beside each of `records`: `places`, the number of its read, `texts`, the key of its text, and `links`, where a line is
    owed. `changes`: what an earlier run had said otherwise.
    """

    records: list[str]
    bad: list[str]
    read: int
    unsure: int
    counts: dict[str, dict[str, int]]
    places: list[int] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    links: list[Link | None] = field(default_factory=list)
    floor: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    record: Record
    place: int
    repeated: bool
    first: int | None
    old: Old | None


class Worker:
    """Turns chunks into lines. Whatever a chunk holds, the answer accounts for each of its reads.

    Raises BundleError where its models are not those that the run began with: a node may have an older image, and a folder
    may be exchanged while a run goes on.
    """

    def __init__(self, analyzer: Analyzer, how: How, settings: Settings) -> None:
        if how.bundles and (found := bundles_of(analyzer, summaries=how.summaries)) != how.bundles:
            raise BundleError(
                f"a worker has {' and '.join(found)} where the run began with {' and '.join(how.bundles)}: give every "
                "machine the same bundles"
            )
        self.how, self.settings = how, settings
        classifier = analyzer.classifier
        if isinstance(classifier, BundleClassifier):
            classifier = QuickClassifier(classifier, how.reading, settings.threads, how.tokens_a_batch)
        self.analyzer = replace(analyzer, classifier=classifier)
        self.bundles = {
            "topics": classifier.bundle,
            "summaries": analyzer.summarizer.bundle if how.summaries else None,
        }

    def __call__(self, chunk: Chunk, watch: Watch | None = None) -> Done:
        """The chunk's lines, in its order. With a `watch` its records are read one by one, each under it."""
        jobs, bad = self._sift(chunk)
        analyses, broken = self._analyse([job for job in jobs if job.first is None], watch)
        done = Done([], [], len(chunk.reads), 0, {}, floor=chunk.floor)
        counts, unsure = Counts(done.counts), 0
        for job in jobs:
            line, link = "", None
            if job.first is not None:
                link = Link(job.record, job.repeated, job.first, job.old)
            elif (analysis := analyses.get(job.place)) is not None:
                record = as_record(job.record, analysis, self.bundles)
                unsure += record["needs_review"]
                counts.note(job.record.date, record["labels"], review=record["needs_review"])
                done.changes.extend(changes(counts, job.record, record, job.old))
                line = as_line(record | ({"repeated": True} if job.repeated else {}))
            else:
                continue
            done.records.append(line)
            done.places.append(job.place)
            done.texts.append(text_key(job.record.article))
            done.links.append(link)
        done.bad.extend(bad_line(b) for b in [*bad, *broken])
        return replace(done, unsure=unsure)

    def _sift(self, chunk: Chunk) -> tuple[list[_Job], list[BadRecord]]:
        """What the models can read, and what not."""
        jobs, bad = [], []
        for n, read in enumerate(chunk.reads):
            if isinstance(read, BadRecord):
                bad.append(read)
                continue
            try:
                check_read(read, self.how, self.settings)
            except BadInput as error:
                bad.append(refused(read, error.message))
                continue
            first = chunk.firsts[n] if chunk.firsts else None
            old = chunk.old[n] if chunk.old else None
            jobs.append(_Job(read, chunk.start + n, chunk.repeated[n], first, old))
        return jobs, bad

    def _analyse(self, jobs: Sequence[_Job], watch: Watch | None) -> tuple[dict[int, Analysis], list[BadRecord]]:
        """The analyses by place; what an earlier run said and still holds is not computed again."""
        analyses: dict[int, Analysis] = {}
        broken: list[tuple[int, BadRecord]] = []
        groups: dict[tuple[bool, bool], list[_Job]] = {}
        for job in jobs:
            topics = not (job.old and job.old.topics_hold)
            summaries = self.how.summaries and not (job.old and job.old.summary_holds)
            groups.setdefault((topics, summaries), []).append(job)
        for (topics, summaries), group in groups.items():
            answers, failed = self._compute(group, watch, topics=topics, summaries=summaries)
            broken += failed
            analyses |= {
                job.place: _with_old(answer, job.old, summaries=self.how.summaries)
                for job, answer in zip(group, answers, strict=True)
                if answer is not None
            }
        return analyses, [bad for _, bad in sorted(broken, key=lambda pair: pair[0])]

    def _compute(
        self, jobs: Sequence[_Job], watch: Watch | None, *, topics: bool, summaries: bool
    ) -> tuple[list[Analysis | None], list[tuple[int, BadRecord]]]:
        """When the models break over a chunk, the records that they break over are set apart."""

        def analyse(some: Sequence[_Job]) -> list[Analysis]:
            articles = [job.record.article for job in some]
            return self.analyzer.analyze(articles, topics=topics, summaries=summaries, length=self.how.length)

        if watch is None:
            try:
                return list(analyse(jobs)), []
            except Exception as error:
                log.warning("the models broke over a chunk (%s), trying its records one by one", type(error).__name__)
        analyses: list[Analysis | None] = []
        broken = []
        for job in jobs:
            record = job.record
            try:
                answer = watch(job.place, partial(analyse, [job])) if watch else analyse([job])
            except Exception:
                log.exception("the models broke over %s line %s", record.file, record.line)
                answer = "the models broke over it, see the log"
            if isinstance(answer, str):
                broken.append((job.place, refused(record, answer)))
            analyses += [None] if isinstance(answer, str) else answer
        return analyses, broken


def bundles_of(analyzer: Analyzer, *, summaries: bool) -> tuple[str, ...]:
    """The names of those that records are made with."""
    return (analyzer.classifier.bundle, *([analyzer.summarizer.bundle] if summaries else []))


def check_read(read: Record, how: How, settings: Settings) -> None:
    """Refuse what the models cannot read; raises BadInput."""
    # A page's photo story may be a headline alone: that is the page's shape and no fault of a record.
    check_article(read.article, "article", settings, need_body=how.summaries and not how.pages)


def refused(read: Record, reason: str) -> BadRecord:
    """A record that was read, for the quarantine."""
    return BadRecord(read.file, read.line, reason, read.article.id, read.byte)


def text_key(article: Article) -> bytes:
    """`KEY_BYTES` that stand for headline and body."""
    text = f"{article.headline}\0{article.body}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=KEY_BYTES).digest()


def as_record(record: Record, analysis: Analysis, bundles: dict[str, str | None]) -> dict[str, Any]:
    """A line of the output."""
    return tagged(analysis, bundles, unsure=record.unsure)


def _with_old(answer: Analysis, old: Old | None, *, summaries: bool) -> Analysis:
    """The analysis, with the half that was not computed as the earlier run had it."""
    if old is None:
        return answer
    topics, summary = answer.topics, answer.summary
    if topics is None:
        said = old.record
        topics = TopicResult(tuple(said["labels"]), said["primary"], said["scores"], said["needs_review"], (), 0, "")
    if summary is None and summaries:
        said = old.record
        found = {"ok": said["summary_ok"], "score": said["summary_score"]}
        summary = SummaryResult(said["summary"], said["summary_method"], found, "")
    return Analysis(answer.id, topics, summary)


def changes(counts: Counts, read: Record, record: dict[str, Any], old: Old | None) -> list[dict[str, Any]]:
    """Count what an earlier run had said otherwise; a description of it, where it differs."""
    if old is None:
        return []
    gained, lost = ([t for t in a if t not in b] for a, b in _both_ways(record["labels"], old.record["labels"]))
    year = counts.compare(read.date, gained, lost)
    if not (gained or lost):
        return []
    scores = {t: [old.record["scores"].get(t), record["scores"].get(t)] for t in (*gained, *lost)}
    told = {"id": record["id"], "year": year, "headline": (read.article.headline or read.article.body)[:40]}
    return [told | {"gained": gained, "lost": lost, "scores": scores}]


def _both_ways(a: list[str], b: list[str]) -> tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    return (a, b), (b, a)


def as_line(data: dict[str, Any]) -> str:
    """JSON, without line end."""
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def bad_line(bad: BadRecord) -> str:
    """A line of the quarantine."""
    id_ = bad.id.encode("utf-8", "replace").decode() if bad.id is not None else None
    return as_line({"file": bad.file, "line": bad.line, "byte": bad.byte, "id": id_, "reason": bad.reason})
