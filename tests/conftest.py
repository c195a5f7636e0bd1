"""Settings of the whole run: one thread for torch, whose tiny models only lose by more; no deadline a hypothesis example,
since machines of CI are busy; and with CAIBIAN_EXPECT_SKIPS set, another number of skipped tests fails it.

CI sets it, so that a test which silently stopped running there is noticed.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.databases import cluster, database_url  # noqa: F401 - fixtures
from tests.desk import browser, desk  # noqa: F401 - fixtures
from tests.figures import figure, pytest_addoption  # noqa: F401

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch
# No test opens the store of the machine that it runs on, nor that of another run: each test that stores brings its own.
os.environ["CAIBIAN_DATABASE_URL"] = f"sqlite:///{Path(tempfile.mkdtemp(prefix='caibian-')) / 'tests.db'}"
settings.register_profile("caibian", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True
)  # the same examples each time; at a desk others are tried
os.environ.setdefault("CAIBIAN_RESTART", "0")  # a test that starts or is a service means that one process
EXPECTED_SKIPS = os.environ.pop("CAIBIAN_EXPECT_SKIPS", None)  # no setting of the service, which would warn of it


def pytest_configure(config: pytest.Config) -> None:
    """Before any test is read, which takes the profile: what a worker of pytest-xdist was told, or what this process was."""
    told = getattr(config, "workerinput", {"expected_skips": EXPECTED_SKIPS})["expected_skips"]
    settings.load_profile("caibian" if told is None else "ci")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A worker finds the variable gone from the environment: it is handed over."""
    node.workerinput["expected_skips"] = EXPECTED_SKIPS


@pytest.fixture(autouse=True)
def plain_logging() -> Iterator[None]:
    """A command that a test runs sets up logging for its process: the next test has what was there before."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.setLevel(level)
    for handler in [h for h in root.handlers if h not in handlers and type(h) is logging.StreamHandler]:
        root.removeHandler(handler)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    expected = EXPECTED_SKIPS
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if expected is None or reporter is None or exitstatus != pytest.ExitCode.OK:
        return
    skipped = len(reporter.stats.get("skipped", []))
    if skipped != int(expected):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"{skipped} tests were skipped, CAIBIAN_EXPECT_SKIPS says {expected}", red=True)
