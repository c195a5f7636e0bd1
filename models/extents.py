"""Does a summary reach farther than its source: 全国 for 全省, 今天 for 12月1日?

Owns the words for how far and when. Knows two texts and no calendar: whether a day of the text is today it cannot tell.
"""

from __future__ import annotations

import re

_SCOPE = re.compile("(?<![完安健周保齐])全[国省市区县镇州](?!人大)")
_OF_THE_COUNTRY = re.compile("[我中]国|国[家内务]|各地|各省|中央")
_PARTS = {
    "省": "州市|市州|地市|设区市|市县|市(?![区场])",
    "市": "区县|县区|县市区|区市县|区(?![域间])|县(?!级)",
    "区": "街道|镇街|街镇|乡镇|盟市|旗县|地市",
    "县": "乡镇|镇村|乡(?!村)|镇",
    "州": "县市|市县|县(?!级)",
    "镇": "村|社区",
}
"""What a place is divided in: 各州市, of a report of the province, are 全省."""
_EACH = {c: re.compile(f"(?<!全[国省市区县州镇])各(?:{parts})") for c, parts in _PARTS.items()}
_ITS_OWN = {c: re.compile(f"{c}(?:总工会|委|政府|人民|人社|直|级)") for c in _PARTS}
_HERE = {
    c: re.compile(f"(?:我|(?<![日基])本){c}(?!场)|(?<![外跨两各多三城社园小景辖厂校矿灾山片]){c}内(?![蒙涝])")
    for c in _PARTS
}
_HERE["州"] = re.compile("[我本]州|自治州内")  # 广州内环
_SHORT_FORMS = {"全国两会": "两会", "全国总工会": "全总"}
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
        if m[0] in wrong or m[0] in text or _means_all(m, text):
            continue
        others = {o[0] for o in _SCOPE.finditer(text)}
        behind = summary[m.end() : m.end() + 2]
        if m[0] != "全国" or any(o + behind in text for o in others) or (others and not _OF_THE_COUNTRY.search(text)):
            wrong.append(m[0])
    return wrong


def _means_all(m: re.Match[str], text: str) -> bool:
    """Whether the source says it in other words: 我市 and 各区县 for 全市, 全总 for 全国总工会."""
    if m[0] == "全国":
        return any(m.string.startswith(name, m.start()) and short in text for name, short in _SHORT_FORMS.items())
    c = m[0][1]
    return bool(_HERE[c].search(text) or (_EACH[c].search(text) and _ITS_OWN[c].search(text)))


def strange_days(summary: str, text: str) -> list[str]:
    """今天, 昨天 and 明天 of which the source has no word. Editors know the day (64 of 28,587 headlines), a model does not."""
    return [m[0] for said, known in _DAYS if (m := said.search(summary)) and not known.search(text)]
