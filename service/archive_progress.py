"""How far a run is: one line that is written over on a terminal, a line every few seconds in a log."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from service.cli import say
from service.ledger import Mark

SAY_EVERY = 5.0
DRAW_EVERY = 0.2
"""Seconds between two lines of a log, and between two drawings on a terminal."""


class Progress:
    """`before`: records that an earlier run did; `expected`: how many there will be in all, None when nobody knows."""

    def __init__(self, before: int, expected: int | None) -> None:
        self.before, self.expected = before, expected
        self.started = self.said = time.monotonic()
        self.terminal = sys.stderr.isatty()
        self.drawn = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.drawn:
            print(file=sys.stderr, flush=True)

    def show(self, mark: Mark) -> None:
        """Say how far it is, when it is time to."""
        now = time.monotonic()
        if now - self.said < (DRAW_EVERY if self.terminal else SAY_EVERY) and not mark.done:
            return
        if mark.done and not self.drawn:
            return  # the summary says it
        self.said = now
        line = sentence(mark, (mark.read - self.before) / max(1e-9, now - self.started), self.expected)
        if self.terminal:
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)
            self.drawn = True
        else:
            say(line)


def sentence(mark: Mark, rate: float, expected: int | None) -> str:
    """`12,416 of 20,000 records, 41.2 a second, 3 min left, 310 to review, 3 failed`."""
    of = f" of {expected:,}" if expected else ""
    left = f", {duration((expected - mark.read) / rate)} left" if expected and rate > 0 and expected > mark.read else ""
    told = f"{mark.read:,}{of} records, {rate:.1f} a second{left}"
    return f"{told}, {mark.unsure:,} to review, {mark.failed:,} failed"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
