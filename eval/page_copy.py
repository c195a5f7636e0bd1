"""The copy of one article before it is laid out: its parts, drawn from a style, with the article's own text as body.

Owns what is said (which kicker, byline, box, where a jump cuts) and whether the hazards that go with it were met. Knows
nothing of the order of parts, of gaps or of offsets: eval/page_layout.py sets it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from eval.page_press import CHINESE, Press
from eval.page_titles import (
    CLAUSE,
    own_clause,
    own_headline,
    own_words,
    repeats,
    write_headline,
    write_kicker,
    write_subheads,
)
from models.article import Role

Paragraph = tuple[Role, str]
Lines = tuple[str, ...]

OPENING = re.compile(r"^.{0,24}(?:[电讯]\s*[（(]|[电讯]\s{1,4}|记者|】)")
"""A body that begins with a byline or dateline of its own gets no second one."""
_SENTENCE = re.compile(r"(?:[^。！？]*+[。！？]++[”’」』）]*+)+?(?![。！？”’」』），、；：的等这一—])")
"""A mark inside a quotation that the sentence goes on after (…！”的横幅) ends nothing."""
_LONG, _SHORT = 170, 60
_TARGETS = (8, 40, 80, 120, 160, 220, 300)
"""Characters that a paragraph has at least in a house that cuts phrases out of its own text."""


@dataclass(frozen=True, slots=True)
class Copy:
    """All parts of an article; an empty part is absent from the page."""

    headline: Lines
    body: tuple[Paragraph, ...]
    kicker: Lines = ()
    above: Lines = ()
    """Furniture over the article: what several articles stand under."""
    note: Lines = ()
    """An editor's note above the headline."""
    subheads: Lines = ()
    byline: str = ""
    """Perhaps two lines."""
    sign: str = ""
    """A byline below the last paragraph."""
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
    gaps: Lines = ()
    """White space above each part of the body where it is not that of the house: rows and verse of training pages."""
    order: tuple[Role, ...] = ()
    """Of the parts above the body, where it is not one of the house."""
    small: bool = False
    """News in brief or a photo story: it has none of the parts of an article that is told at length."""

    def dressed(self, press: Press) -> Copy:
        """In the script of the page."""

        def all_of(lines: Lines) -> Lines:
            return tuple(press.dress(line) for line in lines)

        return replace(
            self,
            headline=all_of(self.headline),
            body=tuple((role, press.dress(text)) for role, text in self.body),
            kicker=all_of(self.kicker),
            above=all_of(self.above),
            note=all_of(self.note),
            subheads=all_of(self.subheads),
            byline=press.dress(self.byline),
            sign=press.dress(self.sign),
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
    if press.style.own_words and press.chance(press.style.own_words / 4):
        headline = own_headline(body, press) or headline
    if press.may("headline_short"):
        headline = own_clause(body, press, 3, 8) or headline
    letter = press.may("letter")
    if letter:
        paragraphs = [press.say(press.style.phrases.salutes), *paragraphs]
    first = paragraphs[0]
    opened = OPENING.match(first) is not None
    if not letter and not opened and repeats(headline, first) and press.takes("headline_repeats"):
        first = f"{headline}。{first}"
    byline = ""
    if letter:
        byline = ""
    elif signed or (not opened and press.takes("byline")):
        byline = write_byline(press)
    elif not opened and press.takes("dateline"):
        first = write_dateline(press) + first
    heads = write_heads((first, *paragraphs[1:]), press)
    copy = Copy(
        headline=write_headline(headline, press),
        body=heads,
        kicker=write_kicker(press, body) if kicker is None else kicker,
        subheads=write_subheads(press, body),
        byline=byline,
        boxes=tuple(write_box(press, body) for _ in range(1 + press.chance(0.12))) if press.takes("box") else (),
        captions=tuple(write_caption(press, body) for _ in range(1 + press.chance(0.15)))
        if press.takes("caption")
        else (),
        tail=press.say(press.style.phrases.tails) if press.takes("tail") else "",
        breaks=1 + press.chance(0.4) + (len(body) > 800) if press.takes("column_break") else 0,
    )
    if letter:
        return replace(copy, sign=press.say(press.style.signs) if press.style.signs else "")
    return _asked(_signed(copy, press), press)


def _signed(copy: Copy, press: Press) -> Copy:
    """Names moved below the text, into the deck or behind the last sentence, where the house does that."""
    style = press.style
    if not copy.byline:
        if not press.may("sign_off"):
            return copy
        *rest, (role, text) = copy.body
        return replace(copy, body=(*rest, (role, text + press.say(style.sign_offs))))
    if press.may("byline_end"):
        return replace(copy, byline="", sign=press.say(style.signs))
    if copy.subheads and "\n" not in copy.byline and press.may("byline_in_deck"):
        deck = copy.subheads[-1] + press.draw(style.deck_joins) + copy.byline
        return replace(copy, byline="", subheads=(*copy.subheads[:-1], deck))
    return copy


def _asked(copy: Copy, press: Press) -> Copy:
    """An interview: questions on lines of their own, and a mark before each answer."""
    asked = any(text.startswith(("问", "答", "记者：")) for _, text in copy.body)
    if len(copy.body) < 4 or asked or not press.may("interview"):
        return copy
    ask, answer = map(press.fill, press.draw(press.style.asks))
    body, follows = list(copy.body[:1]), 0
    for role, text in copy.body[1:]:
        if role == "body" and follows == 0:
            body += [("body", ask + press.say(press.style.phrases.questions)), (role, answer + text)]
            follows = press.draw((1, 1, 2)) - 1
        else:
            follows = max(0, follows - (role == "body"))
            body.append((role, text))
    return replace(copy, body=tuple(body))


def write_headless(body: str, press: Press) -> Copy:
    """An article without a headline: only its opening `本报讯` parts it from the one before."""
    first, *rest = split_paragraphs(body, press)
    return Copy(headline=(), body=tuple(("body", text) for text in [write_dateline(press) + first, *rest]))


def write_photo(headline: str, text: str, press: Press) -> Copy:
    """A photo story: heading, one paragraph, a credit at its end or on a line of its own."""
    credit: Paragraph | None = None
    if press.chance(0.5):
        template = press.draw(press.style.credit_lines)
        credit = ("byline" if "ame}" in template or "{en}" in template else "tail", press.fill(template))
    else:
        text += press.say(press.style.credits)
    copy = Copy(headline=write_headline(headline, press), body=(("body", text),), credit=credit, small=True)
    if press.may("photo_label"):
        copy = replace(copy, kicker=(press.say(press.style.phrases.photo_labels),))
    if credit and credit[0] == "byline" and press.may("photo_byline"):
        copy = replace(copy, byline=credit[1], credit=None)
    return copy


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
        return replace(
            copy, body=kept, jump_to=press.say(press.style.jumps_to), tail="", sign="", boxes=(), captions=()
        )
    kept = ((role, text[place:]), *body[middle + 1 :])
    return replace(copy, body=kept, byline="", kicker=(), boxes=(), jump_from=press.say(press.style.jumps_from))


def write_briefs(bodies: list[str], press: Press) -> Copy:
    """Very short items under one heading are one article whose body is the items."""
    bullet = press.draw(press.style.bullets)
    items = tuple(bullet + first_sentences(body) for body in bodies)
    return Copy((press.say(press.style.phrases.briefs),), tuple(("body", item) for item in items), small=True)


def write_byline(press: Press) -> str:
    """A line of names."""
    template = press.draw(press.style.bylines)
    if "通讯员" in template:
        press.note("correspondent")
    if template.count("ame}") + template.count("{en}") > 1:
        press.note("several_names")
    if "\n" in template:
        press.note("byline_two_lines")
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
        text = own_words(body[place][1], press, 4, 16)
        if not text:
            text = press.say(press.style.phrases.section_heads) if press.chance(0.6) else _echo(body[place][1])
        if text and text not in used:
            used.add(text)
            body.insert(place, ("section_head", form.format(text, cn=CHINESE[len(used)], n=len(used))))
        place += press.rng.randint(3, 4)
    if press.style.numbering and used:
        press.note("numbered_heads")
    return tuple(body)


def _echo(paragraph: str) -> str:
    """A clause of the paragraph that could head it: 6 to 14 characters between two marks."""
    found = [c for c in CLAUSE.split(paragraph)[1:] if 6 <= len(c) <= 14 and re.fullmatch(r"[\u4e00-\u9fff]+", c)]
    return found[0] if found else ""


def write_box(press: Press, body: str = "") -> Lines:
    """A box: a label on its own line or inside its first paragraph (`bare`: none), then one to three paragraphs."""
    words = press.style.phrases
    form, _, shape = press.draw(press.style.box_forms).partition(":")
    label = press.draw(words.box_labels)
    texts = [press.fill(text) for text in press.rng.sample(words.box_texts, press.draw((1, 1, 2, 3)))]
    if press.may("box_list"):
        texts = list(press.say_all(words.box_lists))
    elif own := own_sentence(body, press):
        texts[0] = own
    if press.may("box_long"):
        texts[0] += press.say([text for text in words.box_texts if text[:4] != texts[0][:4]])
    if len(texts) > 1:
        press.note("box_paragraphs")
    if form == "bare":
        return tuple(texts)
    if form == "inline":
        press.note("box_inline")
        return (shape.format(label) + texts[0], *texts[1:])
    press.note("box_label")
    title = press.draw(words.section_heads)
    box = ((shape or "{}").format(label, title), *texts)
    if press.may("box_rule"):
        rule = press.draw(press.style.box_rules)
        return (rule, *box, rule)
    return box


def own_sentence(body: str, press: Press) -> str:
    """A sentence of the article's own text, in a house that does so."""
    if not press.style.own_words or not press.chance(press.style.own_words / 3):
        return ""
    found = [s for s in sentences(body) if 12 <= len(s) <= 90 and s.count("“") == s.count("”") and "\n" not in s]
    return press.draw(found) if found else ""


def write_caption(press: Press, body: str = "") -> str:
    """A picture inside an article: what it shows and perhaps who took it."""
    text = (own_sentence(body, press) or press.say(press.style.phrases.captions)) + press.say(press.style.credits)
    return text.strip()


def split_paragraphs(body: str, press: Press) -> list[str]:
    """The paragraphs as they are; a long one is split at sentence ends, as a newspaper would, never inside a quotation."""
    found = []
    for paragraph in body.split("\n"):
        held = ""
        target = press.rng.randint(_SHORT, _LONG) if not press.style.own_words else press.draw(_TARGETS)
        for sentence in _SENTENCE.findall(paragraph) if len(paragraph) > _LONG else [paragraph]:
            held += sentence
            if len(held) >= target and held.count("“") == held.count("”"):
                found.append(held.strip())
                held, target = (
                    "",
                    press.rng.randint(_SHORT, _LONG) if not press.style.own_words else press.draw(_TARGETS),
                )
        rest = paragraph[sum(map(len, _SENTENCE.findall(paragraph))) :] if len(paragraph) > _LONG else ""
        if (held + rest).strip():
            found.append((held + rest).strip())
    return found


def sentences(text: str) -> list[str]:
    """The whole sentences of a text; what stands behind the last one is left out."""
    return _SENTENCE.findall(text)


def first_sentences(body: str) -> str:
    """The shortest run of sentences from the start that has 25 characters."""
    text = body.replace("\n", "")
    held = ""
    for sentence in _SENTENCE.findall(text):
        held += sentence
        if len(held) >= 25:
            break
    return (held or text).strip()
