"""Logits to decisions: calibration, thresholds and the confidence that needs no reader, fitted on out-of-fold logits only.

Knows numbers, no model and no text. What it is given must come from models that did not see the rows (cross-fitting);
the dev set is never used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.decision import Decision, confidence

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
TARGET_EXACT = 0.96  # label sets of articles that no reader sees should be exactly right this often


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a topics manifest stores: a Decision a topic, and the confidence below which a reader is asked."""

    topics: list[Decision]
    min_confidence: float


def fit_decisions(logits: Floats, linear: Floats, gold: Flags) -> Decisions:
    """Fit on out-of-fold encoder logits (n, T), out-of-fold scores of the linear part (n, T) and gold (n, T)."""
    topics = []
    for t in range(gold.shape[1]):
        scale, weight, shift = fit_stack(logits[:, t], linear[:, t], gold[:, t])
        p = _sigmoid(scale * logits[:, t] + weight * linear[:, t] + shift)
        threshold = best_threshold(p, gold[:, t])
        topics.append(Decision(round(scale, 5), round(weight, 5), round(shift, 5), round(threshold, 4)))
    return Decisions(topics, least_confidence(probabilities(logits, linear, topics), gold, topics))


def probabilities(logits: Floats, linear: Floats, topics: Sequence[Decision]) -> Floats:
    """Calibrated probabilities (n, T)."""
    parts = [_sigmoid(d.scale * logits[:, t] + d.linear * linear[:, t] + d.shift) for t, d in enumerate(topics)]
    return np.stack(parts, axis=1)


def fit_stack(logits: Floats, linear: Floats, gold: Flags) -> tuple[float, float, float]:
    """The two weights (not negative) and the shift that minimise the log loss, with Platt's smoothed targets (Platt 1999).

    Neither part may count against its own vote: a negative weight would only ever be noise of few positives.
    """
    positive, negative = int(gold.sum()), int((~gold).sum())
    target = np.where(gold, (positive + 1) / (positive + 2), 1 / (negative + 2))
    x = np.stack([logits, linear, np.ones_like(logits)], axis=1)

    def loss(theta: Floats) -> tuple[float, Floats]:
        z = x @ theta
        return float(np.mean(np.logaddexp(0, z) - target * z)), x.T @ (_sigmoid(z) - target) / len(z)

    bounds = [(0, None), (0, None), (None, None)]
    found = minimize(loss, np.array([0.5, 0.5, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return float(found[0]), float(found[1]), float(found[2])


def best_threshold(p: Floats, gold: Flags) -> float:
    """The threshold of the best F1, in the middle of the range of thresholds within 0.01 of the best.

    The very maximum of a step curve over few positives is an accident of the rows; the middle of the plateau is not.
    """
    grid = np.linspace(0.05, 0.95, 181)
    f1 = np.array([_f1(p >= x, gold) for x in grid])
    best = int(f1.argmax())
    low = high = best
    while low > 0 and f1[low - 1] >= f1[best] - 0.01:
        low -= 1
    while high < len(grid) - 1 and f1[high + 1] >= f1[best] - 0.01:
        high += 1
    return float((grid[low] + grid[high]) / 2)


def least_confidence(p: Floats, gold: Flags, topics: Sequence[Decision]) -> float:
    """The smallest confidence (models/decision.py) above which label sets are exactly right at `TARGET_EXACT`; 1 for none."""
    thresholds = [d.threshold for d in topics]
    right = ((p >= thresholds) == gold).all(axis=1)
    sure = np.array([confidence(row, thresholds) for row in p.tolist()])
    for least in np.arange(0, 0.995, 0.01):
        accepted = sure >= least
        if accepted.any() and right[accepted].mean() >= TARGET_EXACT:
            return round(float(least), 4)
    return 1.0


def macro_f1(p: Floats, gold: Flags, topics: Sequence[Decision]) -> float:
    """Mean F1 over topics at the thresholds."""
    return float(np.mean([_f1(p[:, t] >= d.threshold, gold[:, t]) for t, d in enumerate(topics)]))


def _f1(predicted: Flags, gold: Flags) -> float:
    hit = int((predicted & gold).sum())
    return 2 * hit / max(1, int(predicted.sum()) + int(gold.sum()))


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -30, 30))), np.float64)
