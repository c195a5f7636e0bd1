"""Who computes now: at most so many pieces of work at once, requests before jobs, short ones before long ones.

Work gives its place up between two batches (models/pauses.py) when somebody who comes first waits; then it goes on where it
stopped. It owns the order and nothing else: it knows neither threads nor what the work is.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

LEVELS = (0.25, 2.0)
"""Seconds of computing after which work lets younger work go first, and again: a long call does not hold up short ones."""
PATIENCE = 5.0
"""Seconds after which whoever waits has one batch in spite of those who come first: nothing starves."""


class Turn:
    """The place of one piece of work. `start` is called once, in whatever thread, when it may compute; it must not block.

    Works with the same `kind` that wait together may be computed together, as long as their `size` is at most the room.
    """

    def __init__(
        self, start: Callable[[Turn, list[Turn]], None], *, behind: bool = False, kind: Hashable = None, size: int = 1
    ) -> None:
        self._start = start
        self.behind, self.kind, self.size = behind, kind, size
        self.number = 0
        self.used = 0.0
        """Seconds of computing so far."""
        self.since = 0.0
        """When it began to wait, or to compute."""
        self.started = False
        self.full = False
        """Whether more of its kind waited than there was room for."""
        self._resumed = threading.Event()

    def rank(self, now: float | None = None) -> tuple[bool, int, int]:
        """The least comes first. With `now` as one who waits since then."""
        if now is not None and now - self.since > PATIENCE:
            return False, 0, self.number
        return self.behind, sum(self.used > seconds for seconds in LEVELS), self.number

    def go(self, mates: list[Turn]) -> None:
        """It may compute."""
        if self.started:
            self._resumed.set()
        else:
            self.started = True
            self._start(self, mates)

    def wait(self) -> None:
        """In the thread that computes: until `go`."""
        self._resumed.wait()
        self._resumed.clear()


class Turns:
    """The order of all work of one app. Safe to call from several threads.

    `room(kind)` is the size up to which works of that kind are computed together.
    """

    def __init__(self, workers: int, room: Callable[[Hashable], int] = lambda _: 0) -> None:
        self._lock = threading.Lock()
        self._free = workers
        self._room = room
        self._waiting: list[Turn] = []
        self._count = 0

    def ask(self, turn: Turn) -> None:
        """Let it wait; it starts at once when a worker is free."""
        with self._lock:
            self._count += 1
            turn.number, turn.since = self._count, time.monotonic()
            self._waiting.append(turn)
            granted = self._grant()
        self._go(granted)

    def rest(self, turn: Turn) -> None:
        """Between two batches, in the thread that computes: let those who come first have their turn."""
        with self._lock:
            now = time.monotonic()
            turn.used += now - turn.since
            turn.since = now
            if not any(other.rank(now) < turn.rank() for other in self._waiting):
                return
            self._waiting.append(turn)
            self._free += 1
            granted = self._grant()
        self._go(granted)
        turn.wait()

    def leave(self, turn: Turn) -> None:
        """It has computed all it had to."""
        with self._lock:
            turn.used += time.monotonic() - turn.since
            self._free += 1
            granted = self._grant()
        self._go(granted)

    def drop(self, turn: Turn) -> bool:
        """It need not start any more; False when it has."""
        with self._lock:
            if turn.started or turn not in self._waiting:
                return False
            self._waiting.remove(turn)
            return True

    def _grant(self) -> list[tuple[Turn, list[Turn]]]:
        granted = []
        now = time.monotonic()
        while self._free and self._waiting:
            turn = min(self._waiting, key=lambda t: t.rank(now))
            self._waiting.remove(turn)
            self._free -= 1
            mates = [] if turn.started else self._mates(turn, now)
            for one in (turn, *mates):
                one.since = now
            granted.append((turn, mates))
        return granted

    def _mates(self, turn: Turn, now: float) -> list[Turn]:
        mates: list[Turn] = []
        if turn.kind is None:
            return mates
        room = self._room(turn.kind) - turn.size
        for other in sorted(self._waiting, key=lambda t: t.rank(now)):
            alike = other.kind == turn.kind and other.behind == turn.behind and not other.started
            if alike and other.size <= room:
                room -= other.size
                mates.append(other)
            elif alike:
                turn.full = True
        for mate in mates:
            self._waiting.remove(mate)
            mate.started = True
        return mates

    @staticmethod
    def _go(granted: list[tuple[Turn, list[Turn]]]) -> None:
        for turn, mates in granted:
            turn.go(mates)
