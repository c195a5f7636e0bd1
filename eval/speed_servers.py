"""Servers as processes of their own on loopback: ours, ten lines of FastAPI with transformers, and whatever else is told.

Owns starting, waiting until one is ready, memory and stopping. Each gets the same number of threads through the
environment. The source of the ten lines stands here as text and runs in its own process, so nothing of FastAPI is
imported by eval.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from models.errors import CaibianError

ROOT = Path(__file__).parents[1]
PATIENCE = 300.0
"""Seconds that a server may take to be ready."""
NAIVE = '''"""What a newsroom writes first: FastAPI, a transformers pipeline and `generate`, one text after another."""
import sys, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from eval.speed_torch import load_generate, load_pipeline

class Article(BaseModel):
    headline: str = ""
    body: str

class Articles(BaseModel):
    articles: list[Article]

app, threads = FastAPI(), int(sys.argv[3])
classify, summarize = load_pipeline(sys.argv[1], threads), load_generate(sys.argv[2], threads)

@app.get("/health/ready")
def ready() -> dict:
    return {}

@app.post("/v1/classify")
async def topics(asked: Articles) -> dict:
    return {"results": classify([{"text": a.headline, "text_pair": a.body} for a in asked.articles])}

@app.post("/v1/tag")
async def tag(asked: Articles) -> dict:
    return {"topics": (await topics(asked))["results"], "summaries": summarize([a.body for a in asked.articles])}

uvicorn.run(app, port=0, access_log=False)
'''
"""`async def`: one text at a time, so the thread count holds."""


class ServerFailed(CaibianError):
    """A server did not start."""


@dataclass
class Server:
    """A process that serves HTTP on loopback. `port` 0: it says its address on stderr or stdout."""

    name: str
    command: Sequence[str]
    log: Path
    threads: int
    env: Mapping[str, str] = field(default_factory=dict)
    ready_path: str = "/health/ready"
    port: int = 0
    address: str = ""
    ready_s: float = 0.0
    """Seconds from the start of the process to its first 200."""

    def __enter__(self) -> Server:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("CAIBIAN_")}
        same = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(self.threads))
        env = clean | same | {"TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": str(ROOT)} | dict(self.env)
        began = time.perf_counter()
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                list(self.command),
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait(began)
        except BaseException:
            self.stop()
            raise
        self.ready_s = time.perf_counter() - began
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the process and whatever it started; killed when they do not go by themselves."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(ProcessLookupError):  # its children have its group, and some outlive it
            os.killpg(self._process.pid, signal.SIGKILL)

    def rss_mib(self) -> float | None:
        """Resident memory of the process and its children in MiB; None where /proc does not tell."""
        total = 0
        for pid in _family(self._process.pid):
            try:
                status = Path(f"/proc/{pid}/status").read_text("utf-8")
            except OSError:
                continue
            found = re.search(r"VmRSS:\s+(\d+) kB", status)
            total += int(found[1]) if found else 0
        return total / 1024 if total else None

    def _wait(self, began: float) -> None:
        while time.perf_counter() - began < PATIENCE:
            if self._process.poll() is not None:
                break
            if self.port:
                self.address = f"http://127.0.0.1:{self.port}"
            elif found := re.search(rb"http://127\.0\.0\.1:\d+", self.log.read_bytes()):
                self.address = found[0].decode()
            if self.address and _answers(self.address + self.ready_path):
                return
            time.sleep(0.02)
        last = self.log.read_text("utf-8", "replace").strip().splitlines()[-1:]
        raise ServerFailed(f"the server {self.name} did not start: {' '.join(last) or 'it said nothing'}")


@contextlib.contextmanager
def stopped_on_sigterm() -> Iterator[None]:
    """Lets SIGTERM end the process by SystemExit, so that the servers it has started end with it."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():  # only the main thread may say
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def our_server(folder: Path, threads: int, topics: Path, summaries: Path) -> Server:
    """The service of this checkout."""
    env = {
        "CAIBIAN_THREADS": str(threads), "CAIBIAN_WORKERS": "1",
        "CAIBIAN_TOPICS_BUNDLE": str(topics), "CAIBIAN_SUMMARIES_BUNDLE": str(summaries),
        "CAIBIAN_DATABASE_URL": f"sqlite:///{folder / 'speed.db'}",
    }  # fmt: skip
    command = [sys.executable, "-m", "service", "serve", "--host", "127.0.0.1", "--port", "0"]
    return Server("caibian", command, folder / "caibian.log", threads, env)


def naive_server(folder: Path, threads: int, topics: Path, summaries: Path) -> Server:
    """FastAPI, a transformers pipeline and `generate` on the same weights."""
    source = folder / "naive.py"
    source.write_text(NAIVE, "utf-8")
    command = [sys.executable, str(source), str(topics), str(summaries), str(threads)]
    return Server("naive", command, folder / "naive.log", threads)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - loopback
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _family(pid: int) -> list[int]:
    """The process and all that it started."""
    out = [pid]
    for parent in out:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                out += [int(child) for child in task.read_text("utf-8").split()]
            except OSError:
                continue
    return out
