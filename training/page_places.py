"""Places in the phrases of training pages: one that says what it is gets no second word for it (no `镇镇`, no `村矿`).

Used by the training/page_*.py that name units; the names are those of the style. Knows nothing of what a phrase is for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.page_press import Press

_KIND = re.compile(r"\{place\}(镇|乡|村|县|市|区|街道|矿|厂(?!区)|段|港)")
_SAYS_WHAT_IT_IS = "镇乡村区站县市港"


def fill(template: str, press: Press) -> str:
    """As `Press.fill`; a town stays a town where the template has another word for it."""

    def placed(found: re.Match[str]) -> str:
        name = press.fill("{place}")
        return name if name[-1] in _SAYS_WHAT_IT_IS else name + found[1]

    return press.fill(_KIND.sub(placed, template))


def say(pool: Sequence[str], press: Press) -> str:
    """One phrase, filled."""
    return fill(press.draw(pool), press)
