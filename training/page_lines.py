"""Single lines about a headline that are easily taken for it or for text: series tags, progress, decks of meetings, datelines.

Used by training/page_additions.py alone; all names are invented. A series tag and a line of progress are kickers, who was
there and who spoke is a deck, a dateline alone is a byline. Knows nothing of where these lines stand.
"""

from __future__ import annotations

from eval.page_press import Press
from training.page_places import say

Lines = tuple[str, ...]

_SERIES: Lines = (
    "（之{cother}）", "（之十四）", "（之二十七）", "（{cother}）", "系列报道之{cother}",
    "——系列报道之{cother}", "（上）", "（下）", "（中）",
    "{topic}（上）", "{topic}（下）", "{topic}（中）", "{topic}之{cother}", "{topic}系列报道（{cother}）",
    "{topic}·{cother}", "聚焦{topic}（上）",
    "聚焦{topic}（下）", "关注{topic}（之{cother}）", "透视{topic}（{cother}）", "{topic}系列评论之{cother}",
    "{topic}连续报道②", "再访{topic}（上篇）",
    "{who}直通车", "{who}热线", "{who}面对面", "{who}信箱", "{who}夜话", "{who}之声", "对话{who}", "{who}访谈录",
    "{topic}追踪", "{topic}调查",
    "连续报道之尾声", "特别报道（{cother}）", "调 查", "记者走访调查", "人 物",
    "一线述评", "编辑部短评", "读者论谈", "现场目击", "回访手记",
    "探访{place}（之{cother}）",
    "{place}纪行（{cother}）", "{topic}回眸①", "{topic}大家谈③", "今天我当班（{cother}）",
)  # fmt: skip
_TOPICS: Lines = (
    "水价改革", "春运一线", "职业教育", "老旧电梯", "欠薪整治", "医保新规", "带薪休假", "乡镇医院", "农贸市场改造",
    "厂务公开", "夜间经济",
    "秸秆还田", "殡葬改革", "校车安全", "劳务派遣", "集体林权", "下岗再就业", "油价波动", "国企改制", "高温津贴", "生猪保险",
)  # fmt: skip
_WHO: Lines = (
    "局长",
    "厂长",
    "村支书",
    "劳模",
    "镇长",
    "校长",
    "班组长",
    "农技员",
    "代表",
    "经理",
    "法官",
    "院长",
    "职工",
)
_LONG: Lines = (
    "“我不图什么，只图夜里睡得着”", "表填了一张又一张，为什么还是办不成？", "“桥通那天，我第一个走”",
    "一条断头路断了{y}年，卡在哪里",
    "老{one}和他修过的{n}座水闸", "“只要还有一个学生，我就上课”", "厂子搬走了，留下的烟囱该不该拆？",
    "“师傅，您歇歇，让我来！”",
    "说好的补贴，怎么到手里就少了一截", "他在一本旧账上记下{big}个名字", "“他们喊我姐，我就得像个姐的样子”",
    "电话打了{n}个，谁来接这一单？",
    "“多绕{n}里路，也要把信送到”", "从怕见生人到当上班长，她用了{y}年", "冷库里的{n}个小时",
    "买房的钱付了，钥匙为何迟迟不来？",
    "一张欠条引出的{n}里追访", "“活儿干漂亮了，比啥都强”", "老{one}家的第{cother}本日记",
    "招工的牌子挂了半年，为什么没有人来",
)  # fmt: skip
_ONE: Lines = (
    "赵",
    "钱",
    "孙",
    "周",
    "吴",
    "郑",
    "冯",
    "褚",
    "卫",
    "沈",
    "秦",
    "许",
    "何",
    "吕",
    "施",
    "孔",
    "曹",
    "严",
    "魏",
    "姜",
)
_STAGES: Lines = ("进入最后冲刺", "完成过半", "进展顺利", "进入扫尾阶段", "接近尾声")
_BUILDS: Lines = ("破土动工", "通过验收", "今日开工", "完成投资{n}亿元", "主体完工", "提前{n}天完工")
_CREWS: Lines = (
    "老将新兵齐上阵",
    "青年突击队打头阵",
    "把误了的工期抢回来",
    "一道难题三天解开",
    "大干{n}天不停机",
    "昼夜不息争时间",
)
_SITES: Lines = (
    "{n}名工友战风雪", "不等不靠抢工期", "严把质量关", "寒冬里的热工地", "泥水里滚出的进度", "机声压过浪声", "雨季前一定拿下",
    "轮班吃住在山上", *_CREWS,
)  # fmt: skip
_PROGRESS: tuple[tuple[Lines, Lines, Lines], ...] = (
    (("{place}隧道", "{place}至{place}公路", "{place}铁路复线", "城北快速路"),
     (*_STAGES, *_BUILDS, "全线贯通", "提前{n}天贯通"), _SITES),
    (("{place}大桥", "防洪大堤加高工程", "{place}水库加固工程", "{place}灌区续建工程", "河道清淤工程", "小流域治理"),
     (*_STAGES, "今日开工", "通过验收", "完成投资{n}亿元"),
     (*_SITES, "千人会战{place}滩", "人在堤上 灯在水上", "{n}万方土石一冬搬完")),
    (("{place}污水处理厂", "二号高炉大修", "{place}变电站", "县医院新楼", "{place}港二期工程", "{place}机场扩建"),
     (*_STAGES, *_BUILDS, "转入设备安装", "试运行"), _SITES),
    (("全县农网改造", "老城区管网改造", "城东集中供热工程"), (*_STAGES, "全面铺开", "拉开序幕", "通过验收"), _SITES),
    (("秋粮收购", "全市春播", "企业退休人员移交"), ("全面铺开", "完成过半", "进展顺利", "接近尾声", "拉开序幕"),
     ("老将新兵齐上阵", "问题当天解决", "上门服务到村头", "干部包片 一包到底")),
)  # fmt: skip
"""Works, how far each of them may be, and what stands below."""
_MEETING: Lines = (
    "{name}出席并讲话", "{name}到会讲话", "{name}主持", "{name}作报告", "{name}作工作报告", "{name}讲话",
    "{name}宣布开幕", "{name}出席",
    "{name}主持会议", "{name}作总结讲话", "{name}致辞", "{name}代表市委讲话", "{name}等出席", "{name}传达会议精神",
    "{name}作动员",
)  # fmt: skip
_PAPERS: Lines = (
    "本报{place}{m}月{d}日电", "本报{place}{m}月{d}日电", "本报{city}{m}月{d}日电", "本报{place}{m}月{d}日讯",
    "本报{place}电", "本报{city}专电",
    "本报{city}{m}月{d}日专电", "据新华社{city}{m}月{d}日电", "新华社{city}{m}月{d}日电", "新华社{city}{m}月{d}日电",
    "新华社{place}{m}月{d}日电",
    "中新社{city}{m}月{d}日电", "新华社{city}电", "本报{city}{m}月{d}日讯",
)  # fmt: skip
_NAMED: Lines = (
    "（记者 {name}）", "（记者{name}）", "（特派记者 {name}）", "（本报记者 {name}）", " 记者{name}",
    "（记者 {name} {name}）", " 记者 {name}",
    "（驻{place}记者 {name}）", "（通讯员 {name} 记者 {name}）", "　特派记者　{name}", "（实习生 {name}）", "(记者 {name})",
)  # fmt: skip
_BELOW: Lines = (
    "记者 {name}",
    "记者 {name} {name}",
    "本报记者 {name}",
    "特派记者 {name}",
    "记者　{Name}",
    "通讯员 {name} 记者 {name}",
    "记者{name}",
)
_PLACES: Lines = (
    "{place}",
    "{place}",
    "{place}",
    "{place}县",
    "{place}镇",
    "{city}",
    "{place}乡",
    "{place}市",
    "{place}厂区",
)


def series(press: Press) -> str:
    """Which part of a series stands below, or in what corner of the paper."""
    line = press.draw(_SERIES).replace("{topic}", press.draw(_TOPICS)).replace("{who}", press.draw(_WHO))
    return press.fill(line)


def long_headline(press: Press) -> str:
    """A headline that is a sentence, a question or a quotation."""
    return press.fill(press.draw(_LONG).replace("{one}", press.draw(_ONE)))


def progress(press: Press) -> Lines:
    """A line that says how far a work has come, and the headline below it."""
    works, stages, crews = press.draw(_PROGRESS)
    return say(works, press) + press.say(stages), press.say(crews)


def meeting_deck(press: Press) -> str:
    """Who was there, who spoke."""
    parts = press.rng.sample(_MEETING, press.draw((1, 2, 2, 3)))
    return press.draw((" ", "　", " ")).join(map(press.fill, parts))


def dateline(press: Press) -> Lines:
    """Place and day of a report on a line of its own, with or above the names."""
    paper = press.say(_PAPERS)
    if press.chance(0.4):
        return (paper + press.say(_NAMED),)
    return (paper, press.say(_BELOW)) if press.chance(0.35) else (paper,)


def spot(press: Press) -> str:
    """Where a report comes from, in a line above the reporter's."""
    return say(_PLACES, press)
