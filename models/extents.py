"""Does a summary reach farther than its source: 全国 for 全省, 今天 for 12月1日?

Owns the words for how far and when. Knows two texts and no calendar: whether a day of the text is today it cannot tell.
"""

from __future__ import annotations

import re

_SCOPE = re.compile("(?<![完安健周保齐])全[国省市区县镇州](?![人]大)")
_OF_THE_COUNTRY = re.compile("[我中]国|国[家内务]|各地|各省|中央")
_DAYS = (
    (re.compile("(?<![当如昔至现])今(?:[天日](?!头条)|[早晚晨])"), re.compile("今(?!年)|[当本]日|当[天晚]|即日")),
    (re.compile("昨[天日晚]"), re.compile("昨|前一[天日]")),
    (re.compile("(?<!透)明[天日早](?!确|显)"), re.compile("(?<![说声证表])明(?![年确显])|次日|翌日")),
)
"""Days told from the day of print, and how a source may say them."""


def wider_scopes(summary: str, text: str) -> list[str]:
    """全国, 全省 and the like that the source has not, where it has another one. Both texts in Simplified script."""
    wrong = []
    for m in _SCOPE.finditer(summary):
        if m[0] in wrong or m[0] in text:
            continue
        others = {o[0] for o in _SCOPE.finditer(text)}
        behind = summary[m.end() : m.end() + 2]
        if m[0] != "全国" or any(o + behind in text for o in others) or (others and not _OF_THE_COUNTRY.search(text)):
            wrong.append(m[0])
    return wrong


def strange_days(summary: str, text: str) -> list[str]:
    """今天, 昨天 and 明天 of which the source has no word. Editors know the day (64 of 28,587 headlines), a model does not."""
    return [m[0] for said, known in _DAYS if (m := said.search(summary)) and not known.search(text)]
