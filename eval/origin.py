"""What a measurement was run on: the code's commit, the machine, the libraries. For records and reports only."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("numpy", "onnxruntime", "tokenizers", "scikit-learn", "opencc", "rapidfuzz", "datasets")
_ROOT = Path(__file__).parents[1]


def describe() -> dict[str, Any]:
    """`code`, `machine` and `versions`, ready for JSON."""
    return {
        "code": code_version(),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "load": [round(x, 2) for x in os.getloadavg()],
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def code_version() -> str:
    """The commit, with `+` when the tracked files differ from it; "unknown" outside git."""
    try:
        commit, changed = (
            subprocess.run(["git", *words], cwd=_ROOT, capture_output=True, text=True, check=True).stdout.strip()
            for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit + ("+" if changed else "")


def _processor() -> str:
    """The processor's name as Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
