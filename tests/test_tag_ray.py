"""`tag --engine ray`: the same bytes as without it, with an actor killed in the middle, and after the run itself was killed."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from service.cli import main
from tests.namespaces import HOSTS, end_all, pids_of, two_hosts
from tests.service_client import FLOORS, ROOT
from tests.test_tag_workers import command_of, running, table, wait_for

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: requirements/ray.lock"
)


@pytest.fixture(autouse=True)
def _floors_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in FLOORS.items():
        monkeypatch.setenv(name, value)


def actors() -> list[int]:
    """Processes of Ray that hold an Actor of ours."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and command_of(int(entry.name)).startswith("ray::Actor"):
            found.append(int(entry.name))
    return found


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_ray_writes_the_same_bytes_though_an_actor_and_the_run_are_killed(tmp_path: Path) -> None:
    rows = table(tmp_path / "a.jsonl", 6000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    arguments = (str(rows), "-o", str(two), "--engine", "ray", "--workers", "2")
    partial, before = tmp_path / "two.jsonl.partial", set(actors())
    with running(*arguments) as run:
        wait_for(run, partial, 1)
        ours = [pid for pid in actors() if pid not in before]
        assert ours
        with contextlib.suppress(ProcessLookupError):
            os.kill(ours[0], signal.SIGKILL)
        wait_for(run, partial, one.stat().st_size // 3)
        run.kill()
    until = time.monotonic() + 60
    while set(actors()) - before:  # they end with their run
        assert time.monotonic() < until
        time.sleep(0.1)
    with running(*arguments) as run:
        _, said = run.communicate(timeout=200)
    assert run.returncode == 1, said
    assert "going on after" in said
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()


def ray_kills(tmp_path: Path, count: int, records: int) -> None:
    """Kill whole runs on Ray at random moments until `count` were killed; the end equals a run that was let alone."""
    rows = table(tmp_path / "a.jsonl", records)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    size, draw, before = one.stat().st_size, random.Random(2), set(actors())
    arguments = (str(rows), "-o", str(two), "--engine", "ray", "--workers", "2")
    for n in range(count):
        with running(*arguments) as run:
            wait_for(run, tmp_path / "two.jsonl.partial", min(size - 1, int(size * (n + draw.random()) / (count + 1))))
            run.kill()
        until = time.monotonic() + 120
        while set(actors()) - before:  # they end with their run
            assert time.monotonic() < until
            time.sleep(0.1)
    with running(*arguments) as run:
        _, said = run.communicate(timeout=300)
    assert run.returncode == 1, said
    assert "going on after" in said
    assert two.read_bytes() == one.read_bytes()
    assert (tmp_path / "two.quarantine.jsonl").read_bytes() == (tmp_path / "one.quarantine.jsonl").read_bytes()


@pytest.mark.ray
@needs_ray
def test_killed_runs_on_ray_end_as_if_never_killed(tmp_path: Path) -> None:
    ray_kills(tmp_path, 1, 3000)


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_twenty_five_kills_of_five_thousand_records_on_ray(tmp_path: Path) -> None:
    ray_kills(tmp_path, 25, 5000)


def reached(host: list[str], address: str, seconds: float = 120) -> None:
    """Until something listens there, seen from this host."""
    name, _, port = address.partition(":")
    asks = f"import socket; socket.create_connection(({name!r}, {port}), 2)"
    until = time.monotonic() + seconds
    while subprocess.run([*host, sys.executable, "-c", asks], check=False, capture_output=True).returncode:
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.mark.long
@pytest.mark.ray
@needs_ray
def test_two_nodes_one_of_which_is_lost(tmp_path: Path) -> None:
    """Two hosts with a network of their own; all of the second one is killed in the middle."""
    rows = table(tmp_path / "a.jsonl", 20_000)
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    assert main(["tag", str(rows), "-o", str(one)]) == 1
    address, ray = f"{HOSTS[0]}:26379", str(Path(sys.executable).with_name("ray"))
    secret = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "invented-for-this-test-alone-0123456789"}
    surroundings = os.environ | FLOORS | secret | {"PYTHONPATH": str(ROOT)}
    quiet: dict[str, Any] = {"cwd": ROOT, "env": surroundings, "stdout": subprocess.DEVNULL, "text": True}
    temporary = tempfile.mkdtemp(prefix="ray-", dir="/tmp")
    with two_hosts() as (first, second), contextlib.ExitStack() as started:

        def start(host: list[str], *command: str) -> subprocess.Popen[str]:
            begun = started.enter_context(subprocess.Popen([*host, *command], stderr=subprocess.PIPE, **quiet))
            started.callback(end_all, host[-1])  # before `with` waits for the process
            return begun

        node = ("start", "--block", "--num-cpus", "4", "--node-ip-address")
        more = ("--port", "26379", "--include-dashboard", "false", "--temp-dir", temporary)
        start(first, ray, *node, HOSTS[0], "--head", *more)
        reached(first, address)
        start(second, ray, *node, HOSTS[1], "--address", address)
        arguments = ("-m", "service", "tag", str(rows), "-o", str(two), "--engine", "ray", "--address", address)
        run = start(first, sys.executable, *arguments, "--workers", "4")
        wait_for(run, tmp_path / "two.jsonl.partial", 1)
        until = time.monotonic() + 120
        while not set(actors()) & set(pids_of(second[-1])):  # Ray spreads what has no room in one half of a node
            assert time.monotonic() < until
            time.sleep(0.1)
        assert not two.exists()
        end_all(second[-1])
        _, said = run.communicate(timeout=400)
    shutil.rmtree(temporary, ignore_errors=True)
    assert run.returncode == 1, said
    assert two.read_bytes() == one.read_bytes()


def test_without_ray_a_sentence_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    rows = table(tmp_path / "a.jsonl", 30)
    assert main(["tag", str(rows), "-o", str(tmp_path / "o.jsonl"), "--engine", "ray"]) == 2
    assert "requirements/ray.lock" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
