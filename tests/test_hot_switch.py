"""Another bundle while the service runs: calls go on, every answer names its bundle, a broken one is refused; and SIGTERM."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.analyzer import load_analyzer
from models.bundle import MANIFEST, open_bundle, seal_bundle
from models.classifier import GRAPH
from models.device import graph_of
from models.registry import ROOT as BUNDLES
from models.registry import Places, activate, rollback
from service import bundle_watch
from service.readiness import stamp_of
from service.store.database import open_store
from service.store.upkeep import activation_history
from tests.server import Server
from tests.service_client import ARTICLES, ready_client


def bundle(folder: Path, version: str) -> Path:
    """A copy of the shipped topics under another version; answers differ in nothing but the name."""
    shutil.copytree(BUNDLES / "topics", folder)
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    seal_bundle(folder, {k: v for k, v in manifest.items() if k != "files"} | {"version": version})
    return folder


def named(version: str) -> str:
    return f"{json.loads((BUNDLES / 'topics' / MANIFEST).read_text('utf-8'))['name']}@{version}"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path / "serving", tmp_path / "kept")
    activate(bundle(tmp_path / "a", "a"), "topics", places)
    bundle(tmp_path / "b", "b")
    return places


def until(said: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end
        time.sleep(0.02)


def resident(server: Server) -> int:
    assert server._process
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{server._process.pid}/status").read_text())
    assert found
    return int(found[1])


class Load:
    """Calls of several clients, one after another each, until told to stop: what each answer said."""

    def __init__(self, server: Server, clients: int) -> None:
        self._server = server
        self.answers: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._going = True
        self._threads = [threading.Thread(target=self._go, args=(n,)) for n in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._going = False
        for thread in self._threads:
            thread.join()

    def _go(self, number: int) -> None:
        while self._going:
            began = time.monotonic()
            article = {
                "id": str(number),
                "headline": ARTICLES[number % 3]["headline"],
                "body": ARTICLES[number % 3]["body"],
            }
            try:
                status, told = self._server.call("/v1/classify", {"articles": [article]})
            except OSError as error:
                self.answers[type(error).__name__] += 1
                continue
            self.seconds.append(time.monotonic() - began)
            self.answers[told["results"][0]["bundle"] if status == 200 else str(status)] += 1


@pytest.mark.parametrize(("clients", "switches"), [(3, 2), pytest.param(8, 12, marks=pytest.mark.long)])
def test_bundles_switch_under_load_and_no_request_fails(
    tmp_path: Path, places: Places, clients: int, switches: int, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    open_store(url).close()
    a, b = named("a"), named("b")
    with Server(tmp_path, url, CAIBIAN_TOPICS_BUNDLE=str(places.serving / "topics")) as server:
        with Load(server, clients) as load:
            until(lambda: load.answers[a] >= 5)
            sizes = []
            for n in range(switches):
                activate(tmp_path / "b", "topics", places) if n % 2 == 0 else rollback("topics", places)
                new = (b, a)[n % 2]
                before = load.answers[new]
                until(lambda: load.answers[new] >= before + 5)  # noqa: B023 - runs at once
                assert server.call("/health/ready")[0] == 200
                assert server.call("/health/ready")[1]["bundles"]["topics"] == new
                sizes.append(resident(server))
        assert set(load.answers) == {a, b}, load.answers
        with capsys.disabled():
            print(f"\n{load.answers}, switches {switches}, longest {max(load.seconds):.2f} s, KiB {sizes}", end="")
        # A bundle takes 40 MiB in memory. Sixty switches stayed within 211-259 MiB; twelve that were kept would be 480 more.
        assert max(sizes) < min(sizes) + 120 * 1024, "the bundle before is let go"
        with contextlib.closing(open_store(url)) as store:

            def noted() -> list[str]:
                with store.read() as connection:
                    return [name for name, _ in activation_history(connection, "topics")]

            until(lambda: noted()[-1:] == [(b, a)[(switches - 1) % 2]])
            assert noted()[:2] == [a, b]


@pytest.fixture
def client(places: Places) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle_watch, "EVERY_SECONDS", 0.05)
        folder = str(places.serving / "topics")
        with ready_client(load_analyzer(folder, "lead")) as ready:
            # The settings of `ready_client` name the floors; here the folder is the one that serves.
            parts: Any = ready.app.state.parts  # type: ignore[attr-defined]
            patch.setattr(bundle_watch, "folder_of", lambda _, task: Path(folder) if task == "topics" else None)
            parts.readiness.stamps = {"topics": stamp_of(Path(folder))}
            yield ready


def serving(client: TestClient) -> str:
    answer = client.post("/v1/classify", json={"articles": ARTICLES[:1]})
    assert answer.status_code == 200
    assert client.get("/health/ready").json()["bundles"]["topics"] == answer.json()["results"][0]["bundle"]
    return str(answer.json()["results"][0]["bundle"])


def counted(client: TestClient, outcome: str) -> float:
    found = re.search(
        rf'^caibian_bundle_switches_total{{outcome="{outcome}",task="topics"}} (\S+)', client.get("/metrics").text, re.M
    )
    return float(found[1]) if found else 0.0


def test_a_broken_bundle_is_refused_once_and_the_old_one_goes_on(
    client: TestClient, places: Places, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert serving(client) == named("a")
    folder = places.serving / "topics"
    bad = bundle(tmp_path / "bad", "bad")
    (bad / graph_of(open_bundle(bad, "topics"), GRAPH)[0]).write_bytes(b"no graph")
    seal_bundle(bad, {k: v for k, v in json.loads((bad / MANIFEST).read_text("utf-8")).items() if k != "files"})
    activate(bad, "topics", places)  # whole by its hashes, and of no use
    until(lambda: counted(client, "refused") == 1)
    assert serving(client) == named("a")
    (folder / MANIFEST).write_text("{", "utf-8")
    until(lambda: counted(client, "refused") == 2)
    time.sleep(0.3)
    assert counted(client, "refused") == 2, "what was refused is not loaded again and again"
    assert "refused" in caplog.text and named("a") in caplog.text
    client.app.state.watch.look()  # type: ignore[attr-defined]  # SIGHUP
    until(lambda: counted(client, "refused") == 3)
    assert serving(client) == named("a")
    activate(tmp_path / "b", "topics", places)
    until(lambda: counted(client, "done") == 1)
    assert serving(client) == named("b")


def test_a_folder_that_is_replaced_while_it_is_read_is_read_again(
    client: TestClient, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = bundle_watch._with_new
    read: list[str] = []

    def slowly(*arguments: Any) -> Any:
        found = honest(*arguments)
        if not read:
            activate(bundle(tmp_path / "c", "c"), "topics", places)
        read.append(found.classifier.bundle)
        return found

    monkeypatch.setattr(bundle_watch, "_with_new", slowly)
    activate(tmp_path / "b", "topics", places)
    until(lambda: counted(client, "done") == 1)
    assert (read, serving(client)) == ([named("b"), named("c")], named("c"))


def test_a_call_that_is_inside_ends_on_the_bundle_that_it_began_on(
    client: TestClient, places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: Any = client.app.state.parts  # type: ignore[attr-defined]
    old = parts.readiness.analyzer.classifier
    begun, go = threading.Event(), threading.Event()
    honest = old.classify

    def slowly(articles: Any) -> Any:
        begun.set()
        assert go.wait(60)
        return honest(articles)

    monkeypatch.setattr(old, "classify", slowly)
    answers: list[Any] = []
    call = threading.Thread(
        target=lambda: answers.append(client.post("/v1/classify", json={"articles": ARTICLES[:1]}).json())
    )
    call.start()
    assert begun.wait(20)
    activate(tmp_path / "b", "topics", places)
    until(lambda: counted(client, "done") == 1)
    go.set()
    call.join()
    assert answers[0]["results"][0]["bundle"] == named("a")
    assert serving(client) == named("b")


def test_sigterm_finishes_what_runs_answers_503_to_what_comes_and_ends_with_0(tmp_path: Path) -> None:
    with Server(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", seconds=2.0) as server:
        answers: list[Any] = []
        calls = [
            threading.Thread(target=lambda: answers.append(server.call("/v1/classify", {"articles": ARTICLES})))
            for _ in range(2)
        ]
        for call in calls:
            call.start()
        until(lambda: b"caibian_inference_calls 2.0" in metrics(server))
        process = server._process
        assert process
        process.send_signal(signal.SIGTERM)
        until(lambda: server.call("/health/ready")[0] == 503)
        status, told = server.call("/v1/classify", {"articles": ARTICLES})
        assert (status, told["type"]) == (503, "urn:caibian:problem:stopping")
        for call in calls:
            call.join()
        assert [status for status, _ in answers] == [200, 200]
        assert process.wait(20) == 0
    assert "threads: " in server.log() and "Traceback" not in server.log()


def metrics(server: Server) -> bytes:
    import urllib.request

    with urllib.request.urlopen(server.address + "/metrics", timeout=20) as answer:  # noqa: S310 - our own address
        return bytes(answer.read())


def test_sighup_is_no_end(tmp_path: Path) -> None:
    with Server(tmp_path, f"sqlite:///{tmp_path / 'none.db'}") as server:
        process = server._process
        assert process
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert server.call("/health/ready")[0] == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
