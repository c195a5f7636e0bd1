"""Turns: several ways of doing the same work, one after another, round after round, in one process.

Other work on the machine slows all ways of a round alike, so the ratio of two ways is taken within each round and its
median counts. Knows nothing of what is measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Way = Callable[[int], float]
"""Does the work of round i and says how many units that was."""


@dataclass(frozen=True, slots=True)
class Turns:
    """Seconds a unit, by way and round."""

    cost: Mapping[str, list[float]]

    @property
    def rounds(self) -> int:
        """How many there were."""
        return min(len(costs) for costs in self.cost.values())

    def rate(self, way: str) -> float:
        """Units a second: the median of the rounds."""
        return 1 / statistics.median(self.cost[way])

    def best(self, way: str) -> float:
        """Units a second in its best round."""
        return 1 / min(self.cost[way])

    def ratio(self, way: str, other: str) -> float:
        """How many times faster `way` is than `other`: the median of the rounds' ratios."""
        return statistics.median(b / a for a, b in zip(self.cost[way], self.cost[other], strict=True))

    def spread(self, way: str, other: str) -> tuple[float, float]:
        """The smallest and the largest ratio of a round."""
        ratios = [b / a for a, b in zip(self.cost[way], self.cost[other], strict=True)]
        return min(ratios), max(ratios)


def take_turns(
    ways: Mapping[str, Way], until: float, least: int = 3, now: Callable[[], float] = time.perf_counter
) -> Turns:
    """Rounds of all ways until the clock `now` says `until`, at least `least`; who begins changes from round to round.

    A round that would not be done by then is not begun.
    """
    cost: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    longest, number = 0.0, 0
    while number < least or now() + longest <= until:
        began = now()
        first = number % len(names)
        for name in names[first:] + names[:first]:
            before = now()
            units = ways[name](number)
            cost[name].append((now() - before) / units)
        longest = max(longest, now() - began)
        number += 1
    return Turns(cost)
