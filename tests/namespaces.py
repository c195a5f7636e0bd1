"""Network namespaces of a test's own: two hosts on one machine, joined by a cable of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator

import pytest

HOSTS = ("10.231.7.1", "10.231.7.2")


@contextlib.contextmanager
def two_hosts() -> Iterator[list[list[str]]]:
    """For each host the beginning of a command that runs on it; skips where the system allows no namespaces."""
    names = [f"cb{os.getpid()}{letter}" for letter in "ab"]
    if shutil.which("ip") is None or os.geteuid():
        pytest.skip("network namespaces need `ip` and root")
    made = [
        *(f"ip netns add {name}" for name in names),
        f"ip link add {names[0]} netns {names[0]} type veth peer name {names[1]} netns {names[1]}",
        *(f"ip -n {name} addr add {host}/24 dev {name}" for name, host in zip(names, HOSTS, strict=True)),
        *(f"ip -n {name} link set {device} up" for name in names for device in ("lo", name)),
    ]
    try:
        for command in made:
            run = subprocess.run(command.split(), check=False, capture_output=True, text=True)
            if run.returncode:
                pytest.skip(f"this system allows no network namespaces: {run.stderr.strip()}")
        yield [["ip", "netns", "exec", name] for name in names]
    finally:
        for name in names:
            end_all(name)
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def end_all(namespace: str) -> None:
    """Kill every process that runs in a namespace: its host is lost."""
    for pid in pids_of(namespace):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def pids_of(namespace: str) -> list[int]:
    """The processes that run in a namespace."""
    run = subprocess.run(["ip", "netns", "pids", namespace], check=False, capture_output=True, text=True)
    return [int(word) for word in run.stdout.split()]
