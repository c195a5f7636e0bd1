"""Wire copy for tests: what papers do to an agency's text. Invented articles in, edited ones out."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from typing import Any

LOOKALIKE = dict(zip("未日人入士干己大木工口王", "末曰入人土千已太本土囗玉", strict=True))
"""What a scanner's reading confuses."""


def cut_tail(text: str, draw: random.Random) -> str:
    """The last third goes, at a sentence's end where there is one."""
    keep = int(len(text) * draw.uniform(0.6, 0.75))
    end = text.rfind("。", keep // 2, keep + 1) + 1
    return text[: end or keep]


def changed_lead(text: str, draw: random.Random) -> str:
    """An opening of the paper's own before the agency's."""
    first = text.find("。") + 1
    own = f"本报综合报道 {draw.randint(1, 12)}月{draw.randint(1, 28)}日，据悉，"
    return own + re.sub(r"^本报讯（[^）]*）", "", text[:first]) + text[first:]


def traditional(text: str, draw: random.Random) -> str:
    """In Traditional characters."""
    return str(_to_traditional().convert(text))


def scanned(text: str, draw: random.Random) -> str:
    """Read from a scan: one character of a hundred is another, every line is broken."""
    noisy = [
        draw.choice("的一是口曰土己") if draw.random() < 0.01 else LOOKALIKE.get(c, c) if draw.random() < 0.1 else c
        for c in text
    ]
    return "\n".join("".join(noisy[i : i + 22]) for i in range(0, len(noisy), 22))


def other_numbers(text: str, draw: random.Random) -> str:
    """A later version with other figures: a near-duplicate all the same, and the risk of saying so."""
    return re.sub(r"\d+", lambda m: str(int(m[0]) + draw.randint(1, 9)), text)


EDITS: dict[str, Callable[[str, random.Random], str]] = {
    "cut tail": cut_tail,
    "changed lead": changed_lead,
    "traditional": traditional,
    "scanned": scanned,
    "other numbers": other_numbers,
}


@cache
def _to_traditional() -> Any:
    from opencc import OpenCC

    return OpenCC("s2t")
