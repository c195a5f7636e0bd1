"""`tag --dry-run`: what a run would read, how long it would take and what it would cost, told from a timed sample.

Nothing is written. Counted is what the models would have to do: what repeats an earlier text (`--dedupe`) or is copied from
an earlier run (`--retag`) is not part of it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from models.article import Article
from models.readers import Read, Record
from service.archive_inputs import CHUNK, readable
from service.archive_progress import duration
from service.archive_work import Chunk, Old, Worker
from service.cli import say
from service.cores import usable_cores

TIMED = 4 * CHUNK
"""Records that are timed, drawn evenly from those that the models would read."""
EFFICIENCY = 0.875
"""Of each core where there are several: two processes are 1.75 times as fast as one (docs/archive.md)."""


@dataclass(slots=True)
class Survey:
    """Counts of reads: all, those that are refused, repeat another text, are copied whole, are computed by half."""

    total: int = 0
    bad: int = 0
    repeated: int = 0
    copied: int = 0
    halves: int = 0
    sample: list[tuple[Record, Old | None]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """What the models would read."""
        return self.total - self.bad - self.repeated - self.copied


def survey(
    reads: Iterable[Read],
    worker: Worker,
    count: int,
    first: Callable[[int, Article], int | None] | None = None,
    old: Callable[[Read], Old | None] | None = None,
) -> Survey:
    """Count everything and draw `count` records of what is left, evenly (a reservoir); `first` and `old` as in chunks_of."""
    draw, found = random.Random(0), Survey()  # noqa: S311 - no secret
    for place, read in enumerate(reads):
        found.total += 1
        if not readable(read, worker.how, worker.settings):
            found.bad += 1
            continue
        if first and first(place, read.article) is not None:
            found.repeated += 1
            continue
        before = old(read) if old else None
        if before and before.topics_hold and (before.summary_holds or not worker.how.summaries):
            found.copied += 1
            continue
        found.halves += bool(before and (before.topics_hold or before.summary_holds))
        if len(found.sample) < count:
            found.sample.append((read, before))
        elif (slot := draw.randrange(found.left)) < count:
            found.sample[slot] = (read, before)
    return found


def dry_run(
    reads: Iterable[Read],
    worker: Worker,
    cores: int,
    *,
    first: Callable[[int, Article], int | None] | None = None,
    old: Callable[[Read], Old | None] | None = None,
    price: float | None = None,
) -> int:
    """Count, time a sample, say both; the exit code that the reading alone would have.

    `worker` computes on one core; `cores` are those that the run would have; `price` is what an hour of one costs.
    """
    started = time.monotonic()
    found = survey(reads, worker, TIMED, first, old)
    reading = time.monotonic() - started
    say(f"{found.total:,} records, {found.bad:,} of them cannot be read; reading them takes {duration(reading)}")
    if first or old:
        parts = [f"{found.repeated:,} repeat an earlier text"] if first else []
        if old:
            parts += [f"{found.copied:,} are copied from the earlier run"]
            parts += [f"{found.halves:,} need topics or a summary alone"]
        say(f"{', '.join(parts)}: the models read {found.left:,}")
    if found.sample:
        each = _time(worker, found.sample)
        say(f"{len(found.sample):,} of these, drawn evenly, took {each * 1000:.1f} ms a record on one core")
        for count, where in _machines(cores):
            say(f"estimate {where}: {_estimate(reading, each * found.left, count, price)}")
    if price is None:
        say("--cost-per-core-hour PRICE says what that costs; nothing was written")
    else:
        say("nothing was written")
    return 1 if found.bad else 0


def _time(worker: Worker, sample: Sequence[tuple[Record, Old | None]]) -> float:
    """Seconds a record."""
    parts = [sample[i : i + CHUNK] for i in range(0, len(sample), CHUNK)]
    _tag(worker, parts[0][:8])  # the first call is slower than all others
    started = time.monotonic()
    for part in parts:
        _tag(worker, part)
    return (time.monotonic() - started) / len(sample)


def _tag(worker: Worker, part: Sequence[tuple[Record, Old | None]]) -> None:
    worker(Chunk(tuple(read for read, _ in part), (False,) * len(part), old=tuple(old for _, old in part)))


def _machines(cores: int) -> list[tuple[int, str]]:
    here = usable_cores()
    told = {1: "on 1 core", here: f"on this machine's {here} cores" if here > 1 else "on this machine's core"}
    told[cores] = f"for this run, on {cores} core{'s' * (cores > 1)}"
    return sorted(told.items())


def _estimate(reading: float, work: float, cores: int, price: float | None) -> str:
    """Where there are several cores one process reads while others compute, and the slower of the two says how long."""
    seconds = reading + work if cores == 1 else max(reading, work / (EFFICIENCY * cores))
    hours = cores * seconds / 3600
    cost = "" if price is None else f", cost {_amount(hours * price)}"
    return f"{duration(seconds)}, {_amount(hours)} core hours{cost}"


def _amount(value: float) -> str:
    return f"{value:,.2f}" if value >= 1 else f"{value:.2g}"
