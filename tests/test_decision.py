"""When a label set may go without a reader."""

from __future__ import annotations

import pytest

from models.decision import Decision, confidence


def test_confidence_is_the_probability_that_all_topics_are_right() -> None:
    assert confidence([0.9, 0.1], [0.5, 0.5]) == pytest.approx(0.81)
    assert confidence([0.3], [0.2]) == pytest.approx(0.3)  # given by a low threshold, likelier wrong than right
    assert confidence([0.1], [0.2]) == pytest.approx(0.9)
    assert confidence([], []) == 1


def test_probability_adds_both_parts() -> None:
    decision = Decision(scale=1.0, linear=2.0, shift=-1.0, threshold=0.5)
    assert decision.probability(1.0, 0.0) == pytest.approx(0.5)
    assert decision.probability(0.0, 1.0) > decision.probability(0.0, 0.4)
    assert 0 < decision.probability(-1e9, 0) < decision.probability(1e9, 0) < 1
