"""How a topic's scores become a decision. Fitted by training/calibration.py, stored in a topics manifest."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decision:
    """p = sigmoid(scale * encoder logit + linear * linear score + shift); the label is given when p >= threshold."""

    scale: float
    linear: float
    shift: float
    threshold: float

    def probability(self, logit: float, score: float) -> float:
        """The calibrated probability."""
        z = self.scale * logit + self.linear * score + self.shift
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def confidence(probabilities: Iterable[float], thresholds: Iterable[float]) -> float:
    """The probability that the whole label set is right, if topics are independent and the probabilities calibrated.

    A topic counts with its probability when it is given and with the rest to 1 when it is not: a label that a low threshold
    gave at 0.3 is likelier wrong than right, and a reader should see it.
    """
    product = 1.0
    for p, threshold in zip(probabilities, thresholds, strict=True):
        product *= p if p >= threshold else 1 - p
    return product
