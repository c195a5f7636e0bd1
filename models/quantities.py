"""Numbers of a Chinese text as values: with the unit behind them, what is counted, and dates.

Full-width digits, 万/亿, percent and Chinese numerals are read alike. Knows one text at a time, no summary and no source.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?|[〇零一二两三四五六七八九十百千万亿]{1,}")
PERCENT = re.compile(r"百分之([〇零一二两三四五六七八九十百]{1,8})(?:点([〇零一二三四五六七八九]{1,4}))?")
LONGEST_NUMERAL = 20
"""Characters; what is longer is no number that a summary could quote."""
DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
BIG = {"万": 10_000, "亿": 100_000_000}
VAGUE = "余多几"
"""Between number and unit: 320余名 counts 名."""
_UNITS = (
    "平方米 平方公里 立方米 公里 千米 千瓦 兆瓦 千伏 小时 分钟 公斤 千克 毫升 美元 欧元 日元 港元 公顷 人次 个月 个百分点 "
    "年 月 日 天 时 分 秒 周 届 期 次 名 人 位 个 家 户 所 座 栋 套 台 辆 架 艘 列 件 份 张 本 部 篇 条 项 种 类 批 组 队 对 "
    "场 轮 班 岁 倍 成 元 角 吨 克 斤 亩 米 里 升 度 伏 级 层 号 路 站 处 间 门 瓶 袋 箱 包 盒 支 只 头 棵 株 顿 杯 页 册 幅 块 根 "
    "双 把 桶 床 颗 粒 盏 滴 筐 担 万 亿"
)
UNITS = _UNITS.split()
_UNIT = re.compile(rf"[{VAGUE}]?({'|'.join(sorted(UNITS, key=len, reverse=True))})")
ALIKE = {"号": "日", "名": "人", "位": "人"}
TIMES = set("年月日天时分秒周届期次号")  # what is behind these is not counted by them
_HAN = re.compile(r"[\u4e00-\u9fff]{2}")
_BEFORE = re.compile(r"[\u4e00-\u9fff]{4}$")
_DATE = re.compile(r"(\d{1,2})月(\d{1,2})[日号]")
_MONTH_OR_NUMBER = re.compile(r"(\d{1,2})月|(?<!\d)\d++(?:,\d{3})*+(?:\.\d++)?+(?!\s?年|届|[-—–~至]\d{4}年)")
_TENTHS = re.compile(r"([一二两三四五六七八九])成(?![员立为功长果就熟交不])")
_MORE = re.compile("(?:超过|超|逾|突破|多于|高于|至少|不低于|不少于|最少)[约达]?$")
_LESS = re.compile("(?:近|不足|不到|最多|至多|不超过|不高于|不多于|低于|少于)$")
_ABOVE, _BELOW = re.compile(r"[\u4e00-\u9fff]{0,2}(?:以上|多)"), re.compile(r"[\u4e00-\u9fff]{0,2}(?:以下|以内)")
_ABOUT_BEFORE = re.compile(
    "(?:(?<![接附最临相邻亲远走靠贴就新逼])近|(?<![签相条预公合制节契履邀纽北违续解毁守失爽特简隐])约"
    "|(?<![中英西赶反高马])超过?|逾|将近|大约)$"
)
"""Not as parts of words: 纽约, 北约, 违约, 中超, 走近."""
_ABOUT_BEHIND = re.compile("[余多几]")
_NEVER_ABOUT = re.compile(r"[年月日号时点届周天载成%千百:.-]|个?月")
_LAST_HOURS = re.compile("个?(?:小时|钟头)")
"""近24小时 is the last day, 近24公里 is about so many."""
_LETTER = re.compile("[A-Za-z]")
_OF_A_NAME = re.compile("多[国边党地]")
"""G20多国领导人: the number belongs to the letter, 多 to what follows."""
_LOOSE = re.compile(
    "近|约|超|逾|突破|余|多|几|以上|以下|以内|达|不少于|不足|左右|上下|预计|至少|至多|最高|上百|低于|不到|第"
)
"""What makes a number of a source an open one; what stands before it may be far from it: 预计投资将达到80万元."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in its company; what there is none of is "".

    `value` in canonical form (`320000000`, `12%`), its `unit`, the two characters `of` behind that, the four `before` the
    number, and its `bound`: "more" (超过, 以上), "less" (不足, 以内).
    """

    value: str
    unit: str = ""
    of: str = ""
    before: str = ""
    bound: str = ""


def quantities(text: str) -> Iterator[Quantity]:
    """The numbers of a text, percentages first."""
    text = _TENTHS.sub(lambda m: f"{10 * DIGITS[m[1]]}%", unicodedata.normalize("NFKC", text))
    for match in PERCENT.finditer(text):
        value = chinese_value(match[1]) if len(match[1]) > 1 else float(DIGITS.get(match[1], TENS.get(match[1], 0)))
        if value is not None:
            value += sum(DIGITS[c] / 10**place for place, c in enumerate(match[2] or "", 1))
            yield Quantity(f"{value:g}%", "%", "", *_company(text, match.start(), match.end()))
    text = PERCENT.sub(lambda m: " " * len(m[0]), text)
    for value, start, end in _numbers(text):
        company = _company(text, start, end)
        if text[end : end + 1] == "%":
            yield Quantity(f"{value:g}%", "%", "", *company)
            continue
        unit = _UNIT.match(text, end)
        of = _HAN.match(text, unit.end()) if unit and unit[1] not in TIMES else None
        name = ALIKE.get(unit[1], unit[1]) if unit else ""
        yield Quantity(f"{value:.12g}", name, of[0] if of else "", *company)


def _numbers(text: str) -> Iterator[tuple[float, int, int]]:
    """Values of the numbers with the places of them and of a 万 or 亿 that belongs to them."""
    for match in NUMBER.finditer(text):
        token, end = match.group(), match.end()
        arabic = token[0].isdigit()
        value = _arabic(token, text[end : end + 1]) if arabic else chinese_value(token)
        if value is not None:
            yield value, match.start(), end + (arabic and text[end : end + 1] in BIG)


def _company(text: str, start: int, end: int) -> tuple[str, str]:
    head = text[max(0, start - 5) : start]
    before = _BEFORE.search(head)
    more = _MORE.search(head) or _ABOVE.match(text, end)
    # 不超过 ends in 超过: what says less is looked for first.
    bound = "less" if _LESS.search(head) or _BELOW.match(text, end) else "more" if more else ""
    return before[0] if before else "", bound


def numbers_of(text: str) -> set[str]:
    """The numbers as canonical strings: `3.2亿` and `320000000` are alike, `12%` keeps its sign."""
    return {q.value for q in quantities(text)}


def about_and_exact(text: str) -> tuple[dict[float, str], set[float]]:
    """Numbers that are said to be open (80余, 近80, 超80) as they are written, and those that the text has without such a word."""
    text = unicodedata.normalize("NFKC", text)
    about: dict[float, str] = {}
    exact: set[float] = set()
    loose: set[float] = set()
    for value, start, end in _numbers(text):
        before = _ABOUT_BEFORE.search(text[max(0, start - 3) : start])
        behind = _ABOUT_BEHIND.match(text, end)
        if behind and _OF_A_NAME.match(text, end) and _LETTER.fullmatch(text, start - 1, start):
            behind = None
        if before and before[0] == "近" and _LAST_HOURS.match(text, end):
            before = None
        if (before or behind) and not _NEVER_ABOUT.match(text, end):
            about[value] = text[start - len(before[0] if before else "") : end + bool(behind)]
        (loose if _LOOSE.search(text[max(0, start - 6) : end + 6]) else exact).add(value)
    return about, exact - loose


def dates_of(text: str) -> set[tuple[int, int]]:
    """Month and day of the dates that are written out: 7月12日, 七月十二日, ７月１２日."""
    return {(int(month), int(day)) for month, day in _DATE.findall(_dates_in_figures(text))}


def months_of_numbers(text: str) -> dict[str, set[int]]:
    """Numbers in figures of three characters or more, no years, with the months named before them in one of their sentences.

    `截至6月末，余额为33174亿元，较5月末增长1.2%` has 6 for "33174", 6 and 5 for "1.2"; a sentence without a month adds 0.
    """
    found: dict[str, set[int]] = {}
    for sentence in re.split("[。；;！!？?\n]", _dates_in_figures(text)):
        months: set[int] = set()
        for match in _MONTH_OR_NUMBER.finditer(sentence):
            if match[1]:
                months.add(int(match[1]))
            elif len(number := match[0].replace(",", "")) > 2:
                found.setdefault(number, set()).update(months or {0})
    return found


def _dates_in_figures(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"[一二三四五六七八九十]{1,3}(?=[月日号])", lambda m: str(_under_hundred(m[0])), text)


def _under_hundred(numeral: str) -> int:
    tens, ten, ones = numeral.rpartition("十")
    return (DIGITS.get(tens, 1) * 10 if ten else 0) + DIGITS.get(ones, 0)


def _arabic(token: str, rest: str) -> float | None:
    try:
        value = float(token.replace(",", "")) * BIG.get(rest, 1)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def chinese_value(token: str) -> float | None:
    """A Chinese numeral of two characters or more; single ones are mostly parts of words (一些, 十分, 千家)."""
    if not 2 <= len(token) <= LONGEST_NUMERAL or not any(c in DIGITS or c == "十" for c in token):
        return None
    if all(c in DIGITS for c in token):
        return float("".join(str(DIGITS[c]) for c in token))
    total = section = 0
    digit = -1
    for c in token:
        if c in DIGITS:
            digit = DIGITS[c]
        elif c in TENS:
            section += (1 if digit < 0 else digit) * TENS[c]
            digit = -1
        else:
            total = (total + section + max(digit, 0)) * BIG[c] if total + section + max(digit, 0) else 0
            section, digit = 0, -1
    return float(total + section + max(digit, 0))
