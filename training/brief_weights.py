"""Fit what a clause is worth to a brief (`models/brief_weights.json`): which parts of their texts editors' briefs were made of."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import Ridge

from eval.metrics.rouge import rouge_l
from models.brief import WEIGHTS, choose_brief, clauses_of, features
from models.brief import weights as chosen_weights
from models.errors import BadInput
from models.lead import brief_of
from training.briefs import as_parts, read_briefs
from training.loop import say
from training.sources import read_rows

STRENGTH = 1.0  # of the ridge: two dozen weights on some ten thousand clauses need little


def measure_briefs(files: Sequence[str], data: str, split: str = "") -> tuple[float, float]:
    """Mean character ROUGE-L of the chosen briefs, and of the first sentences, against briefs that were kept apart."""
    rows = read_briefs(files, read_rows(data, split, need=["id", "body"]))
    pairs = list(zip(rows["body"], rows["target"], strict=True))
    chosen, lead = (sum(rouge_l(f(b), t) for b, t in pairs) / len(pairs) for f in (choose_brief, brief_of))
    say(f"{len(pairs)} briefs kept apart: ROUGE-L {chosen:.4f}, first sentences {lead:.4f}")
    return chosen, lead


def fit_brief_weights(files: Sequence[str], data: str, split: str = "", out: Path = WEIGHTS) -> dict[str, float]:
    """Fit on briefs whose bodies stand in `data`, or in the files themselves, and write the weights by feature."""
    rows = read_briefs(files, read_rows(data, split, need=["id", "body"]))
    names: list[str] = []
    known: list[list[float]] = []
    shares: list[float] = []
    for body, brief in zip(rows["body"], rows["target"], strict=True):
        used = np.zeros(len(body))
        for part in as_parts(brief, body):
            if not isinstance(part, str):
                used[part[0] : part[1]] = 1
        clauses = clauses_of(body)
        for s, spans in enumerate(clauses):
            for (start, end), found in zip(spans, features(body, clauses, s), strict=True):
                names = names or list(found)
                known.append([float(v) for v in found.values()])
                shares.append(float(used[start:end].mean()))
    if not known:
        raise BadInput(f"{', '.join(files)}: no text of them has a clause", field="briefs")
    model = Ridge(alpha=STRENGTH).fit(np.array(known), np.array(shares))
    weights = {
        "": round(float(model.intercept_), 4),
        **{n: round(float(w), 4) for n, w in zip(names, model.coef_, strict=True)},
    }
    part = out.with_name(out.name + ".part")
    part.write_text(json.dumps(weights, ensure_ascii=False, indent=1) + "\n", "utf-8")
    part.replace(out)
    chosen_weights.cache_clear()
    say(f"{len(rows)} briefs, {len(known)} clauses: {out}")
    return weights
