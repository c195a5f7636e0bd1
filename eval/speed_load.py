"""The load, in a process of its own: `python -m eval.speed_load < spec.json`, latencies on stdout.

Arrivals are open-loop: when each request should start is settled beforehand and does not wait for earlier answers. A
latency counts from that moment, not from when the request could be sent, so a server that stalls is charged for everybody
whom it kept waiting (no coordinated omission).

    {"targets": {NAME: {"url": …, "bodies": […]}}, "offsets": [seconds, …], "least": rounds, "seconds": for them,
     "in_flight": how many requests at most wait for their answers, 0 for any number}

With `in_flight` a request whose moment has come waits until another is answered: for what a server can sustain, not for
latencies.

A round sends all of `offsets` to each target in turn, and waits for the answers before the next target has its turn. The
answer is `{NAME: [{"latencies": [seconds, or null where it failed], "took": seconds, "refused": {status: count}}, …]}`,
one a round; `refused` counts what was not 200, a lost connection as "0".
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

TIMEOUT = 60.0


async def send(
    client: httpx.AsyncClient, url: str, bodies: Sequence[bytes], offsets: Sequence[float], in_flight: int = 0
) -> dict[str, Any]:
    """One turn of one target; request i has body i, over and over."""
    began = time.perf_counter()
    refused: Counter[str] = Counter()
    room = asyncio.Semaphore(in_flight) if in_flight else contextlib.nullcontext()

    async def one(i: int, offset: float) -> float | None:
        await asyncio.sleep(began + offset - time.perf_counter())
        try:
            async with room:
                status = (await client.post(url, content=bodies[i % len(bodies)])).status_code
        except httpx.HTTPError:
            status = 0
        if status == 200:
            return time.perf_counter() - began - offset
        refused[str(status)] += 1
        return None

    latencies = await asyncio.gather(*(one(i, offset) for i, offset in enumerate(offsets)))
    return {"latencies": latencies, "took": time.perf_counter() - began, "refused": dict(refused)}


async def run(spec: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """All rounds of a spec."""
    out: dict[str, list[dict[str, Any]]] = {name: [] for name in spec["targets"]}
    names = list(out)
    until = time.perf_counter() + spec["seconds"]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=200)
    headers = {"Content-Type": "application/json"}
    longest, number = 0.0, 0
    async with httpx.AsyncClient(limits=limits, timeout=TIMEOUT, headers=headers, trust_env=False) as client:
        while number < spec["least"] or time.perf_counter() + longest <= until:
            before = time.perf_counter()
            first = number % len(names)
            for name in names[first:] + names[:first]:
                target = spec["targets"][name]
                bodies = [json.dumps(b, ensure_ascii=False).encode() for b in target["bodies"]]
                out[name].append(await send(client, target["url"], bodies, spec["offsets"], spec.get("in_flight", 0)))
            longest = max(longest, time.perf_counter() - before)
            number += 1
    return out


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
