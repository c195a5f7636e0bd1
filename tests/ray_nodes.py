"""Two Ray nodes in two network namespaces of their own, joined by a cable (veth): a cluster that a test may pull apart.

Each node has its own address, cores, raylet and processes; a password (RAY_AUTH_TOKEN) guards both, as docs/archive.md says.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.service_client import FLOORS, ROOT
from tests.test_tag_workers import command_of

NET = "10.211.77"
PORT = 6379


@dataclass(frozen=True, slots=True)
class Node:
    """A namespace and the Ray in it."""

    namespace: str
    address: str
    environment: dict[str, str] = field(repr=False)

    def command(self, *arguments: str) -> list[str]:
        """A command line that runs in the namespace."""
        return ["ip", "netns", "exec", self.namespace, *arguments]

    def start_ray(self, *arguments: str) -> None:
        """`ray start`, with one core."""
        ray = [
            str(Path(sys.executable).with_name("ray")),
            "start",
            "--node-ip-address",
            self.address,
            "--num-cpus",
            "1",
        ]
        done = subprocess.run(
            self.command(*ray, "--disable-usage-stats", *arguments), check=False,
            env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def processes(self) -> dict[int, str]:
        """Command lines of what runs in the namespace, by process id."""
        here = Path(f"/run/netns/{self.namespace}").stat().st_ino
        found = {}
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and (entry / "ns" / "net").stat().st_ino == here:
                    found[int(entry.name)] = command_of(int(entry.name))
        return found

    def kill(self) -> None:
        """Everything in it, at once, as when the power fails."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextlib.contextmanager
def two_nodes() -> Iterator[tuple[Node, Node]]:
    """The head, and a node on which Ray is still to be started; skips where there are no network namespaces to be had."""
    mark = f"caibian{os.getpid()}"
    # A socket's path has 107 characters at most, and Ray's own part has about 80.
    folder = tempfile.mkdtemp(prefix="cb", dir="/tmp")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")} | FLOORS
    environment["RAY_worker_niceness"] = "0"
    environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "PYTHONPATH": str(ROOT)}
    head, second = (Node(f"{mark}{n}", f"{NET}.{n}", environment) for n in (1, 2))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        for node in (head, second):
            _ip("netns", "add", node.namespace, or_skip=True)
            stack.callback(_ip, "netns", "del", node.namespace)
            stack.callback(node.kill)
        cables = [f"cb{os.getpid() % 100_000}{end}" for end in "ab"]
        _ip("link", "add", cables[0], "type", "veth", "peer", "name", cables[1], or_skip=True)
        for node, cable in zip((head, second), cables, strict=True):
            _ip("link", "set", cable, "netns", node.namespace)
            _ip("-n", node.namespace, "addr", "add", f"{node.address}/24", "dev", cable)
            _ip("-n", node.namespace, "link", "set", cable, "up")
            _ip("-n", node.namespace, "link", "set", "lo", "up")
        head.start_ray("--head", "--port", str(PORT), "--include-dashboard", "false", "--temp-dir", folder)
        yield head, second


def _ip(*arguments: str, or_skip: bool = False) -> None:
    """A command of iproute2."""
    try:
        done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no network namespaces here: iproute2 is not installed")
    if done.returncode and or_skip:
        pytest.skip(f"no network namespaces here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
