"""An empty database for a test, on SQLite and on PostgreSQL: the same tests run on both.

PostgreSQL is a cluster of its own in a temporary folder, started from Debian's binaries, reached over a socket; nothing listens on
a port.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

REASON = "needs Debian's PostgreSQL (apt-get install postgresql)"
DATABASES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


class Cluster:
    """A PostgreSQL server that can be stopped and started."""

    def __init__(self, folder: Path, binaries: Path, user: str | None) -> None:
        self.folder, self._binaries, self._user = folder, binaries, user

    def create(self) -> None:
        """A new cluster; whoever reaches the socket is let in."""
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "caibian", "--no-sync", "-E", "UTF8", "--locale=C")

    @property
    def data(self) -> str:
        return str(self.folder / "data")

    def start(self) -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder} -c fsync=off -c max_connections=60"
        self._run("pg_ctl", "-D", self.data, "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def url(self, name: str) -> str:
        return f"postgresql://caibian@/{name}?host={self.folder}"

    def new_database(self, encoding: str = "UTF8") -> str:
        """The address of an empty database."""
        name = f"t{uuid.uuid4().hex[:12]}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE \"{name}\" ENCODING '{encoding}' TEMPLATE template0")
        return self.url(name)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), *arguments]
        done = subprocess.run(command, user=self._user, cwd="/", capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout


def binaries() -> Path | None:
    """Where Debian keeps initdb and pg_ctl."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def make_cluster() -> Cluster:
    """A new cluster that runs; the test is skipped where it cannot be."""
    where, user = binaries(), None
    if where is None:
        pytest.skip(REASON)
    folder = Path(tempfile.mkdtemp(prefix="caibian-pg-", dir="/tmp"))
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = "postgres"
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
    made = Cluster(folder, where, user)
    made.create()
    made.start()
    return made


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    made = make_cluster()
    yield made
    made.stop()
    shutil.rmtree(made.folder)


@pytest.fixture(params=DATABASES)
def database_url(request: Any, tmp_path: Path) -> str:
    """The address of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.db'}"
    made: Cluster = request.getfixturevalue("cluster")
    return made.new_database()
