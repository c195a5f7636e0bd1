"""Lines that say who someone is by post and place of work: `河滨热电厂锅炉班长　陆磊`, `讲述人：…`, `读者 姜静`.

Used by training/page_structures.py alone; all units and posts are invented. What stands for the writer of an article is a
byline, what names the person it is about with 记, 访 or 谈 is a deck. Knows nothing of where a line stands.
"""

from __future__ import annotations

from eval.page_press import Press

Lines = tuple[str, ...]

UNITS: Lines = (
    "{place}热电厂", "{place}船舶重工", "{place}机务段", "{place}工务段桥隧车间", "{place}公交二公司",
    "{place}地铁运营公司", "{place}供电公司", "{place}电网变电检修中心", "{place}第{cother}人民医院", "{place}妇幼保健院",
    "{place}中医院推拿科", "{place}镇卫生院", "{place}第{cother}中学", "{place}实验小学", "{place}特教学校",
    "{place}职业技术学院", "{place}大学社会学院", "{place}农业大学", "{place}社会科学院", "{place}总工会",
    "{place}总工会法律部", "{place}经开区工会", "{place}社区居委会", "{place}街道环卫所", "{place}钢铁炼铁厂",
    "{place}矿业三采区", "{place}石化检修车间", "{place}纺织一厂", "{place}服装公司缝制组", "{place}港集装箱码头",
    "{place}机床厂装配车间", "{place}轴承公司", "{place}水泥厂", "{place}建工集团", "{place}路桥项目部",
    "{place}隧道局盾构队", "{place}邮政分公司", "{place}速运{place}站", "{place}燃气公司", "{place}水务集团",
    "{place}粮油储备库", "{place}农技推广站", "{place}林场", "{place}水文站", "{place}气象局", "{place}区人民法院",
    "{place}劳动人事争议仲裁院", "{place}律师事务所", "{place}派出所", "{place}消防救援站", "{place}博物馆",
    "{place}图书馆", "{place}文化馆", "{place}京剧团", "{place}客运站", "{place}机场安检站", "{place}酒店后厨",
    "{place}家政公司", "{place}乳业灌装线", "{place}化纤公司", "{place}油田采油队", "{place}勘察设计院",
    "{place}汽车焊装车间", "{place}电子贴片车间", "{place}税务局", "{place}县委党校",
)  # fmt: skip
"""Where people work."""
PARTS: Lines = (
    "护理部", "急诊科", "工会办公室", "人力资源部", "团委", "动力车间", "机修班", "质检科", "总务处", "运行三值",
    "财务科", "心内科", "教务处", "法务组", "宣传科", "调度所", "热轧作业区", "客运一队",
    "信号工区",
)  # fmt: skip
"""Parts of a unit that readers of a house organ know."""
CLASSES: Lines = ("二年级（3）班", "初三年级")
"""Parts of a school, of pupils: no post goes with them."""
POSTS: Lines = (
    "焊工", "钳工", "电工", "锅炉班长", "天车工", "车间主任", "装配组长", "护士长", "主治医师", "副主任医师", "主管药师",
    "营养师", "语文教师", "班主任", "高级工程师", "技术员", "工会主席", "工会干事", "列车长", "信号工", "公交司机",
    "调度员", "炉前工", "质检员", "安全员", "社工", "民警", "法官助理", "律师", "仲裁员", "研究员", "副教授",
    "博士研究生", "快递员", "保洁员", "面点师", "讲解员", "养路工", "巡线工", "档案员", "农艺师", "党支部书记",
    "值班站长", "所长", "队长", "退休职工", "一线职工", "志愿者", "学员", "首席技师", "劳务派遣工", "女职工委员会主任",
    "心理咨询师", "理财师", "装卸工", "制图员", "乡村医生", "驻村干部", "馆长",
)  # fmt: skip
_ANONYMOUS: Lines = (
    "一名夜班{post}", "几位{post}", "一位不愿具名的{post}", "一个早起的人", "老{post}", "{place} 一位母亲",
    "{name}等{y}人", "{unit} 全体{post}", "网友“{place}小{post}”",
)  # fmt: skip
_AROUND: Lines = (
    "{}", "{}", "{}", "{}", "{}", "□ {}", "□{}", "■ {}", "○ {}", "◎{}", "（{}）", "（{}）", "({})", "—— {}", "文/{}",
    "作者：{}", "●{}",
)  # fmt: skip
_TELLERS: tuple[Lines, ...] = (
    ("讲述人：{who}", "整理：本报记者　{name}"), ("讲述：{who}", "采写：{name}"), ("讲述人：{who} 整理：{name}",),
    ("口述：{who}　整理：{name}",), ("{who}（口述）　本报记者 {name}（整理）",),
    ("受访者：{who}", "采访者：本报记者 {name}"), ("点评人：{who}",), ("主讲人：{who}",), ("答疑专家：{who}",),
    ("讲述者　{who}", "记录者　{name}"),
)  # fmt: skip
_DECKS: Lines = (
    "——记{whole}", "——记{whole}", "——访{whole}", "——走近{whole}", "——{whole}的{y}年", "记{whole}", "访{whole}",
    "对话{whole}", "专访{whole}", "{whole}谈班组里的那些事", "——听{whole}讲过去的冬天", "——{whole}和同伴们的一天",
    "——追忆{whole}", "{whole}：“活儿不骗人”",
)  # fmt: skip
_READERS: Lines = (
    "读者　{name}", "读者 {name}", "{place}读者　{name}", "{place}居民 {name}", "{unit}　{name}", "{unit} {name}等{n}人",
    "{unit}一职工", "{place}　{name}", "一名{post}", "{post} {name}",
)  # fmt: skip
REPORTERS: Lines = (
    "本报记者 {name}", "本报记者　{Name}", "本报通讯员 {name}", "记者 {name}", "见习记者 {name}", "实习生 {name}",
    "（{name}）", "{Name}", "通讯员 {name} 本报记者 {name}", "特约记者　{name}",
)  # fmt: skip


def _filled(press: Press, template: str) -> str:
    for slot, pool in (("{unit}", UNITS), ("{post}", POSTS)):
        template = template.replace(slot, press.draw(pool))
    return press.fill(template)


def who(press: Press) -> str:
    """Someone by unit, post and name, or by some of these."""
    gap, wide = press.draw((" ", "　", "", "  ")), press.draw((" ", "　", "  "))
    name = press.draw(("{name}", "{Name}"))
    kind = press.rng.random()
    if kind < 0.45:
        return _filled(press, f"{{unit}}{gap}{{post}}{wide}{name}")
    if kind < 0.6:
        return _filled(press, f"{{unit}}{wide}{name}")
    if kind < 0.75:
        part = press.draw((*PARTS, *CLASSES))
        post = "" if part in CLASSES else press.draw(("", f"{gap}{{post}}"))
        return _filled(press, f"{part}{post}{wide}{name}")
    if kind < 0.9:
        return _filled(press, f"{{post}}{wide}{name}")
    return _filled(press, press.draw(_ANONYMOUS))


def writer(press: Press) -> Lines:
    """The byline of someone who is no reporter, perhaps of two."""
    line = press.draw(_AROUND).format(who(press))
    return (line, press.draw(_AROUND[:6]).format(who(press))) if press.chance(0.08) else (line,)


def teller(press: Press) -> Lines:
    """Who tells it and who wrote it down: bylines."""
    lines, told = press.draw(_TELLERS), who(press)
    return tuple(press.fill(line.replace("{who}", told)) for line in lines)


def portrait(press: Press) -> str:
    """A deck that names the person whom a portrait or an interview is about."""
    return _filled(press, press.draw(_DECKS).replace("{whole}", "{unit}{post}{name}"))


def reader(press: Press) -> str:
    """Who wrote a letter."""
    return _filled(press, press.draw(_READERS))


def closing(press: Press) -> str:
    """The writer below the text."""
    return press.draw(("（{}）", "（{}）", "({})", "（作者：{}）", "{}", "——{}", "（文/{}）")).format(who(press))
