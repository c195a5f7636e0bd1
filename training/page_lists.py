"""Lists as papers print them: names, what is on, prices, timetables, answers; rows in one form from top to bottom.

Used by training/page_tables.py alone; all units, events and prices are invented. Days of a list go on, its goods differ.
Knows nothing of the heading above it.
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.page_press import Press
from training.page_places import say

Lines = tuple[str, ...]

UNITS: Lines = (
    "{place}船厂", "{place}车辆厂", "{place}热电厂", "{place}二建", "{place}一中", "{place}纺织厂", "{place}机务段", "市技校",
    "{place}医院", "{place}化肥厂", "{place}供电所", "省安装队", "{place}食品厂", "{place}汽修", "{place}镇", "{place}乡",
)  # fmt: skip
_EVENTS: Lines = (
    "拔河预赛", "中国象棋团体赛", "职工合唱专场", "消防演练", "旧书交换", "科普讲座", "篮球半决赛", "健步走", "露天电影",
    "义诊", "招聘会", "亲子阅读", "剪纸体验", "秦腔折子戏", "广场舞决赛", "乒乓球混双", "围棋讲解", "法律咨询", "摄影展开幕",
    "无偿献血", "家电维修服务", "花鼓戏专场", "游园灯会", "龙舟资格赛",
)  # fmt: skip
_SPOTS: Lines = (
    "工人文化宫", "市民广场", "{place}体育馆", "灯光球场", "图书馆报告厅", "{place}公园东门", "少年宫", "{place}礼堂",
    "老干部活动室", "文化馆三楼", "{place}社区", "人民剧院", "滨河绿道", "一号展厅",
)  # fmt: skip
_GOODS: Lines = (
    "大白菜", "黄瓜", "西红柿", "土豆", "鲜猪肉", "牛腩", "鸡蛋", "带鱼", "草鱼", "苹果", "香蕉", "生姜", "大蒜", "豆角", "茄子",
    "羊肉", "豆腐",
)  # fmt: skip
_GRAIN: Lines = ("粳米", "面粉", "豆油", "玉米", "花生仁", "红薯粉", "小米", "绿豆", "菜籽油")

_ANSWERS = (("", "ABCD"), ("", "√×"), ("", "对错"), ("选择题：", "ABCD"), ("判断题：", "√×"), ("判断题：", "对错"))
"""What may stand before the answers of a kind."""


def some(pool: Sequence[str], press: Press, n: int) -> Lines:
    """`n` different phrases, fewer where there are not so many."""
    found: dict[str, None] = {}
    for _ in range(8 * n):
        found[say(pool, press)] = None
        if len(found) == n:
            break
    return tuple(found)


def roll(press: Press, n: int) -> Lines:
    """Units, each with the names of its people, perhaps with what they gave."""
    gap, wide = press.draw(("：", "　", " ")), press.draw((" ", "　", "、"))
    money = press.chance(0.25)
    name = "{name}{big}元" if money else press.draw(("{name}", "{Name}"))
    return tuple(
        unit + gap + wide.join(some((name,), press, press.rng.randint(2, 5))) for unit in some(UNITS, press, n)
    )


def schedule(press: Press, n: int) -> Lines:
    """What is on, day by day, or hour by hour of one day."""
    form = press.draw(("{m}月{d}日{h}时 {event} {spot}", "{m}月{d}日{h}时30分 {event} {spot}",
                       "{m}月{d}日　{h}:30　{event}　{spot}",
                       "{d}日{h}时：{event}（{spot}）", "{m}月{d}日 {event} 地点：{spot}", "时间：{m}月{d}日{h}时　{event}",
                       "{h}:00 {event} {spot}", "{m}月{d}日上午 {event}，{spot}"))  # fmt: skip
    month, day, hour, rows = press.rng.randint(1, 12), press.rng.randint(1, 8), 7, []
    for event in press.rng.sample(_EVENTS, n):
        rows.append(form.format(m=month, d=day, h=hour, event=event, spot=say(_SPOTS, press)))
        hour = press.draw((8, 9, 10, 14, 15, 19)) if "{d}" in form else hour + press.rng.randint(1, 2)
        day += press.rng.randint(1, 2)
    return tuple(rows)


def prices(press: Press, n: int) -> Lines:
    """Goods and what they cost."""
    form = press.draw(("{x}　{p:.2f}元/斤", "{x} {p:.1f}元", "{x}：每公斤{p:.2f}元", "{x}　{p:.1f}—{q:.1f}元",
                       "{x} {p:.2f} {q:.2f}",
                       "{x}每斤{p:.1f}元　涨{n}%", "{x}……{p:.2f}元/公斤"))  # fmt: skip
    goods, rows = press.draw((_GOODS, _GRAIN, (*_GOODS, *_GRAIN, "尿素", "仔猪"))), []
    for x in press.rng.sample(goods, n):
        price = press.rng.randint(8, 190) / 10
        rows.append(form.format(x=x, p=price, q=price + press.rng.randint(2, 9) / 10, n=press.rng.randint(1, 9)))
    return tuple(rows)


def buses(press: Press, n: int) -> Lines:
    """Lines or places with the hours of their buses, trains or ferries."""
    form = press.draw(("{n}路　首班{h}:{a}　末班{z}:{b}", "{n}路：{p}—{q}　{h}:{a}—{z}:{b}", "{p}→{q}　{h}:{a} {z}:{b}",
                       "{p}至{q}：每日{h}时{a}分、{z}时{b}分", "{n}次　{p}{h}:{a}开　{q}{z}:{b}到",
                       "夜{n}路 {p} {z}:{b}发车"))  # fmt: skip
    rows = []
    for _ in range(n):
        here, there = (*some(("{place}",), press, 2), "南站")[:2]
        slots = {"n": press.rng.randint(2, 98), "p": here, "q": there, "h": press.rng.randint(5, 8)}
        ends = {
            "z": press.rng.randint(18, 22),
            "a": press.draw(("10", "20", "30", "45")),
            "b": press.draw(("05", "15", "40")),
        }
        rows.append(form.format(**slots, **ends))
    return tuple(dict.fromkeys(rows))


def answers(press: Press, n: int) -> Lines:
    """Numbers of questions, each with its answer."""
    dot, gap = press.draw((".", "．", "、")), press.draw((" ", "　", "　　"))
    part, choices = press.draw(_ANSWERS)
    lines = []
    for row in range(min(n, 4)):
        numbers = range(5 * row + 1, 5 * row + 6)
        lines.append(gap.join(f"{i}{dot}{press.draw(choices)}" for i in numbers))
    return (part + lines[0], *lines[1:])
