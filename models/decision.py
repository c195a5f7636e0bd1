"""How a topic's scores become a decision. Fitted by training/calibration.py, stored in a topics manifest."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from models.bundle import filled, number


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


@dataclass(frozen=True, slots=True)
class Cascade:
    """When the linear part answers alone (models/cascade.py).

    `topics`: its decisions, with an encoder's weight of 0; it answers from `least_confidence` on. `logits`: the lowest and
    the highest that the encoder said of rows it had not seen, a topic.
    """

    topics: tuple[Decision, ...]
    least_confidence: float
    logits: tuple[tuple[float, float], ...]

    @classmethod
    def from_manifest(cls, manifest: dict[str, Any], names: Sequence[str]) -> Self | None:
        """None where the manifest has none; raises what a damaged one raises."""
        stored = manifest.get("cascade")
        if stored is None:
            return None
        ranges = []
        for name in names:
            low, high = (number(x, f"cascade.logits.{name}") for x in stored["logits"][name])
            ranges.append((low, high))
        topics = tuple(filled(Decision, stored["topics"][n]) for n in names)
        return cls(topics, number(stored["least_confidence"], "cascade.least_confidence"), tuple(ranges))
