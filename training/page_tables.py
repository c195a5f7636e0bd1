"""Tables as papers print them among running text: results, medals, winners; with training/page_lists.py the plainer lists.

Used by training/page_additions.py alone; all teams, events and prices are invented. A table has one form of row from top to
bottom, and its numbers fall or its days go on as a table's do. Knows nothing of where it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eval.page_press import CHINESE, Press
from training.page_lists import UNITS, answers, buses, prices, roll, schedule, some

Lines = tuple[str, ...]

_BEASTS: Lines = (
    "雷鸟", "白鹭", "黑豹", "蓝鲸", "赤狐", "雪狼", "羚羊", "银翼", "铁锚", "金穗", "磐石", "疾风", "青松", "火炬", "北斗",
    "骏马", "苍隼", "红星", "远航", "泰山松",
)  # fmt: skip
_TRADES: Lines = (
    "港务", "电网", "钢铁", "邮政", "税务", "铁建", "化工", "农垦", "公交", "水务", "矿务", "机床", "纺织", "医院",
)  # fmt: skip
_OFFICES: Lines = (
    "{place}镇", "{place}乡", "{place}街道", "{place}县", "{place}区", "教育系统", "卫生系统", "{place}矿", "{place}厂",
    "交通局", "{place}中学", "{place}公司", "机关一队", "商业系统", "{place}农场", "{place}分公司", "驻军某部",
)  # fmt: skip
_GROUPS: Lines = (
    "车工组", "钳工组", "电工组", "数控铣工组", "汽车修理组", "砌筑工组", "面点组", "护理组", "叉车组", "美发组", "插花组",
    "青年组", "中年组", "老年组", "男子甲组", "男子乙组", "女子组", "小学组", "初中组", "成人组", "书法类", "摄影类",
    "散文类",
)  # fmt: skip
_SPORTS: Lines = (
    "男子800米", "男子跳高", "女子100米", "女子铅球", "男子三级跳远", "女子1500米", "负重接力", "男子气步枪", "女子50米蛙泳",
    "男子撑竿跳", "抛绳打靶", "车轮滚推",
)  # fmt: skip
_WORKS: Lines = (
    "《渡口》",
    "《晒场》",
    "《夜班》",
    "《老井》",
    "《炉前》",
    "《雪后》",
    "《归帆》",
    "《集市》",
    "《桥工》",
    "《春灌》",
)
_HEADS: dict[str, Lines] = {
    "scores": ("昨日战报", "本轮成绩", "今日赛果", "{place}杯战况", "职工篮球联赛第{cother}轮成绩", "比分牌", "赛场速报"),
    "medals": ("奖牌榜", "金牌榜", "各队奖牌一览", "奖牌统计（截至昨日）", "本届奖牌榜", "金牌榜（前几名）"),
    "points": ("团体总分", "各队积分", "积分榜", "总分排名", "各单位得分一览", "最新积分", "综合评比得分"),
    "winners": ("获奖名单", "光荣榜", "获奖者名单", "技能比武优胜名单", "征文评选揭晓", "评奖结果", "各组前三名"),
    "ranks": ("决赛成绩", "田径成绩公布", "昨日产生的冠军", "各项第一", "纪录台", "单项成绩"),
    "roll": ("先进个人名单", "入选人员公示", "好班组名单", "本月之星", "录取名单", "捐款名单"),
    "schedule": ("下周活动安排", "活动预告", "赛程表", "近期演出", "周末去处", "本月日程", "文化惠民安排", "明日看点"),
    "prices": ("今日菜价", "市场行情", "本周粮油价格", "{place}批发市场价格", "农贸行情", "菜篮子价格", "物价一览"),
    "buses": ("公交班次调整", "班车时刻", "客运时刻表", "夜班公交时间", "渡轮开航时间", "新增线路一览", "列车到开时刻"),
    "answers": ("上期答案", "竞赛题答案", "参考答案", "上周谜底", "知识问答答案", "测一测答案"),
}  # fmt: skip
_INTROS: dict[str, Lines] = {
    "scores": ("其他场次比分：", "当天其余各场结果：", "昨晚各场比分如下：", "本轮全部结果：", "各场比分是："),
    "medals": ("各队奖牌数如下：", "位居前列的是：", "奖牌分布：", "到昨晚为止的奖牌数："),
    "points": ("各队总分如下：", "排在前面的是：", "各单位得分：", "团体名次和得分如下："),
    "winners": ("评选结果如下：", "优胜者名单：", "各组优胜者是：", "获奖者如下：", "奖项归属："),
    "ranks": ("主要项目成绩：", "决赛成绩如下：", "各项冠军：", "当天决出的项目有："),
    "roll": ("受表扬的有：", "名单如下：", "他们是：", "受奖人员："),
    "schedule": ("具体安排如下：", "时间和地点：", "接下来的活动：", "各场时间：", "日程如下："),
    "prices": ("主要品种价格：", "昨日零售均价如下：", "部分品种行情：", "各种菜价："),
    "buses": ("调整后的时间：", "各线首末班车：", "具体班次：", "开行时刻如下："),
    "answers": ("答案如下：", "正确答案：", "各题答案是："),
}  # fmt: skip
KINDS: Lines = tuple(_HEADS)


@dataclass(frozen=True, slots=True)
class Table:
    """`heading` is a headline, `intro` the line of running text that leads to the rows."""

    kind: str
    heading: str
    intro: str
    rows: Lines


def write_table(press: Press, kind: str = "") -> Table:
    """A table of some kind, three to nine rows."""
    kind = kind or press.draw(KINDS)
    rows = _MAKERS[kind](press, press.draw((3, 3, 4, 4, 5, 6, 8)))
    return Table(kind, press.say(_HEADS[kind]), press.say(_INTROS[kind]), rows)


def _falling(press: Press, n: int, top: int, step: int) -> list[int]:
    found = [press.rng.randint(top // 2 + n * step, top + n * step)]
    while len(found) < n:
        found.append(max(0, found[-1] - press.rng.randint(1, step)))
    return found


def _scores(press: Press, n: int) -> Lines:
    least, most = press.draw(((64, 118), (0, 4), (0, 3), (21, 34)))
    colon, gap = press.draw(("∶", "∶", "：", ":", "比", "-")), press.draw((" ", " ", "　"))
    form = press.draw(("{a}{gap}{x}{colon}{y}{gap}{b}",) * 3 + ("{a}—{b}{gap}{x}{colon}{y}", "{a}{x}{colon}{y}{b}"))
    pool = press.draw((tuple("{place}" + x for x in _BEASTS), tuple("{place}" + x for x in _TRADES), ("{place}队",)))
    teams, rows = some(pool, press, 2 * n), []
    for a, b in zip(teams[::2], teams[1::2], strict=False):
        x, y = press.rng.randint(least, most), press.rng.randint(least, most)
        y += x == y and most > 20
        row = form.format(a=a, b=b, x=x, y=y, colon=colon, gap=gap)
        rows.append(row + (press.draw(("（加时）", "（中立场地）", "（主场）")) if press.chance(0.07) else ""))
    return tuple(rows)


def _medals(press: Press, n: int) -> Lines:
    form = press.draw(("{who} {g}金{s}银{b}铜", "{who}　{g}金　{s}银　{b}铜", "{i} {who} {g} {s} {b}", "{i}.{who}　{g}枚",
                       "{who}：金{g} 银{s} 铜{b}", "{i}　{who}　{g}　{s}　{b}"))  # fmt: skip
    who = some(_OFFICES, press, n)
    golds = _falling(press, len(who), 12, 4)
    return tuple(
        form.format(i=i + 1, who=name, g=gold, s=press.rng.randint(0, 22), b=press.rng.randint(0, 25))
        for i, (name, gold) in enumerate(zip(who, golds, strict=True))
    )


def _points(press: Press, n: int) -> Lines:
    form = press.draw(("{i} {who} {p}分", "{i}.{who} {p}分", "{i}、{who}（{p}分）", "第{cn}名　{who}　{p}分", "{who} {p}分",
                       "{who}　{p}", "{cn}、{who} 得分{p}", "{who}……{p}分"))  # fmt: skip
    who = some(_OFFICES, press, n)
    marks = _falling(press, len(who), press.draw((40, 120, 400)), 17)
    return tuple(
        form.format(i=i + 1, cn=CHINESE[i + 1], who=name, p=mark)
        for i, (name, mark) in enumerate(zip(who, marks, strict=True))
    )


def _winners(press: Press, n: int) -> Lines:
    person = press.draw(("{name}（{unit}）", "{name}（{unit}）", "{name}", "{unit}{name}"))

    def people(count: int, gap: str) -> str:
        return gap.join(press.fill(person.replace("{unit}", press.draw(UNITS))) for _ in range(count))

    if press.chance(0.5):
        first, colon = press.draw(("第{}名 ", "第{}名：", "{}等奖 ", "{}等奖：")), press.draw(("：", "　"))
        gap = press.draw(("；", "　", "；"))
        return tuple(
            group + colon + gap.join(first.format(CHINESE[i + 1]) + people(1, "") for i in range(3))
            for group in press.rng.sample(_GROUPS, min(n, 5))
        )
    colon, gap = press.draw(("：", "　", "（{}名）：")), press.draw(("、", "　", "、"))
    rows = []
    for i, prize in enumerate(("一等奖", "二等奖", "三等奖", "优秀奖")[: max(3, min(n, 4))]):
        count = 1 + i + press.chance(0.4)
        work = press.draw(_WORKS) if i == 0 and press.chance(0.2) else ""
        rows.append(prize + colon.format(count) + work + people(count, gap))
    return tuple(rows)


def _ranks(press: Press, n: int) -> Lines:
    if press.chance(0.5):
        form = press.draw(
            ("第{cn}名 {name}（{unit}）", "第{cn}名　{unit}　{name}", "{i}.{name} {unit} {t}", "{i} {name} {t}")
        )
        events = ("",) * n
    else:
        form = press.draw(("{event}：{name}（{unit}）{t}", "{event} {name} {unit} {t}", "{event}　{name}　{t}"))
        events = tuple(press.rng.sample(_SPORTS, n))
    rows, seconds = [], 11.0
    for i, event in enumerate(events):
        seconds += press.rng.randint(1, 9) / 10
        slots = {"cn": CHINESE[i + 1], "i": str(i + 1), "event": event, "unit": press.draw(UNITS)}
        slots["t"] = "" if event else f"{seconds:.1f}秒"
        row = form
        for slot, value in slots.items():
            row = row.replace(f"{{{slot}}}", value)
        rows.append(press.fill(row).strip())
    return tuple(rows)


_MAKERS: dict[str, Callable[[Press, int], Lines]] = {
    "scores": _scores, "medals": _medals, "points": _points, "winners": _winners, "ranks": _ranks, "roll": roll,
    "schedule": schedule, "prices": prices, "buses": buses, "answers": answers,
}  # fmt: skip
