"""Boxes with a label and no bracket, captions that read like a sentence, and last lines of a few characters.

Used by training/page_additions.py alone; all of it is invented. A label opens the paragraph that it names, so the box is one
line, or a few where a column is narrow. Knows nothing of where these lines stand.
"""

from __future__ import annotations

from eval.page_press import Press
from training.page_places import fill

Lines = tuple[str, ...]

_LABELS: dict[str, Lines] = {
    "advice": ("提示：", "小贴士：", "小贴士　", "编辑提示：", "温馨提示：", "特别提醒：", "提醒：", "小贴士 ",
    "贴心提示：", "医生提醒：", "安全提示："),
    "facts": ("小资料：", "资料：", "相关链接：", "链接：", "新闻链接：", "背景：", "背景资料：", "小资料　",
    "相关资料：", "延伸阅读：", "数据："),
    "terms": ("名词解释：", "名词解释　", "小词典：", "新闻词典：", "知识窗：", "小知识：", "什么是", "词条："),
}  # fmt: skip
_ADVICE: Lines = (
    "使用煤炉取暖，睡前要检查烟道是否通畅，窗户留一条缝。", "办理时请带身份证原件和近期照片两张，代办的还要带委托书。",
    "雷雨天不要在大树和高压线下停留，不要在河边钓鱼。", "购票后请保管好票根，退票须在开车前两小时办理。",
    "采来的野菌不认识的不要吃，吃后不适要立即就医，并带上剩下的样品。", "签订合同要看清违约条款，空白处划掉，双方各留一份。",
    "伏天施药要避开中午，戴口罩和手套，药瓶不可乱扔。", "家中常备的药每半年清点一次，过期的送到药店回收。",
    "高温作业要少量多次喝淡盐水，出现头晕、恶心要马上到阴凉处休息。", "报名截止到{m}月底，联系电话{tel}，逾期不再受理。",
    "老人冬天晨练不宜太早，等太阳出来以后再出门为好。", "大型车右转时有盲区，行人和骑车的人要离车身一米五以上。",
    "遇到上门推销的，先看证件，再打电话核实，不要当场付款。", "菜籽油开封后最好三个月内用完，放在阴凉避光的地方。",
    "工伤认定应在事故发生之日起三十日内由单位提出，单位不提的，本人一年之内可以提出。",
)  # fmt: skip
_FACTS: Lines = (
    "{place}水库建成于1958年，库容{big}万立方米，灌溉下游{n}个村的农田。",
    "全县现有注册志愿者{big}人，其中六成在三十五岁以下。",
    "该厂始建于上世纪五十年代，最多时有职工{big}人，产品曾销往{n}个国家和地区。",
    "{place}号子流传了二百多年，分起锚、拉纤、过滩等七调，2009年列入省级保护名录。",
    "截至上月底，全市共建成工会驿站{n}座，平均每座每天接待{n}人次。", "去年全市共受理劳动争议案件{big}件，调解成功的占七成。",
    "这条铁路全长{big}公里，有隧道{n}座，桥梁{n}座，桥隧相连处最高离谷底一百多米。",
    "{place}河发源于{place}山，流经三县，年均径流量{n}亿立方米。", "本市最低工资标准自去年七月起调整，每月增加{n}元。",
    "我国职业病分为十大类一百三十多种，其中尘肺病占了大半。",
    "这种苹果个大、皮薄、耐放，全县种植面积{n}万亩，亩产{big}公斤。",
    "竞赛自1987年起每两年办一届，{n}个工种的选手先后获得省级称号。",
    "{name}，{place}人，进厂{y}年，先后革新工装{n}项。",
)  # fmt: skip
_TERMS: Lines = (
    "“三班两倒”，指三个班组轮流上两个时段的工作制，每班工作后连休一天。", "“公顷”是面积单位，一公顷等于十五亩。",
    "集体合同，是工会代表职工与用人单位就工资、工时等事项签订的书面协议。", "“倒春寒”，指春季回暖之后气温又明显下降的天气。",
    "“双随机”，就是随机抽取检查对象，随机选派检查人员。", "硬度，是水里钙、镁离子含量的多少，过高会结水垢。",
    "“零工市场”，是为打短工的人提供登记、歇脚和介绍工作的场所。", "“吨公里”，货物运输的计量单位，一吨货运一公里为一吨公里。",
    "社会保险费，包括养老、医疗、失业、工伤等项，由单位和个人按比例缴纳。", "“墒情”，指土壤里水分多少的情况。",
    "“轮作”，是在同一块地上按年份轮换种不同作物的办法，可以养地防病。",
)  # fmt: skip
_POOLS: dict[str, Lines] = {"advice": _ADVICE, "facts": _FACTS, "terms": _TERMS}
_VERBS: Lines = (
    "正在给徒弟示范锉刀的用法", "和工友们一起清点零件", "在田头查看麦苗的长势", "给来访的孩子讲老照片的故事",
    "在灯下修补渔网",
    "展示她绣了半年的作品", "把刚出炉的饼装进保温箱", "与老伴在新居前合影", "在检修坑里拧紧最后一颗螺栓",
    "接过工友递来的热茶",
    "正为乘客指路", "在晒场上翻晒稻谷", "向记者介绍这台旧机床", "和同事核对当天的票据", "指着墙上的地图说起那条路",
    "从箱底翻出当年的工作证", "在雨中指挥车辆", "给老人量血压", "带着学生测量水位", "抱着奖杯走下领奖台", "在船头收网",
    "端详着自己画的图纸", "用卡尺检查工件", "在病床前安慰家属", "和孩子们玩老鹰捉小鸡", "把选票投进票箱",
)  # fmt: skip
_SHOWN: Lines = (
    "{name}{verb}。", "{name}{verb}。", "{name}（右）{verb}。", "{name}（左）{verb}。", "{name}（中）{verb}。",
    "{name}（右二）{verb}。",
    "{name}（左一）{verb}。", "{name}（前）{verb}。", "工作中的{name}。", "{m}月{d}日，{name}{verb}。",
    "{age}岁的{name}{verb}。",
    "傍晚，{name}{verb}。", "{name}（右）和{name}{verb}。", "{name}{verb}", "年轻时的{name}。", "{name}师傅{verb}。",
    "{name}（后排左）和同事在一起。", "修缮一新的{place}码头。", "{place}村的新校舍。", "{place}桥头的早市。",
)  # fmt: skip
_CREDITS: Lines = (
    *("",) * 8, "　资料图片", "　资料照片", " 资料图片",
    "　资料图片（{year}年）", "（厂工会供图）", "　{name}拍摄", "　本报记者 {name}拍",
    "（{name}拍摄）", "　由本人提供", "　旧照翻拍", " 本报资料",
)  # fmt: skip
_LASTS: Lines = (
    "本报将跟踪报道。", "以后的进展，本报另作报道。", "目前，此事还没有下文。", "事情还没有完。", "大家等着那一天。",
    "他笑了。",
    "路还长。", "一切刚刚开始。", "这话说得在理。", "该管的，要管起来。", "结果如何，大家都在等。", "雨还在下。",
    "她没有回答。",
    "让人欣慰。", "值得深思。", "莫让好事走了样。", "早该如此！", "谁来负责？", "办法总会有的。", "愿他平安。", "灯还亮着。",
    "这一次，他们赶上了。", "记者还会再去。", "此风不可长。", "但愿不是一阵风。", "截至发稿时，记者没有等到答复。",
    "有关工作还在进行。",
    "天亮了。", "人们记住了他的名字。", "此事仍在处理。", "不妨试一试。", "我们拭目以待。",
    "账，要这样算。", "功夫不负有心人。",
)  # fmt: skip
_SAID_OF = ("雨", "灯", "天亮", "他", "她", "记者", "好事", "人们")
"""A closing line with such a word stands below a text that has it."""


def labelled_box(press: Press) -> str:
    """One paragraph that its first word calls a tip, a fact or a term."""
    kind = press.draw(tuple(_LABELS))
    label = press.draw(_LABELS[kind])
    texts = [press.fill(text) for text in press.rng.sample(_POOLS[kind], 1 + press.chance(0.25) * (kind != "terms"))]
    if label == "什么是":
        return f"什么是{texts[0].replace('”，', '”？', 1)}" if "”，" in texts[0] else f"小知识：{texts[0]}"
    return label + "".join(texts)


def plain_caption(press: Press) -> str:
    """What a picture shows, said in a sentence as running text says it."""
    return fill(press.draw(_SHOWN).replace("{verb}", press.draw(_VERBS)) + press.draw(_CREDITS), press)


def last_line(press: Press, text: str) -> str:
    """A closing paragraph of a few characters, about nothing that the text does not have."""
    return press.draw([line for line in _LASTS if all(word in text for word in _SAID_OF if word in line)])
