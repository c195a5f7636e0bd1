"""A person in front of an archive job: a single article is classified nearly as quickly while a job runs."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.server import Server

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data/articles.jsonl").read_text("utf-8").splitlines()
]
TEXT = "".join(r["body"] for r in ROWS)


def article(n: int, chars: int = 500) -> dict[str, str]:
    start = n * 397 % (len(TEXT) - chars)
    return {"id": f"a-{n}", "headline": ROWS[n % len(ROWS)]["headline"], "body": TEXT[start : start + chars]}


def seconds(server: Server, times: int) -> list[float]:
    """Of single calls at random moments, one after another."""
    took, rng = [], random.Random(1)
    for n in range(times):
        time.sleep(rng.random() * 0.2)
        began = time.perf_counter()
        status, _ = server.call("/v1/classify", {"articles": [article(n)]})
        took.append(time.perf_counter() - began)
        assert status == 200
    return took


@pytest.mark.parametrize(
    ("times", "length", "chars"),
    [
        (10, "headline", 500),
        *(pytest.param(60, *x, marks=pytest.mark.long) for x in (("headline", 500), ("brief", 3000))),
    ],
)
def test_a_request_is_answered_quickly_while_a_job_runs(
    tmp_path: Path, times: int, length: str, chars: int, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    with Server(tmp_path, url, CAIBIAN_TOPICS_BUNDLE="", CAIBIAN_SUMMARIES_BUNDLE="") as server:
        seconds(server, 2)
        idle = seconds(server, times)
        articles = [article(n, chars) for n in range(200)] * 2
        _, job = server.call("/v1/jobs", {"articles": articles, "length": length})
        while not server.call(f"/v1/jobs/{job['id']}")[1]["done"]:
            time.sleep(0.05)
        beside = seconds(server, times)
        end = server.call(f"/v1/jobs/{job['id']}")[1]
        assert end["state"] == "running"
        assert end["done"] > 16 or times < 60, "the job goes on beside the requests"
        p95, p95_beside = np.percentile(idle, 95), np.percentile(beside, 95)
        with capsys.disabled():
            print(f"\n{length}, {chars}: p95 idle {p95 * 1000:.0f} ms, beside a job {p95_beside * 1000:.0f} ms", end="")
        # Of ten calls the highest is an accident of the machine; their median is not.
        assert (p95_beside if times >= 60 else np.median(beside)) < 3 * p95
