"""Does work grow with the length of a text or with its square? In processor time: a loaded machine fails no test."""

from __future__ import annotations

import time
from collections.abc import Callable

TIMES, AT_MOST, NOISE = 4, 9, 0.1
"""Four times the length takes four times as long, or sixteen times where it is quadratic; seconds that no measurement is above."""


def seconds(work: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    work(text)
    return time.process_time() - started


def grows_with_its_square(work: Callable[[str], object], text: str) -> bool:
    """Whether `TIMES` texts take far longer than as many times one. The better of two measurements each."""
    short, long = (min(seconds(work, text * times) for _ in range(2)) for times in (1, TIMES))
    return long > AT_MOST * short + NOISE
