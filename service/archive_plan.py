"""`tag --dry-run`: what a run would read and how long it would take, told from a timed sample. Nothing is written."""

from __future__ import annotations

import time
from collections.abc import Iterable

from models.readers import Read
from service.archive_inputs import CHUNK, survey
from service.archive_progress import duration
from service.archive_work import Chunk, Worker
from service.cli import say

TIMED = 4 * CHUNK
"""Records that are timed, drawn evenly from all."""


def dry_run(reads: Iterable[Read], worker: Worker, workers: int) -> int:
    """Count everything, time a sample, say both; the exit code that the reading alone would have."""
    started = time.monotonic()
    total, bad, sample = survey(reads, TIMED)
    reading = time.monotonic() - started
    say(f"{total:,} records, {bad:,} of them cannot be read; reading them takes {duration(reading)}")
    parts = [tuple(sample[i : i + CHUNK]) for i in range(0, len(sample), CHUNK)]
    if parts:
        worker(Chunk(parts[0][:8], (False,) * len(parts[0][:8])))  # the first call is slower than all others
        started = time.monotonic()
        for part in parts:
            worker(Chunk(part, (False,) * len(part)))
        each = (time.monotonic() - started) / len(sample)
        threads = worker.settings.threads
        say(f"{len(sample):,} of them, drawn evenly, took {each * 1000:.1f} ms a record in one process"
            + (f" of {threads} threads" if threads else ""))  # fmt: skip
        say(
            f"estimate for all with --workers {workers}: {duration(reading + each * (total - bad) / workers)}; nothing was written"
        )
    return 1 if bad else 0
