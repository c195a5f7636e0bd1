"""The HTTP part of `eval speed`: two or more servers on the same weights under the same load, taken in turns.

Capacity: articles a second, an article a request, while `IN_FLIGHT` requests wait at any moment (the next is sent when one is
answered), until the last answer.
Latency: arrivals at random moments at one rate for all servers, a share of what the slowest can do; p50, p95, p99 from the moment
when each should have started. The load comes from another process (eval/speed_load.py).
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.speed_servers import ROOT, Server, ServerFailed
from models.article import Article

IN_FLIGHT = 24
"""Requests that wait at once while capacity is measured (a quarter of them all where they are few): a server that is never idle,
and never has to refuse."""
LOAD = 0.5
"""Arrivals of the latency run, as a share of the slowest server's capacity."""
Bodies = Callable[[Sequence[Article]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Served:
    """What one server did; seconds, MiB. `failed` of `sent` requests got no 200."""

    name: str
    per_s: float
    ratio: float
    """How many times faster the first server is: the median of the bursts."""
    p50: float | None
    p95: float | None
    p99: float | None
    rate: float
    """Arrivals a second of the latency run."""
    sent: int
    failed: int
    ready_s: float
    rss_mib: float | None


def articles_bodies(articles: Sequence[Article]) -> list[dict[str, Any]]:
    """Requests of our own shape, an article each."""
    return [{"articles": [{"headline": a.headline, "body": a.body}]} for a in articles]


def headline_bodies(articles: Sequence[Article]) -> list[dict[str, Any]]:
    """The same, and a headline is to be written."""
    return [body | {"length": "headline"} for body in articles_bodies(articles)]


def measure(
    servers: Sequence[tuple[Server, str, Bodies]], articles: Sequence[Article], burst: int, seconds: float
) -> list[Served]:
    """All of them (running; each with its path and the shape of its requests) in `seconds`; the first is ours."""
    targets = {s.name: {"url": s.address + path, "bodies": shape(articles[:burst])} for s, path, shape in servers}
    first = {n: {**t, "bodies": t["bodies"][:1]} for n, t in targets.items()}
    warm = load(first, [0.0, 0.0], 1, 0)
    for name, turns in warm.items():
        if None in turns[0]["latencies"]:
            raise ServerFailed(f"the server {name} does not answer {targets[name]['url']} with 200")
    bursts = load(targets, [0.0] * burst, 2, seconds / 2, min(IN_FLIGHT, max(1, burst // 4)))
    capacity = {name: [_done(turn) / turn["took"] for turn in turns] for name, turns in bursts.items()}
    for name, done in capacity.items():
        if not all(done):
            raise ServerFailed(f"the server {name} answered nothing of a burst of {burst} requests")
    rate = max(0.2, LOAD * min(statistics.median(c) for c in capacity.values()))
    offsets = arrivals(rate, seconds / 2 / len(targets))
    arrived = load(targets, offsets, 1, 0)
    ours = capacity[servers[0][0].name]
    out: list[Served] = []
    for server, _, _ in servers:
        turns = bursts[server.name] + arrived[server.name]
        latencies = [x for turn in arrived[server.name] for x in turn["latencies"] if x is not None]
        p50, p95, p99 = np.percentile(latencies, (50, 95, 99)).tolist() if latencies else (None, None, None)
        here = capacity[server.name]
        out.append(
            Served(
                server.name, statistics.median(here), statistics.median(a / b for a, b in zip(ours, here, strict=True)),
                p50, p95, p99, rate, sum(len(t["latencies"]) for t in turns),
                sum(len(t["latencies"]) - _done(t) for t in turns), server.ready_s, server.rss_mib(),
            )
        )  # fmt: skip
    return out


def _done(turn: Mapping[str, Any]) -> int:
    return sum(x is not None for x in turn["latencies"])


def arrivals(rate: float, seconds: float) -> list[float]:
    """Moments of a Poisson process, the same every time; at least ten."""
    rng, at = random.Random(0), 0.0  # noqa: S311 - no secret
    out: list[float] = []
    while at < seconds or len(out) < 10:
        at += rng.expovariate(rate)
        out.append(at)
    return out


def load(
    targets: Mapping[str, Any], offsets: Sequence[float], least: int, seconds: float, in_flight: int = 0
) -> dict[str, list[dict[str, Any]]]:
    """What `eval/speed_load.py` saw, in a process of its own; raises ServerFailed when it does not run."""
    spec = {"targets": targets, "offsets": offsets, "least": least, "seconds": seconds, "in_flight": in_flight}
    command = [sys.executable, "-m", "eval.speed_load"]
    done = subprocess.run(command, cwd=ROOT, input=json.dumps(spec), capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerFailed(f"the load did not run: {done.stderr.strip().splitlines()[-1:]}")
    found: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)
    return found
