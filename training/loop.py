"""The one optimisation loop: schedule, averaging, checkpoints, resuming, progress. Knows no task.

A step's batch is a pure function of the step (`batch_at`), and a checkpoint holds weights, averaged weights, optimiser
and random state, so a run that was killed and resumed ends where an uninterrupted one ends. Checkpoints appear by
atomic rename: a kill while writing leaves the one before.

The schedule is warm-up, constant, linear decay to zero. While it is constant the end may still be moved (`steps`), which
is how a run is fitted to the hours that there are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from training import checkpoints, processes
from training.checkpoints import TrainingStopped, duration, say, seed_everything
from training.processes import is_main
from training.record import read_metrics

__all__ = ["Batch", "LoopSettings", "TrainingStopped", "Watch", "duration", "fit", "learning_rate", "pick_device", "say",
           "seed_everything"]  # fmt: skip
Batch = Mapping[str, Tensor]
SAID_EVERY = 10  # seconds between two lines of progress, at least


@dataclass(frozen=True, slots=True)
class Watch:
    """Early stopping: `loss` of rows that are kept out is asked at every evaluation, and after `patience` evaluations
    without a lower one the run ends with the weights that had the lowest.
    """

    loss: Callable[[nn.Module], float]
    patience: int


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """What the loop needs to know; every field is a key of a config's [train] table."""

    steps: int = 1000
    warmup: int = 100
    decay: int = 300
    learning_rate: float = 5e-4
    weight_decay: float = 0.01
    clip: float = 1.0
    average: float = 0.0  # decay of the running average of the weights, 0 turns it off
    precision: str = "auto"  # auto | fp32 | bf16
    evaluate_every: int = 500
    checkpoint_minutes: float = 5.0
    seed: int = 0
    freeze: tuple[str, ...] = ()  # parameters whose name begins so are not trained
    accumulate: int = 1  # batches whose gradients make one step


def learning_rate(step: int, settings: LoopSettings) -> float:
    """The learning rate at a step, counted from 0."""
    up = min(1.0, (step + 1) / max(1, settings.warmup))
    down = min(1.0, (settings.steps - step) / max(1, settings.decay))
    return settings.learning_rate * min(up, down)


def pick_device() -> torch.device:
    """A GPU where there is one; of several processes each has its own."""
    if processes.several():
        own: torch.device = processes.accelerator().device
        return own if own.type == "cuda" else torch.device(own.type)  # checkpoints know no cpu:0
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast(precision: str, device: torch.device) -> Any:
    """The context of the forward pass. `auto` takes bf16 on a GPU and on CPUs with native bf16 dot products."""
    if precision == "auto":
        native = device.type == "cuda" or "avx512_bf16" in _cpu_flags() or "amx_bf16" in _cpu_flags()
        precision = "bf16" if native else "fp32"
    if precision not in ("fp32", "bf16"):
        raise TrainingStopped(f"precision must be auto, fp32 or bf16, not {precision!r}")
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()


def _cpu_flags() -> set[str]:
    info = Path("/proc/cpuinfo")
    if not info.exists():
        return set()
    line = next((x for x in info.read_text().splitlines() if x.startswith("flags")), "")
    return set(line.split())


def fit(
    model: nn.Module,
    batch_at: Callable[[int], Batch],
    settings: LoopSettings,
    run: Path,
    loss_of: Callable[[nn.Module, Batch], Tensor],
    evaluate: Callable[[nn.Module, int], dict[str, Any]] | None = None,
    trains: Callable[[str], bool] | None = None,
    watch: Watch | None = None,
    count: Callable[[Batch], float] = lambda batch: len(next(iter(batch.values()))),
) -> dict[str, Tensor]:
    """Train, or go on from `run/checkpoint.pt`, and return the final (averaged) state dict, on the CPU.

    `evaluate` is called with the averaged weights in place; `trains` says of a parameter's name whether it is trained. The
    gradients of `accumulate` batches in a row make one step; `watch` may end the run early. `count` is the number of items
    that the loss of a batch is the mean of: several processes share a batch (`training/processes.py`).
    Lines of `run/metrics.jsonl` give step, loss, learning rate and rate; what a stopped run wrote after its checkpoint is
    dropped. Raises TrainingStopped on a loss that is no number, a checkpoint that is damaged and a disk that is full; the
    checkpoint before stays.
    """
    device = pick_device()
    seed_everything(settings.seed + processes.rank())
    model.to(device).train()
    for name, parameter in model.named_parameters():
        frozen = bool(settings.freeze) and name.startswith(settings.freeze)
        parameter.requires_grad_(not frozen and (trains is None or trains(name)))
    optimizer = torch.optim.AdamW(_groups(model, settings), lr=settings.learning_rate, fused=True)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()} if settings.average else {}
    checkpoint = run / "checkpoint.pt"
    best: dict[str, Any] = {}
    start = checkpoints.resume(checkpoint, model, optimizer, average, best, device) if checkpoint.exists() else 0
    learner = _Learner(model, loss_of)
    learn = processes.accelerator().prepare(learner) if processes.several() else learner
    if is_main():
        checkpoints.forget_metrics(run, start)
    if start:
        say(f"resuming at step {start} of {settings.steps}")
    progress, saved = _Progress(run, settings, start), time.monotonic()
    for step in range(start, settings.steps):
        if best.get("ended"):
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, settings) * group["scale"]
        loss = _gradients(learn, batch_at, settings, step, device, count)
        if not nn.utils.clip_grad_norm_(model.parameters(), settings.clip).isfinite():
            raise TrainingStopped(
                f"the gradients at step {step} are no numbers: lower learning_rate, or look at this batch"
            )
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if average:
            _blend(average, model, min(settings.average, (step + 1) / (step + 10)))
        done = step + 1
        progress.add(loss, done)
        if evaluate and is_main() and (done % settings.evaluate_every == 0 or done == settings.steps):
            _evaluate(model, average, evaluate, done, run)
        if watch and (done % settings.evaluate_every == 0 or done == settings.steps):
            _watch(model, average, watch, best, done, run)
        due = is_main() and time.monotonic() - saved > settings.checkpoint_minutes * 60
        if done == settings.steps or best.get("ended") or processes.any_says(due):
            checkpoints.save(checkpoint, model, optimizer, average, best, done)
            saved = time.monotonic()
    if processes.several():
        processes.accelerator().free_memory()
    return {k: v.cpu() for k, v in (best.get("state") or average or model.state_dict()).items()}


class _Progress:
    """Lines of loss and rate in metrics.jsonl, and now and then one on the terminal."""

    def __init__(self, run: Path, settings: LoopSettings, start: int) -> None:
        self.run, self.settings, self.start = run, settings, start
        self.losses: list[float] = []
        self.began = self.said = time.monotonic()

    def add(self, loss: float, done: int) -> None:
        """The loss of the step that makes it `done`."""
        self.losses.append(loss)
        steps = self.settings.steps
        if done % 20 and done != steps:
            return
        rate, mean = (done - self.start) / (time.monotonic() - self.began), sum(self.losses) / len(self.losses)
        told = {
            "step": done,
            "loss": mean,
            "learning_rate": learning_rate(done - 1, self.settings),
            "steps_per_s": rate,
        }
        checkpoints.append(self.run / "metrics.jsonl", told)
        if time.monotonic() - self.said > SAID_EVERY or done == steps:
            self.said = time.monotonic()
            say(f"step {done}/{steps}  loss {mean:.3f}  {duration((steps - done) / rate)} left")
        self.losses = []


class _Learner(nn.Module):
    """A model and its loss as one module, so that the loss goes through the wrapper that averages gradients."""

    def __init__(self, model: nn.Module, loss_of: Callable[[nn.Module, Batch], Tensor]) -> None:
        super().__init__()
        self.model, self.loss_of = model, loss_of

    def forward(self, batch: Batch) -> Tensor:
        """The loss of the batch."""
        return self.loss_of(self.model, batch)


def _gradients(
    learn: nn.Module,
    batch_at: Callable[[int], Batch],
    settings: LoopSettings,
    step: int,
    device: torch.device,
    count: Callable[[Batch], float],
) -> float:
    """Add up the gradients of the batches of a step; their mean loss. Raises TrainingStopped when it is no number."""
    loss, together = 0.0, processes.several()
    for part in range(settings.accumulate):
        batch = batch_at(step * settings.accumulate + part)
        own, share = processes.part_of(batch, count) if together else (batch, 1.0)
        own = {k: v.to(device) for k, v in own.items()}
        alone = together and part + 1 < settings.accumulate  # gradients meet once a step
        with processes.accelerator().no_sync(learn) if alone else nullcontext():
            with autocast(settings.precision, device):
                told = learn(own) / settings.accumulate
            if together:
                told = told * share
            loss += processes.mean(told).item()
            if not math.isfinite(loss):
                raise TrainingStopped(
                    f"the loss at step {step} is no number: lower learning_rate, or look at this batch"
                )
            told.backward()
    return loss


def _groups(model: nn.Module, settings: LoopSettings) -> list[dict[str, Any]]:
    """Matrices decay, biases and norms do not; a module may ask for another rate through `lr_scale`."""
    scales = {id(p): getattr(m, "lr_scale", 1.0) for m in model.modules() for p in m.parameters(recurse=False)}
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in model.parameters():
        if parameter.requires_grad:
            decay = settings.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((decay, scales.get(id(parameter), 1.0)), []).append(parameter)
    return [{"params": ps, "weight_decay": decay, "scale": scale} for (decay, scale), ps in groups.items()]


@torch.no_grad()
def _blend(average: dict[str, Tensor], model: nn.Module, decay: float) -> None:
    for key, value in model.state_dict().items():
        if value.is_floating_point():
            average[key].lerp_(value, 1 - decay)


def _evaluate(
    model: nn.Module,
    average: dict[str, Tensor],
    evaluate: Callable[[nn.Module, int], dict[str, Any]],
    step: int,
    run: Path,
) -> None:
    raw = {k: v.detach().clone() for k, v in model.state_dict().items()} if average else {}
    if average:
        model.load_state_dict(average)
    model.eval()
    with torch.no_grad():
        result = evaluate(model, step)
    checkpoints.append(run / "metrics.jsonl", {"step": step, **result})
    shown = "  ".join(f"{k} {v:.4f}" if isinstance(v, float) else f"{k} {v}" for k, v in result.items())
    say(f"step {step}  {shown}")
    if average:
        model.load_state_dict(raw)
    model.train()


def _watch(
    model: nn.Module, average: dict[str, Tensor], watch: Watch, best: dict[str, Any], step: int, run: Path
) -> None:
    """Ask the loss of the rows that are kept out, remember the best weights, and say in `best` when the run has ended."""

    def ask(m: nn.Module, _: int) -> dict[str, Any]:
        return {"held_out_loss": watch.loss(m)}

    if is_main():
        _evaluate(model, average, ask, step, run)
    value = processes.from_main(last_value(run, "held_out_loss") if is_main() else None)
    if not best or value < best["value"]:
        kept = average or model.state_dict()
        best.update(
            value=value, step=step, misses=0, ended=False, state={k: v.detach().clone() for k, v in kept.items()}
        )
        return
    best["misses"] += 1
    if best["misses"] >= watch.patience:
        best["ended"] = True
        say(f"stopped early at step {step}: the weights of step {best['step']} are kept")


def last_value(run: Path, name: str) -> float:
    """The last figure of this name in metrics.jsonl."""
    return float(next(x[name] for x in reversed(read_metrics(run)) if name in x))
