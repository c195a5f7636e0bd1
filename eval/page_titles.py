"""What stands above an article on a made page: headline, kicker and deck as a house sets them.

Also tells where a headline may be broken: never inside a word that we know. Knows nothing of their order.
"""

from __future__ import annotations

import re

from eval.page_press import Press

Lines = tuple[str, ...]

WORDS = re.compile(
    "工会|职工|企业|记者|工作|发展|建设|中国|国家|社会|服务|经济|政府|人民|技术|生产|产业|活动|全国|会议|中心|问题|项目|管理|"
    "群众|组织|安全|提高|进行|实现|今年|开展|城市|合作|地区|公司|表示|我国|學習|職工|企業|記者|發展|建設|國家|社會|服務|經濟"
)
"""Two-character words of the news in both scripts: a column cuts them in two, a headline is never broken inside one."""
_HAN = re.compile(r"[\u4e00-\u9fff]+$")
CLAUSE = re.compile(r"[，。；：、！？“”‘’（）《》—…\s]")


def write_headline(headline: str, press: Press) -> Lines:
    """The headline as this house sets it: two halves, quoted, with a column tag, over two lines."""
    if headline.count("，") == 1 and 5 <= headline.index("，") < len(headline) - 5 and "“" not in headline:
        headline = headline.replace("，", " ") if press.takes("headline_two_halves") else headline
    if len(headline) <= 20 and not CLAUSE.search(headline) and press.takes("headline_quoted"):
        headline = f"“{headline}”"
    tagged = not headline.endswith("）") and len(headline) <= 26 and press.takes("headline_tag")
    lines = _broken(headline, press) if len(headline) >= 12 and not tagged else None
    if " " in headline and lines is None:
        press.note("headline_two_halves")
    if headline[0] == "“" and headline[-1] == "”" and headline.count("“") == 1:
        press.note("headline_quoted")
    if tagged:
        headline = press.style.tag_form.format(headline, press.say(press.style.phrases.tags))
    return lines or (headline,)


def _broken(headline: str, press: Press) -> Lines | None:
    """Over two lines: at the space, after a mark, or between two words near the middle; never inside a word we know."""
    space, middle = headline.find(" "), len(headline) // 2
    marks = [m.end() for m in re.finditer("[，：”》]", headline)]
    edges = [place for m in WORDS.finditer(headline) for place in m.span()]
    near = [p for p in [*marks, *edges] if abs(p - middle) <= 4 and headline[p : p + 1] not in "，：、”》？！"]
    if not (4 < space < len(headline) - 4 or near) or not press.takes("headline_broken"):
        return None
    place = space if space > 0 else min(near, key=lambda p: (p not in marks, abs(p - middle)))
    return headline[:place].strip(), headline[place:].strip()


def repeats(headline: str, first: str) -> bool:
    """Whether the opening sentence may say the headline once more."""
    return not CLAUSE.search(headline.replace("，", "")) and headline not in first and len(headline) >= 8


def own_clause(text: str, press: Press, least: int, most: int) -> str:
    """Running text between two marks out of an article, of so many characters; nothing where none fits."""
    found = [c for c in CLAUSE.split(text)[1:] if least <= len(c) <= most and _HAN.match(c)]
    return press.draw(found) if found else ""


def own_words(text: str, press: Press, least: int, most: int) -> str:
    """As `own_clause` in a house that does so, at its rate; others throw no die."""
    if not press.style.own_words or not press.chance(press.style.own_words):
        return ""
    return own_clause(text, press, least, most)


def own_headline(text: str, press: Press) -> str:
    """A headline in the manner of a feature: a clause out of the text, perhaps with a question, a quotation or a second half."""
    own = own_clause(text, press, 5, 15)
    if not own:
        return ""
    more = own_clause(text, press, 4, 12)
    forms = ["{}", "{}", "{}", "“{}”", "{}？", "{}，{more}", "“{}”{more}", "{}，{more}", "{}：{more}"]
    return press.draw(forms[: None if more else 5]).format(own, more=more)


def person(press: Press) -> str:
    """A trade and a name: the deck of a portrait."""
    return press.fill(press.draw(_PEOPLE))


_OWN_KICKERS = ("{}，", "{}，", "{}——", "{}：", "“{}”", "{}")


def write_kicker(press: Press, text: str = "") -> Lines:
    """No line, one, or a series of two or three. `text` is the article's."""
    if not press.takes("kicker"):
        return ()
    if own := own_words(text, press, 4, 14):
        return (press.draw(_OWN_KICKERS).format(own),)
    words = press.style.phrases
    if press.may("kicker_long"):
        return press.say_all(words.kicker_long)
    kind = press.draw(press.style.kicker_kinds)
    press.note(f"kicker_{kind}")
    if kind == "series":
        return press.say_all(words.kicker_series)
    text = press.say({"comma": words.kicker_comma, "dash": words.kicker_dash, "column": words.kicker_column}[kind])
    return (press.draw(press.style.kicker_form).format(text) if kind == "column" else text,)


_PEOPLE = ("工人 {name}", "{place}职工 {name}", "班长　{name}", "焊工 {name}", "{place}客运站司机 {name}",
           "护士长 {name}", "劳模 {name}", "快递员　{name}",
           "面点师 {name}", "村医 {name}", "教师　{name}", "{age}岁的{name}", "讲述人：{name}")  # fmt: skip
_SENTENCES = re.compile(r"(?<=。)[^。！？；\n“”]+(?=。)")
_OWN_DECKS = ("{}", "{}", "{}", "——{}", "“{}”")


def write_subheads(press: Press, text: str = "") -> Lines:
    """A deck under the headline, seldom two. `text` is the article's."""
    if not press.takes("subhead"):
        return ()
    if own := own_words(text, press, 7, 30):
        whole = [x for x in _SENTENCES.findall(text) if 14 <= len(x) <= 50]
        if whole and press.chance(0.3):
            own = press.draw(whole)
        elif press.chance(0.3) and (more := own_clause(text, press, 7, 24)):
            own += press.draw(("，", "，", " ", "、")) + more
        elif press.chance(0.15):
            own = person(press)
        return (press.draw(_OWN_DECKS).format(own),)
    words = press.style.phrases
    pools = {"dash": words.subhead_dash, "quoted": words.subhead_quoted, "plain": words.subhead_plain}
    second = press.chance(press.style.rates.get("second_subhead", 0.15))
    kinds = press.rng.sample(press.style.subhead_kinds, 2 if second else 1)
    press.note(*(f"subhead_{kind}" for kind in kinds))
    form = press.style.subhead_form[0]
    if len(press.style.subhead_form) > 1:
        form = press.draw(press.style.subhead_form)
    return tuple(form.format(press.say(pools[kind])) for kind in kinds)
