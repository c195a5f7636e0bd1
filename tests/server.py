"""The service as a process of its own, on the floors, to be killed and started again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
SLOWLY = """
import sys, time
from models.keywords import KeywordClassifier
classify = KeywordClassifier.classify
def slowly(self, articles):
    time.sleep({seconds})
    return classify(self, articles)
KeywordClassifier.classify = slowly
from service.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Server:
    """`serve` on a free port of loopback. `seconds` is what the classifier takes a call."""

    def __init__(self, folder: Path, database_url: str, seconds: float = 0.0, **settings: str) -> None:
        self._env = os.environ | {
            "CAIBIAN_TOPICS_BUNDLE": "keywords",
            "CAIBIAN_SUMMARIES_BUNDLE": "lead",
            "CAIBIAN_DATABASE_URL": database_url,
            **settings,
        }
        self._code = SLOWLY.format(seconds=seconds)
        self._log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""

    def start(self) -> None:
        """Until it is ready."""
        begun = self._log.stat().st_size if self._log.exists() else 0
        command = [sys.executable, "-c", self._code, "serve", "--port", "0"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=log, stderr=log)
        until = time.monotonic() + 180  # machines of CI are busy
        while not (found := re.search(rb"http://127\.0\.0\.1:\d+", self._log.read_bytes()[begun:])):
            assert time.monotonic() < until and self._process.poll() is None, self.log()
            time.sleep(0.02)
        self.address = found[0].decode()

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def kill(self, how: int = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def call(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and JSON; raises OSError when the service is not there or dies meanwhile."""
        data = None if body is None else json.dumps(body).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, kind | headers)  # noqa: S310 - our own address
        try:
            answer: IO[bytes] = urllib.request.urlopen(request, timeout=20)  # noqa: S310
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            raw = answer.read()
        return answer.status, [json.loads(x) for x in raw.splitlines()] if "/results" in path else json.loads(raw)  # type: ignore[attr-defined]
