"""What the linear part may answer alone: fitted on out-of-fold scores, and measured on folds that did not fit it.

The cascade (models/cascade.py) lets the linear part of a topics bundle answer an article that it is sure of, and the
encoder read the rest. Here it learns how sure it has to be. Everything is a function of the scores that cross-fitting
keeps (`out_of_fold.npz` of a run); the dev set is never used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from models.decision import Decision, confidence
from training.calibration import TARGET_EXACT, Flags, Floats, best_threshold, fit_stack, probabilities

MOST_OTHER = 0.002  # of all rows: label sets that the encoder would have given otherwise
MOST_UNSEEN = 0.02  # of all rows: the encoder would have asked for a reader, the linear part does not
FOLDS = 5
GRID = np.arange(0.5, 0.996, 0.005)


@dataclass(frozen=True, slots=True)
class Whole:
    """What encoder and linear part say together: label sets (n, T), and which rows a reader is asked for (n,)."""

    labels: Flags
    review: Flags


def fit_cascade(
    logits: Floats,
    linear: Floats,
    gold: Flags,
    topics: Sequence[Decision],
    min_confidence: float,
    ends: Floats | None = None,
) -> dict[str, Any] | None:
    """The `cascade` of a manifest, topics as a list; None when the linear part is never sure enough.

    Arrays are (n, T): out-of-fold encoder logits, out-of-fold linear scores, gold. `ends` (2, T) are the lowest and highest logits
    of single windows, which articles of several lie between; without them those of `logits`.
    """
    low, high = (logits.min(axis=0), logits.max(axis=0)) if ends is None else ends
    whole = decide(probabilities(logits, linear, topics), topics, min_confidence)
    fitted = _fit(linear, gold, whole)
    if fitted is None:
        return None
    alone, least = fitted
    return {
        "topics": alone,
        "least_confidence": least,
        "logits": [[round(float(a), 3), round(float(b), 3)] for a, b in zip(low, high, strict=True)],
        "measured": _measure(linear, gold, whole),
    }


def decide(p: Floats, topics: Sequence[Decision], min_confidence: float) -> Whole:
    """The decisions that probabilities (n, T) lead to."""
    return Whole(p >= np.array([d.threshold for d in topics]), _sure(p, topics) < min_confidence)


def _fit(linear: Floats, gold: Flags, whole: Whole) -> tuple[list[Decision], float] | None:
    """Calibration and thresholds of the linear part alone, and the least confidence at which it may answer."""
    alone = []
    for score, given in zip(linear.T, gold.T, strict=True):
        _, weight, shift = fit_stack(np.zeros_like(score), score, given)
        threshold = best_threshold(1 / (1 + np.exp(-(weight * score + shift))), given)
        alone.append(Decision(0.0, round(weight, 5), round(shift, 5), round(threshold, 4)))
    labels, sure = _answers(linear, alone)
    other = (labels != whole.labels).any(axis=1)
    right = (labels == gold).all(axis=1)
    for least in GRID:
        taken = sure >= least
        if not taken.any():
            return None
        few = (other & taken).mean() <= MOST_OTHER and (whole.review & taken).mean() <= MOST_UNSEEN
        if few and right[taken].mean() >= TARGET_EXACT:
            return alone, round(float(least), 4)
    return None


def _measure(linear: Floats, gold: Flags, whole: Whole) -> dict[str, float | int]:
    """Each fold is answered by a cascade that was fitted on the others: shares of all rows."""
    n = len(gold)
    fold = np.random.default_rng(0).permutation(n) % FOLDS
    taken, labels = np.zeros(n, bool), np.zeros_like(gold)
    for k in range(FOLDS):
        out = fold == k
        fitted = _fit(linear[~out], gold[~out], Whole(whole.labels[~out], whole.review[~out]))
        if fitted is not None:
            labels[out], sure = _answers(linear[out], fitted[0])
            taken[out] = sure >= fitted[1]
    other = (labels != whole.labels).any(axis=1) & taken
    count = int(other.sum())
    return {
        "rows": n,
        "answered": round(float(taken.mean()), 4),
        "other_labels": round(count / n, 5),
        # Clopper and Pearson, one-sided 95%: with none of 3,363 rows it is still 0.0009.
        "other_labels_at_most": round(float(beta.ppf(0.95, count + 1, n - count)) if count < n else 1.0, 5),
        "reviews_unseen": round(float((whole.review & taken).mean()), 5),
        "exactly_right": round(float((labels == gold).all(axis=1)[taken].mean()), 4) if taken.any() else 0.0,
    }


def _answers(linear: Floats, alone: Sequence[Decision]) -> tuple[Flags, NDArray[np.float64]]:
    """Label sets (n, T) and confidences (n,) of the linear part alone."""
    p = probabilities(np.zeros_like(linear), linear, alone)
    return p >= np.array([d.threshold for d in alone]), _sure(p, alone)


def _sure(p: Floats, topics: Sequence[Decision]) -> NDArray[np.float64]:
    thresholds = [d.threshold for d in topics]
    return np.array([confidence(row, thresholds) for row in p.tolist()])
