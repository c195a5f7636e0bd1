"""Section heads as print sets them inside an article: with marks, numbers, names of parts, days or persons, in a dozen manners.

Used by training/page_structures.py and page_additions.py alone. A head says something of the paragraph
below it, is one of the style's phrases, or is invented; it never belongs to another article. Knows nothing
of what else an article has.
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.page_press import CHINESE, Press
from eval.page_titles import own_clause
from training.page_posts import POSTS
from training.page_slogans import pithy

Lines = tuple[str, ...]

MARKED: Lines = (
    "◎{}", "◎ {}", "■{}", "■ {}", "●{}", "● {}", "◆{}", "◆ {}", "▲{}", "▌{}", "▌ {}", "□ {}", "※{}", "▶ {}", "◇{}",
    "★ {}", "○ {}", "⊙{}", "➤{}", "▼{}", "▪ {}", "§ {}", "◢ {}", ">> {}", "〉{}", "# {}", "— {} —", "·{}·", "◆{}◆",
    "—— {}",
)  # fmt: skip
NUMBERED: Lines = (
    "{cn}、{}", "{cn}、{}", "（{cn}）{}", "（{cn}）{}", "（{cn}） {}", "{n}.{}", "{n}. {}", "{n}、{}", "（{n}）{}",
    "0{n} {}", "0{n}　{}", "{n} {}", "其{cn}：{}", "之{cn}：{}", "第{cn}，{}", "{circle}{}", "{circle} {}", "{cn} {}",
    "{cn}　{}", "{cn}·{}", "【{n}】{}", "PART {n} {}", "{roman}. {}", "{n}/ {}", "[{n}] {}",
)  # fmt: skip
COUNTED: Lines = (
    "{cn}问：{}", "第{cn}问：{}", "{cn}问{}", "问题{cn}：{}", "看点{cn}：{}", "看点{n}：{}", "镜头{cn}：{}",
    "镜头{cn}　{}", "故事{cn}：{}", "现场{cn} {}", "关键词{cn}：{}", "误区{cn}：{}", "误区{n}　{}", "变化{cn}：{}",
    "建议{cn}：{}", "对策之{cn}：{}", "案例{n}：{}", "案例{cn}　{}", "第{cn}步：{}", "第{cn}笔账：{}", "第{cn}站：{}",
    "亮点{cn} {}", "疑问{cn}：{}", "经验{cn}：{}", "片段{cn}：{}", "数字{cn}：{}", "{cn}看{}", "{cn}算{}", "{cn}是{}",
    "“{cn}变”：{}", "第{cn}课：{}", "第{cn}封信：{}", "回放{cn} {}", "难点{n}｜{}",
)  # fmt: skip
SETS: tuple[Lines, ...] = (
    ("案情", "争议焦点", "裁判结果", "法官说法"), ("案情回放", "仲裁裁决", "律师点评"),
    ("基本案情", "庭审交锋", "判决", "提醒"), ("申请人说", "公司说", "仲裁员说"), ("现状", "症结", "出路"),
    ("问题", "原因", "对策"), ("起因", "经过", "结果", "余音"), ("事件", "调查", "追问", "回应"),
    ("症状", "病因", "处方"), ("昨天", "今天", "明天"), ("清晨", "正午", "黄昏", "深夜"), ("初到", "相处", "告别"),
    ("做法", "成效", "启示"), ("声音", "探访", "建议"), ("读者来电", "记者核实", "部门答复"), ("投诉", "调解", "结果"),
    ("缘起", "转折", "尾声"), ("砂", "泥", "水"), ("刀工", "火候", "锅气"), ("听", "看", "摸"), ("春种", "夏管", "秋收"),
    ("选种", "育苗", "移栽"), ("原料", "工序", "出炉"), ("起跑", "爬坡", "冲刺"), ("父亲", "母亲", "我"),
    ("老屋", "石桥", "井台"), ("采煤", "运煤", "选煤"), ("入口", "大厅", "出口"), ("吃", "住", "行"), ("人", "钱", "路"),
    ("难在哪里", "怎么破题", "还差什么"), ("头痛", "失眠", "腰酸"), ("新闻事实", "各方说法", "记者观察"),
    ("目标", "任务", "保障"), ("背景", "过程", "影响"), ("黄叶", "卷叶", "落叶"), ("甲方", "乙方", "第三方"),
)  # fmt: skip
"""Parts of an article by name, in their order."""
FRAMED: Lines = (
    "【{}】", "【{}】", "■{}", "◎ {}", "“{}”", "〔{}〕", "[{}]", "●{}", "▌{}", "·{}·", "—{}—", "《{}》", "◆{}",
)  # fmt: skip
_SAID: Lines = ("", "", "：", "｜", "——", "　")
_WEATHER: Lines = ("晴", "多云", "小雨", "大风", "阴", "雪", "雾", "晴转多云", "闷热")
_SPOTS: Lines = (
    "岗亭", "大厅", "食堂", "渡口", "井口", "料场", "病房", "站台", "菜场", "车间", "工棚", "操场", "后厨", "堤上",
    "村口", "仓库", "门诊",
)  # fmt: skip
_TIMES: Lines = (
    "{m}月{day}日　{weather}", "{m}月{day}日 {weather}", "{cm}月{cd}日　{weather}", "{hour}:{minute}　{spot}",
    "{hour}时{minute}分｜{spot}", "{hour}点 {spot}", "时间：{hour}点　地点：{spot}", "第{cn}天", "第{cn}站　{spot}",
    "镜头{cn}　{spot}", "{hour}:{minute}", "星期{cn}　{weather}", "{cn}号{spot}",
)  # fmt: skip
_PEOPLE: Lines = (
    "{post} {name}", "{post}　{Name}", "{post}{name}：", "{name}：{said}", "{post}{name}：{said}", "■ {post} {name}",
    "{name}（{post}）", "对话{post}{name}",
)  # fmt: skip
_CIRCLES, _ROMAN = "①②③④⑤⑥⑦", ("I", "II", "III", "IV", "V", "VI", "VII")
_MANNERS: Lines = (
    "marked", "marked", "marked", "numbered", "numbered", "numbered", "counted", "counted", "parts", "parts", "framed",
    "times", "people", "plain",
)  # fmt: skip
MOST = 6
"""Heads of an article."""

_GOES_ON = "并由而其就又还但在"
"""A clause that begins so is no head of a short part."""


def phrase(paragraph: str, press: Press) -> str:
    """What the head of a section says."""
    kind = press.rng.random()
    own = own_clause(paragraph, press, 3, 15) if kind < 0.55 else ""
    if own:
        more = own_clause(paragraph, press, 3, 9) if press.chance(0.25) else ""
        return own + press.draw(("：", "，", " ", "，")) + more if more and more != own else own
    return press.say(press.style.phrases.section_heads) if kind < 0.7 else pithy(press)


def part_head(part: str, press: Press) -> str:
    """A few words over a short part: a whole clause out of it, or what the head of a section says."""
    own = press.chance(0.5)
    tries = [own_clause(part, press, 2, 12) if own else phrase(part, press) for _ in range(4)]
    return next((said for said in tries if 0 < len(said) <= 12 and said[0] not in _GOES_ON), pithy(press))


def write_sections(paragraphs: Sequence[str], press: Press) -> tuple[str, Lines]:
    """A head for each of at most `MOST` paragraphs, and the manner they are in: one manner for all of an article."""
    manner = press.draw(_MANNERS)
    fitting = [names for names in SETS if len(names) == len(paragraphs)]
    if manner == "parts" and not fitting:
        manner = "plain"
    if manner == "parts":
        names, around, said = press.draw(fitting), press.draw((*FRAMED, *("{}",) * 4)), press.draw(_SAID)
        bare = not said or press.chance(0.5)
        return manner, tuple(
            around.format(name if bare else name + said + phrase(text, press))
            for name, text in zip(names, paragraphs, strict=True)
        )
    if manner in ("times", "people"):
        form = press.draw(_TIMES if manner == "times" else _PEOPLE)
        make = _time if manner == "times" else _person
        return manner, tuple(make(form, at, text, press) for at, text in enumerate(paragraphs))
    forms = {"marked": MARKED, "numbered": NUMBERED, "counted": COUNTED, "framed": FRAMED, "plain": ("{}",)}
    form = press.draw(forms[manner])
    return manner, tuple(_numbered(form, at).format(phrase(text, press)) for at, text in enumerate(paragraphs))


def _numbered(form: str, at: int) -> str:
    for slot, value in (("cn", CHINESE[at + 1]), ("n", str(at + 1)), ("circle", _CIRCLES[at]), ("roman", _ROMAN[at])):
        form = form.replace(f"{{{slot}}}", value)
    return form


def _time(form: str, at: int, _: str, press: Press) -> str:
    month, day, hour = 4 + at, press.rng.randint(1, 9) + at, 5 + 2 * at + press.rng.randint(0, 1)
    slots = {"m": month, "day": day, "cm": CHINESE[month], "cd": CHINESE[day], "cn": CHINESE[at + 1], "hour": hour}
    slots["minute"] = f"{press.rng.randint(0, 59):02}"
    return form.format(**slots, weather=press.draw(_WEATHER), spot=press.draw(_SPOTS))


def _person(form: str, _: int, text: str, press: Press) -> str:
    filled = form.replace("{post}", press.draw(POSTS)).replace("{said}", phrase(text, press))
    return press.fill(filled)
