"""What print has and our houses lack: boxes of figures, contents of other pages, long kickers, section heads with marks, letters.

Used by mixed styles (eval/page_mix.py) alone, so the houses stay as they are measured. Put together at random from a stock
of other articles; slots are those of eval/page_press.py. Knows nothing of pages.
"""

from __future__ import annotations

import random
from typing import Protocol

Lines = tuple[str, ...]


class Words(Protocol):
    """Where phrases are cut out: a stock of other articles (`eval.page_mix.Stock`)."""

    def headline(self, rng: random.Random) -> str:
        """A headline of at most 30 characters."""

    def clause(self, rng: random.Random, least: int, most: int) -> str:
        """A run of Han characters between two marks."""

    def text(self, rng: random.Random, least: int, most: int) -> str:
        """Whole sentences."""


_UNITS = (
    "万元",
    "亿元",
    "家",
    "人次",
    "%",
    "公里",
    "万人",
    "个",
    "万千瓦",
    "吨",
    "天",
    "处",
    "元/斤",
    "名",
    "分钟",
    "℃",
    "万件",
)
_STUDIES = ("调查", "观察", "见闻", "纪实", "侧记", "走访", "采访记", "一线调查", "探访", "的启示", "综述", "调研")
_SAYS = (
    "时强调",
    "时指出",
    "提醒",
    "数据显示",
    "部门发布",
    "会议召开",
    "在京举行",
    "要求",
    "印发通知",
    "回应关切",
    "座谈会提出",
    "表示",
)
_SALUTES = ("编辑同志：", "编辑同志：", "编辑：", "编辑部：", "记者同志：", "尊敬的编辑：", "《{masthead}》编辑部：", "编辑您好：",
            "{masthead}编辑：", "亲爱的工友：", "各位读者：")  # fmt: skip
_CONTENTS = ("导读", "今日导读", "要闻导读", "今日看点", "本期看点", "要目", "今日要目", "内页导读", "本期要目", "")


def figure(words: Words, rng: random.Random) -> str:
    """A number with its unit and what it counts."""
    number = rng.choice(
        (str(rng.randint(2, 99)), str(rng.randint(100, 9900)), f"{rng.randint(1, 99)}.{rng.randint(1, 9)}")
    )
    value, what, gap = (
        number + rng.choice(_UNITS),
        words.clause(rng, 3, 12),
        rng.choice(("　", " ", "　", "：", "——", "")),
    )
    return f"{value}{gap}{what}" if rng.random() < 0.5 or not gap else f"{what}{gap}{value}"


def box_list(words: Words, rng: random.Random) -> Lines:
    """The lines of a box that are no sentences."""
    n, kind = rng.choice((2, 3, 3, 4, 5)), rng.random()
    if kind < 0.4:
        return tuple(figure(words, rng) for _ in range(n))
    if kind < 0.7:
        mark = rng.choice(("●", "◆", "·", "■", "▲", "{n}、", "{n}.", "{cn}、", "①②③④⑤", "○", "△"))
        found = []
        for i in range(n):
            text = words.clause(rng, 5, 18) if rng.random() < 0.5 else words.text(rng, 10, 60)
            sign = mark[i] if mark.startswith("①") else mark.replace("{n}", str(i + 1)).replace("{cn}", "一二三四五"[i])
            found.append(sign + text)
        return tuple(found)
    if kind < 0.8:
        return tuple(
            f"{{m}}月{rng.randint(1, 28)}日{rng.choice(('　', ' ', '：'))}{words.clause(rng, 5, 16)}" for _ in range(n)
        )
    if kind < 0.9:
        ask, answer = rng.choice((("问：", "答："), ("Q：", "A："), ("", "")))
        return (ask + words.clause(rng, 6, 18) + "？", answer + words.text(rng, 20, 90))
    return (
        words.clause(rng, 6, 20) + rng.choice(("？", "！", "")),
        words.text(rng, 14, 80),
        *(words.text(rng, 14, 80),) * (n > 3),
    )


def contents(words: Words, rng: random.Random) -> Lines:
    """Headlines of other pages with their page numbers."""
    label, mark = rng.choice(_CONTENTS), rng.choice(("", "", "◆", "·", "▶", "●", "■ "))
    form = rng.choice(("{}　{n}版", "{}（{n}版）", "{} ▶{n}版", "{}　A{n}", "{}　第{n}版", "A{n}　{}", "{}……{n}", "{}　→{n}版",
                       "{}（见{n}版）", "{n}版　{}", "{}　0{n}"))  # fmt: skip
    lines = []
    for _ in range(rng.choice((1, 2, 3, 3, 4, 5))):
        head = words.headline(rng) if rng.random() < 0.8 else words.clause(rng, 6, 16)
        lines.append(mark + form.replace("{n}", str(rng.randint(2, 9))).replace("{}", head))
    return ((label,) if label else ()) + tuple(lines)


def kicker_long(words: Words, rng: random.Random) -> Lines:
    """A kicker of a clause or two without a mark at its end, perhaps under a column's name."""
    kind = rng.random()
    if kind < 0.4:
        line = words.clause(rng, 5, 16) + rng.choice(_SAYS)
    elif kind < 0.7:
        line = words.headline(rng)
    else:
        line = words.clause(rng, 5, 12) + rng.choice(("　", " ", "，", "、")) + words.clause(rng, 4, 12)
    if rng.random() < 0.2:
        line = rng.choice(("“{}”", "——{}", "{}：", "{}，", "【{}】")).format(line)
    return (words.clause(rng, 3, 9), line) if rng.random() < 0.3 else (line,)


def study(words: Words, rng: random.Random) -> str:
    """What a deck calls a report: `青禾县粮仓改造调查`."""
    place = rng.choice(("{place}", "{place}市", "{place}县", "一家企业的", "{city}", ""))
    return place + words.clause(rng, 4, 14) + rng.choice(_STUDIES)


def section_head(words: Words, rng: random.Random, least: int, most: int) -> str:
    """A section head: a clause, two with a mark between them, a quotation, a question."""
    one = words.clause(rng, least, most)
    kind = rng.random()
    if kind < 0.45:
        return one
    if kind < 0.75:
        return one + rng.choice(("：", "，", "，", "、", " ", "——", "；")) + words.clause(rng, 3, most)
    if kind < 0.87:
        return rng.choice(("“{}”", "“{}”", "“{}”{more}", "{more}“{}”", "“{}，{more}”")).format(
            one, more=words.clause(rng, 3, 8)
        )
    return one + rng.choice(("？", "？", "！"))


_NAMES = ("{place}矿工报", "{place}职工报", "{place}铁道报", "{place}晨讯", "{place}时讯", "{place}邮政报", "{place}建设报",
          "{city}教育周报", "{place}农村报", "{place}商报", "{place}青年报", "{place}导报", "{place}新报", "{place}通讯",
          "{place}之声", "{place}工会", "{place}公交人", "{place}石油", "{place}老年报", "{place}健康报", "{place}法治报",
          "{place}快报", "{place}电力报")  # fmt: skip
_ISSUES = ("第{n}期", "第{n}期（总第{big}期）", "总第{big}期", "今日{n}版", "今日八版", "{place}集团主办", "{place}总工会主办",
           "内部资料 免费交流", "准印证号：{place}字第{n}号", "第{big}号", "农历{lunar}", "国内统一连续出版物号CN{n}-00{n}",
           "邮发代号：{n}-{n}", "{place}网网址：www.example.com", "{date}出版", "逢周{weekday}出版")  # fmt: skip


def masthead(rng: random.Random, date: str) -> Lines:
    """A paper's name over one or two lines of date, number and publisher."""
    parts = [date, *rng.sample(_ISSUES, rng.choice((1, 1, 2, 3)))]
    cut = rng.randint(1, len(parts))
    gap = rng.choice((" ", "　", "　　", "  "))
    lines = [gap.join(part) for part in (parts[:cut], parts[cut:]) if part]
    name = rng.choice((*_NAMES, "{masthead}", "{paper}"))
    return (name, *lines) if rng.random() < 0.8 else (gap.join([name, lines[0]]), *lines[1:])


def salutes() -> Lines:
    """What letters to the editor open with."""
    return _SALUTES
