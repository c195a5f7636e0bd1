"""Does a summary turn round who owes and who claims: 女工拖欠工资 of wages owed to them, 驳回司机诉讼请求 of a suit against them?

Owns the two kinds of debts and suits of which newspapers about work are full. Knows characters, no grammar.
"""

from __future__ import annotations

import re

from models.negations import pairs_of

_WORKERS = (
    "工人|女工|男工|员工|职工|农民工|民工|临时工|小时工|司机|骑手|外卖员|快递员|保安|保安员|保洁员"
    "|环卫工|月嫂|保姆|护工|矿工|瓦工|木工|焊工|电工|船员|学徒|教师|护士|店员|服务员|务工人员|劳动者"
    "|[0-9][余多]?[名位]?人"
)
_OWES = re.compile(
    f"(?:{_WORKERS})们?拖欠(?![^,。;]{{0,12}}(?:问题|案|纠纷|争议|的|现象|行为|治理|投诉|维权))[^,。;]{{0,12}}(?:工资"
    f"|薪|报酬|劳务费|工钱|加班费|补偿|工程款)"
)
_ON_BEHALF = re.compile("[为替帮给向对因][^,。;]{0,20}$|[讨追要领拿补发付还到得清]")
_DISMISSED = re.compile(
    "驳回了?(?P<who>[^,。;]{2,24}?)(?:要求|请求(?!的)|诉请|主张|诉|起诉|告|索赔)(?P<whom>[^,。;]{2,24})"
)
_CLAIM = re.compile("驳回了?(?P<whose>[^,。;]{2,30}?)(?:的?诉讼请求|的?诉请|的?请求|的?诉求|的?索赔)")
_ASKS = re.compile("要求|请求|对|向|诉|告|让|索赔")


def turned_claims(summary: str, text: str) -> list[str]:
    """Workers who owe wages that the source owes them, and those whose claim is dismissed though it was made of them.

    Both texts: `negations.flat`.
    """
    wrong = []
    for m in _OWES.finditer(summary):
        clause = re.split("[,。;:]", summary[max(0, m.start() - 40) : m.start()])[-1]
        if not _ON_BEHALF.search(clause) and m[0][: m[0].find("拖欠") + 2] not in text:
            wrong.append(m[0])
    if claim := _CLAIM.search(summary):
        for m in _DISMISSED.finditer(text):
            who, whom, whose = m["who"], m["whom"], claim["whose"]
            if pairs_of(whose) & pairs_of(whom) and not pairs_of(whose) & pairs_of(who) and not _ASKS.search(whose):
                wrong.append(claim[0])
                break
    return wrong
