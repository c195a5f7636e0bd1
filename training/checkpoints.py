"""What a run of the loop leaves behind: checkpoints by atomic rename, lines of metrics, progress on the terminal.

Knows weights and files, neither schedule nor task. Of several processes the main one writes and speaks.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from models.errors import CaibianError
from training import processes
from training.processes import is_main
from training.record import read_metrics


class TrainingStopped(CaibianError):
    """Training cannot go on; the message says why and what to change."""


def seed_everything(seed: int) -> None:
    """Seed Python's and torch's random numbers."""
    random.seed(seed)
    torch.manual_seed(seed)


def duration(seconds: float) -> str:
    """As a reader takes it: 45 s, 12 min, 3 h 05 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def say(text: str) -> None:
    """A line of progress, on stderr; of several processes the main one speaks."""
    if not is_main():
        return
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def save(
    path: Path, model: nn.Module, optimizer: Any, average: dict[str, Tensor], best: dict[str, Any], step: int
) -> None:
    """Write what a stopped run goes on from; all processes must ask. Raises TrainingStopped when there is no room."""
    random_states = processes.random_states()
    if not is_main():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    state = {"step": step, "model": model.state_dict(), "average": average, "best": best, "optimizer": optimizer.state_dict(),
             "random": random_states}  # fmt: skip
    try:
        with part.open("wb") as out:
            torch.save(state, out)
            out.flush()
            os.fsync(out.fileno())
        part.replace(path)
    except (OSError, RuntimeError) as e:  # torch's writer wraps what the file raises
        part.unlink(missing_ok=True)
        raise _no_room(path, step, e) from e


def resume(
    path: Path, model: nn.Module, optimizer: Any, average: dict[str, Tensor], best: dict[str, Any], device: torch.device
) -> int:
    """Put everything back, `average` and `best` in place; the step to go on at. Raises TrainingStopped when damaged."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        average.update(state["average"])
        best.update(state.get("best", {}))
        if not processes.restore_random(state.get("random") or [_one_process(state)]):
            seed_everything(int(state["step"]) + processes.rank())
            say("the number of processes has changed: random numbers begin anew")
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, UnpicklingError) as e:
        why = " ".join(str(e).split())[:200]
        raise TrainingStopped(f"{path} is damaged or of another model ({why}): delete it to begin anew") from e
    return int(state["step"])


def _one_process(state: dict[str, Any]) -> dict[str, Tensor]:
    """The random state of a checkpoint of before 2026-11-30, which has it by other names; `cuda` had one a card."""
    return {"torch": state["torch"]} | ({"cuda": state["cuda"][0]} if state.get("cuda") else {})


def forget_metrics(run: Path, done: int) -> None:
    """Drop the lines of steps after `done`, which are going to be written again."""
    path = run / "metrics.jsonl"
    if path.exists():
        kept = [x for x in read_metrics(run) if x["step"] <= done]
        part = path.with_suffix(".part")
        part.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in kept), "utf-8")
        part.replace(path)


def append(path: Path, record: dict[str, Any]) -> None:
    """A line more in metrics.jsonl; raises TrainingStopped when there is no room."""
    if not is_main():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("a", encoding="utf-8") as out:
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    except OSError as e:
        raise _no_room(path, record["step"], e) from e


def _no_room(path: Path, step: int, error: Exception) -> TrainingStopped:
    why = " ".join(str(error).split())[:200]
    return TrainingStopped(f"{path} cannot be written at step {step} ({why}); what it held before is kept: "
                           "make room and give the same command again")  # fmt: skip
