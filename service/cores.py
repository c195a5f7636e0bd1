"""How many threads compute: worked out of the cores that this process may use, not of those that the machine has.

A container on a large machine sees every core and may use two; as many threads as it sees would wait for each other.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

QUOTA = Path("/sys/fs/cgroup/cpu.max")
AT_MOST = 4
"""Cores a worker: a small encoder on one article gains little from more."""


@dataclass(frozen=True, slots=True)
class ThreadPlan:
    """`workers` calls are computed at the same time, each by its own thread and the `threads` - 1 that all share."""

    cores: int
    workers: int
    threads: int

    def __str__(self) -> str:
        shared = f" and {self.threads - 1} that they share" if self.threads > 1 else ""
        return f"{self.cores} cores: {self.workers} worker{'s' * (self.workers > 1)}{shared}"


def usable_cores(quota: Path = QUOTA) -> int:
    """Cores that the scheduler gives this process: its affinity, and the quota of its control group."""
    cores = len(os.sched_getaffinity(0))
    try:
        limit, period = quota.read_text("ascii").split()
        if limit != "max":
            cores = min(cores, math.ceil(int(limit) / int(period)))
    except (OSError, ValueError):  # no control group of version 2
        pass
    return max(1, cores)


def plan_threads(workers: int, threads: int, cores: int, *, card: bool = False) -> ThreadPlan:
    """Fill in what is 0. ONNX Runtime computes with the calling thread and its own `threads` - 1, which all calls share.

    On a card (`card`) a call's thread only prepares and waits, and one call after another fills it: one worker, one thread.
    """
    if card:
        return ThreadPlan(cores, workers or 1, threads or 1)
    workers = workers or max(1, cores // AT_MOST)
    return ThreadPlan(cores, workers, threads or max(1, cores - workers + 1))
