"""The mean of two summarizer runs, one of which was trained further from the other: a run of its own, which `publish` takes.

Weights that lie on one way of training may be averaged (model soups, Wortsman et al. 2022): what the later run learned beside
is kept in part, what it forgot comes back in part.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from models.errors import BadInput
from training.export import read_run
from training.record import write_json

WEIGHTS = "model.safetensors"


def mean_of(first: Path, second: Path, share: float, out: Path) -> None:
    """Write the run (1 - share) · first + share · second. Raises BadInput when the two are no runs of one model."""
    if not 0 < share < 1:
        raise BadInput("--share is between 0 and 1: that of the second run", field="share")
    records, configs = zip(*(read_run(run) for run in (first, second)), strict=True)
    if any(r["task"] != "summaries" for r in records) or any(c.get("adapter_rank") for c in configs):
        raise BadInput("a mean is of two summaries runs without an adapter", field="run")
    if (first / "tokenizer.json").read_bytes() != (second / "tokenizer.json").read_bytes():
        raise BadInput(f"{first} and {second} have other tokenizers: train the one from the other", field="run")
    a, b = (load_file(run / "model" / WEIGHTS) for run in (first, second))
    if {k: v.shape for k, v in a.items()} != {k: v.shape for k, v in b.items()}:
        raise BadInput(f"{first} and {second} have other weights: train the one from the other", field="run")
    if out.exists() and any(out.iterdir()):
        raise BadInput(f"{out} is not empty; choose another --out", field="out")
    shutil.copytree(second / "model", out / "model")
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(second / name, out / name)
    mean = {k: torch.lerp(a[k].float(), b[k].float(), share).to(b[k].dtype).contiguous() for k in b}
    save_file(mean, out / "model" / WEIGHTS, metadata={"format": "pt"})
    told = {k: v for k, v in records[1].items() if k != "figures"}  # they are the second run's
    write_json(out / "record.json", {**told, "mean_of": [first.name, second.name], "share": share})
