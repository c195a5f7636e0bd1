"""Headings over the tables of training pages and the lines that lead to their rows; none denies what the rows say.

Used by training/page_tables.py and page_added.py alone; all of it is invented. A heading that names one matter (a ferry, greens,
a gift) stands only over rows of it. Knows nothing of how rows are made.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.page_press import Press

Lines = tuple[str, ...]

HEADS: dict[str, Lines] = {
    "scores": ("昨日战报", "本轮成绩", "今日赛果", "{place}杯战况", "职工篮球联赛第{cother}轮成绩", "比分牌", "赛场速报"),
    "medals": ("奖牌榜", "金牌榜", "各队奖牌一览", "奖牌统计（截至昨日）", "本届奖牌榜", "金牌榜（前几名）"),
    "points": ("团体总分", "各队积分", "积分榜", "总分排名", "各单位得分一览", "最新积分", "综合评比得分"),
    "winners": ("获奖名单", "光荣榜", "获奖者名单", "技能比武优胜名单", "征文评选揭晓", "评奖结果", "各组前三名"),
    "ranks": ("决赛成绩", "田径成绩公布", "昨日产生的冠军", "各项第一", "纪录台", "单项成绩"),
    "roll": ("先进个人名单", "入选人员公示", "好班组名单", "本月之星", "录取名单", "捐款名单", "爱心捐款公布"),
    "schedule": ("近日活动安排", "活动预告", "活动日程", "近期活动", "本月日程", "文化惠民安排", "明日看点", "明天的活动"),
    "prices": ("今日菜价", "市场行情", "本周粮油价格", "{place}批发市场价格", "农贸行情", "菜篮子价格", "物价一览"),
    "buses": ("公交班次调整", "班车时刻", "客运时刻表", "夜班公交时间", "渡轮开航时间", "新增线路一览", "列车到开时刻"),
    "answers": ("上期答案", "竞赛题答案", "参考答案", "上期题解", "知识问答答案", "测一测答案"),
}  # fmt: skip
INTROS: dict[str, Lines] = {
    "scores": ("其他场次比分：", "当天其余各场结果：", "昨晚各场比分如下：", "本轮全部结果：", "各场比分是："),
    "medals": ("各队奖牌数如下：", "位居前列的是：", "奖牌分布：", "到昨晚为止的奖牌数："),
    "points": ("各队总分如下：", "排在前面的是：", "各单位得分：", "团体名次和得分如下："),
    "winners": ("评选结果如下：", "优胜者名单：", "各组优胜者是：", "获奖者如下：", "奖项归属："),
    "ranks": ("主要项目成绩：", "决赛成绩如下：", "各项冠军：", "当天决出的项目有："),
    "roll": ("受表扬的有：", "名单如下：", "他们是：", "受奖人员：", "捐款名单如下："),
    "schedule": ("具体安排如下：", "时间和地点：", "接下来的活动：", "各场时间：", "日程如下："),
    "prices": ("主要品种价格：", "昨日零售均价如下：", "部分品种行情：", "各种菜价："),
    "buses": ("调整后的时间：", "各线首末班车：", "具体班次：", "开行时刻如下："),
    "answers": ("答案如下：", "正确答案：", "各题答案是："),
}  # fmt: skip
_DENIED: tuple[tuple[str, str], ...] = (
    ("篮球", r"(?<!\d)[0-5]?\d(?!\d)"),
    ("征文", "组|书法|摄影|国画"),
    ("比武", "青年|中年|老年|男子|女子|小学|初中|成人|类|《"),
    ("各组", "^(?:.等奖|优秀奖)"),
    ("前三名", "等奖"),
    ("田径|长跑", "泳|步枪|抛绳|车轮"),
    ("冠军|第一$|纪录|决出的项目", r"第二名|^2"),
    ("捐款", r"^(?!.*\d元)"),
    ("先进|入选|班组|之星|录取|表彰|表扬|受奖|学员|他们是", r"\d元"),
    ("明日|明天的", r"\d日"),
    ("近日|本月|近期|日程|预告|惠民", r"^\d+:00"),
    ("菜", "尿素|仔猪|粳米|面粉|豆油|玉米|花生仁|红薯粉|小米|绿豆|菜籽油"),
    ("粮油", "白菜|瓜|西红柿|土豆|肉|牛腩|鸡蛋|鱼|苹果|香蕉|姜|蒜|豆角|茄|豆腐|尿素|仔猪"),
    ("公交班次|公交夜班", r"\d次|→|：每日"),
    ("新增线路", r"\d次|夜\d|：每日"),
    ("班车时刻|客运", r"\d路"),
    ("夜班", r"^(?!夜)"),
    ("渡轮", r"\d路|\d次"),
    ("列车", r"^(?!\d+次)"),
    ("首末班车", r"\d次|夜\d|→|：每日"),
)  # fmt: skip
"""A line with the first is no heading over rows that have the second."""


def fits(line: str, rows: Sequence[str]) -> bool:
    """Whether a line may stand over these rows."""
    return not any(re.search(said, line) and any(re.search(told, row) for row in rows) for said, told in _DENIED)


def write_headings(kind: str, rows: Sequence[str], press: Press) -> tuple[str, str]:
    """A headline over the rows, and a line of running text that leads to them."""
    heads = [line for line in HEADS[kind] if fits(line, rows)]
    return press.say(heads), press.say([line for line in INTROS[kind] if fits(line, rows)])
