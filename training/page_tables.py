"""Tables as papers print them among running text: results, medals, winners; with training/page_lists.py the plainer lists.

Used by training/page_added.py and page_additions.py alone; all teams, events and prices are invented. A table has one
form of row from top to bottom, and its numbers fall or its days go on as a table's do. Knows nothing of where it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eval.page_press import CHINESE, Press
from training.page_headings import HEADS, write_headings
from training.page_lists import UNITS, answers, buses, prices, roll, schedule, some
from training.page_places import fill

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
_GROUPS: tuple[Lines, ...] = (
    ("车工组", "钳工组", "电工组", "数控铣工组", "汽车修理组", "砌筑工组", "面点组", "护理组", "叉车组", "美发组"),
    ("男子甲组", "男子乙组", "女子甲组", "女子乙组", "混合组"), ("小学组", "初中组", "高中组", "成人组", "老年组"),
    ("书法类", "摄影类", "散文类", "国画类", "诗歌类"),
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
KINDS: Lines = tuple(HEADS)


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
    return Table(kind, *write_headings(kind, rows, press), rows)


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
    if len(teams) < 6:  # a style of few places
        teams = some(tuple("{place}" + x for x in _BEASTS), press, 2 * n)
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
        return gap.join(fill(person.replace("{unit}", press.draw(UNITS)), press) for _ in range(count))

    if press.chance(0.5):
        first, colon = press.draw(("第{}名 ", "第{}名：", "{}等奖 ", "{}等奖：")), press.draw(("：", "　"))
        gap = press.draw(("；", "　", "；"))
        return tuple(
            group + colon + gap.join(first.format(CHINESE[i + 1]) + people(1, "") for i in range(3))
            for group in press.rng.sample(press.draw(_GROUPS), min(n, 5))
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
        rows.append(fill(row, press).strip())
    return tuple(rows)


_MAKERS: dict[str, Callable[[Press, int], Lines]] = {
    "scores": _scores, "medals": _medals, "points": _points, "winners": _winners, "ranks": _ranks, "roll": roll,
    "schedule": schedule, "prices": prices, "buses": buses, "answers": answers,
}  # fmt: skip
