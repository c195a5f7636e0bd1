"""The mean of topics runs that began alike and learned in other orders: a run of its own, decisions and card too.

Weights of one beginning may be averaged (model soups, Wortsman et al. 2022): one model as large as each, of which what each
learned by chance is averaged away. Fold by fold, so that the mean is judged on rows that none of its parts has learned from.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import torch
from torch import nn

from models.errors import BadInput
from training.config import TopicsConfig, build_config
from training.export import read_run

ALIKE = ("tokenizer.json", "folds.json", "encoder/config.json")
MODEL = "model.pt"


def config_of_mean(runs: list[Path]) -> TopicsConfig:
    """The config of the runs' mean: that of the first, which the others' may differ from in `train.seed` and name only.

    Raises BadInput when one is unfinished, or began with other rows, folds, pieces or settings.
    """
    if len({run.resolve() for run in runs}) < max(2, len(runs)):
        raise BadInput("--mean-of takes two runs or more, each once", field="mean_of")
    read = [read_run(run) for run in runs]
    for run, (record, config) in zip(runs, read, strict=True):
        if record["task"] != "topics" or record.get("added"):
            raise BadInput(f"{run} is no topics run that was trained as a whole", field="mean_of")
        if record["data_fingerprint"] != read[0][0]["data_fingerprint"]:
            raise BadInput(f"{run} learned from other rows than {runs[0]}", field="mean_of")
        if other := next((n for n in ALIKE if _bytes(run / n) != _bytes(runs[0] / n)), ""):
            raise BadInput(
                f"{run}/{other} is not that of {runs[0]}: train the runs with one data_seed", field="mean_of"
            )
        if _settings(config, run) != _settings(read[0][1], runs[0]):
            raise BadInput(f"{run} has other settings than {runs[0]}; only seed may differ", field="mean_of")
    first = build_config(TopicsConfig, read[0][1], str(runs[0] / "config.json"))
    return dataclasses.replace(first, seeds=1, mean_of=tuple(str(run) for run in runs))


def check_begun(run: Path, runs: tuple[str, ...], data: str) -> None:
    """Raises BadInput when what a mean has read is not what its runs learned from: its folds would not be theirs, and its figures
    flattered. `data`: the fingerprint of its rows.
    """
    for other in map(Path, runs):
        record = read_run(other)[0]
        lost = [n for n in ALIKE if _bytes(run / n) != _bytes(other / n)]
        if record["data_fingerprint"] != data or lost:
            rows = record["data_fingerprint"] != data
            told = "the rows that stand there now are not those of" if rows else f"{run}/{lost[0]} is not that of"
            raise BadInput(f"{told} {other}: their files have changed since; train it again", field="mean_of")


def load_mean(model: nn.Module, runs: tuple[str, ...], part: str) -> None:
    """Give the model the mean of what the runs hold for this part: a fold's folder, or "" for the whole."""
    files = [Path(run) / part / MODEL for run in runs]
    if lost := [f for f in files if not f.is_file()]:
        raise BadInput(f"{lost[0]} is missing: give that run's training command again", field="mean_of")
    states = [torch.load(file, map_location="cpu", weights_only=True) for file in files]
    mean = {k: torch.stack([s[k].double() for s in states]).mean(0).to(v.dtype) if v.is_floating_point() else v
            for k, v in states[0].items()}  # fmt: skip
    model.load_state_dict(mean)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as e:
        raise BadInput(f"{file} cannot be read: {e.strerror}", field="mean_of") from e


def _settings(config: dict[str, object], run: Path) -> str:
    """What two runs must share, in one line: what a weight may depend on. A key that a run's file lacks counts as its default."""
    whole = dataclasses.asdict(build_config(TopicsConfig, config, str(run / "config.json")))
    train = {k: v for k, v in whole["train"].items() if k not in ("seed", "evaluate_every", "checkpoint_minutes")}
    rest = {k: v for k, v in whole.items() if k not in ("name", "seeds", "data_seed", "mean_of", "fading")}
    return json.dumps({**rest, "train": train}, sort_keys=True)
