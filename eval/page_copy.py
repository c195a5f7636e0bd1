"""The copy of one article before it is laid out: its parts, drawn from a style, with the article's own text as body.

Owns what is said (which kicker, byline, box, where a jump cuts) and whether the hazards that go with it were met. Knows
nothing of the order of parts, of gaps or of offsets: eval/page_layout.py sets it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from eval.page_press import Press
from models.article import Role

Paragraph = tuple[Role, str]
Lines = tuple[str, ...]

OPENING = re.compile(r"^.{0,24}(?:[电讯]\s*[（(]|[电讯]\s{1,4}|记者|】)")
"""A body that begins with a byline or dateline of its own gets no second one."""
WORDS = re.compile(
    "工会|职工|企业|记者|工作|发展|建设|中国|国家|社会|服务|经济|政府|人民|技术|生产|产业|活动|全国|会议|中心|问题|项目|管理|"
    "群众|组织|安全|提高|进行|实现|今年|开展|城市|合作|地区|公司|表示|我国|學習|職工|企業|記者|發展|建設|國家|社會|服務|經濟"
)
"""Two-character words of the news in both scripts: a column cuts them in two, a headline is never broken inside one."""
_SENTENCE = re.compile(r"(?:[^。！？]*+[。！？]++[”’」』）]*+)+?(?![。！？”’」』），、；：的等这一—])")
"""A mark inside a quotation that the sentence goes on after (…！”的横幅) ends nothing."""
_CLAUSE = re.compile(r"[，。；：、！？“”‘’（）《》—…\s]")
_LONG, _SHORT = 170, 60


@dataclass(frozen=True, slots=True)
class Copy:
    """All parts of an article; an empty part is absent from the page."""

    headline: Lines
    body: tuple[Paragraph, ...]
    kicker: Lines = ()
    note: Lines = ()
    """An editor's note above the headline."""
    subheads: Lines = ()
    byline: str = ""
    boxes: tuple[Lines, ...] = ()
    captions: Lines = ()
    credit: Paragraph | None = None
    """A line of its own after the text of a photo story."""
    tail: str = ""
    jump_to: str = ""
    jump_from: str = ""
    breaks: int = 0
    """Column ends in mid-sentence."""
    alternatives: Lines = ()
    """Headlines that are as good."""

    def dressed(self, press: Press) -> Copy:
        """In the script of the page."""

        def all_of(lines: Lines) -> Lines:
            return tuple(press.dress(line) for line in lines)

        return replace(
            self,
            headline=all_of(self.headline),
            body=tuple((role, press.dress(text)) for role, text in self.body),
            kicker=all_of(self.kicker),
            note=all_of(self.note),
            subheads=all_of(self.subheads),
            byline=press.dress(self.byline),
            boxes=tuple(all_of(box) for box in self.boxes),
            captions=all_of(self.captions),
            credit=(self.credit[0], press.dress(self.credit[1])) if self.credit else None,
            tail=press.dress(self.tail),
            jump_to=press.dress(self.jump_to),
            jump_from=press.dress(self.jump_from),
            alternatives=all_of(self.alternatives),
        )


def write_story(headline: str, body: str, press: Press, *, kicker: Lines | None = None, signed: bool = False) -> Copy:
    """An ordinary article. `kicker` replaces the drawn one (a series title); `signed` forces a byline of its own."""
    paragraphs = split_paragraphs(body, press)
    first = paragraphs[0]
    opened = OPENING.match(first) is not None
    if not opened and _repeats(headline, first) and press.takes("headline_repeats"):
        first = f"{headline}。{first}"
    byline = ""
    if signed or (not opened and press.takes("byline")):
        byline = write_byline(press)
    elif not opened and press.takes("dateline"):
        first = write_dateline(press) + first
    heads = write_heads((first, *paragraphs[1:]), press)
    return Copy(
        headline=write_headline(headline, press),
        body=heads,
        kicker=write_kicker(press) if kicker is None else kicker,
        subheads=write_subheads(press),
        byline=byline,
        boxes=tuple(write_box(press) for _ in range(1 + press.chance(0.12))) if press.takes("box") else (),
        captions=tuple(write_caption(press) for _ in range(1 + press.chance(0.15))) if press.takes("caption") else (),
        tail=press.say(press.style.phrases.tails) if press.takes("tail") else "",
        breaks=1 + press.chance(0.4) + (len(body) > 800) if press.takes("column_break") else 0,
    )


def write_headless(body: str, press: Press) -> Copy:
    """An article without a headline: only its opening `本报讯` parts it from the one before."""
    first, *rest = split_paragraphs(body, press)
    return Copy(headline=(), body=tuple(("body", text) for text in [write_dateline(press) + first, *rest]))


def write_photo(headline: str, text: str, press: Press) -> Copy:
    """A photo story: heading, one paragraph, a credit at its end or on a line of its own."""
    credit: Paragraph | None = None
    if press.chance(0.5):
        template = press.draw(press.style.credit_lines)
        credit = ("byline" if "ame}" in template else "tail", press.fill(template))
    else:
        text += press.say(press.style.credits)
    return Copy(headline=write_headline(headline, press), body=(("body", text),), credit=credit)


def write_jump(copy: Copy, press: Press, *, onward: bool) -> Copy:
    """The first or the second half of a story that another page goes on with; the cut may fall into a sentence."""
    body = copy.body
    middle = press.rng.randint(1, len(body) - 1)
    while body[middle][0] == "section_head":
        middle -= 1
    role, text = body[middle]
    comma = [found.end() for found in re.finditer("，", text) if 12 < found.end() < len(text) - 6]
    place = press.draw(comma) if comma and press.chance(0.5) else 0
    if onward:
        kept = (*body[:middle], (role, text[:place])) if place else body[: middle + 1]
        return replace(copy, body=kept, jump_to=press.say(press.style.jumps_to), tail="", boxes=(), captions=())
    kept = ((role, text[place:]), *body[middle + 1 :])
    return replace(copy, body=kept, byline="", kicker=(), boxes=(), jump_from=press.say(press.style.jumps_from))


def write_briefs(bodies: list[str], press: Press) -> Copy:
    """Very short items under one heading are one article whose body is the items."""
    bullet = press.draw(press.style.bullets)
    items = tuple(bullet + first_sentences(body) for body in bodies)
    return Copy(headline=(press.say(press.style.phrases.briefs),), body=tuple(("body", item) for item in items))


def write_headline(headline: str, press: Press) -> Lines:
    """The headline as this house sets it: two halves, quoted, with a column tag, over two lines."""
    if headline.count("，") == 1 and 5 <= headline.index("，") < len(headline) - 5 and "“" not in headline:
        headline = headline.replace("，", " ") if press.takes("headline_two_halves") else headline
    if len(headline) <= 20 and not _CLAUSE.search(headline) and press.takes("headline_quoted"):
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


def _repeats(headline: str, first: str) -> bool:
    return not _CLAUSE.search(headline.replace("，", "")) and headline not in first and len(headline) >= 8


def write_kicker(press: Press) -> Lines:
    """No line, one, or a series of two or three."""
    if not press.takes("kicker"):
        return ()
    words = press.style.phrases
    kind = press.draw(("comma", "comma", "dash", "column", "column", "series"))
    press.note(f"kicker_{kind}")
    if kind == "series":
        return press.say_all(words.kicker_series)
    text = press.say({"comma": words.kicker_comma, "dash": words.kicker_dash, "column": words.kicker_column}[kind])
    return (press.draw(press.style.kicker_form).format(text) if kind == "column" else text,)


def write_subheads(press: Press) -> Lines:
    """A deck under the headline, seldom two."""
    if not press.takes("subhead"):
        return ()
    words = press.style.phrases
    pools = {"dash": words.subhead_dash, "quoted": words.subhead_quoted, "plain": words.subhead_plain}
    kinds = press.rng.sample(("dash", "quoted", "plain"), 2 if press.chance(0.15) else 1)
    press.note(*(f"subhead_{kind}" for kind in kinds))
    return tuple(press.say(pools[kind]) for kind in kinds)


def write_byline(press: Press) -> str:
    """A line of names."""
    template = press.draw(press.style.bylines)
    if "通讯员" in template:
        press.note("correspondent")
    if template.count("ame}") > 1:
        press.note("several_names")
    if "{paper}" in template:
        press.note("other_paper")
    return press.fill(template)


def write_dateline(press: Press) -> str:
    """What an opening paragraph begins with: the paper's own, or a news agency's."""
    wire = press.chance(0.25)
    press.note("dateline_wire" if wire else "dateline")
    return press.say(press.style.wire if wire else press.style.datelines)


def write_heads(paragraphs: Lines, press: Press) -> tuple[Paragraph, ...]:
    """Body paragraphs, with section heads every two or three paragraphs of a long article."""
    body: list[Paragraph] = [("body", text) for text in paragraphs]
    if len(body) < 5 or not press.takes("section_heads"):
        return tuple(body)
    form = press.draw(press.style.head_form)
    place, used = press.rng.randint(1, 2), set[str]()
    while place < len(body) - 1:
        text = press.say(press.style.phrases.section_heads) if press.chance(0.6) else _echo(body[place][1])
        if text and text not in used:
            used.add(text)
            body.insert(place, ("section_head", form.format(text)))
        place += press.rng.randint(3, 4)
    return tuple(body)


def _echo(paragraph: str) -> str:
    """A clause of the paragraph that could head it: 6 to 14 characters between two marks."""
    found = [c for c in _CLAUSE.split(paragraph)[1:] if 6 <= len(c) <= 14 and re.fullmatch(r"[\u4e00-\u9fff]+", c)]
    return found[0] if found else ""


def write_box(press: Press) -> Lines:
    """A box: a label on its own line or inside its first paragraph, then one to three paragraphs."""
    words = press.style.phrases
    form, _, shape = press.draw(press.style.box_forms).partition(":")
    label = press.draw(words.box_labels)
    texts = [press.fill(text) for text in press.rng.sample(words.box_texts, press.draw((1, 1, 2, 3)))]
    if len(texts) > 1:
        press.note("box_paragraphs")
    if form == "inline":
        press.note("box_inline")
        return (shape.format(label) + texts[0], *texts[1:])
    press.note("box_label")
    title = press.draw(words.section_heads)
    return ((shape or "{}").format(label, title), *texts)


def write_caption(press: Press) -> str:
    """A picture inside an article: what it shows and perhaps who took it."""
    text = press.say(press.style.phrases.captions) + press.say(press.style.credits)
    return text.strip()


def split_paragraphs(body: str, press: Press) -> list[str]:
    """The paragraphs as they are; a long one is split at sentence ends, as a newspaper would, never inside a quotation."""
    found = []
    for paragraph in body.split("\n"):
        held = ""
        target = press.rng.randint(_SHORT, _LONG)
        for sentence in _SENTENCE.findall(paragraph) if len(paragraph) > _LONG else [paragraph]:
            held += sentence
            if len(held) >= target and held.count("“") == held.count("”"):
                found.append(held.strip())
                held, target = "", press.rng.randint(_SHORT, _LONG)
        rest = paragraph[sum(map(len, _SENTENCE.findall(paragraph))) :] if len(paragraph) > _LONG else ""
        if (held + rest).strip():
            found.append((held + rest).strip())
    return found


def first_sentences(body: str) -> str:
    """The shortest run of sentences from the start that has 25 characters."""
    text = body.replace("\n", "")
    held = ""
    for sentence in _SENTENCE.findall(text):
        held += sentence
        if len(held) >= 25:
            break
    return (held or text).strip()
