"""`tag`: files and folders in, one JSONL record an article out, resumable, nothing lost without a line that says so.

It owns chunks, records, the quarantine and what the terminal is told. Reading is models/readers/, the files of a run
are ledger.py, the answers come from the same Analyzer as everywhere. Chunks are fixed stretches of the input and a run
goes on at a chunk's end, so a record does not depend on where a run was stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.analyzer import Analyzer
from models.article import Analysis, Article, Length
from models.errors import BadInput, CaibianError, of_disk
from models.readers import BadRecord, Read, Record, read_file, shown, walk
from service.cli import say
from service.ledger import Ledger
from service.limits import check_article
from service.readiness import load_checked
from service.settings import Settings, read_settings, unknown_settings

log = logging.getLogger("caibian")

CHUNK = 64
"""Records that are analysed and written together: large enough to sort by length, seconds of work at most."""
SAY_EVERY = 5.0
"""Seconds between two lines of progress."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one run was asked to do."""

    paths: tuple[Path, ...]
    pages: bool
    length: Length
    summaries: bool
    limit: int | None


def tag(arguments: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    out = Path(arguments.output)
    wanted = Wanted(
        tuple(Path(p) for p in arguments.paths),
        arguments.pages,
        arguments.length,
        arguments.summaries,
        arguments.limit,
    )
    try:
        _check_paths(wanted.paths, Ledger(out))
        for sentence in unknown_settings(os.environ):
            say(f"warning: {sentence}")
        settings = read_settings()
        analyzer = load_checked(settings)
        return tag_files(wanted, out, analyzer, settings, restart=arguments.restart)
    except BadInput as error:
        say(f"error: {error.message}")
        return 2
    except CaibianError as error:
        say(f"error: {error.message}")
    except OSError as error:
        say(f"error: {of_disk(error)}. What is written is kept: run the same command again to go on.")
    except KeyboardInterrupt:
        say("stopped. Run the same command again to go on.")
    return 1


def tag_files(wanted: Wanted, out: Path, analyzer: Analyzer, settings: Settings, *, restart: bool = False) -> int:
    """Tag everything into `out`: 0 all well, 1 some records failed. Raises BadInput when an earlier run forbids it."""
    for half, word in ((analyzer.classifier, "topics"), (analyzer.summarizer, "summaries")):
        if not half.trained and (word == "topics" or wanted.summaries):
            say(f"warning: {word} come from the rule-based floor {half.bundle}, not from a trained model")
    with Ledger(out) as ledger:
        if ledger.open(_asked(wanted, analyzer, ledger), restart=restart):
            say(f"going on after {ledger.mark.read:,} records" if not ledger.mark.done else "already done")
        if not (ledger.mark.done and out.exists()):
            _work(wanted, analyzer, settings, ledger)
            ledger.finish()
        mark = ledger.mark
        say(
            f"{mark.written:,} records in {shown(out)}, {mark.unsure:,} of them need review"
            + (f"; {mark.failed:,} failed, see {shown(ledger.quarantine)}" if mark.failed else "")
        )
        return 1 if mark.failed else 0


def _work(wanted: Wanted, analyzer: Analyzer, settings: Settings, ledger: Ledger) -> None:
    reads = itertools.islice(_reads(wanted, ledger), wanted.limit)
    seen: set[bytes] = set()
    for read in itertools.islice(reads, ledger.mark.read):  # done by an earlier run: only its ids are needed
        if isinstance(read, Record):
            _repeated(read.article, seen)
    started, said, before = time.monotonic(), time.monotonic(), ledger.mark.read
    while not ledger.mark.done:
        chunk = list(itertools.islice(reads, CHUNK))
        good, bad = _sift(chunk, wanted, settings)
        good, analyses, broken = _analyse(good, wanted, analyzer)
        bundles = {
            "topics": analyzer.classifier.bundle,
            "summaries": analyzer.summarizer.bundle if wanted.summaries else None,
        }
        records = []
        for record, analysis in zip(good, analyses, strict=True):
            line = as_record(record, analysis, bundles)
            records.append(line | ({"repeated": True} if _repeated(record.article, seen) else {}))
        ledger.commit(
            [json.dumps(r, ensure_ascii=False, allow_nan=False) for r in records],
            [json.dumps(_bad(b), ensure_ascii=False) for b in [*bad, *broken]],
            read=len(chunk),
            unsure=sum(r["needs_review"] for r in records),
            done=len(chunk) < CHUNK,
        )
        now = time.monotonic()
        if now - said >= SAY_EVERY:
            said = now
            rate = (ledger.mark.read - before) / (now - started)
            say(f"{ledger.mark.read:,} records, {ledger.mark.failed:,} failed, {rate:.1f} a second")


def as_record(record: Record, analysis: Analysis, bundles: dict[str, str | None]) -> dict[str, Any]:
    """A line of the output."""
    topics = analysis.topics
    if topics is None:
        raise RuntimeError("batch tagging always asks for topics")
    return {
        "id": record.article.id,
        "labels": list(topics.labels),
        "primary": topics.primary,
        "scores": topics.scores,
        "needs_review": topics.needs_review or record.unsure,
        "summary": analysis.summary.summary if analysis.summary else None,
        "bundles": bundles,
    }


def _check_paths(paths: Sequence[Path], ledger: Ledger) -> None:
    out = ledger.out
    for path in paths:
        if not path.exists():
            raise BadInput(f"{shown(path)} does not exist")
        _check_input(path, ledger)
    if out.is_dir() or not out.parent.is_dir():
        raise BadInput(f"{shown(out)} cannot be written: its folder is missing, or it is a folder itself")


def _check_input(path: Path, ledger: Ledger) -> None:
    if ledger.owns(path):
        raise BadInput(
            f"{shown(path)} is an input, and it is a file that the run of {shown(ledger.out)} writes: "
            "choose another output, or rename the input"
        )


def _reads(wanted: Wanted, ledger: Ledger) -> Iterator[Read]:
    for path in wanted.paths:
        for file in walk(path, ledger.files):
            yield from read_file(file, pages=wanted.pages)


def _sift(chunk: Sequence[Read], wanted: Wanted, settings: Settings) -> tuple[list[Record], list[BadRecord]]:
    """What the models can read, and what not."""
    good, bad = [], []
    for read in chunk:
        if isinstance(read, BadRecord):
            bad.append(read)
            continue
        try:
            # A page's photo story may be a headline alone: that is the page's shape and no fault of a record.
            check_article(read.article, "article", settings, need_body=wanted.summaries and not wanted.pages)
            good.append(read)
        except BadInput as error:
            bad.append(BadRecord(read.file, read.line, error.message, read.article.id))
    return good, bad


def _analyse(
    good: list[Record], wanted: Wanted, analyzer: Analyzer
) -> tuple[list[Record], list[Analysis], list[BadRecord]]:
    """The analyses; when the models break over a chunk, the records that they break over are set apart."""

    def analyse(records: list[Record]) -> list[Analysis]:
        return analyzer.analyze([r.article for r in records], summaries=wanted.summaries, length=wanted.length)

    if not good:
        return [], [], []
    try:
        return good, analyse(good), []
    except Exception as error:
        log.warning("the models broke over a chunk (%s), trying its records one by one", type(error).__name__)
    kept, analyses, broken = [], [], []
    for record in good:
        try:
            analyses += analyse([record])
            kept.append(record)
        except Exception:
            log.exception("the models broke over %s line %s", record.file, record.line)
            reason = "the models broke over it, see the log"
            broken.append(BadRecord(record.file, record.line, reason, record.article.id))
    return kept, analyses, broken


def _repeated(article: Article, seen: set[bytes]) -> bool:
    """Whether this id came before. Eight bytes an id: ten million ids stay under a gigabyte."""
    key = hashlib.blake2b((article.id or "").encode("utf-8", "replace"), digest_size=8).digest()
    if key in seen:
        return True
    seen.add(key)
    return False


def _bad(bad: BadRecord) -> dict[str, Any]:
    id_ = bad.id.encode("utf-8", "replace").decode() if bad.id is not None else None
    return {"file": bad.file, "line": bad.line, "id": id_, "reason": bad.reason}


def _asked(wanted: Wanted, analyzer: Analyzer, ledger: Ledger) -> dict[str, Any]:
    """What has to be the same for a run to be gone on with; the files by name, size and time of change."""
    inputs = hashlib.sha256()
    for path in wanted.paths:
        for file in walk(path, ledger.files):
            if file.is_symlink():  # into the run's own files, from a folder
                _check_input(file, ledger)
            state = file.stat() if file.exists() else None
            stamp = (state.st_size, state.st_mtime_ns) if state else None
            inputs.update(f"{shown(file)}\0{stamp}\n".encode())
    return {
        "paths": [shown(path) for path in wanted.paths],
        "pages": wanted.pages,
        "length": wanted.length,
        "summaries": wanted.summaries,
        "limit": wanted.limit,
        "bundles": [analyzer.classifier.bundle, analyzer.summarizer.bundle],
        "inputs": inputs.hexdigest(),
    }
