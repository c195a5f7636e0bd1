"""Calls that do not end well: a deadline, a client that leaves, a worker that dies, a service that stops."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.requests import ClientDisconnect

from models.errors import Stopping, TooLate, WorkerLost
from service import connections, server
from service.inference import Inference
from service.metrics import Metrics
from tests.server import Server
from tests.service_client import ARTICLES, ready_client
from tests.test_hot_switch import metrics as series
from tests.test_hot_switch import until as wait_until
from tests.test_inference import TEN, bodies, play, until, watched


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


class _Broken(Metrics):
    def batch(self, *_: object, **__: object) -> None:
        raise MemoryError


def test_what_breaks_beside_the_work_takes_no_place_for_ever() -> None:
    async def scene(inference: Inference) -> None:
        for _ in range(3):
            with pytest.raises(WorkerLost, match="send it again"):
                await inference.run(lambda: None)
            await until(lambda: not inference.working)
            assert inference.inside == 0

    play(scene, 1, 0, metrics=_Broken(lambda: 0))


def test_a_system_without_threads_fails_calls_and_not_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    ran: list[int] = []

    async def scene(inference: Inference) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", none_left)
            found = await asyncio.gather(
                *(inference.run(lambda: ran.append(1)) for _ in range(5)), return_exceptions=True
            )
        assert [type(x) for x in found] == [WorkerLost] * 5
        assert inference.inside == 0
        assert [await inference.run(lambda n=n: n) for n in range(3)] == [0, 1, 2]  # type: ignore[misc]

    play(scene, 1, 9)
    assert not ran, "nothing is done whose caller was told that it is not"


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


def test_who_waits_when_the_time_to_end_is_over_hears_so() -> None:
    classifier, asked = watched()
    answers: list[Any] = []
    classifier.go.set()  # for the canary text
    with ready_client(asked.models) as client:
        classifier.go.clear()
        ending = server.Server(connections.config(client.app, 30, 10), 0.0)
        calls = [
            threading.Thread(target=lambda: answers.append(client.post("/v1/classify", json={"articles": ARTICLES})))
            for _ in range(2)
        ]
        for call in calls:
            call.start()
        wait_until(lambda: _parts(client).inference.inside == 2)
        ending.handle_exit(signal.SIGTERM, None)
        assert client.portal and client.portal.call(ending.on_tick, 1)
        for call in calls:
            call.join()
        classifier.go.set()
    told = [(a.status_code, a.json()["type"], int(a.headers["Retry-After"]) >= 1) for a in answers]
    assert told == [(503, "urn:caibian:problem:stopping", True)] * 2


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


def test_every_door_that_computes_gives_up_when_its_client_has_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What `left` then does is told above; here that each route hands it on, for each of its calls."""
    told: list[bool] = []
    plain = Inference._answer

    async def noted(self: Inference, call: Any, left: Any) -> Any:
        told.append(left is not None and asyncio.iscoroutinefunction(left))
        return await plain(self, call, left)

    article = {k: v for k, v in ARTICLES[0].items() if k != "id"}
    page = f"{article['headline']}\n\n　　{article['body']}"
    doors: list[tuple[str, str, dict[str, Any], int]] = [
        ("PUT", "/v1/articles/a-1", {"json": article}, 1),
        ("PUT", "/v1/pages/p-1", {"json": {"text": page}}, 2),
        ("POST", "/v1/superdesk/ai", {"json": {"item": {"guid": "g", "body_html": f"<p>{article['body']}</p>"}}}, 1),
        ("POST", "/desk/try", {"data": {"mode": "article", "text": article["body"]}}, 1),
        ("POST", "/desk/try", {"data": {"mode": "page", "text": page}}, 1),
        ("POST", "/v1/pages", {"json": {"text": page}}, 1),
    ]
    with ready_client(database_url=f"sqlite:///{tmp_path / 'kept.db'}") as client:
        monkeypatch.setattr(Inference, "_answer", noted)
        for method, path, sent, calls in doors:
            told.clear()
            assert client.request(method, path, **sent).status_code < 300, path
            assert told == [True] * calls, path


def _raise_exit(articles: object) -> None:
    raise SystemExit(1)


def _parts(client: TestClient) -> Any:
    return client.app.state.parts  # type: ignore[attr-defined]
