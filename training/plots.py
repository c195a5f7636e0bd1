"""Pictures of a topics run: reliability and confusion. Knows probabilities, answers and gold; the loss curve is record.py's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.calibration import mass_bins
from training.calibration import Flags, Floats


def new_figure(rows: int, columns: int) -> tuple[Any, Any]:
    """A figure and its axes, a flat array where there are several."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(rows, columns, figsize=(4.4 * columns, 3.8 * rows), squeeze=False)
    return figure, axes.ravel()


def save_figure(figure: Any, path: Path) -> None:
    """Write it by rename and forget it."""
    from matplotlib import pyplot as plt

    figure.tight_layout()
    part = path.with_name(f"{path.stem}.part.png")
    figure.savefig(part, dpi=110)
    part.replace(path)
    plt.close(figure)


def draw_reliability(path: Path, topics: Sequence[str], p: Floats, gold: Flags, told: str) -> None:
    """A curve a topic: mean probability said against the share that was gold, ten bins of equal mass."""
    figure, axes = new_figure(1, 1)
    axes[0].plot([0, 1], [0, 1], color="#999999", linewidth=0.8)
    for t, topic in enumerate(topics):
        bins = mass_bins(p[:, t])
        points = [(p[bins == b, t].mean(), gold[bins == b, t].mean()) for b in sorted(set(bins.tolist()))]
        axes[0].plot(*zip(*points, strict=True), marker="o", markersize=3, label=topic)
    axes[0].set(xlabel="probability said", ylabel="share that was gold", title=f"reliability, {told}, n = {len(p)}")
    axes[0].legend(frameon=False, fontsize=8)
    save_figure(figure, path)


def draw_confusion(path: Path, topics: Sequence[str], said: Flags, gold: Flags, told: str) -> None:
    """A table a topic: rows are the gold, columns what was said."""
    figure, axes = new_figure(1, len(topics))
    for t, topic in enumerate(topics):
        table = confusion(said[:, t], gold[:, t])
        axes[t].imshow(np.log1p(table), cmap="Blues")
        axes[t].set_xticks([0, 1], ["not said", "said"])
        axes[t].set_yticks([0, 1], ["not gold", "gold"])
        axes[t].set(title=f"{topic}\n{told}")
        for i, j in np.ndindex(2, 2):
            dark = np.log1p(table[i, j]) > np.log1p(table.max()) / 2
            axes[t].text(j, i, str(table[i, j]), ha="center", va="center", color="white" if dark else "black")
    save_figure(figure, path)


def confusion(said: Flags, gold: Flags) -> Any:
    """Counts (2, 2) of one topic: gold by said."""
    return np.array([[int(((gold == g) & (said == s)).sum()) for s in (False, True)] for g in (False, True)])
