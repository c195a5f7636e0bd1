"""Make a run's bundle the one that serves by default.

The gate: the bundle must load, answer, and weigh no more than a default bundle may. Installing it, the history and the
way back are in models/registry.py.
"""

from __future__ import annotations

from pathlib import Path

from models.bundle import Bundle
from models.errors import BadInput
from models.registry import Places, activate
from training.export import LIMITS, MIB, bundle_size, export_run


def publish(run: Path, places: Places | None = None) -> Bundle:
    """Export the run and install its bundle; raises BadInput when it is over the size limit of its task."""
    bundle = export_run(run)
    task = bundle.manifest["task"]
    size = bundle_size(bundle.path)
    if size > LIMITS[task]:
        raise BadInput(f"the bundle weighs {size / MIB:.2f} MiB, at most {LIMITS[task] / MIB:.0f} MiB may be published: "
                       "fewer layers or a smaller vocabulary", field="run")  # fmt: skip
    return activate(bundle.path, task, places, run=run.name, bytes=size, training=bundle.manifest["training"])
