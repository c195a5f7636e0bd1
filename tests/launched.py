"""What `accelerate launch` starts in tests: runs of both tasks by their commands, and fits with random masks, whole and stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from training.__main__ import main
from training.loop import Batch, LoopSettings, fit
from training.processes import rank, wait


def masked_run(
    run: Path, steps: int, *, stop_at: int | None = None, dropout: float = 0.3, rows: int = 7
) -> dict[str, Tensor]:
    """A small fit of uneven batches; a checkpoint a step; `stop_at` raises in the middle like a kill would."""
    torch.manual_seed(7)
    model = nn.Sequential(nn.Linear(6, 6), nn.Dropout(dropout), nn.Linear(6, 1))
    x = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))

    def batch_at(batch: int) -> Batch:
        if stop_at is not None and batch == 2 * stop_at:
            raise KeyboardInterrupt
        part = x[(batch * 8) % 32 :][: 1 if batch % 5 == 4 else rows]  # one row: nothing is left for the second process
        return {"x": part, "y": part.sum(1, keepdim=True)}

    settings = LoopSettings(steps=steps, warmup=3, decay=5, learning_rate=1e-2, average=0.9, precision="fp32",
                            checkpoint_minutes=0, accumulate=2)  # fmt: skip
    return fit(model, batch_at, settings, run, lambda m, b: nn.functional.mse_loss(m(b["x"]), b["y"]))


def runs(folder: Path) -> None:
    """`whole` and `cut` with dropout, `plain` without: their weights, as each process has them, and what `cut` did in between."""
    whole = masked_run(folder / "whole", 20)
    try:
        masked_run(folder / "cut", 20, stop_at=11)
    except KeyboardInterrupt:
        wait()
    cut = masked_run(folder / "cut", 20)
    plain = masked_run(folder / "plain", 20, dropout=0.0)
    torch.save({"whole": whole, "cut": cut, "plain": plain}, folder / f"weights{rank()}.pt")


if __name__ == "__main__":
    folder, *configs = map(Path, sys.argv[1:])
    runs(folder)
    for task, config in zip(("summaries", "topics"), configs, strict=True):
        if code := main([task, "--config", str(config), "--out", str(folder / f"{task}_two")]):
            sys.exit(code)
