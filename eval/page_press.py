"""The dice of one made page: draws hazards and phrases from a style, fills slots, and notes which hazards came to pass.

Also the script of the page: Traditional characters, its own quotation marks, full-width digits. Knows no order of parts
and no offsets.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from eval.page_styles import Style

HAZARDS = (
    # heads
    "kicker_comma", "kicker_dash", "kicker_column", "kicker_series", "headline_two_halves", "headline_quoted",
    "headline_tag", "headline_broken", "headline_repeats", "subhead_dash", "subhead_quoted", "subhead_plain",
    "no_headline",
    # bylines
    "byline_above_kicker", "byline_below_kicker", "byline_above_headline", "byline_below_headline",
    "byline_above_subhead", "byline_below_subhead", "dateline", "dateline_wire", "spread_name", "correspondent",
    "several_names", "other_paper",
    # bodies
    "section_heads", "column_break", "break_in_word", "break_in_number", "jump_to", "jump_from", "tail",
    # boxes and pictures
    "box_label", "box_inline", "box_paragraphs", "box_in_sentence", "box_between", "box_top", "box_end", "editors_note",
    "caption", "caption_in_sentence", "photo_story",
    # pages
    "feature", "briefs", "briefs_with_headlines", "furniture_top", "furniture_bottom", "advert", "advert_between",
    "single_newline", "blank_line", "indent", "full_width_digits", "traditional", "crlf",
    # kinds of paper
    "byline_end", "byline_two_lines", "byline_in_deck", "sign_off", "numbered_heads", "interview", "short_item",
    "photo_label", "photo_byline", "box_rule", "running_head", "rule", "han_dates", "hard_wrap",
)  # fmt: skip
CITIES = ("北京", "上海", "广州", "武汉", "成都", "西安", "沈阳", "长沙", "拉萨", "昆明", "东京", "日内瓦", "巴黎")
CHINESE = (
    "零",
    "一",
    "二",
    "三",
    "四",
    "五",
    "六",
    "七",
    "八",
    "九",
    "十",
    "十一",
    "十二",
    "十三",
    "十四",
    "十五",
    "十六",
)
ENGLISH = (
    ("Alan", "Becky", "Cindy", "Derek", "Elaine", "Felix", "Grace", "Howard", "Ivy", "Jason", "Karen", "Leo", "Mandy"),
    ("Chow", "Fung", "Hui", "Kwok", "Lau", "Mok", "Ng", "Poon", "Shen", "Tang", "Wei", "Xu", "Zhao"),
)  # fmt: skip
LUNAR_MONTHS, LUNAR_DAYS = (
    "正二三四五六七八九十",
    ("初二", "初五", "初九", "十一", "十四", "十八", "廿一", "廿六", "三十"),
)
_HAN_YEAR = re.compile(r"(?<![\d.])([12１２]\d{3})(?=年)")
_HAN_DAY = re.compile(r"(?<![\d.])([1-9１-９]\d?)(?=月|日|[至—～、-]\d\d?[月日])")
_SLOT = re.compile(r"\{(\w+)\}")
_FULL_WIDTH = str.maketrans("0123456789%", "０１２３４５６７８９％")

T = TypeVar("T")


class Press:
    """Style, dice and the hazards met so far; `without` are hazards that must not be drawn."""

    def __init__(self, style: Style, rng: random.Random, without: frozenset[str] = frozenset()) -> None:
        self.style = style
        self.rng = rng
        self.without = without
        self.hazards: set[str] = set()
        self._day = (rng.randint(2027, 2033), rng.randint(1, 12), rng.randint(1, 28))
        self._masthead = rng.choice(style.phrases.papers)
        self._page, self._other = rng.sample(range(1, 17), 2)
        self.traditional = self.takes("traditional")
        self.full_width = self.takes("full_width_digits")
        self.crlf = self.takes("crlf")

    def chance(self, rate: float) -> bool:
        """A coin that falls on its head at `rate`."""
        return self.rng.random() < rate

    def takes(self, hazard: str) -> bool:
        """Whether the hazard happens here; what happens and has a name of its own is noted."""
        drawn = self.chance(self.style.rates.get(hazard, 0.0)) and hazard not in self.without
        if drawn and hazard in HAZARDS:
            self.hazards.add(hazard)
        return drawn

    def may(self, hazard: str) -> bool:
        """As `takes`, but no die is thrown in a style that does not know the hazard."""
        return hazard in self.style.rates and self.takes(hazard)

    def note(self, *hazards: str) -> None:
        """Record that these came to pass."""
        self.hazards.update(hazards)

    def draw(self, pool: Sequence[T]) -> T:
        """Any one of them."""
        return self.rng.choice(pool)

    def say(self, pool: Sequence[str]) -> str:
        """One phrase with its slots filled."""
        return self.fill(self.rng.choice(pool))

    def say_all(self, pool: Sequence[Sequence[str]]) -> tuple[str, ...]:
        """One group of lines with their slots filled."""
        return tuple(self.fill(line) for line in self.rng.choice(pool))

    def fill(self, template: str) -> str:
        """Every `{slot}` is drawn anew."""
        return _SLOT.sub(lambda found: self._slot(found[1]), template)

    def dress(self, text: str) -> str:
        """In the script, the quotation marks and the digits of the page."""
        if self.traditional:
            text = str(_traditional(self.style.script).convert(text)).translate(
                str.maketrans("“”‘’", self.style.quotes)
            )
        if self.style.han_dates:
            text = _HAN_YEAR.sub(lambda found: "".join(map(_digit, found[1])), text)
            text = _HAN_DAY.sub(lambda found: _numeral(int(found[1])), text)
        return text.translate(_FULL_WIDTH) if self.full_width else text

    def _slot(self, slot: str) -> str:
        year, month, day = self._day
        words, rng = self.style.phrases, self.rng
        fixed = {"year": year, "m": month, "d": day, "masthead": self._masthead}
        if slot in fixed:
            return str(fixed[slot])
        made: dict[str, Callable[[], str]] = {
            "name": self._name,
            "Name": self._spread,
            "place": lambda: rng.choice(words.places),
            "paper": lambda: rng.choice(words.papers),
            "section": lambda: rng.choice(words.sections),
            "city": lambda: rng.choice(CITIES),
            "date": lambda: f"{year}年{month}月{day}日",
            "cdate": lambda: f"{''.join(_digit(c) for c in str(year))}年{_numeral(month)}月{_numeral(day)}日",
            "weekday": lambda: rng.choice("一二三四五六日"),
            "page": lambda: f"{self._page:02}" if self.chance(0.4) else str(self._page),
            "cpage": lambda: CHINESE[self._page],
            "other": lambda: str(self._other),
            "cother": lambda: CHINESE[self._other],
            "n": lambda: str(rng.randint(2, 98)),
            "y": lambda: str(rng.randint(3, 38)),
            "age": lambda: str(rng.randint(34, 78)),
            "big": lambda: str(rng.randint(120, 9800)),
            "tel": lambda: f"0{rng.randint(10, 999)}-{rng.randint(0, 9999):08}",
            "en": lambda: " ".join(rng.choice(names) for names in ENGLISH),
            "lunar": lambda: f"{rng.choice(LUNAR_MONTHS)}月{rng.choice(LUNAR_DAYS)}",
            "mail": lambda: f"{rng.choice(('xinwen', 'tougao', 'bianji', 'zonghe', 'gonghui'))}@example.com",
        }
        return made[slot]()

    def _name(self) -> str:
        return self.rng.choice(self.style.phrases.surnames) + self.rng.choice(self.style.phrases.given)

    def _spread(self) -> str:
        name = self._name()
        if len(name) == 2 and self.takes("spread_name"):
            return name[0] + self.style.spread + name[1]
        return name


def _digit(char: str) -> str:
    return "〇" if int(char) == 0 else CHINESE[int(char)]


def _numeral(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else CHINESE[tens]) + ("十" if tens else "") + ("" if tens and not ones else CHINESE[ones])


@cache
def _traditional(script: str) -> Any:
    import opencc  # its dictionaries are read only where a page is Traditional

    return opencc.OpenCC(script)
