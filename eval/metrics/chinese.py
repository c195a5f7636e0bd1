"""What a Chinese text is made of when two texts are compared: the normalised string and its tokens.

This is the protocol behind every text score and stands in its signature: NFKC, Traditional to Simplified (opencc t2s),
lower case, spaces and punctuation dropped, one token a Han character, Latin and number runs whole. It deliberately does
not use models/text.py: a change there must not move a published number.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from opencc import OpenCC

# Unified ideographs with extensions A to H and the compatibility blocks. Beyond U+FFFF an escape needs \U and eight
# digits: '\u20000' is the character U+2000 and a zero.
HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
TOKEN = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
SPACE = re.compile(r"\s+")
SIGNATURE = "norm:nfkc+t2s+lower|drop:space+punct|tok:han1-run"


@cache
def _converter() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=4096)
def simplify(text: str) -> str:
    """The text as it is compared: NFKC, Simplified, lower case."""
    folded = unicodedata.normalize("NFKC", text)
    # NFKC again: opencc maps some characters to compatibility forms, and lower() may decompose.
    return unicodedata.normalize("NFKC", _converter().convert(folded).lower())


def tokens(text: str) -> list[str]:
    """Han characters one by one, other runs of letters and digits whole; everything else is dropped."""
    return TOKEN.findall(simplify(text))


def bare(text: str) -> str:
    """The normalised text without spaces and punctuation, as one string."""
    return "".join(tokens(text))


def drop_spaces(text: str) -> str:
    """The text without any white space, otherwise untouched."""
    return SPACE.sub("", text)
