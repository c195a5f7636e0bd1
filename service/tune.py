"""What a machine does fastest, measured once and remembered: threads, processes and tokens a batch of `tag`.

`python -m service tune` measures, `tag` reads what won. A choice changes how long a run takes and no record of it: a
window is read alike, whatever stands beside it in a batch. What was measured on another machine, or with other
bundles, is not used.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from models.analyzer import CANARY, Analyzer, device_of
from models.article import Article
from models.classifier import BundleClassifier
from models.errors import BadInput, CaibianError, of_disk
from models.readers import Record
from service.archive_inputs import CHUNK, expand, read_all
from service.archive_processes import in_processes
from service.archive_work import Chunk, How
from service.cli import say
from service.cores import usable_cores
from service.readiness import load_checked, told
from service.settings import Settings, read_settings

PLACE = Path(__file__).resolve().parents[1] / "var" / "tune.json"
TOKENS, TOKENS_ON_A_CARD = (256, 512, 1024, 2048), (2048, 4096, 8192, 16384)
CHUNKS = 6
"""That are timed at a time, after one a process to warm up."""
ROUNDS = 3
"""Turns of all candidates, one after another, so that other work on the machine slows all; the quickest turn of each counts."""


@dataclass(frozen=True, slots=True)
class Choice:
    """`workers` processes of `threads` threads, `tokens_a_batch` padded tokens at a time."""

    workers: int
    threads: int
    tokens_a_batch: int


def tuned(analyzer: Analyzer) -> Choice | None:
    """The choice for this machine and these bundles; None where none was measured, or the file is damaged."""
    try:
        stored = json.loads(PLACE.read_text("utf-8"))
        if stored["of"] != _of(analyzer):
            return None
        return Choice(
            **{name: max(1, int(stored["choice"][name])) for name in ("workers", "threads", "tokens_a_batch")}
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def tune(arguments: argparse.Namespace) -> int:
    """Run the command; the exit code."""
    try:
        if arguments.reset:
            PLACE.unlink(missing_ok=True)
            say("forgotten: `tag` uses its defaults")
            return 0
        settings = read_settings()
        analyzer = load_checked(settings)
        if arguments.show:
            return _show(analyzer)
        if not isinstance(analyzer.classifier, BundleClassifier):
            raise BadInput(f"{analyzer.classifier.bundle} is a rule-based floor: there is nothing to tune")
        say(f"measuring: {told(analyzer)}")
        articles = _articles(arguments.paths)
        rates = measure(articles, settings)
        best = max(rates, key=lambda choice: rates[choice])
        for choice, rate in sorted(rates.items(), key=lambda pair: -pair[1]):
            say(f"  {_told(choice):60} {rate:8.1f} a second")
        stored = {"of": _of(analyzer), "choice": asdict(best), "articles_a_second": round(rates[best], 1)}
        PLACE.parent.mkdir(parents=True, exist_ok=True)
        part = PLACE.with_name(PLACE.name + ".part")
        part.write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", "utf-8")
        part.replace(PLACE)
        say(f"{_told(best)}: `tag` uses it on this machine from now on ({PLACE}); --reset forgets it")
        return 0
    except BadInput as error:
        say(f"error: {error.message}")
        return 2
    except CaibianError as error:
        say(f"error: {error.message}")
    except OSError as error:
        say(f"error: {of_disk(error)}")
    return 1


def measure(articles: Sequence[Article], settings: Settings) -> dict[Choice, float]:
    """Articles a second of each candidate: tokens a batch first, in one thread; then how the cores are shared out.

    On a card every process has its own copy of the models there.
    """
    cores, card = settings.threads or usable_cores(), settings.device != "cpu"
    single = _rates([Choice(1, 1, tokens) for tokens in (TOKENS_ON_A_CARD if card else TOKENS)], articles, settings)
    tokens = max(single, key=lambda choice: single[choice]).tokens_a_batch
    if card:  # threads compute nothing there; a second process prepares while the first one's batch is computed
        splits = {Choice(workers, 1, tokens) for workers in (1, 2, 4) if workers <= cores}
    else:
        splits = {Choice(workers, cores // workers, tokens) for workers in range(1, cores + 1) if cores % workers == 0}
    return single | _rates(sorted(splits - single.keys(), key=lambda c: c.workers), articles, settings)


def _rates(choices: Sequence[Choice], articles: Sequence[Article], settings: Settings) -> dict[Choice, float]:
    rates = dict.fromkeys(choices, 0.0)
    for _ in range(ROUNDS):
        for choice in choices:
            rates[choice] = max(rates[choice], _rate(choice, articles, settings))
    return rates


def _rate(choice: Choice, articles: Sequence[Article], settings: Settings) -> float:
    """From the first chunk's answer of the last process to start, to the end."""
    how = How(pages=False, length="brief", summaries=False, reading="exact", tokens_a_batch=choice.tokens_a_batch)
    settings = settings.model_copy(update={"threads": choice.threads})
    started, timed = 0.0, 0
    for n, done in enumerate(in_processes(_chunks(articles, choice.workers + CHUNKS), how, settings, choice.workers)):
        if n + 1 == choice.workers:
            started = time.perf_counter()
        elif n >= choice.workers:
            timed += done.read
    return timed / (time.perf_counter() - started)


def _chunks(articles: Sequence[Article], count: int) -> Iterator[Chunk]:
    at = 0
    for start in range(count):
        taken = [articles[(at + n) % len(articles)] for n in range(CHUNK)]
        at += CHUNK
        yield Chunk(tuple(Record("tune", n, a) for n, a in enumerate(taken, 1)), (False,) * CHUNK, start * CHUNK)


def _articles(paths: Sequence[str]) -> list[Article]:
    """The archive's own first articles, or the canary's text in the lengths that news has."""
    if not paths:
        return [Article(CANARY.headline, CANARY.body * (1 + n % 9)) for n in range(CHUNK)]
    found = (read.article for read in read_all(expand(paths), (), pages=False) if isinstance(read, Record))
    articles = [a for a in islice(found, CHUNK * CHUNKS) if a.body.strip()]
    if not articles:
        raise BadInput("no article was found to measure with: name other files, or none")
    return articles


def _show(analyzer: Analyzer) -> int:
    choice = tuned(analyzer)
    if choice:
        say(f"{_told(choice)} ({PLACE}); {told(analyzer)}")
    elif PLACE.exists():
        say(f"{PLACE} was measured on another machine or with other bundles and is not used: run `tune` again")
    else:
        say("nothing was measured on this machine: run `python -m service tune`")
    return 0


def _told(choice: Choice) -> str:
    return f"--workers {choice.workers}, {choice.threads} threads each, {choice.tokens_a_batch:,} tokens a batch"


def _of(analyzer: Analyzer) -> dict[str, Any]:
    import onnxruntime

    return {
        "machine": platform.node(),
        "processor": _processor(),
        "cores": usable_cores(),
        "onnxruntime": onnxruntime.__version__,
        "bundles": [analyzer.classifier.bundle, analyzer.summarizer.bundle],
        **({} if (computed := device_of(analyzer.classifier))[0] == "cpu" else {"device": list(computed)}),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
