"""How far the line tagger follows the rules on a page: their tag of a line gets a bonus before the best sequence is sought.

Made pages, which the tagger learns from, are harder than print, so it has learned to believe the rules less than they
deserve on a plain page. How much they deserve is read off the page itself: the more lines both agree on, the larger the
bonus. Knows scores and tags, not lines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.page_tags import TAGS

Array = NDArray[np.float32]

AGREEMENT = 0.25
"""Bonus a unit of the log-odds that rules and tagger agree on a line of this page."""
BONUS = {"headline": 1.0}
"""Further bonus, in nats: whether a line above a text opens an article is what the rules know best."""
_NUMBER = {tag: i for i, tag in enumerate(TAGS)}
_BONUS = np.array([BONUS.get(tag, 0.0) for tag in TAGS], np.float32)


def with_rules(scores: Array, best: Sequence[int], rules: Sequence[str]) -> Array:
    """Scores (lines, tags) with the bonus of the rules' tags; `best` are the tagger's own numbers of tags."""
    said = np.array([_NUMBER[tag] for tag in rules])
    same = int((said == np.array(best)).sum()) + 1  # as if there were one line more of either kind
    odds = max(1.0, same / (len(said) + 2 - same))
    out = scores.copy()
    out[np.arange(len(said)), said] += AGREEMENT * np.log(odds) + _BONUS[said]
    return out
