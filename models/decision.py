"""How a topic's scores become a decision. Fitted by training/calibration.py, stored in a topics manifest."""

from __future__ import annotations

import math
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
