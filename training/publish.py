"""Make a run's bundle the one that serves by default, and write down that it was done.

The gate so far: the bundle must load, answer, and weigh no more than a default bundle may. `models/bundles/history.jsonl`
is append-only.
"""

from __future__ import annotations

import getpass
import json
import time
from pathlib import Path
from typing import Any

from models import registry
from models.bundle import Bundle, install_bundle
from models.errors import BadInput
from training.export import LIMITS, MIB, bundle_size, export_run

HISTORY = "history.jsonl"


def publish(run: Path, root: Path = registry.ROOT) -> Bundle:
    """Export the run and install its bundle; raises BadInput when it is over the size limit of its task."""
    bundle = export_run(run)
    task = bundle.manifest["task"]
    size = bundle_size(bundle.path)
    if size > LIMITS[task]:
        raise BadInput(f"the bundle weighs {size / MIB:.1f} MiB, at most {LIMITS[task] / MIB:.0f} MiB may be published: "
                       "fewer layers or a smaller vocabulary", field="run")  # fmt: skip
    root.mkdir(parents=True, exist_ok=True)
    installed = install_bundle(bundle.path, root / task, task)
    line = {"task": task, "bundle": installed.name, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "who": getpass.getuser(), "run": run.name, "bytes": size, "training": bundle.manifest["training"]}  # fmt: skip
    with (root / HISTORY).open("a", encoding="utf-8") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
    return installed


def history(task: str, root: Path = registry.ROOT) -> list[dict[str, Any]]:
    """What was published for a task, oldest first."""
    file = root / HISTORY
    lines = [json.loads(x) for x in file.read_text("utf-8").splitlines()] if file.exists() else []
    return [x for x in lines if x["task"] == task]
