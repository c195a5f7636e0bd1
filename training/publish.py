"""Make a run's bundle the one that serves by default.

The gate: the bundle must load, answer, weigh no more than a default bundle may, and not be shown worse than the one that
serves on the run's development rows (training/gate.py). Installing it, the history and the way back are in
models/registry.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.bundle import Bundle, open_bundle
from models.errors import BadInput, BundleError
from models.registry import Places, activate
from training.card import is_told
from training.export import LIMITS, MIB, bundle_size, export_run, read_run
from training.gate import compare
from training.loop import say

ADDED = MIB // 2
"""What a bundle may weigh more for a topic that was added to it: 32 KiB of linear weights each, and its card."""


def publish(run: Path, places: Places | None = None, force: str = "", max_mib: float | None = None) -> Bundle:
    """Export the run and install its bundle. `force`: why it is published although it is worse; the history keeps it.
    `max_mib`: what it may weigh instead of what a default bundle of its task may.

    Raises BadInput when it is over the size limit, or shown worse than what serves and not forced.
    """
    bundle, config = export_run(run), read_run(run)[1]
    task = bundle.manifest["task"]
    if task == "topics" and not is_told(run, config):
        raise BadInput(
            f"{run} is not finished, its card is missing or lacks a part: give its training command again", field="run"
        )
    return install(bundle, config, run.name, places or Places(), force, max_mib)


def install(
    bundle: Bundle, config: dict[str, Any], run: str, places: Places, force: str = "", max_mib: float | None = None
) -> Bundle:
    """Let a bundle serve that is not too large and not shown worse; `run` is what the history says it comes from.

    `config` is a run's, for its development rows. Raises BadInput as `publish` does.
    """
    task = bundle.manifest["task"]
    size = bundle_size(bundle.path)
    most = LIMITS[task] if max_mib is None else max_mib * MIB
    if "added" in bundle.manifest and max_mib is None:
        most += ADDED
    if size > most:
        raise BadInput(f"the bundle weighs {size / MIB:.2f} MiB, at most {most / MIB:.0f} MiB may be published: fewer layers "
                       "or a smaller vocabulary, or --max-mib where bundles are not kept in git", field="run")  # fmt: skip
    told = _compared(bundle, config, places, force)
    if force:
        told["forced"] = force
    return activate(bundle.path, task, places, run=run, bytes=size, training=bundle.manifest["training"], **told)


def _compared(bundle: Bundle, config: dict[str, Any], places: Places, force: str) -> dict[str, Any]:
    """What the history keeps of the comparison; raises BadInput when the bundle is worse and not forced."""
    try:
        serving = open_bundle(places.serving / bundle.manifest["task"], bundle.manifest["task"])
    except BundleError:
        return {"compared": "nothing serves, or it is damaged"}
    added = bundle.manifest.get("added")
    if added and added["to"] == serving.name:
        told = f"the other topics answer as {serving.name} does, bit for bit, on {added['unchanged_on']} articles"
        say(told)
        return {"compared": told}
    try:
        found = compare(bundle, serving, config)
    except BadInput as e:
        say(f"not compared with {serving.name}: {e.message}")
        return {"compared": f"not with {serving.name}: {e.message}"}
    shown = f"{found.score} {found.after:.4f} against {found.before:.4f} of {serving.name} on {found.n} rows of {found.rows}"
    say(f"{shown}: {found.delta:+.4f}, p {found.p:.3f}{found.caution}")
    if found.worse and not force:
        raise BadInput(f'{bundle.name} is worse: {shown} (p {found.p:.3f}); publish it all the same with --force "REASON"',
                       field="run")  # fmt: skip
    return {"compared": found.as_dict()}
