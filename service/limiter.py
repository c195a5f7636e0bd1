"""How often a key may call, and how often an address may fail to sign in. Counts are in memory; a day's calls also in the store.

Rates are token buckets, so a burst of a whole rate is allowed after a pause. It knows no HTTP; each refusal says when to
come back.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.store.keys import Key

FREE_FAILURES = 5
"""Failures to sign in before an address has to wait."""
LONGEST_WAIT = 900.0
REMEMBERED = 10_000
"""Addresses that are remembered; the one that failed longest ago is forgotten first."""


class Limiter:
    """Rates, quotas and calls that are not written down yet, by key."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        self._totals: dict[tuple[str, str], int] = {}
        self._unwritten: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._last: dict[str, datetime] = {}

    def over_rate(self, key: Key) -> int | None:
        """Take one call from the key's rate; None, or the seconds until the next is allowed."""
        if key.rate is None:
            return None
        calls, seconds = key.rate
        left, then = self._buckets.get(key.id, (float(calls), self._clock()))
        now = self._clock()
        left = min(float(calls), left + (now - then) * calls / seconds)
        over = left < 1
        self._buckets[key.id] = (left if over else left - 1, now)
        return max(1, math.ceil((1 - left) * seconds / calls)) if over else None

    def over_quota(self, key: Key, now: datetime) -> int | None:
        """Count one call of the day; None, or the seconds until the next day (UTC) when the quota is used up."""
        day = now.date().isoformat()
        place = (key.id, day)
        # Another process may have counted, too; what this one counted may not be in the store yet.
        total = max(self._totals.get(place, 0), key.used_today + self._unwritten[place])
        if key.quota is not None and total >= key.quota:
            tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            return max(1, math.ceil((tomorrow - now).total_seconds()))
        if place not in self._totals:
            self._totals = {p: n for p, n in self._totals.items() if p[1] == day}
        self._totals[place] = total + 1
        self._unwritten[place] += 1
        self._last[key.id] = now
        return None

    def take_unwritten(self) -> tuple[dict[tuple[str, str], int], dict[str, datetime]]:
        """What is to be written down now."""
        taken = {place: count for place, count in self._unwritten.items() if count}, dict(self._last)
        self._unwritten.clear()
        self._last.clear()
        return taken

    def give_back(self, calls: dict[tuple[str, str], int], last: dict[str, datetime]) -> None:
        """What could not be written down."""
        for place, count in calls.items():
            self._unwritten[place] += count
        self._last = last | self._last


class Throttle:
    """Makes an address wait that failed to sign in: five failures are free, then each doubles the wait."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> int | None:
        """None, or the seconds until this address may try again."""
        count, then = self._failures.get(address, (0, 0.0))
        if count < FREE_FAILURES:
            return None
        seconds = min(LONGEST_WAIT, 2.0 ** (count - FREE_FAILURES + 1))
        left = then + seconds - self._clock()
        return max(1, math.ceil(left)) if left > 0 else None

    def failed(self, address: str) -> None:
        """One more failure."""
        count, then = self._failures.pop(address, (0, 0.0))
        if self._clock() - then > LONGEST_WAIT:
            count = 0
        self._failures[address] = (count + 1, self._clock())
        while len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget the failures of this address."""
        self._failures.pop(address, None)
