"""Does a summary let a place act where its source has a body of that place: 青禾县走进工地 for 青禾县总工会走进工地?

A place stands for its government, which newspapers write, and for nobody else. Knows the words for bodies, no gazetteer: a
place is what stands before 省, 市, 县 or 区.
"""

from __future__ import annotations

import re

_NO_PLACE = "[全各本我该超城都上][省市县区]|[社小园景灾山校厂城地辖片库牧林]区"
_PLACE = re.compile(rf"(?=([\u4e00-\u9fff](?!{_NO_PLACE})[\u4e00-\u9fff][省市县区]))")
_BODY = re.compile(
    "总工会|工会|人民法院|法院|中院|人民检察院|检察院|公安(?!干警)|图书馆|博物馆|人民医院|医院|中学|小学|大学|学院|妇联|残联|文联|红十字会|协会|商会|联合会"
)
_DOES = re.compile(
    "[为向给对把将派赴送建办帮](?![筑材设事议])|走进|走访|开展|启动|举办|举行|发布|推出|组织|打造|慰问|看望|成立|出台|印发"
)
_COUNT = re.compile("[一二三四五六七八九十百千0-9两]+")
_MOST = 20
"""Places of a summary that are looked up: a headline has two at most, what a desk pastes may have thousands."""
_REACH = 30
"""Characters behind a place in which its clause is read."""


def acting_places(summary: str, text: str) -> list[str]:
    """Places that act in the summary, of which the source has only bodies. Both texts: `recipients.plain_of`.

    A place acts when a deed stands right behind it, or a count and then a deed: those it is done to, made the doers.
    """
    acting: list[str] = []
    for m in _PLACE.finditer(summary):
        behind = re.split("[,;:。!?\n]", summary[m.end(1) : m.end(1) + _REACH], maxsplit=1)[0]
        count = _COUNT.match(behind)
        does = _DOES.search(behind, count.end()) if count else _DOES.match(behind)
        if does and m[1] not in acting and len(acting) < _MOST:
            acting.append(m[1])
    return [place for place in acting if place in text and _has_bodies_only(place, text)]


def _has_bodies_only(place: str, text: str) -> bool:
    return all(_BODY.match(text, found.end()) for found in re.finditer(place, text))
