"""kill -9 while jobs run and corrections come in, and a PostgreSQL that goes away: nothing lost, nothing twice, back by itself."""

from __future__ import annotations

import http.client
import random
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Cluster, make_cluster
from tests.server import Server
from tests.service_client import ARTICLES

GONE = (OSError, http.client.HTTPException)
ARTICLES_IN_A_JOB = 120


def corrections_without_end(server: Server, stop: threading.Event, acknowledged: dict[str, str]) -> None:
    """Hand in one correction after the other, each under its own key and again until it is acknowledged."""
    n = 0
    while not stop.is_set():
        key = f"k-{n}"
        body = {"id": f"c-{n}", "body": f"第{n}篇稿件。", "labels": [], "editor": "许望舒"}
        while True:
            try:
                status, told = server.call("/v1/corrections", body, Idempotency_Key=key)
            except GONE:
                if stop.is_set():  # the test failed meanwhile
                    return
                time.sleep(0.02)
                continue
            if status == 201:
                acknowledged[key] = told["id"]
                break
            assert status in (429, 503), told
        n += 1


def kill_and_look(folder: Path, database_url: str, kills: int) -> None:
    server = Server(folder, database_url, 0.03, CAIBIAN_JOB_LEASE_SECONDS="1")
    dice = random.Random(kills)
    stop, acknowledged = threading.Event(), dict[str, str]()
    jobs: list[str] = []
    server.start()
    writer = threading.Thread(target=corrections_without_end, args=(server, stop, acknowledged))
    writer.start()
    try:
        for n in range(kills):
            given = [
                {"id": f"{n}-{k}", "body": f"第{k}篇。" + ARTICLES[0]["body"] * 3} for k in range(ARTICLES_IN_A_JOB)
            ]
            status, told = server.call("/v1/jobs", {"articles": given}, Idempotency_Key=f"job-{n}")
            assert status == 202
            jobs.append(told["id"])
            time.sleep(dice.uniform(0.1, 1.2))
            server.kill()
            server.start()
            again, told = server.call("/v1/jobs", {"articles": given}, Idempotency_Key=f"job-{n}")
            assert (again, told["id"]) == (202, jobs[-1])
        until = time.monotonic() + 120 + 20 * kills
        for n, job in enumerate(jobs):
            while (told := server.call(f"/v1/jobs/{job}")[1])["state"] != "done":
                assert time.monotonic() < until, told
                time.sleep(0.1)
            assert (told["done"], told["failed"]) == (ARTICLES_IN_A_JOB, 0)
            _, records = server.call(f"/v1/jobs/{job}/results")
            assert [r["id"] for r in records] == [f"{n}-{k}" for k in range(ARTICLES_IN_A_JOB)]
    finally:
        stop.set()
        writer.join(60)
    after, kept = 0, list[str]()
    while after is not None:
        _, told = server.call(f"/v1/corrections?limit=1000&after={after}")
        kept += [row["id"] for row in told["corrections"]]
        after = told["next"]
    server.kill()
    assert len(acknowledged) > kills
    assert sorted(kept) == sorted(acknowledged.values())


def test_killed_three_times_nothing_is_lost_and_nothing_done_twice(tmp_path: Path, database_url: str) -> None:
    kill_and_look(tmp_path, database_url, 3)


@pytest.mark.long
def test_killed_twenty_times_nothing_is_lost_and_nothing_done_twice(tmp_path: Path, database_url: str) -> None:
    kill_and_look(tmp_path, database_url, 20)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    made = make_cluster()
    yield made
    made.stop()
    shutil.rmtree(made.folder)


def through_an_outage(folder: Path, cluster: Cluster, seconds: float, policy: str) -> None:
    call = {"articles": ARTICLES[:1]}
    with Server(
        folder, cluster.new_database(), 0.05, CAIBIAN_STORE_DOWN=policy, CAIBIAN_JOB_LEASE_SECONDS="1"
    ) as server:
        assert server.call("/v1/classify", call)[0] == 200
        status, job = server.call("/v1/jobs", {"articles": [{"body": a["body"] * 5} for a in ARTICLES * 30]})
        assert status == 202
        time.sleep(0.5)
        cluster.stop()
        down = time.monotonic()
        while time.monotonic() < down + seconds:
            asked = time.monotonic()
            assert server.call("/health/ready")[0] == 503
            assert server.call("/health/live")[0] == 200
            status, told = server.call("/v1/classify", call)
            assert status == (200 if policy == "serve" else 503), told
            status, told = server.call("/v1/corrections", {"id": "a", "body": "文。", "labels": []})
            assert (status, told["type"]) == (503, "urn:caibian:problem:store-down")
            assert time.monotonic() - asked < 10  # no call hangs
            time.sleep(0.2)
        cluster.start()
        until = time.monotonic() + 30
        while server.call("/health/ready")[0] != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        assert server.call("/v1/corrections", {"id": "a", "body": "文。", "labels": []})[0] == 201
        while (told := server.call(f"/v1/jobs/{job['id']}")[1])["state"] != "done":
            assert time.monotonic() < until + 60, told
            time.sleep(0.1)
        assert (told["done"], told["failed"]) == (90, 0)
        assert ARTICLES[0]["body"][:20] not in server.log()


@pytest.mark.postgresql
@pytest.mark.parametrize("policy", ["serve", "refuse"])
def test_postgresql_goes_away_and_comes_back(tmp_path: Path, own_cluster: Cluster, policy: str) -> None:
    through_an_outage(tmp_path, own_cluster, 2, policy)


@pytest.mark.postgresql
@pytest.mark.long
def test_postgresql_is_away_for_thirty_seconds(tmp_path: Path, own_cluster: Cluster) -> None:
    through_an_outage(tmp_path, own_cluster, 30, "serve")
