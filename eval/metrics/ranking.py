"""What the order of the scores is worth: average precision, and the risk–coverage curve of keeping the surest first.

Both need every item's place in an order, which no short row of sums can hold. So a row marks the item's score on a grid
of 1,001 levels (three decimals, equal levels are ties): rows stay additive and resamples exact, at the price of a wide,
almost empty row, which is therefore a scipy csr_array. Knows scores and label sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.metrics import Array, Scores, mean_defined, ratio
from eval.metrics.calibration import score_matrix
from eval.metrics.tags import gold_matrix, output_matrix
from eval.predictions import TopicOutput
from eval.sets import TopicItem

LEVELS = 1001
KEPT = 0.8
SIGNATURE = "ap+risk:3-decimals"


def level_of(scores: Array) -> NDArray[np.intp]:
    """The level of each score (0..1), 0 the highest score: what comes first comes first."""
    return LEVELS - 1 - np.rint(scores * (LEVELS - 1)).astype(np.intp)


def _marked(columns: NDArray[np.intp], width: int, last: float) -> Array:
    """Rows (items, width) with a 1 in each listed column (items, c) and `last` in the last one."""
    from scipy import sparse

    n, per = columns.shape
    places = np.hstack([columns, np.full((n, 1), width - 1)]).ravel()
    values = np.hstack([np.ones((n, per)), np.full((n, 1), last)]).ravel()
    made: Array = sparse.csr_array((values, places, np.arange(n + 1) * (per + 1)), shape=(n, width))
    return made


def _used(*counts: Array) -> Any:
    """Levels at which any resample has anything: the others change nothing."""
    return sum(counts).reshape(-1, LEVELS).any(axis=0)  # type: ignore[union-attr]  # never an empty sum


class Ranking:
    """`macro_ap` and `ap:<topic>`: average precision as in scikit-learn, of scores to three decimals."""

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 2 * LEVELS * len(self.topics) + 1

    def rows(self, items: Sequence[TopicItem], outputs: Sequence[TopicOutput]) -> Array:
        """For a topic a mark at the item's level, among gold or among the others; then one, NaN without scores."""
        gold, scores = gold_matrix(items, self.topics), score_matrix(outputs, self.topics)
        if np.isnan(scores).any():
            return _marked(np.empty((len(items), 0), dtype=np.intp), self.width, np.nan)
        starts = 2 * LEVELS * np.arange(len(self.topics)) + LEVELS * (gold == 0)
        return _marked(starts + level_of(scores), self.width, 1.0)

    def scores(self, sums: Array) -> Scores:
        """Average precision of every topic and their mean; a topic without gold has none."""
        out, found = {}, []
        known = 0 * sums[..., -1]  # NaN without scores
        for i, topic in enumerate(self.topics):
            start = 2 * LEVELS * i
            right, wrong = sums[..., start : start + LEVELS], sums[..., start + LEVELS : start + 2 * LEVELS]
            used = _used(np.nan_to_num(right), np.nan_to_num(wrong))
            right, wrong = right[..., used], wrong[..., used]
            hits = right.cumsum(axis=-1)
            precision = np.nan_to_num(ratio(hits, hits + wrong.cumsum(axis=-1)))
            found.append(ratio((right * precision).sum(axis=-1), right.sum(axis=-1)) + known)
            out[f"ap:{topic}"] = found[-1]
        return {"macro_ap": mean_defined(np.stack(found, axis=-1)), **out}


def set_confidence(outputs: Sequence[TopicOutput], topics: Sequence[str]) -> Array:
    """The probability that the whole label set is right, topics taken as independent; NaN without scores."""
    said, scores = output_matrix(outputs, topics), score_matrix(outputs, topics)
    found: Array = np.where(said == 1, scores, 1 - scores).prod(axis=1)
    return found


class Risk:
    """What share of the label sets is wrong when only the surest are kept: `aurc` (mean over all coverages), `risk_at_80`.

    Sureness is `set_confidence`, from scores alone, whatever the system's own rule for asking a reader is.
    """

    def __init__(self, topics: Sequence[str]) -> None:
        self.topics = tuple(topics)

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return 2 * LEVELS + 1

    def rows(self, items: Sequence[TopicItem], outputs: Sequence[TopicOutput]) -> Array:
        """A mark at the item's level, among the right or the wrong label sets; then one, NaN without scores."""
        sure = set_confidence(outputs, self.topics)
        if np.isnan(sure).any():
            return _marked(np.empty((len(items), 0), dtype=np.intp), self.width, np.nan)
        right = (gold_matrix(items, self.topics) == output_matrix(outputs, self.topics)).all(axis=1)
        return _marked((level_of(sure) + LEVELS * ~right)[:, None], self.width, 1.0)

    def curve(self, sums: Array) -> tuple[Array, Array]:
        """Coverage and risk at every used level, surest first; each of shape (..., levels)."""
        right, wrong = np.nan_to_num(sums[..., :LEVELS]), np.nan_to_num(sums[..., LEVELS : 2 * LEVELS])
        used = _used(right, wrong)
        kept = (right + wrong)[..., used].cumsum(axis=-1)
        return ratio(kept, sums[..., -1:]), ratio(wrong[..., used].cumsum(axis=-1), kept)

    def scores(self, sums: Array) -> Scores:
        """`aurc`, `risk_at_80`; lower is better."""
        known = 0 * sums[..., -1]
        coverage, risk = self.curve(sums)
        if not coverage.shape[-1]:
            return {"aurc": known + np.nan, "risk_at_80": known + np.nan}
        share = np.diff(coverage, axis=-1, prepend=0.0)
        reached = (coverage >= KEPT - 1e-9).argmax(axis=-1)[..., None]
        return {
            "aurc": np.where(share > 0, share * risk, 0.0).sum(axis=-1) + known,
            "risk_at_80": np.take_along_axis(risk, reached, axis=-1)[..., 0] + known,
        }
