"""Clients that are slow, many or huge: each hears what is wrong, none holds memory or the end of the service."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service import connections
from service.problems import Problem
from service.schemas import ArticlesIn
from tests.service_client import ARTICLES, FLOORS, floors, ready_client

ROOT = Path(__file__).parents[1]
MIB = 1024 * 1024


@contextlib.contextmanager
def serving(**settings: str) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """A service on the floors that said its address; its process, port and what it said before."""
    environment = os.environ | FLOORS | settings
    with subprocess.Popen(
        [sys.executable, "-m", "service", "serve", "--port", "0"],
        cwd=ROOT,
        env=environment,
        text=True,
        stderr=subprocess.PIPE,
    ) as server:
        try:
            assert server.stderr
            said: list[str] = []
            while "http://" not in (line := server.stderr.readline()):
                assert line, said
                said.append(line)
            yield server, int(line.split("http://127.0.0.1:")[1].split("/")[0]), said
        finally:
            server.kill()


def stalled(port: int, *, sent: int = 1000, of: int = 8 * MIB) -> socket.socket:
    """A client that sends a header and a part of the body, and then nothing."""
    client = socket.create_connection(("127.0.0.1", port), timeout=30)
    header = (
        f"POST /v1/tag HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {of}\r\n\r\n"
    )
    client.sendall(header.encode() + b" " * sent)
    return client


def all_of(client: socket.socket) -> bytes:
    """What the server says until it closes."""
    answer = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            answer += part
    return answer


def test_a_body_that_does_not_arrive_is_answered_408_and_the_connection_closed() -> None:
    with serving(CAIBIAN_BODY_SECONDS="1") as (_, port, _):
        started = time.monotonic()
        with stalled(port) as client:
            for _ in range(10):  # drop by drop is no better than nothing
                time.sleep(0.2)
                with contextlib.suppress(OSError):
                    client.sendall(b" ")
            answer = all_of(client)
        assert time.monotonic() - started < 4
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 408 " in head.splitlines()[0]
    assert json.loads(body)["type"] == "urn:caibian:problem:too-slow"
    assert "1 seconds" in json.loads(body)["detail"]


def test_the_service_says_its_address_once_it_is_ready_and_ends_with_stalled_clients() -> None:
    with serving() as (server, port, said):
        assert any("loading" in line for line in said)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(connection):
            connection.request("HEAD", "/health/ready")
            assert connection.getresponse().status == 200
        half_header = socket.create_connection(("127.0.0.1", port))
        half_header.sendall(b"GET / HTTP/1.1\r\nHo")
        silent = socket.create_connection(("127.0.0.1", port))
        clients = [half_header, silent, *(stalled(port, sent=MIB) for _ in range(5))]
        time.sleep(0.3)
        started = time.monotonic()
        server.send_signal(signal.SIGTERM)
        _, rest = server.communicate(timeout=20)
        assert time.monotonic() - started < 4
        for client in clients:
            client.close()
    assert "Traceback" not in rest


def test_stalled_bodies_hold_no_more_than_their_room() -> None:
    # Nobody reads its log here: 240 lines of clients that left would fill the pipe.
    quiet = {"CAIBIAN_MAX_BODY_BYTES": str(MIB), "CAIBIAN_LOG_LEVEL": "warning"}
    with serving(**quiet) as (server, port, _), contextlib.ExitStack() as held:
        # What a first request imports and allocates is none of the bodies' memory.
        assert tagged(port) == 200
        before = resident(server.pid)
        clients = [held.enter_context(stalled(port, sent=MIB - 1, of=MIB)) for _ in range(240)]
        time.sleep(0.5)
        # 240 MiB were sent, 16 MiB are the room; connections and the allocator's leftovers make it a plateau of 45-55 MiB,
        # the same for 160 and for 480 clients.
        assert resident(server.pid) - before < 90 * MIB
        for client in clients:
            client.close()
        until = time.monotonic() + 10
        while (status := tagged(port)) != 200:
            assert status == 429 and time.monotonic() < until
            time.sleep(0.1)


def tagged(port: int) -> int:
    """The status of one good call."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(connection):
        body = json.dumps({"articles": ARTICLES[:1]})
        connection.request("POST", "/v1/tag", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def test_connections_over_the_limit_are_told_so() -> None:
    with serving(CAIBIAN_MAX_CONNECTIONS="3") as (_, port, _):
        held = [stalled(port) for _ in range(3)]
        time.sleep(0.2)
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
            head, _, body = all_of(client).partition(b"\r\n\r\n")
        assert b" 429 " in head.splitlines()[0]
        assert json.loads(body)["type"] == "urn:caibian:problem:busy"
        for other in held:
            other.close()
        until = time.monotonic() + 5
        while True:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                client.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                if b" 200 " in all_of(client).splitlines()[0]:
                    break
            assert time.monotonic() < until


def test_a_header_or_an_unread_body_that_does_not_arrive_ends_its_connection() -> None:
    code = (
        "import sys; from service import connections; connections.HEADER_SECONDS = connections.SLACK_SECONDS = 1\n"
        "from service.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    assert connections.HEADER_SECONDS == 10
    environment = os.environ | FLOORS
    with subprocess.Popen(
        [sys.executable, "-c", code, "serve", "--port", "0"],
        cwd=ROOT,
        env=environment | {"CAIBIAN_BODY_SECONDS": "1"},
        text=True,
        stderr=subprocess.PIPE,
    ) as server:
        try:
            assert server.stderr
            while "http://" not in (line := server.stderr.readline()):
                assert line
            port = int(line.split("http://127.0.0.1:")[1].split("/")[0])
            starts = (
                b"",
                b"GET / HTT",
                b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\nGET /",
                b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
            )
            clients = []
            for start in starts:
                client = socket.create_connection(("127.0.0.1", port), timeout=10)
                client.sendall(start)
                clients.append(client)
            dripping, answers = True, {}

            def drip() -> None:
                while dripping:
                    time.sleep(0.3)
                    for client in clients[1:]:
                        with contextlib.suppress(OSError):
                            client.sendall(b"a")

            dropper = threading.Thread(target=drip)
            dropper.start()
            started = time.monotonic()
            for start, client in zip(starts, clients, strict=True):
                answers[start] = all_of(client)
            assert time.monotonic() - started < 6
            dripping = False
            dropper.join()
            for client in clients:
                client.close()
        finally:
            server.kill()
    assert answers[starts[0]] == answers[starts[1]] == b""
    assert b" 404 " in answers[starts[3]]


def test_a_full_line_is_said_before_a_body_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go = threading.Event(), threading.Event()
    analyzer = floors()
    honest = analyzer.classifier.classify

    def slowly(articles: object) -> object:
        begun.set()
        go.wait(20)
        return honest(articles)  # type: ignore[arg-type]

    with ready_client(analyzer, max_waiting=0) as client:
        monkeypatch.setattr(analyzer.classifier, "classify", slowly)
        first = threading.Thread(target=client.post, args=("/v1/classify",), kwargs={"json": {"articles": ARTICLES}})
        first.start()
        assert begun.wait(10)
        answer = client.post("/v1/classify", content=b"no JSON", headers={"Content-Type": "application/json"})
        go.set()
        first.join()
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:caibian:problem:busy")


@pytest.mark.parametrize(
    ("route", "body", "status", "said"),
    [
        ("tag", b'{"articles":[' + b"1," * 400_000 + b"1]}", 413, "256"),
        ("tag", b'{"articles":[{' + b",".join(b'"n%d":1' % n for n in range(300_000)) + b"}]}", 422, "body"),
        ("tag", b'{"articles":[],' + b",".join(b'"n%d":1' % n for n in range(300_000)) + b"}", 422, "n0"),
        ("pages", b'{"text":"' + b"x" * 1_000_001 + b'","length":3}', 413, "1,000,000"),
    ],
)
def test_huge_wrong_json_costs_little_and_names_the_limit(route: str, body: bytes, status: int, said: str) -> None:
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak of the tests before
    before = peak()
    with ready_client() as client:
        answer = client.post(f"/v1/{route}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert peak() - before < 150 * 1024, "KiB"


def peak() -> int:
    """Peak KiB of this process since it was last forgotten."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("utf-8"))[0])


def test_a_known_name_after_many_unknown_ones_is_still_seen() -> None:
    found = ArticlesIn.model_validate({"articles": [{"body": "好"}], "length": "brief"})
    assert found.length == "brief"
    with ready_client() as client:
        unknown = {f"n{n}": 1 for n in range(100)}
        problem = client.post("/v1/tag", json={"articles": [{**unknown, "body": 1}]}).json()
    fields = [e["field"] for e in problem["errors"]]
    assert "articles[0].body" in fields
    assert len(fields) == 20


def test_a_trailing_slash_is_no_address() -> None:
    with ready_client() as client:
        answer = client.post("/v1/tag/", json={"articles": ARTICLES}, follow_redirects=False)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:caibian:problem:not-found")
        for path in ("/", "/docs", "/health/live", "/health/ready"):
            assert client.head(path).status_code == 200


def test_a_problem_that_closes_says_so() -> None:
    answer = Problem("too-slow", "x", headers={"Connection": "close"}).response()
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")


def resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
