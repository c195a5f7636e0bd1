"""`serve` in two processes: a crash in native code is followed by another process on the same socket; the end stays in order."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.store.database import open_store
from service.supervise import LONGEST_PAUSE, _pause
from service.uploads import _make_folder
from tests.server import Server
from tests.service_client import ARTICLES
from tests.test_hot_switch import metrics
from tests.test_hot_switch import until as wait_until

CALL = {"articles": ARTICLES}


class Watched(Server):
    """`serve` with the watching process, as it is shipped."""

    def __init__(self, folder: Path, seconds: float = 0.0, **settings: str) -> None:
        super().__init__(folder, f"sqlite:///{folder / 'kept.db'}", seconds, CAIBIAN_RESTART="1", **settings)

    def __enter__(self) -> Watched:
        self.start()
        return self

    @property
    def watcher(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    @property
    def serving(self) -> int:
        """The process that serves."""
        found = children(self.watcher.pid)
        assert len(found) == 1
        return found[0]


def children(pid: int) -> list[int]:
    return [int(p) for task in Path(f"/proc/{pid}/task").glob("*/children") for p in task.read_text().split()]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def attempt(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except OSError as error:
        return error


def test_a_crash_during_a_request_is_followed_by_answers_on_the_same_address(tmp_path: Path) -> None:
    with Watched(tmp_path, seconds=1.0) as server:
        first, told = server.serving, list[Any]()
        caller = threading.Thread(target=lambda: told.append(attempt(lambda: server.call("/v1/classify", CALL))))
        caller.start()
        wait_until(lambda: b"caibian_inference_calls 1.0" in metrics(server))
        os.kill(first, signal.SIGSEGV)
        # Whoever comes now waits for the next process: nobody is refused.
        assert server.call("/health/live")[0] == 200
        caller.join(20)
        assert isinstance(told[0], OSError), "its connection was closed, at once"
        wait_until(lambda: server.call("/health/ready")[0] == 200)
        assert server.call("/v1/classify", CALL)[0] == 200
        assert server.serving != first
        assert b"caibian_deaths_total 1.0" in metrics(server)
        log = server.log()
        assert "died of SIGSEGV (death 1): another takes its place" in log
        assert "Segmentation fault" in log, "and where it was"
        server.watcher.send_signal(signal.SIGTERM)
        assert server.watcher.wait(30) == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_request_that_runs_is_finished_after_a_signal_to_stop(tmp_path: Path, how: signal.Signals) -> None:
    with Watched(tmp_path, seconds=1.5) as server:
        told = list[Any]()
        caller = threading.Thread(target=lambda: told.append(attempt(lambda: server.call("/v1/classify", CALL))))
        caller.start()
        wait_until(lambda: b"caibian_inference_calls 1.0" in metrics(server))
        serving = server.serving
        server.watcher.send_signal(how)
        assert server.watcher.wait(30) == 0
        caller.join(20)
        assert told[0][0] == 200, told
        assert not lives(serving)
        assert "Traceback" not in server.log() and "died" not in server.log()


def test_a_store_that_is_away_is_no_reason_to_end_after_a_crash(tmp_path: Path) -> None:
    """What crashed may have been the database's client. The process before would have gone on, and waited for the store."""
    with Watched(tmp_path) as server:
        open_store(f"sqlite:///{tmp_path / 'kept.db'}").close()
        kept = (tmp_path / "kept.db").read_bytes()
        (tmp_path / "kept.db").write_bytes(b"nothing of SQLite's" * 99)
        os.kill(server.serving, signal.SIGSEGV)
        wait_until(lambda: server.call("/health/ready")[0] == 503)
        assert server.call("/v1/classify", CALL)[0] == 503, "nobody is let in whose key cannot be looked up"
        (tmp_path / "kept.db").write_bytes(kept)
        wait_until(lambda: server.call("/v1/classify", CALL)[0] == 200)
        assert server.watcher.poll() is None


def test_what_was_being_uploaded_does_not_stay_after_a_crash(tmp_path: Path) -> None:
    """A file of articles, up to its limit each time that somebody sends it again; what another process receives stays."""
    temporary = tmp_path / "t"
    temporary.mkdir()
    with Watched(tmp_path, TMPDIR=str(temporary)) as server:
        host, port = server.address.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as half:
            half.sendall(
                b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 99\r\n\r\nid,"
            )
            wait_until(lambda: any(temporary.glob("caibian-upload-*/upload.csv")))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(tempfile, "tempdir", str(temporary))
                other, lock = _make_folder()
            os.kill(server.serving, signal.SIGSEGV)
            wait_until(lambda: server.call("/health/ready")[0] == 200)
        assert list(temporary.glob("caibian-upload-*")) == [other]
        assert "1 uploads of a process that died were deleted" in server.log()
        os.close(lock)


def test_a_terminal_stops_it_once(tmp_path: Path) -> None:
    """Ctrl-C goes to every process of the terminal's group: the serving one must hear of it once, or it would end at once."""
    with Watched(tmp_path) as server:
        assert os.getpgid(server.serving) == server.serving != os.getpgid(server.watcher.pid)


def test_it_does_not_outlive_its_watcher(tmp_path: Path) -> None:
    with Watched(tmp_path) as server:
        serving = server.serving
        server.kill(signal.SIGKILL)
        wait_until(lambda: not lives(serving))


def test_what_is_refused_is_refused_with_its_code_and_not_tried_again(tmp_path: Path) -> None:
    environment = os.environ | {"CAIBIAN_RESTART": "1", "CAIBIAN_TOPICS_BUNDLE": str(tmp_path / "gone")}
    for host, code, sentence in (("0.0.0.0", 2, "refusing to listen"), ("127.0.0.1", 1, "did not start")):  # noqa: S104
        command = [sys.executable, "-m", "service", "serve", "--host", host, "--port", "0"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, done.stderr.count(sentence)) == (code, 1), done.stderr


WATCH = """
import os, signal, sys, time
from service import supervise
supervise.LONGEST_PAUSE = 0.2
def work(past):
    print(past.deaths, past.signal, flush=True)
    if past.deaths < 3:
        os.kill(os.getpid(), (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL)[past.deaths])
        time.sleep(20)
    return 7
sys.exit(supervise.supervised(work))
"""


def test_each_life_knows_of_the_deaths_before_and_the_code_is_handed_on() -> None:
    done = subprocess.run([sys.executable, "-c", WATCH], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 7
    assert done.stdout.splitlines() == ["0 ", "1 SIGSEGV", "2 SIGABRT", "3 SIGKILL"]
    assert len(re.findall("another takes its place", done.stderr)) == 3


def test_a_signal_to_stop_is_heard_between_two_lives() -> None:
    code = (
        WATCH.replace("LONGEST_PAUSE = 0.2", "LONGEST_PAUSE = 60")
        .replace("< 3", "< 99")
        .replace("[past.deaths]", "[0]")
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
        assert run.stderr
        while (line := run.stderr.readline()) and b"(death 4)" not in line:
            pass
        assert b"in 7 seconds" in line
        began = time.monotonic()
        run.send_signal(signal.SIGTERM)
        assert run.wait(6) == 0 and time.monotonic() - began < 6


def watched(code: str, *, prepare: str = "") -> subprocess.CompletedProcess[str]:
    told = f"import os, signal, sys\nfrom service import supervise\n{prepare}\nsys.exit(supervise.supervised({code}))"
    return subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False, timeout=120)


def test_a_signal_to_stop_just_before_the_fork_is_heard() -> None:
    prepare = """
mask = signal.pthread_sigmask
def late(how, what):
    if how == signal.SIG_BLOCK:
        os.kill(os.getpid(), signal.SIGTERM)
    return mask(how, what)
signal.pthread_sigmask = late"""
    done = watched("lambda past: 7", prepare=prepare)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_code_is_known_where_ends_of_children_are_ignored() -> None:
    done = watched("lambda past: 7", prepare="signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
    assert (done.returncode, done.stderr) == (7, "")


def test_pauses_grow_to_the_longest_and_stay_there() -> None:
    """After nine hours of deaths the next power of two is over what a float holds."""
    assert [_pause(n) for n in range(1, 8)] == [0, 1, 3, 7, 15, 30, 30]
    assert _pause(100_000) == LONGEST_PAUSE


NO_ROOM = """
supervise.LONGEST_PAUSE = 0.1
fork, asked = os.fork, []
def full():
    asked.append(0)
    if {when}:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = full"""


def test_where_no_process_can_be_started_it_says_so_or_tries_again() -> None:
    done = watched("lambda past: 7", prepare=NO_ROOM.format(when="True"))
    assert done.returncode == 1
    assert done.stderr == "no process can be started to serve: Resource temporarily unavailable\n"
    dies = "lambda past: 7 if past.deaths else os.kill(os.getpid(), signal.SIGKILL)"
    done = watched(dies, prepare=NO_ROOM.format(when="1 < len(asked) < 4"))
    assert (done.returncode, done.stderr.count("no process can be started: ")) == (7, 2)


def test_the_watcher_is_small() -> None:
    code = (
        "import sys, service.serve; print(sorted({'numpy', 'fastapi', 'onnxruntime', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_with_the_setting_off_there_is_one_process(tmp_path: Path) -> None:
    with Server(tmp_path, f"sqlite:///{tmp_path / 'kept.db'}", CAIBIAN_RESTART="0") as server:
        assert server._process is not None and children(server._process.pid) == []
