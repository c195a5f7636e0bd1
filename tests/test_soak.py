"""Twenty minutes at four fifths of what the service can do: no error, and memory grows by less than a twentieth once it is warm.

`SOAK_MINUTES` says how long (20): minutes of a schedule, of which nothing is left out, however long it takes (`took_minutes`). What
the service can do is measured anew before each turn, since a machine that others use as well is not always the same. Memory is what
the process itself holds, asked every few seconds; the first quarter is for warming up, and the middle of the last quarter is
held against the middle of the second.
"""

from __future__ import annotations

import os
import statistics
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from eval.speed_http import IN_FLIGHT, arrivals, articles_bodies, load
from eval.speed_servers import Server, our_server
from eval.speed_texts import invent
from models.registry import default_bundle
from tests.figures import Figure

SHARE = 0.8
GROWTH = 0.05
SUSTAINED = 96
"""Requests by which capacity is measured."""
TURN = 30.0
"""Seconds of the schedule that one process of the load sends."""
EVERY = 2.0
"""Seconds between two looks at the memory."""


class Memory(threading.Thread):
    """Looks at what a server holds (MiB), over and over."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self._server, self._end = server, threading.Event()
        self.held: list[float] = []

    def run(self) -> None:
        while not self._end.wait(EVERY):
            if (held := self._server.rss_mib()) is not None:
                self.held.append(held)

    def stop(self) -> list[float]:
        self._end.set()
        self.join()
        return self.held


@pytest.mark.long
def test_a_soak_at_four_fifths_of_capacity_has_no_error_and_does_not_grow(tmp_path: Path, figure: Figure) -> None:
    minutes = float(os.environ.get("SOAK_MINUTES", "20"))
    cores = len(os.sched_getaffinity(0))
    bundles = [default_bundle(task).resolve() for task in ("topics", "summaries")]
    with our_server(tmp_path, cores, *bundles) as server:
        texts = invent(200)
        classify = {"url": server.address + "/v1/classify", "bodies": articles_bodies(texts)}
        load({"ours": classify}, [0.0] * SUSTAINED, 1, 0, IN_FLIGHT)
        memory = Memory(server)
        memory.start()
        began = time.monotonic()
        planned, sent, offered, failed, rates = 0, 0, 0.0, Counter[str](), list[float]()
        while offered < 60 * minutes:
            full = load({"ours": classify}, [0.0] * SUSTAINED, 2, 0, IN_FLIGHT)["ours"]
            for turn in full:
                failed.update(turn["refused"])
            rate = SHARE * min(SUSTAINED / turn["took"] for turn in full)
            rates.append(rate)
            moments = arrivals(rate, min(TURN, 60 * minutes - offered))
            (turn,) = load({"ours": classify}, moments, 1, 0)["ours"]
            offered += moments[-1]
            planned += len(moments)
            sent += len(turn["latencies"])
            failed.update(turn["refused"])
        took = (time.monotonic() - began) / 60
        held = memory.stop()
        assert "another takes its place" not in server.log.read_text("utf-8"), (
            "one that died would take its memory along"
        )
    quarter = len(held) // 4
    assert quarter >= 3
    warm, last = (statistics.median(held[n * quarter : (n + 1) * quarter]) for n in (1, 3))
    found = {
        "minutes": minutes, "took_minutes": round(took, 1), "requests": sent,
        "per_s": round(statistics.median(rates), 1), "failed": dict(failed),
        "warm_mib": round(warm, 1), "end_mib": round(last, 1), "growth": round(last / warm - 1, 4),
    }  # fmt: skip
    figure("soak of /v1/classify at 80% of capacity", found)
    assert sent == planned, "every request of the schedule was sent, and answered or counted as failed"
    assert not failed
    assert last < (1 + GROWTH) * warm
