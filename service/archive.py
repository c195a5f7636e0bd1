"""`tag`: files and folders in, one JSONL record an article out, resumable, nothing lost without a line that says so.

It owns the order of a run and what the terminal is told. Inputs are archive_inputs.py, a chunk's lines archive_work.py,
processes archive_processes.py, the files of a run ledger.py; the answers come from the same Analyzer as everywhere.
Chunks are fixed stretches of the input and a run goes on at a chunk's end, so a record depends neither on where a run
was stopped nor on how many processes worked at it.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from models.analyzer import Analyzer
from models.cascade import Reading
from models.errors import BadInput, CaibianError, of_disk
from models.readers import Read, shown
from service.archive_counts import table, write_report
from service.archive_inputs import (
    CHUNK,
    Input,
    at_places,
    check_paths,
    chunks_of,
    expand,
    fingerprint,
    named,
    read_all,
    readable,
    sample_of,
)
from service.archive_models import named_models
from service.archive_plan import dry_run
from service.archive_processes import in_processes
from service.archive_progress import Progress
from service.archive_ray import find_ray, on_ray
from service.archive_remote import check_target, deliver, place_of
from service.archive_tables import table_writer
from service.archive_work import Chunk, Done, How, Worker, as_record, bundles_of
from service.cli import say
from service.cores import usable_cores
from service.dedupe import SIMILARITY, Firsts, Links
from service.ledger import Ledger
from service.readiness import load_checked
from service.retag import Earlier, as_text, difference, write_difference
from service.settings import Settings, read_settings, unknown_settings
from service.tune import tuned

__all__ = ["Wanted", "as_record", "tag", "tag_files"]


RECORD = 2
"""Which fields a record has: 2 since there is more of its summary than the text. One output has records of one kind."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one run was asked to do. `limit` counts from the start of the input, `sample` draws from all of it."""

    paths: tuple[Input, ...]
    how: How
    limit: int | None = None
    sample: int | None = None
    workers: int = 1
    engine: str = "local"
    address: str | None = None
    report: Path | None = None
    dedupe: int = 0  # how many texts are remembered; 0: none, every record is read
    retag: Path | None = None
    differences: tuple[Path, ...] = ()


def tag(arguments: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    logging.basicConfig(format="%(levelname)s %(name)s %(message)s")
    reading: Reading = "whole" if arguments.whole else "exact" if arguments.exact else "cascade"
    try:
        out, url = place_of(str(arguments.output))
        wanted = Wanted(
            expand(arguments.paths),
            How(arguments.pages, arguments.length, arguments.summaries, reading),
            arguments.limit,
            arguments.sample,
            arguments.workers or 1,
            arguments.engine,
            arguments.address,
            Path(arguments.report) if arguments.report else None,
            arguments.dedupe_window if arguments.dedupe else 0,
            Path(arguments.retag) if arguments.retag else None,
            tuple(map(Path, arguments.diff)),
        )
        check_paths(wanted.paths, Ledger(out))
        if url:
            check_target(url, wanted.paths, Ledger(out), restart=arguments.restart)
        _check_reports(wanted, out)
        if arguments.cost_per_core_hour is not None and not arguments.dry_run:
            raise BadInput("--cost-per-core-hour is for --dry-run, which tells what a run would cost")
        if wanted.engine == "ray":
            find_ray()
        for sentence in unknown_settings(os.environ):
            say(f"warning: {sentence}")
        settings = read_settings()
        names = named_models(settings)
        wanted, settings = _as_tuned(wanted, settings, names, given=arguments.workers)
        wanted = _at_most(wanted, usable_cores())
        if not settings.threads:
            here = 1 if wanted.engine == "ray" else usable_cores() // wanted.workers
            settings = settings.model_copy(update={"threads": max(1, here)})
        if arguments.dry_run:
            return _plan(wanted, settings, Ledger(out), arguments.cost_per_core_hour)
        # Processes have models of their own.
        analyzer = names if wanted.engine == "ray" or wanted.workers > 1 else load_checked(settings)
        return tag_files(wanted, out, analyzer, settings, restart=arguments.restart, url=url)
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


def _as_tuned(wanted: Wanted, settings: Settings, analyzer: Analyzer, *, given: int | None) -> tuple[Wanted, Settings]:
    """With what `tune` measured on this machine, where nobody said otherwise."""
    choice = tuned(analyzer)
    if choice is None:
        return wanted, settings
    wanted = replace(wanted, how=replace(wanted.how, tokens_a_batch=choice.tokens_a_batch))
    if given is None and wanted.engine == "local" and not settings.threads:
        wanted = replace(wanted, workers=choice.workers)
        settings = settings.model_copy(update={"threads": choice.threads})
    return wanted, settings


def _at_most(wanted: Wanted, cores: int) -> Wanted:
    """No more processes than cores: they would take turns, and each holds models of its own. No record depends on it."""
    most = max(2, cores)
    if wanted.engine == "ray" or wanted.workers <= most:
        return wanted
    say(f"warning: --workers {wanted.workers} is more than there are cores, {cores}: {most} processes work")
    return replace(wanted, workers=most)


def _plan(wanted: Wanted, settings: Settings, ledger: Ledger, price: float | None) -> int:
    """The dry run, with the models on one core."""
    cores = wanted.workers * settings.threads
    settings = settings.model_copy(update={"threads": 1})
    analyzer = load_checked(settings)
    with contextlib.ExitStack() as stack:
        old = stack.enter_context(_earlier(wanted, analyzer)).of if wanted.retag else None
        firsts = Firsts(wanted.dedupe) if wanted.dedupe else None
        worker = Worker(analyzer, wanted.how, settings)
        return dry_run(_reads(wanted, ledger), worker, cores, first=firsts.of if firsts else None, old=old, price=price)


def tag_files(
    wanted: Wanted, out: Path, analyzer: Analyzer, settings: Settings, *, restart: bool = False, url: str | None = None
) -> int:
    """Tag everything into `out`, and put it at the URL: 0 all well, 1 some records failed.

    Raises BadInput when an earlier run forbids it.
    """
    for half, word in ((analyzer.classifier, "topics"), (analyzer.summarizer, "summaries")):
        if not half.trained and (word == "topics" or wanted.how.summaries):
            say(f"warning: {word} come from the rule-based floor {half.bundle}, not from a trained model")
    how = replace(wanted.how, bundles=bundles_of(analyzer, summaries=wanted.how.summaries))
    wanted = replace(wanted, how=how)
    with contextlib.ExitStack() as stack:
        ledger = stack.enter_context(Ledger(out))
        earlier = stack.enter_context(_earlier(wanted, analyzer)) if wanted.retag else None
        if ledger.open(_asked(wanted, analyzer, ledger, earlier), restart=restart):
            say(f"going on after {ledger.mark.read:,} records" if not ledger.mark.done else "already done")
        if not (ledger.mark.done and out.exists()):
            _work(wanted, analyzer, settings, ledger, earlier)
            convert, names = table_writer(out), analyzer.classifier.taxonomy.names
            ledger.finish((lambda lines, path: convert(lines, path, names)) if convert else None)
        _tell(wanted, analyzer, ledger)
        if url:  # while nobody else may start over what is put there
            deliver(ledger, url)
        return 1 if ledger.mark.failed else 0


def _earlier(wanted: Wanted, analyzer: Analyzer) -> Earlier:
    bundles = {"topics": analyzer.classifier.bundle, "summaries": analyzer.summarizer.bundle}
    return Earlier(wanted.retag or Path(), wanted.how, bundles)


def _work(wanted: Wanted, analyzer: Analyzer, settings: Settings, ledger: Ledger, earlier: Earlier | None) -> None:
    if ledger.mark.done:
        return
    reads, old = _reads(wanted, ledger), earlier.of if earlier else None
    with Progress(ledger.mark.read, _expected(wanted)) as progress, contextlib.ExitStack() as stack:
        if wanted.dedupe:
            firsts, links = Firsts(wanted.dedupe), stack.enter_context(Links(ledger.partial))

            def first(place: int, read: Read) -> int | None:
                return firsts.of(place, read.article) if readable(read, wanted.how, settings) else None

            chunks = chunks_of(reads, 0, first, lambda: firsts.floor, old)
            lost = ledger.lost()
            for chunk in itertools.islice(chunks, ledger.mark.read // CHUNK):
                links.pass_over(chunk, lost)
            answers: Iterator[Done] = map(links.fill, _answers(chunks, wanted, analyzer, settings))
        else:
            answers = _answers(chunks_of(reads, ledger.mark.read, old=old), wanted, analyzer, settings)
        for done in answers:
            ledger.commit(
                done.records,
                done.bad,
                read=done.read,
                unsure=done.unsure,
                done=done.read < CHUNK,  # only the last chunk of an input is shorter than the others
                counts=done.counts,
                places=done.places,
                texts=done.texts,
                changes=done.changes,
            )
            progress.show(ledger.mark)


def _answers(chunks: Iterator[Chunk], wanted: Wanted, analyzer: Analyzer, settings: Settings) -> Iterator[Done]:
    if wanted.engine == "ray":
        return on_ray(chunks, wanted.how, settings, wanted.workers, wanted.address)
    if wanted.workers > 1:
        return in_processes(chunks, wanted.how, settings, wanted.workers)
    return map(Worker(analyzer, wanted.how, settings), chunks)


def _reads(wanted: Wanted, ledger: Ledger) -> Iterator[Read]:
    def read() -> Iterator[Read]:
        whole = read_all(wanted.paths, ledger.files, pages=wanted.how.pages)
        return itertools.islice(whole, wanted.limit)

    if wanted.sample is None:
        return read()
    return at_places(read(), sample_of(sum(1 for _ in read()), wanted.sample))


def _expected(wanted: Wanted) -> int | None:
    """How many records there will be at most, where that is known beforehand."""
    known = [n for n in (wanted.limit, wanted.sample) if n is not None]
    return min(known) if known else None


def _tell(wanted: Wanted, analyzer: Analyzer, ledger: Ledger) -> None:
    mark = ledger.mark
    names = {topic.name: topic.zh for topic in analyzer.classifier.taxonomy.topics}
    if mark.written:
        say(table(ledger.counts, names))
    say(
        f"{mark.written:,} records in {shown(ledger.out)}, {mark.unsure:,} of them need review"
        + (f"; {mark.failed:,} failed, see {shown(ledger.quarantine)}" if mark.failed else "")
    )
    if wanted.report:
        about = {
            "输出": shown(ledger.out),
            "输入": "、".join(named(path) for path in wanted.paths[:20]),
            "稿件": f"{mark.written:,}",
            "需人工看": f"{mark.unsure:,}",
            "失败": f"{mark.failed:,}",
            "主题模型": analyzer.classifier.bundle,
            "摘要模型": analyzer.summarizer.bundle if wanted.how.summaries else "（未写摘要）",
        }
        write_report(wanted.report, ledger.counts, names, about)
        say(f"report: {shown(wanted.report)}")
    if wanted.retag:
        told = difference(ledger.counts, ledger.path, names)
        say(as_text(told, names))
        for path in wanted.differences:
            write_difference(path, told, names)
            say(f"what changed: {shown(path)}")


def _check_reports(wanted: Wanted, out: Path) -> None:
    if wanted.differences and not wanted.retag:
        raise BadInput("--diff tells what differs from an earlier run: say --retag OLD.jsonl too")
    if wanted.retag and Ledger(out).owns(wanted.retag):
        raise BadInput(f"{shown(wanted.retag)} is the output itself: give the new run an output of its own")
    inputs = [p for p in (*wanted.paths, wanted.retag) if isinstance(p, Path)]
    html = [(wanted.report, (".html", ".htm"))] if wanted.report else []
    for path, suffixes in [*html, *((path, (".html", ".htm", ".json")) for path in wanted.differences)]:
        if path.suffix.lower() not in suffixes or Ledger(out).owns(path):
            raise BadInput(f"the report {shown(path)} must be a file of its own, named {' or '.join(suffixes)}")
        if any(p.exists() and path.exists() and p.samefile(path) for p in inputs):
            raise BadInput(f"the report {shown(path)} is an input: choose another name")
        if not path.parent.is_dir():
            raise BadInput(f"the report {shown(path)} cannot be written: its folder is missing")


def _asked(wanted: Wanted, analyzer: Analyzer, ledger: Ledger, earlier: Earlier | None) -> dict[str, Any]:
    """What has to be the same for a run to be gone on with; the files by name, size and time of change."""
    more = {"dedupe": [wanted.dedupe, SIMILARITY]} if wanted.dedupe else {}
    return (
        more
        | ({"retag": earlier.stamp()} if earlier else {})
        | {
            "record": RECORD,
            "paths": [named(path) for path in wanted.paths],
            "pages": wanted.how.pages,
            "length": wanted.how.length,
            "summaries": wanted.how.summaries,
            "reading": wanted.how.reading,
            "limit": wanted.limit,
            "sample": wanted.sample,
            "bundles": [analyzer.classifier.bundle, analyzer.summarizer.bundle],
            "inputs": fingerprint(wanted.paths, ledger),
        }
    )
