"""The run record: what a run was made from and what came of it, in its folder, readable without code.

config.json    every option, defaults included
record.json    data fingerprint, rows, code version, library versions, seed, machine, times, final figures
metrics.jsonl  a line every few steps (written by training/loop.py)
curve.png      loss and evaluation over the steps
card.md        topics: the model card; card.json its figures; data.png, reliability.png, confusion.png
seeds/         topics: the same run with other seeds; seeds.json and seeds.md their spread
encoder/       topics: the config of the encoder
foldN/         topics: out-of-fold logits, and the fold's model, which a student's same fold learns from
soft.npz       topics with a teacher: its soft labels (training/soft_labels.py)
masked/        topics with `masked_steps`: the encoder after reading (training/masked.py)
dev.jsonl      summaries: development rows that were set aside, where the config gives none
adapter.safetensors  summaries: what briefs change of the model, in a run with `adapter_rank`
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from eval.origin import code_version
from models.errors import BadInput
from training.processes import is_main

ENCODER = "encoder"
ADAPTER = "adapter.safetensors"
DEV = "dev.jsonl"
MAY_CHANGE = {"train": ("steps", "checkpoint_minutes", "evaluate_every"), "base": ("notice",)}  # between two calls
LIBRARIES = ("torch", "transformers", "datasets", "tokenizers", "numpy")


@contextlib.contextmanager
def alone_in(run: Path) -> Iterator[None]:
    """Make the folder and keep other trainings of this machine out of it: two that write one checkpoint in turns leave neither's.

    A killed process holds nothing. A folder that was made here and has nothing in it goes again. Raises BadInput while another
    is at it.
    """
    if not is_main():  # of several processes of one training one writes
        yield
        return
    made = not run.exists()
    descriptor = _lock(run)
    try:
        yield
    finally:
        if made:
            with contextlib.suppress(OSError):
                run.rmdir()
        os.close(descriptor)


def _lock(run: Path) -> int:
    """A descriptor of the folder itself, locked: no lock file is left."""
    while True:
        run.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(run, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise BadInput(
                f"another training writes in {run}: wait for it, or choose another --out", field="out"
            ) from None
        except OSError as e:  # a file system without locks
            print(
                f"{run} cannot be locked ({e.strerror or e}): see that no other training writes there", file=sys.stderr
            )
            return descriptor
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), run.stat()):
                return descriptor
        os.close(descriptor)  # its owner took it away between the two calls


def open_run(run: Path, config: Any) -> None:
    """Make the folder, or check that it was made with the same config (the number of steps may differ).

    A key that the older file lacks, since it was added after that run began, counts as its default. A run that ended
    before it had a record made nothing yet, so its config may be mended. Raises BadInput when the configs differ: two
    never share a run.
    """
    run.mkdir(parents=True, exist_ok=True)
    path, now = run / "config.json", _as_json(config)
    if path.exists() and (run / "record.json").exists():
        try:
            before = json.loads(path.read_text("utf-8"))
        except ValueError as e:
            raise BadInput(f"{path} is damaged ({e}); choose another --out or delete it", field="out") from e
        defaults = _as_json(type(config)())
        if _comparable(before, defaults) != _comparable(now, defaults):
            raise BadInput(f"{run} was started with another config; choose another --out or delete it", field="out")
    write_json(path, now)


def _as_json(config: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(config)))
    return plain


def _comparable(config: Any, defaults: dict[str, Any]) -> dict[str, Any]:
    """The config with its gaps filled by defaults, without what may change between two calls."""
    filled = _filled(config if isinstance(config, dict) else {"": config}, defaults)
    filled.pop("seeds", None)  # more seeds are further runs beside this one
    for table, names in MAY_CHANGE.items():
        if isinstance(filled[table], dict):
            filled[table] = {k: v for k, v in filled[table].items() if k not in names}
    return filled


def _filled(values: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    out = defaults | values
    for key, default in defaults.items():
        if isinstance(default, dict) and isinstance(out[key], dict):
            out[key] = _filled(out[key], default)
    return out


def start_record(run: Path, **fields: Any) -> None:
    """Say what a run is made from, before it learns anything. Raises BadInput when it began with other training rows: what it
    has of them would be gone on with, and the new rows never be learned from.
    """
    path = run / "record.json"
    begun = any(run.glob("fold[0-9]*")) or any(
        (run / name).exists() for name in ("checkpoint.pt", "masked", "soft.npz")
    )
    if begun and path.exists():
        before = json.loads(path.read_text("utf-8")).get("data_fingerprint")
        if before is not None and before != fields["data_fingerprint"]:
            raise BadInput(
                f"{run} was started with other training rows; choose another --out or delete it", field="out"
            )
    update_record(run, **fields)


def update_record(run: Path, **fields: Any) -> dict[str, Any]:
    """Merge fields into record.json; the machine and the versions are filled in the first time."""
    path = run / "record.json"
    record: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "code": code_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "machine": {"system": platform.platform(), "cores": os.cpu_count()},
    }  # fmt: skip
    record |= fields
    write_json(path, record)
    return record


def write_json(path: Path, data: Any) -> None:
    """Write by atomic rename; of several processes the main one does."""
    if not is_main():
        return
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(data, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8")
    part.replace(path)


def read_metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl; one that a kill cut short is left out."""
    file, lines = run / "metrics.jsonl", []
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        with contextlib.suppress(ValueError):
            lines.append(json.loads(line))
    return lines


def last_figures(run: Path) -> dict[str, Any]:
    """The figures of the last evaluation, with its step."""
    return next((x for x in reversed(read_metrics(run)) if "loss" not in x), {})


def draw_curve(run: Path) -> None:
    """curve.png out of metrics.jsonl: the loss on the left axis, each evaluation figure below it."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    if not (lines := read_metrics(run)):
        return
    losses = [(x["step"], x["loss"]) for x in lines if "loss" in x]
    shown = sorted(
        {
            k
            for x in lines
            for k, v in x.items()
            if isinstance(v, float) and k not in ("loss", "learning_rate", "steps_per_s")
        }
    )
    figure, axes = plt.subplots(1 + bool(shown), 1, figsize=(7, 3.2 * (1 + bool(shown))), squeeze=False)
    axes[0][0].plot(*zip(*losses, strict=True), color="#3b6ea5")
    axes[0][0].set(ylabel="loss", xlabel="step")
    for name in shown:
        points = [(x["step"], x[name]) for x in lines if name in x]
        axes[1][0].plot(*zip(*points, strict=True), marker="o", label=name)
        axes[1][0].set(xlabel="step")
        axes[1][0].legend(frameon=False)
    figure.tight_layout()
    figure.savefig(run / "curve.png", dpi=110)
    plt.close(figure)
