"""The line before the models: who comes first, what is computed together, and what a caller hears when it does not go well."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect

from models.analyzer import Analyzer
from models.article import Article
from models.errors import Busy, Stopping, TooLate, WorkerLost
from models.keywords import KeywordClassifier
from models.pauses import pause
from models.registry import load_summarizer
from service import turns
from service.cores import plan_threads, usable_cores
from service.inference import Asked, Inference
from service.metrics import Metrics
from tests.server import Server
from tests.service_client import ARTICLES, ready_client
from tests.test_hot_switch import metrics as series
from tests.test_hot_switch import until as wait_until

TEN = [Article(body=f"第{n}篇。县总工会走进工地送清凉。") for n in range(10)]


class Watched(KeywordClassifier):
    """The keyword floor, which waits at the door until `go` and pauses after each article, as a model does after a batch."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.go, self.begun, self.seconds = threading.Event(), threading.Event(), seconds
        self.seen: list[list[str]] = []
        self.done: list[str] = []

    def classify(self, articles: Sequence[Article]) -> list[Any]:
        self.seen.append([a.body for a in articles])
        self.begun.set()
        assert self.go.wait(20)
        for article in articles:
            if "坏" in article.body:
                raise ValueError("an article that breaks the model")
            pause(1)
            time.sleep(self.seconds)
            self.done.append(article.body)
        return super().classify(articles)


def watched(seconds: float = 0.0) -> tuple[Watched, Asked]:
    classifier = Watched(seconds)
    return classifier, Asked(Analyzer(classifier, load_summarizer("lead")), summaries=False)


def bodies(found: Sequence[Any]) -> list[str]:
    return [f.topics.bundle for f in found]


def play(scene: Callable[[Inference], Coroutine[Any, Any, None]], *arguments: Any, **named: Any) -> None:
    async def run() -> None:
        inference = Inference(*arguments, **named)
        try:
            await asyncio.wait_for(scene(inference), 30)
        finally:
            inference.close()

    asyncio.run(run())


async def until(said: Callable[[], bool]) -> None:
    while not said():
        await asyncio.sleep(0.002)


def test_a_request_goes_between_two_batches_of_a_job_and_short_ones_before_long_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LEVELS", (0.05, 2.0))
    classifier, asked = watched(0.03)

    async def scene(inference: Inference) -> None:
        job = asyncio.create_task(inference.analyze(asked, TEN, bodies, behind=True))
        await until(classifier.begun.is_set)
        classifier.go.set()
        await until(lambda: len(classifier.done) >= 2)
        long = asyncio.create_task(inference.analyze(asked, [Article(body="长")] * 8, bodies))
        await until(lambda: classifier.done.count("长") >= 3)
        short = asyncio.create_task(inference.analyze(asked, [Article(body="短")], bodies))
        await asyncio.sleep(0)  # it is in line now
        at = len(classifier.done)
        await short
        assert classifier.done.index("短") <= at + 1, "a short request waits for no more than the batch that runs"
        assert not long.done() and not job.done()
        await long
        assert not job.done() and classifier.done.count("长") == 8
        assert len(await job) == 10

    play(scene, 1, 9)
    assert sorted(x for x in classifier.done if x.startswith("第")) == sorted(a.body for a in TEN), "each once"


def test_a_job_has_one_batch_now_and_then_though_requests_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "PATIENCE", 0.5)
    classifier, asked = watched(0.01)
    classifier.go.set()

    async def scene(inference: Inference) -> None:
        job = asyncio.create_task(inference.analyze(asked, TEN[:4], bodies, behind=True))

        async def one() -> None:
            while not job.done():
                await inference.analyze(asked, [Article(body="请求")], bodies)

        await asyncio.gather(*(one() for _ in range(4)))
        assert len(await job) == 4

    play(scene, 1, 9)
    assert classifier.done.count("请求") > 12


def test_small_calls_that_wait_together_are_computed_together_and_each_has_its_own_answer() -> None:
    classifier, asked = watched()
    metrics = Metrics(lambda: 0)

    async def scene(inference: Inference) -> None:
        first = asyncio.create_task(inference.analyze(asked, [Article(body="先来")], bodies))
        await until(classifier.begun.is_set)
        rest = [
            asyncio.create_task(inference.analyze(asked, [TEN[n]], lambda f, n=n: (n, f[0].topics.scores)))  # type: ignore[misc]
            for n in range(6)
        ]
        huge = asyncio.create_task(inference.analyze(asked, [Article(body="大" * 5000)], bodies))
        other = asyncio.create_task(inference.analyze(Asked(asked.models), [Article(body="另一种")], bodies))
        await asyncio.sleep(0.05)
        classifier.go.set()
        found = await asyncio.gather(*rest)
        assert [n for n, _ in found] == list(range(6))
        assert [s for _, s in found] == [KeywordClassifier().classify([a])[0].scores for a in TEN[:6]]
        await asyncio.gather(first, huge, other)

    play(scene, 1, 20, metrics=metrics)
    assert classifier.seen[0] == ["先来"]
    assert sorted(len(s) for s in classifier.seen) == [1, 1, 1, 6], "too large, or asked something else: by itself"
    text = metrics.text(None).decode()
    assert 'caibian_batch_calls_sum{released="free"} 3.0' in text
    assert 'caibian_batch_calls_sum{released="full"} 6.0' in text, "the huge one had no room beside the six"
    assert 'caibian_inference_wait_seconds_count{of="request"} 9.0' in text
    assert "caibian_tokens_total 9.0" in text


def test_a_call_that_breaks_the_models_does_not_break_those_beside_it() -> None:
    classifier, asked = watched()

    async def scene(inference: Inference) -> None:
        first = asyncio.create_task(inference.analyze(asked, [Article(body="先来")], bodies))
        await until(classifier.begun.is_set)
        good = [asyncio.create_task(inference.analyze(asked, [a], bodies)) for a in TEN[:2]]
        bad = asyncio.create_task(inference.analyze(asked, [Article(body="坏的")], bodies))
        await asyncio.sleep(0.05)
        classifier.go.set()
        assert [len(x) for x in await asyncio.gather(first, *good)] == [1, 1, 1]
        with pytest.raises(ValueError, match="breaks"):
            await bad

    play(scene, 1, 20)
    assert [len(s) for s in classifier.seen] == [1, 3, 1, 1, 1]


def test_a_full_line_says_when_there_will_be_room() -> None:
    classifier, _ = watched()
    heard: list[int] = []

    async def scene(inference: Inference) -> None:
        for _ in range(20):  # what calls cost is learned from those before
            await inference.run(lambda: time.sleep(0.001))
        inference._mean = 7.0
        calls = [asyncio.create_task(inference.run(lambda: classifier.go.wait(20))) for _ in range(3)]
        await asyncio.sleep(0.01)
        assert inference.full is not None
        with pytest.raises(Busy) as busy:
            await inference.run(lambda: None)
        heard.append(busy.value.seconds)
        classifier.go.set()
        await asyncio.gather(*calls)
        await until(lambda: inference.inside == 0)
        assert inference.full is None

    play(scene, 1, 2)
    assert heard == [21]


def test_what_calls_cost_is_learned() -> None:
    async def scene(inference: Inference) -> None:
        for _ in range(60):
            await inference.run(lambda: time.sleep(0.001))
        assert inference._mean < 0.05

    play(scene, 1, 2)


def test_a_deadline_ends_the_wait_and_the_work() -> None:
    classifier, asked = watched(0.02)
    classifier.go.set()

    async def scene(inference: Inference) -> None:
        began = time.monotonic()
        running = asyncio.create_task(inference.analyze(asked, TEN * 50, bodies))
        await until(classifier.begun.is_set)
        with pytest.raises(TooLate, match=r"0\.2 seconds"):
            await running
        assert time.monotonic() - began < 5
        await until(lambda: not inference.working)  # the batch that ran is finished
        done = len(classifier.done)
        await asyncio.sleep(0.1)
        assert len(classifier.done) == done < 100

    play(scene, 1, 9, 0.2)


def test_work_of_a_client_that_left_never_begins_or_ends_between_its_batches() -> None:
    classifier, asked = watched(0.02)

    async def scene(inference: Inference) -> None:
        leave = [asyncio.Event(), asyncio.Event()]
        running = asyncio.create_task(inference.analyze(asked, TEN * 50, bodies, left=leave[0].wait))  # type: ignore[arg-type]
        await until(classifier.begun.is_set)
        waiting = asyncio.create_task(inference.run(lambda: classifier.done.append("ran"), left=leave[1].wait))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        leave[1].set()
        with pytest.raises(ClientDisconnect):
            await waiting
        assert inference.inside == 1, "its place is free at once"
        classifier.go.set()
        await until(lambda: len(classifier.done) >= 2)
        leave[0].set()
        with pytest.raises(ClientDisconnect):
            await running
        await until(lambda: not inference.working)
        assert await inference.run(lambda: "next") == "next"

    play(scene, 1, 9)
    assert "ran" not in classifier.done and len(classifier.done) < 100


@pytest.mark.parametrize("death", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_a_worker_that_dies_is_replaced_and_its_caller_told(death: BaseException) -> None:
    def die() -> None:
        raise death

    async def scene(inference: Inference) -> None:
        for _ in range(3):
            with pytest.raises(WorkerLost, match="send it again"):
                await inference.run(die)
            assert await inference.run(lambda: "alive") == "alive"

    play(scene, 1, 0)


def test_a_service_that_stops_finishes_what_is_inside_and_takes_nothing_new() -> None:
    classifier, asked = watched()

    async def scene(inference: Inference) -> None:
        calls = [asyncio.create_task(inference.analyze(asked, [a], bodies)) for a in TEN[:3]]
        await until(classifier.begun.is_set)
        inference.drain()
        with pytest.raises(Stopping):
            await inference.run(lambda: None)
        assert inference.working
        classifier.go.set()
        assert [len(x) for x in await asyncio.gather(*calls)] == [1, 1, 1]
        await until(lambda: not inference.working)

    play(scene, 1, 9)


def test_several_workers_compute_at_once_and_never_more() -> None:
    now, most = [0], [0]
    lock = threading.Lock()

    def work() -> None:
        for _ in range(5):
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.002)
            with lock:
                now[0] -= 1
            pause()

    async def scene(inference: Inference) -> None:
        await asyncio.gather(*(inference.run(work, behind=n % 3 == 0) for n in range(40)))

    play(scene, 3, 60)
    assert most == [3]


def test_over_http_a_left_client_frees_its_place_and_a_lost_worker_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    classifier, asked = watched()
    classifier.go.set()
    with ready_client(asked.models, request_seconds=1) as client:
        monkeypatch.setattr(classifier, "classify", _raise_exit)
        answer = client.post("/v1/classify", json={"articles": ARTICLES})
        assert (answer.status_code, answer.json()["type"]) == (500, "urn:caibian:problem:internal")
        assert "send it again" in answer.json()["detail"]
        monkeypatch.setattr(classifier, "classify", lambda articles: time.sleep(1.5))
        answer = client.post("/v1/classify", json={"articles": ARTICLES})
        assert (answer.status_code, answer.json()["type"]) == (504, "urn:caibian:problem:too-late")
        _parts(client).inference.drain()
        _parts(client).readiness.stopping = True
        for answer in (client.post("/v1/classify", json={"articles": ARTICLES}), client.get("/health/ready")):
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:caibian:problem:stopping")
            assert int(answer.headers["Retry-After"]) >= 1
        assert client.get("/health/live").status_code == 200


def test_a_client_that_closes_its_connection_frees_its_place(tmp_path: Path) -> None:
    with Server(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", seconds=3.0) as server:
        first = threading.Thread(target=server.call, args=("/v1/classify", {"articles": ARTICLES}))
        first.start()
        wait_until(lambda: b"caibian_inference_calls 1.0" in series(server))
        body = json.dumps({"articles": ARTICLES, "length": "headline"}).encode()
        head = (
            f"POST /v1/tag HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        )
        with socket.create_connection(("127.0.0.1", int(server.address.rpartition(":")[2]))) as client:
            client.sendall(head.encode() + b"\r\n\r\n" + body)
            wait_until(lambda: b"caibian_inference_calls 2.0" in series(server))
        wait_until(lambda: b"caibian_inference_calls 1.0" in series(server))
        assert first.is_alive(), "it left the line while the call before it was computed"
        first.join()
        assert " 499 " in server.log()


def _raise_exit(articles: object) -> None:
    raise SystemExit(1)


def _parts(client: TestClient) -> Any:
    return client.app.state.parts  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("workers", "threads", "cores", "planned"),
    [
        (0, 0, 2, (1, 2)),
        (0, 0, 1, (1, 1)),
        (0, 0, 16, (4, 13)),
        (0, 1, 8, (2, 1)),
        (2, 0, 2, (2, 1)),
        (3, 5, 2, (3, 5)),
    ],
)
def test_threads_are_planned_from_the_cores(workers: int, threads: int, cores: int, planned: tuple[int, int]) -> None:
    plan = plan_threads(workers, threads, cores)
    assert (plan.workers, plan.threads) == planned


def test_a_container_has_the_cores_of_its_quota(tmp_path: Path) -> None:
    quota = tmp_path / "cpu.max"
    quota.write_text("50000 100000\n")
    assert usable_cores(quota) == 1
    quota.write_text("max 100000\n")
    assert usable_cores(quota) == usable_cores(tmp_path / "none") >= 1
