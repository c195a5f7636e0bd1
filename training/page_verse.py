"""Poems as papers print them: in lines of five or seven characters, or free, in stanzas, alone or several under one title.

Used by training/page_added.py alone; all verse is put together from invented halves. Lines of the old kind rhyme in
every second line. Knows nothing of where a poem stands.
"""

from __future__ import annotations

from dataclasses import dataclass

from eval.page_press import CHINESE, Press

Lines = tuple[str, ...]

_FOURS: Lines = (
    "晓雾初开", "残雪未消", "寒灯照壁", "老树临风", "新秧出水", "旧雨重来", "短笛横吹", "孤帆远去", "炉火正红", "铁轨如弦",
    "白发归来", "夜班人散", "几点渔灯", "半坡牛背", "满仓新谷", "一路春泥", "千尺井深", "数峰青处", "小院无尘", "长桥卧水",
    "梯田叠翠", "断岸潮生", "茶烟轻起", "机声渐远", "塔影斜移", "归雁南飞", "野渡人闲", "细雨催花", "荷锄人去", "石径苔深",
)  # fmt: skip
_RHYMES: tuple[Lines, ...] = (
    ("过石桥", "雨潇潇", "上柳梢", "路迢迢", "夜听潮", "鹊成巢", "野火烧", "杏花娇"),
    ("稻花香", "倚斜阳", "一叶霜", "水云乡", "夜未央", "满回廊", "菊初黄", "话短长"),
    ("隔春山", "晚归船", "麦浪宽", "五更寒", "绕河滩", "上层峦", "一家欢", "倚栏看"),
    ("一江秋", "月如钩", "水东流", "独登楼", "望归舟", "上渔舟", "几时休", "满芦洲"),
    ("送行人", "又一春", "草木新", "不染尘", "酒微醺", "月近人", "万家亲", "雨洗尘"),
)  # fmt: skip
_LOOSE: Lines = (
    "灯未灭",
    "风正起",
    "人不语",
    "霜初降",
    "舟自渡",
    "钟几响",
    "山更远",
    "茶已沸",
    "雪犹在",
    "梅先白",
    "鸡初唱",
    "花欲落",
)
_THINGS: Lines = (
    "母亲的顶针", "站台上的钟", "一把生锈的铁锹", "晾衣绳", "巷子尽头的灯", "父亲的水壶", "车床", "屋檐下的燕子",
    "那条运煤的河",
    "旧信封", "我的影子", "早班的汽笛", "麦茬地", "雪", "水泥袋", "脚手架", "三月的雨", "村口的老槐", "窗台上的葱", "焊花",
    "那双胶鞋", "外婆的纺车", "黄昏", "一枚螺母", "井绳", "空了的粮仓", "炊烟", "最后一趟船",
)  # fmt: skip
_DOES: Lines = (
    "还没有睡", "替我记着一个名字", "把夜晚分成两半", "在风里慢慢变轻", "学会了沉默", "又老了一岁", "等着谁来认领",
    "从不说累", "是我认识的第一个字", "一直亮到天明", "把远方叫得很近", "比我更早到家", "有自己的方言", "被月光磨得发亮",
    "像一句没说完的话", "在梦里发了芽", "轻轻推开了门", "忽然停了下来", "落在谁的肩上", "守着一盏小小的火",
)  # fmt: skip
_TURNS: Lines = (
    "我走了很远的路", "天快亮了", "没有人喊我的乳名", "手上的茧开出花来", "而你不在", "这就够了", "我把它放回原处",
    "后来，我们都成了过客", "风一吹，故乡就晃一晃", "再添一勺煤", "数到七，就不数了", "让春天先过去", "路还在那里",
    "谁也不提冬天",
)  # fmt: skip
_TITLES: Lines = (
    "夜过{place}", "{place}秋望", "登{place}城楼", "雨中访友", "春耕图", "炉前", "焊花开了", "巡线人", "归途", "小站", "故园",
    "井边", "题老照片", "听雨", "矿灯", "晒场", "夜航", "摘棉", "塔吊下", "雪后寄友", "清明", "致师傅", "渡口晚晴",
    "白露", "磨刀石",
    "送女儿上学", "咏竹", "水车", "一张车票", "冬至", "养路工", "{place}放舟", "粮票", "绣娘", "候鸟", "山村教师",
)  # fmt: skip
_OVER: Lines = (
    "诗{}首",
    "短诗{}首",
    "{place}杂咏（{}首）",
    "田园小唱（{}首）",
    "{place}行吟（{}首）",
    "工余吟草（{}首）",
)
_QUATRAINS: Lines = (*_OVER, "七绝{}首", "绝句{}首")
"""Over poems of four lines of seven characters."""
_POETS: Lines = (
    "{name}", "{name}", "{Name}", "□ {name}", "□{name}", "文/{name}", "（{place}）{name}", "{place}　{name}", "●{name}",
    "◎ {name}",
    "{name}　诗", "作者：{name}", "{place}厂 {name}", "退休工人　{name}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verse:
    """Stanzas of lines under a title."""

    title: str
    stanzas: tuple[Lines, ...]


def write_verses(press: Press) -> tuple[str, tuple[Verse, ...], bool]:
    """The headline over one poem or a few; whether the first of them has its own title below that headline."""
    count = press.draw((1, 1, 1, 2, 3))
    old, titles = press.chance(0.4), list(dict.fromkeys(press.say(_TITLES) for _ in range(count)))
    verses = tuple(Verse(title, _old(press) if old else _free(press)) for title in titles)
    if len(verses) == 1:
        return titles[0], verses, False
    if press.chance(0.5):
        form = press.draw(("{}（外{}首）", "{}（外{}首）", "{} （外{}首）", "{}　外{}首"))
        others = len(titles) - 1
        return form.format(titles[0], "一" if others == 1 else "二"), verses, False
    four = old and all(len("".join(verse.stanzas[0])) == 4 * (7 + 1) for verse in verses)
    over = press.draw(_QUATRAINS if four else _OVER).replace("{}", "二" if len(titles) == 2 else CHINESE[len(titles)])
    return press.fill(over), verses, True


def poet(press: Press) -> str:
    """The line of the one who wrote it."""
    return press.say(_POETS)


def _old(press: Press) -> tuple[Lines, ...]:
    """Four or eight lines of five or seven characters, one or two to a printed line."""
    five, count = press.chance(0.35), press.draw((4, 4, 4, 8))
    rhymes = press.draw(_RHYMES)
    ends = press.rng.sample(rhymes, count // 2)
    loose = press.rng.sample(_LOOSE, count // 2)
    firsts = press.rng.sample(_FOURS, count)
    halves = []
    for i, first in enumerate(firsts):
        end = ends[i // 2] if i % 2 else loose[i // 2]
        halves.append((first[:2] if five else first) + end + ("。" if i % 2 else "，"))
    if press.chance(0.35):
        halves = ["".join(halves[i : i + 2]) for i in range(0, count, 2)]
    return (tuple(halves),)


def _free(press: Press) -> tuple[Lines, ...]:
    """Two to five stanzas without rhyme, most lines without a mark at their end."""
    marked = press.chance(0.35)
    things = press.rng.sample(_THINGS, 10)
    does = press.rng.sample(_DOES, 10)
    turns = press.rng.sample(_TURNS, 8)
    stanzas = []
    for _ in range(press.draw((2, 3, 3, 4))):
        lines: list[str] = []
        for _ in range(press.draw((1, 1, 2))):
            thing, act = things.pop(), does.pop()
            lines += [thing + act] if press.chance(0.5) else [thing, act]
        lines.append(turns.pop())
        if press.chance(0.3):
            lines.append(turns.pop())
        if marked:
            lines = [
                line + ("。" if i == len(lines) - 1 else press.draw(("，", "，", ""))) for i, line in enumerate(lines)
            ]
        stanzas.append(tuple(lines))
    return tuple(stanzas)
