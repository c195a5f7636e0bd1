"""The service under open-loop load: random arrivals at a half, four fifths and six fifths of what it was seen to do.

`LOAD_SECONDS` says how long each lasts (60). Requests never wait for answers, and a latency counts from when its request
should have started.
"""

from __future__ import annotations

import os
import statistics
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval.speed_http import IN_FLIGHT, arrivals, articles_bodies, load
from eval.speed_servers import Server, our_server
from eval.speed_texts import invent
from models.registry import default_bundle
from tests.figures import Figure

SUSTAINED = 96
"""Requests by which capacity is measured."""
IDLE, APART = 60, 0.4
"""Requests so many seconds apart, of which idle p95 is taken."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    cores = len(os.sched_getaffinity(0))
    ours = our_server(tmp_path, cores, default_bundle("topics").resolve(), default_bundle("summaries").resolve())
    ours.env = {name: value for name, value in ours.env.items() if name != "CAIBIAN_THREADS"}  # its own plan
    with ours:
        yield ours


def _measure(server: Server, seconds: float, sustained: int, idle: int) -> dict[str, Any]:
    bodies = articles_bodies(invent(200))
    target = {"ours": {"url": server.address + "/v1/classify", "bodies": bodies}}
    load(target, [0.0, 0.0], 1, 0)
    (alone,) = load(target, [i * APART for i in range(idle)], 1, 0)["ours"]
    idle_p95 = float(np.percentile(alone["latencies"], 95))
    full = load(target, [0.0] * sustained, 3, 0, IN_FLIGHT)["ours"]
    capacity = statistics.median(sustained / turn["took"] for turn in full)
    out: dict[str, Any] = {"capacity_per_s": round(capacity, 1), "idle_p95_ms": round(1000 * idle_p95)}
    for share in (0.5, 0.8, 1.2):
        (turn,) = load(target, arrivals(share * capacity, seconds), 1, 0)["ours"]
        answered = [x for x in turn["latencies"] if x is not None]
        p50, p95, p99 = (round(1000 * x) for x in np.percentile(answered, (50, 95, 99)))
        out[f"{share:.0%}"] = {
            "sent": len(turn["latencies"]), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99,
            "refused": dict(Counter(turn["refused"])),
        }  # fmt: skip
    return out


@pytest.mark.long
def test_arrivals_at_a_half_four_fifths_and_six_fifths_of_capacity(server: Server, figure: Figure) -> None:
    seconds = float(os.environ.get("LOAD_SECONDS", "60"))
    found = _measure(server, seconds, SUSTAINED, IDLE)
    figure("/v1/classify under open-loop arrivals", found)
    assert not found["50%"]["refused"]
    assert not found["80%"]["refused"]
    assert set(found["120%"]["refused"]) <= {"429"}
    assert found["80%"]["p99_ms"] <= 10 * found["idle_p95_ms"]


def test_nothing_but_429_is_refused_under_a_short_load(server: Server) -> None:
    found = _measure(server, 1.0, 6, 10)
    for share in ("50%", "80%", "120%"):
        assert set(found[share]["refused"]) <= {"429"}
        assert sum(found[share]["refused"].values()) < found[share]["sent"]
        assert 0 < found[share]["p50_ms"] <= found[share]["p95_ms"] <= found[share]["p99_ms"]
