"""What a text puts between quotation marks: “…”, ‘…’, 「…」, 『…』 and straight ones.

A quotation is faithful when its words stand in the source in this order, spaces, punctuation, script and width aside.
Titles between 《》 are none.
"""

from __future__ import annotations

import re
import unicodedata

from eval.metrics.chinese import bare

_QUOTED = re.compile(r"“([^“”\n]+)”|「([^「」\n]+)」|『([^『』\n]+)』|‘([^‘’\n]+)’|\"([^\"\n]+)\"")


def find_quotations(text: str) -> list[str]:
    """The distinct quotations of a text in order, without their marks; of two nested ones the outer."""
    folded = unicodedata.normalize("NFKC", text)
    found = (next(part for part in match.groups() if part is not None) for match in _QUOTED.finditer(folded))
    return list(dict.fromkeys(part for part in found if bare(part)))
