"""Templates that no house wrote: bylines, datelines, credits, furniture and labels put together from their parts at random.

Used by mixed styles (eval/page_mix.py), so that a splitter learns what these lines are made of and not how seventeen houses
write them. Slots are those of eval/page_press.py. Knows nothing of pages.
"""

from __future__ import annotations

import random

from eval.page_print import masthead

_OFFICES = ("本报记者", "本报记者", "记者", "本报通讯员", "通讯员", "本报特约记者", "见习记者", "本报见习记者",
            "实习生", "{paper}记者",
            "本报驻{place}记者", "本刊记者", "全媒体记者", "首席记者", "特约撰稿", "本报评论员", "撰稿", "融媒记者",
            "{masthead}记者", "晚报记者")  # fmt: skip
_SIDES = ("", "", "", "", "□", "□ ", "◎", "■ ", "○ ", "●", "△ ")
_AROUND = ("{}", "{}", "{}", "{}", "{}", "（{}）", "【{}】", "[{}]", "〔{}〕", "({})", "—— {}")
_GAPS = (" ", " ", "  ", "　", "")
_BETWEEN = (" ", "  ", "　", "、", "/", "，", " / ", "｜")
_MARKS = ("■", "●", "◆", "▲", "★", "▌", "◎", "□", "※", "▶", "☆", "◇", ">>", "→", "#", "◥", "▍")
_TOOK = ("摄", " 摄", "/摄", "／摄", "供图", "/图", " 摄影", "摄影报道", "绘", "制图")


def byline(rng: random.Random) -> str:
    """A line, or two, that names writers."""
    name, gap, between = rng.choice(("{Name}", "{name}")), rng.choice(_GAPS), rng.choice(_BETWEEN)
    names = between.join([name] * rng.choice((1, 1, 1, 2, 2, 3)))
    office = rng.choice(_OFFICES)
    kind = rng.random()
    if kind < 0.45:
        line = f"{office}{gap or ' '}{names}" if rng.random() < 0.9 else f"{office}：{names}"
        if rng.random() < 0.3:
            line += f"{rng.choice(_BETWEEN)}{rng.choice(_OFFICES)}{gap}{name}"
    elif kind < 0.55:
        line = f"{names} {rng.choice((office, ''))}".strip()
    elif kind < 0.68:
        place = rng.choice(("{place}", "{city}", ""))
        mark = rng.choice(("/", " ", "　", "／", "·"))
        done = rng.choice(("报道", "报导", "专电", "综合报道", "摄影报道", "采访"))
        line = f"{office}{gap}{names}{mark}{place}{done}"
    elif kind < 0.82:
        mark = rng.choice(("：", "/", "｜", " | ", " ", "／"))
        line = rng.choice(("文", "撰文", "作者", "采写", "文字", "口述", "整理", "文/图")) + mark + names
        if rng.random() < 0.4:
            other = rng.choice(("图", "摄影", "编辑", "图片", "插图", "策划"))
            line += rng.choice(("\n", "\n", "  ", "　")) + other + mark + name
    elif kind < 0.9:
        line = f"{names}{rng.choice(('/文', '／文', ' 文', '（{place}）', '（作家）', ' 报道', '/文 {name}/图'))}"
    else:
        line = names
    return rng.choice(_AROUND).format(rng.choice(_SIDES) + line) if "\n" not in line else line


def dateline(rng: random.Random) -> str:
    """What an opening paragraph begins with."""
    paper = rng.choice(("本报", "本报", "本报", "{masthead}", "本刊", "晚报", "本台"))
    place = rng.choice(("", "{place}", "{city}"))
    day = rng.choice(("", "{m}月{d}日", "{d}日"))
    end = rng.choice(("讯", "电", "消息")) if day or place else rng.choice(("讯", "讯", "消息"))
    gap = rng.choice(("", " ", "  ", "　"))
    who = rng.choice(
        (
            "记者{name}",
            "记者 {name}",
            "记者{name}、{name}",
            "记者 {name} 通讯员 {name}",
            "通讯员{name}",
            "{name}",
            "{name} {name}",
        )
    )
    kind = rng.random()
    if kind < 0.55:
        return f"{paper}{place}{day}{end}{gap}{rng.choice(('（{}）', '（{}）', '({})', '[{}]')).format(who)}{gap}"
    if kind < 0.7:
        return f"{paper}{place}{day}{end}{gap or ' '}"
    if kind < 0.8:
        return f"【{paper}{place}{day}{end}】{rng.choice(('', who + '报道：', '（' + who + '）'))}"
    if kind < 0.9:
        return f"{paper}{place}{day}{end}{gap or ' '}{who}报道{rng.choice(('：', '，', ' '))}"
    return rng.choice((f"（{who}）", f"【{who}/" + "{place}报道】", f"〔{who}／" + "{place}讯〕", f"[{who}]"))


def credit(rng: random.Random) -> str:
    """What stands behind the text of a picture."""
    who = rng.choice(
        (
            "{name}",
            "{name}",
            "本报记者 {name}",
            "本报记者{name}",
            "记者{name}",
            "通讯员 {name}",
            "新华社记者{name}",
            "受访者",
            "{place}总工会",
        )
    )
    took = rng.choice(_TOOK)
    kind = rng.random()
    if kind < 0.4:
        return rng.choice((" ", "  ", "　", "")) + who + took
    if kind < 0.7:
        return rng.choice(("（{}）", "（{}）", "({})", "【{}】")).format(who + took)
    if kind < 0.8:
        return rng.choice((" 供图/{name}", " 摄影：{name}", "图/{name}", "（图源：{paper}）", "　图片来源：{paper}"))
    return rng.choice(
        (
            "（影像中国）",
            "（资料图片）",
            "（视觉中国）",
            "（本报资料图）",
            "（网络截图）",
            "（受访者供图）",
            "新华社发",
            "",
        )
    )


def credit_line(rng: random.Random) -> str:
    """The same on a line of its own."""
    while not (line := credit(rng).strip()):
        pass
    return line


_DATES = ("{date}", "{year}年{m}月{d}日　星期{weekday}", "{date} 星期{weekday}", "{cdate}", "{year}.{m}.{d}",
          "{year}-{m}-{d} 星期{weekday}",
          "{m}月{d}日 周{weekday}", "{year}年{m}月{d}日 农历{lunar}", "星期{weekday} {m}月{d}日")  # fmt: skip
_PAGES = ("{page}", "第{page}版", "{page}版", "A{page}", "第{cpage}版", "B{page}版", "P{page}", "0{other}")
_SECTIONS = (
    "{section}",
    "{section}",
    "{section}新闻",
    "{masthead}",
    "{section}周刊",
    "{section}·{section}",
    "{section} / {place}",
    "0{other} {section}",
    "{place}·{section}",
    "{section}版",
)
_MAKERS = (
    "责任编辑",
    "责编",
    "编辑",
    "美编",
    "校对",
    "版式设计",
    "版式",
    "审校",
    "组版",
    "视觉",
    "值班主任",
    "主编",
    "本版责编",
    "图编",
    "编审",
    "执行主编",
    "本版编辑",
)
_CALLS = ("新闻热线：{tel}", "电话：{tel}", "投稿邮箱：{mail}", "E-mail：{mail}", "电子信箱：{mail}",
          "报料热线 {tel}", "邮箱 {mail}", "读者热线：{tel}",
          "本报地址：{place}路{n}号", "广告：{tel}", "发行：{tel}", "零售每份{y}角", "今日{n}版",
          "国内统一连续出版物号 CN{n}-00{n}", "邮发代号 {n}-{n}",
          "网址：www.example.com", "总第{big}期", "今日天气 多云 {n}℃", "今日气温 {n}℃", "空气质量 {n} 良",
          "印刷：{place}印务", "值班电话 {tel}")  # fmt: skip


def top(rng: random.Random) -> tuple[str, ...]:
    """Furniture at the head of a page."""
    if rng.random() < 0.3:
        return masthead(rng, rng.choice(_DATES))
    parts = [rng.choice(_DATES), rng.choice(_PAGES), rng.choice(_SECTIONS)]
    if rng.random() < 0.3:
        parts.append(rng.choice(_CALLS))
    if rng.random() < 0.3:
        parts.append(f"{rng.choice(_MAKERS)}：{{name}}")
    rng.shuffle(parts)
    parts = parts[: rng.choice((1, 2, 3, 4))]
    return tuple(parts) if rng.random() < 0.4 else (rng.choice((" ", "  ", "　", "　　", " | ")).join(parts),)


def bottom(rng: random.Random) -> tuple[str, ...]:
    """Furniture at the foot."""
    mark, gap = rng.choice(("：", "：", "/", " ", "　", "｜")), rng.choice((" ", "  ", "　", "　　", " / "))
    makers = gap.join(f"{m}{mark}{{name}}" for m in rng.sample(_MAKERS, rng.choice((1, 2, 2, 3))))
    if rng.random() < 0.15:
        makers = f"（{makers}）"
    calls = rng.sample(_CALLS, rng.choice((0, 1, 1, 2, 3)))
    if not calls:
        return (makers,)
    lines = [gap.join(calls)] if rng.random() < 0.5 else list(calls)
    both = [makers, *lines] if rng.random() < 0.85 else lines
    return tuple(both) if rng.random() < 0.7 else (gap.join(both),)


def running_head(rng: random.Random) -> tuple[str, ...]:
    """Furniture between two articles."""
    if rng.random() < 0.5:
        return tuple(rng.sample(_CALLS, rng.choice((1, 1, 2))))
    return (rng.choice(_SECTIONS), rng.choice((*_CALLS, *_PAGES))) if rng.random() < 0.5 else top(rng)


def box_form(rng: random.Random) -> str:
    """How a box is labelled: on a line of its own, with a title, or in its first paragraph."""
    mark = rng.choice(_MARKS) if rng.random() < 0.4 else ""
    around = rng.choice(("{}", "{}", "{}", "【{}】", "[{}]", "〔{}〕", "「{}」", "《{}》", "·{}·", "{}："))
    kind = rng.random()
    if kind < 0.45:
        return (
            "label:" + mark + rng.choice(("", " ")) * bool(mark) + around + rng.choice(("", "", "", " >", ">>", "："))
        )
    if kind < 0.6:
        return "titled:" + mark + around.rstrip("：") + rng.choice(("　", " ", "：", "/", " · ", "｜", "——")) + "{}"
    if around == "{}":
        around = rng.choice(("{}：", "{}　", "{}｜", "{}: ", "{}——"))
    return "inline:" + mark + around


def box_rule(rng: random.Random) -> str:
    """A line above and below a box, or between articles."""
    return (
        rng.choice("=-—─*＝~·※▁") * rng.randint(3, 24)
        if rng.random() < 0.85
        else rng.choice(("* * *", "· · ·", "◆ ◆ ◆", "※ ※ ※"))
    )


def jump(rng: random.Random, onward: bool) -> str:
    """Where an article goes on, or comes from."""
    page = rng.choice(("第{cother}版", "{other}版", "第{other}版", "A{other}版", "P{other}", "{other}版·{section}"))
    said = rng.choice(
        ("下转", "下转", "转", "下接", "全文见", "详见") if onward else ("上接", "上接", "接", "紧接", "续")
    )
    return rng.choice(("（{}）", "（{}）", "({})", "【{}】", "⊙{}", "▶{}", "{}")).format(said + page)


def tail(rng: random.Random) -> str:
    """A line below an article that is no part of its text."""
    return rng.choice((
        "（{name}参与采写）", "（{name}、{name}参与采写）", "（据{paper}）", "（据新华社电）", "（综合{paper}报道）",
        "（作者单位：{place}总工会）", "（作者为{place}职工）",
        "（本文由{name}整理）", "（系列之{cother}）", "（来源：{paper}）", "（未完待续）",
        "（本版图片除署名外均为资料图片）", "（文中人物为化名）", "（作者系{place}大学教授）",
        "（{name}对本文亦有贡献）", "（{name}　{name}　{name}）", "（本报综合）", "（编译：{name}）", "（点评人：{name}）",
    ))  # fmt: skip


def signature(rng: random.Random) -> str:
    """A byline below the text."""
    return rng.choice((
        "（{name}）", "（{name} {name}）", "（本报记者 {name}）", "（记者{name}）", "{name}", "{Name}",
        "本报记者 {name}", "（{place} {name}）", "（通讯员 {name}）", "〔{name}〕",
        "（记者 {name} 通讯员 {name}）", "撰稿：{name}", "（文/{name}）",
    ))  # fmt: skip


def advert(rng: random.Random) -> tuple[str, ...]:
    """An advertisement or a notice."""
    label = rng.choice(
        (
            "广告",
            "公告",
            "遗失声明",
            "招聘",
            "招生简章",
            "讣告",
            "拍卖公告",
            "清算公告",
            "招租",
            "注销公告",
            "寻人启事",
            "公益广告",
            "更正",
        )
    )
    text = rng.choice((
        "{place}商贸有限公司遗失营业执照副本一份，声明作废。", "{name}遗失身份证一张，特此声明。",
        "{place}厂招聘操作工{n}名，待遇面议。电话：{tel}", "{place}驾校常年招生　报名热线{tel}",
        "本公司拟注销，请债权人自公告之日起45日内申报债权。", "{place}家电城　全场{n}折起　地址：{place}路{n}号",
        "因设备检修，{place}片区{m}月{d}日8时至17时停电。", "订阅本报请拨{tel}",
        "兹定于{m}月{d}日召开股东会，请各股东准时出席。", "{place}公寓现房发售　每平方米{big}元起　{tel}",
        "旺铺转让　{place}路口　面积{n}平方米　电话{tel}",
    ))  # fmt: skip
    kind = rng.random()
    if kind < 0.4:
        return (label, text)
    if kind < 0.55:
        return (label, text, "{place}有限公司")
    return (f"【{label}】{text}",) if kind < 0.7 else (text,)
