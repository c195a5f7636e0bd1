"""What the opening of an article's text says of its making: dateline, place, reporters. Knows the text only."""

from __future__ import annotations

import re
from dataclasses import dataclass

from models.page_bylines import NAME, SURNAMES
from models.text import lead_offset

_PLACE = re.compile(
    r"(?:本[报刊台网]|新华社|中新社|[\u4e00-\u9fff]{1,8}?(?:日报|晚报|时报|通讯社|社|网))([\u4e00-\u9fff]{2,8}?)\s*(?:\d{1,2}月)?\d{1,2}日"
)
_OTHER_PAPER = re.compile(
    r"[\u4e00-\u9fff]{1,8}讯\s*[（(](?:[^（）()\n]{0,20}?)(?:记者|通讯员)(?!来信|手记|调查|观察|注)[^（）()\n]{1,40}[）)]\s*"
)
"""`晚报讯（记者某某）`: any paper's name, if its reporters follow in brackets."""
_WHO = re.compile(r"(?:本报)?(?:见习|实习|特约|全媒体)?(?:记者|通讯员|实习生)[:：]?")
_NAME = re.compile(NAME)


@dataclass(frozen=True, slots=True)
class Opening:
    """`dateline` is the opening as it stands there; `place` and `reporters` were read out of it."""

    dateline: str = ""
    place: str = ""
    reporters: tuple[str, ...] = ()


def opening_offset(body: str) -> int:
    """Characters of the inline byline or dateline that opens a body; 0 for none."""
    if found := lead_offset(body):
        return found
    other = _OTHER_PAPER.match(body)
    return other.end() if other else 0


def read_opening(body: str) -> Opening:
    """The inline byline or dateline of a body: `本报青禾7月3日电（记者林晓舟）`; all empty where there is none."""
    dateline = body[: opening_offset(body)].strip()
    if not dateline:
        return Opening()
    place = _PLACE.search(dateline)
    bracket = re.search(r"[（(]([^（）()]*)[）)]", dateline)
    return Opening(dateline, place[1] if place else "", tuple(_reporters(bracket[1])) if bracket else ())


def _reporters(inside: str) -> list[str]:
    found: list[str] = []
    for part in re.split(r"[、，,;；/]|\s{2,}|\u3000", _WHO.sub("、", inside)):
        words = part.split()
        if words and all(len(w) == 1 for w in words):
            words = ["".join(words)]
        found += [w for w in words if _NAME.fullmatch(w) and (w[0] in SURNAMES or "·" in w or len(w) <= 4)]
    return found
