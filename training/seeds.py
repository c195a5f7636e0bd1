"""The same topics run with several seeds: mean and spread of its figures. None is picked: the first one is the run.

Knows configs and the figures that each run leaves (`card.json`), no model.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.config import TopicsConfig
from training.loop import say
from training.processes import is_main
from training.record import write_json
from training.topics import fit_topics

SHOWN = ("macro_f1", "subset_accuracy", "ece", "brier_skill", "coverage", "auto_precision")
FLATTERED = (
    "Cross-fitted figures of {} runs are flattered: their teacher's folds are others, so it saw every labelled row."
)
PARTS = ("cross_fitted", "dev")


def fit_seeds(config: TopicsConfig, run: Path) -> Path:
    """Train `config.seeds` runs, the first in `run`, the others in `run/seeds/SEED`; finished ones are not trained again.

    Leaves `seeds.json` and `seeds.md` beside the first. Which seed turned out best on the development rows plays no part.
    """
    fit_topics(config, run)
    runs = [run]
    for seed in range(config.train.seed + 1, config.train.seed + config.seeds):
        own = Path(config.teacher) / "seeds" / str(seed)  # its folds are those of this seed
        teacher = str(own) if config.teacher and (own / "card.md").exists() else config.teacher
        settings = dataclasses.replace(config.train, seed=seed)
        one = dataclasses.replace(config, seeds=1, teacher=teacher, train=settings)
        place = run / "seeds" / str(seed)
        if not (place / "card.md").exists():
            say(f"seed {seed}")
            place.parent.mkdir(exist_ok=True)
            fit_topics(one, place)
        runs.append(place)
    if len(runs) > 1 and is_main():
        table = spread([json.loads((r / "card.json").read_text("utf-8")) for r in runs])
        told = {"seeds": [config.train.seed + i for i in range(len(runs))], **table}
        text = render(table, len(runs))
        if config.teacher:
            apart = [json.loads((r / "record.json").read_text("utf-8"))["teacher_folds_apart"] for r in runs]
            told["teacher_folds_apart"] = apart
            if not all(apart):
                text += "\n\n" + FLATTERED.format(f"{len(apart) - sum(apart)} of {len(apart)}")
        write_json(run / "seeds.json", told)
        (run / "seeds.md").write_text(text + "\n", "utf-8")
        say("\n" + text)
    return run


def spread(figures: Sequence[dict[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean, sample standard deviation, least and most of each figure over the runs."""
    out: dict[str, dict[str, dict[str, float]]] = {}
    for part in PARTS:
        names = [*SHOWN, *(k for k in figures[0].get(part, {}) if k.startswith("f1:"))]
        out[part] = {}
        for name in names:
            values = [f[part][name][0] for f in figures if f.get(part, {}).get(name, [None])[0] is not None]
            if len(values) > 1:
                told = {
                    "mean": np.mean(values),
                    "sd": np.std(values, ddof=1),
                    "least": min(values),
                    "most": max(values),
                }
                out[part][name] = {k: round(float(v), 4) for k, v in told.items()}
    return out


def render(table: dict[str, Any], runs: int) -> str:
    """The table as Markdown."""
    lines = [f"| {runs} seeds | rows | mean | sd | least | most |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {part} | {v['mean']:.3f} | {v['sd']:.3f} | {v['least']:.3f} | {v['most']:.3f} |"
        for part in PARTS
        for name, v in table[part].items()
    ]
    return "\n".join(lines)
