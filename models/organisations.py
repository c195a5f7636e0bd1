"""Does a summary let a place act where its source has a body of that place: 青禾县走进工地 for 青禾县总工会走进工地?

A place stands for its government, which newspapers write, and for nobody else. Knows the words for bodies, no gazetteer: a
place is what stands before 省, 市, 县 or 区.
"""

from __future__ import annotations

import re

_PLACE = re.compile(r"(?=([\u4e00-\u9fff]{2}[省市县区]))")
_BODY = re.compile(
    "总工会|工会|人民法院|法院|中院|人民检察院|检察院|公安(?!干警)|图书馆|博物馆|人民医院|医院|中学|小学|大学|学院|妇联|残联|文联|红十字会|协会|商会|联合会"
)
_DOES = re.compile(
    "[为向给对把将派赴送建办帮](?![筑材设事议])|走进|走访|开展|启动|举办|举行|发布|推出|组织|打造|慰问|看望|成立|出台|印发|[一二三四五六七八九十百千0-9两]"
)
"""What may begin that which a place does, or whom it has done something to."""


def acting_places(summary: str, text: str) -> list[str]:
    """Places that act in the summary, of which the source has only bodies. Both texts: `recipients.plain_of`."""
    wrong = []
    for m in _PLACE.finditer(summary):
        place, behind = m[1], summary[m.end(1) :]
        if not _DOES.match(behind) or place not in text:
            continue
        if all(_BODY.match(text, found.end()) for found in re.finditer(place, text)):
            wrong.append(place)
    return wrong
