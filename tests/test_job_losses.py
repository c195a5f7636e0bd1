"""A job whose article kills the process: it is tried alone, then set apart, and the others have their results."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from service.job_runner import ALONE, FATAL, GIVEN_UP
from service.store import jobs
from service.store.database import open_store
from tests.server import Server

KILLER = "致命"
DEADLY = """
import os, signal, sys
from models.keywords import KeywordClassifier
classify = KeywordClassifier.classify
def deadly(self, articles):
    if any("致命" in a.body for a in articles):
        os.kill(os.getpid(), signal.SIGKILL)
    return classify(self, articles)
KeywordClassifier.classify = deadly
from service.cli import main
sys.exit(main(sys.argv[1:]))
"""


class Deadly(Server):
    """`serve` whose topics kill the process over one article."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, f"sqlite:///{folder / 'kept.db'}", CAIBIAN_JOB_LEASE_SECONDS="1")
        self._code = DEADLY

    def died(self, seconds: float) -> bool:
        """Whether the process has gone within this time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self._process is not None and self._process.poll() is not None:
                self._process = None
                return True
            time.sleep(0.05)
        return False


def test_losses_are_counted_until_a_result_is_kept(database_url: str) -> None:
    store = open_store(database_url)
    with store.write() as connection:
        items = [jobs.Item(n, f"a-{n}", None, "文") for n in range(3)]
        job = jobs.create(connection, items, summaries=False, length="brief", webhook=None, key_id=None, caller=None)

    def claim(runner: str) -> int:
        with store.write() as connection:
            row = jobs.claim(connection, runner, -1)  # over at once: whoever comes next may have it
            assert row is not None
            return int(row.losses)

    assert [claim("first"), claim("second"), claim("third")] == [0, 1, 2]
    with store.write() as connection:
        assert jobs.commit(connection, job, "third", [], -1)  # a beat alone is no result
    assert claim("fourth") == 3
    with store.write() as connection:
        assert jobs.commit(connection, job, "fourth", [jobs.Outcome(0, {})], -1)
        jobs.let_go(connection, job, "fourth")
    assert claim("fifth") == 0, "a result was kept, and who lets go has not died"
    store.close()


def test_an_article_that_kills_the_process_is_set_apart(tmp_path: Path) -> None:
    assert 0 < ALONE < GIVEN_UP
    articles = [{"id": f"a-{n}", "body": f"第{n}篇稿件，{KILLER if n == 3 else '平安'}。"} for n in range(6)]
    server = Deadly(tmp_path)
    server.start()
    try:
        status, told = server.call("/v1/jobs", {"articles": articles})
        assert status == 202
        deaths = 0
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if server.died(0.2):
                deaths += 1
                assert deaths <= 2 * GIVEN_UP, server.log()
                server.start()
                continue
            with contextlib.suppress(OSError):
                if server.call(f"/v1/jobs/{told['id']}")[1]["state"] == "done":
                    break
        else:
            pytest.fail(server.log())
        status, results = server.call(f"/v1/jobs/{told['id']}/results?format=jsonl")
        assert [r.get("error") for r in results] == [FATAL if n == 3 else None for n in range(6)]
        assert deaths >= GIVEN_UP
        assert "article 3, which is set apart" in server.log()
    finally:
        server.kill()
