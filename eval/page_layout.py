"""Setting copy: parts in the order of the house, sentences broken by columns and boxes, gaps, and the gold with offsets.

Owns where a block stands and which halves belong together; the gold body is put together here from the very blocks that
are printed, so the two cannot disagree. Knows nothing of what the phrases say.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.page_copy import OPENING, Copy
from eval.page_press import Press
from eval.page_titles import WORDS
from models.article import Role

_NUMBER = re.compile(r"[0-9０-９](?=[0-9０-９])")
_CLAUSE_END = re.compile(r"[，、；](?=[^\s”’」』）])")
_ANY = re.compile(r"[\u4e00-\u9fff](?=[\u4e00-\u9fff])")
_CLOSING = "，。！？；：、”’」』）》】…—％%"
_FIRST, _LAST = 8, 4
"""A column end leaves at least so many characters of the paragraph before and after it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page: a block. `before` is the white space above it; `goes_on` joins it to the last body block."""

    role: Role
    text: str
    article: int | None
    before: str
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """What a layout program drops into a body: the lines of a box or of a caption, or nothing (a column end)."""

    role: Role
    lines: tuple[str, ...]


def lay(copy: Copy, number: int, press: Press) -> list[Line]:
    """The lines of one article, top to bottom."""
    style = press.style
    inside: dict[int, Insert] = {}
    between: dict[int, list[Insert]] = {}
    for insert, spots in _inserts(copy, press):
        _place(insert, spots, copy, inside, between, press)
    lines: list[Line] = []

    def put(role: Role, text: str, before: str, *, article: int | None = number, goes_on: bool = False) -> None:
        if text:
            opens = len(lines) in (0, len(copy.above))  # what stands above is a block of its own
            lines.append(Line(role, text, article, style.between if opens else before, goes_on))

    for text in copy.above:
        put("furniture", text, style.head_gap, article=None)
    for role, text in _head(copy, press):
        put(role, text, style.head_gap)
    if copy.jump_from:
        put("furniture", copy.jump_from, style.head_gap, article=None)
    first = _opening(copy)
    for at, (role, text) in enumerate([*copy.body, ("body", "")]):
        for insert in between.get(at, ()):
            for line in insert.lines:
                put(insert.role, line, style.gap)
        cut = _cut(text, press, opening=at == first) if at in inside else None
        before = style.head_gap if at == 0 and not between.get(0) else style.gap
        before = "".join(copy.gaps[at : at + 1]) or before
        if cut is None:
            put(role, text, before)
            continue
        put(role, text[:cut], before)
        for line in inside[at].lines:
            put(inside[at].role, line, style.break_gap)
        put(role, text[cut:], style.break_gap, goes_on=True)
    if copy.credit:
        put(copy.credit[0], copy.credit[1], style.gap)
    put("furniture", copy.jump_to, style.gap, article=None)
    if copy.sign:
        put("byline", copy.sign, style.gap + press.draw(style.sign_indent))
        press.note("byline_end")
    put("tail", copy.tail, style.gap)
    return lines


def _opening(copy: Copy) -> int:
    """Which part of the body is its first paragraph."""
    return next((i for i, (role, _) in enumerate(copy.body) if role == "body"), 0)


def _head(copy: Copy, press: Press) -> list[tuple[Role, str]]:
    """Everything above the body in one of the orders of the house."""
    order: Sequence[Role] = copy.order or press.draw(press.style.orders)
    if copy.byline:
        order = order if "byline" in order else (*order, "byline")
        press.note(_byline_spot(order, copy))
    parts: dict[Role, tuple[str, ...]] = {
        "kicker": copy.kicker, "headline": copy.headline, "subhead": copy.subheads, "byline": tuple(copy.byline.split("\n")),
    }  # fmt: skip
    if copy.kicker and "kicker" not in order:
        order = ("kicker", *order)
    if copy.subheads and "subhead" not in order:
        order = (*order, "subhead")
    if len(copy.headline) > 1:
        press.note("headline_broken")
    found: list[tuple[Role, str]] = []
    for part in order:
        found += [(part, text) for text in parts[part]]
        if part == "kicker":
            found += [("box", text) for text in copy.note]
    return found


def _byline_spot(order: Sequence[str], copy: Copy) -> str:
    present = [
        p
        for p in order
        if p in {"headline", "byline"} or (p == "kicker" and copy.kicker) or (p == "subhead" and copy.subheads)
    ]
    at = present.index("byline")
    after = present[at + 1] if at + 1 < len(present) else ""
    if after == "kicker":
        return "byline_above_kicker"
    if after == "headline":
        return "byline_below_kicker" if copy.kicker else "byline_above_headline"
    if after == "subhead":
        return "byline_above_subhead"
    return "byline_below_subhead" if copy.subheads else "byline_below_headline"


def _inserts(copy: Copy, press: Press) -> list[tuple[Insert, tuple[str, ...]]]:
    boxes = [(Insert("box", box), press.style.box_at) for box in copy.boxes]
    captions = [(Insert("caption", (text,)), press.style.caption_at) for text in copy.captions]
    breaks = [(Insert("body", ()), ("sentence",)) for _ in range(copy.breaks)]
    return [*boxes, *captions, *breaks]


def _place(
    insert: Insert,
    spots: Sequence[str],
    copy: Copy,
    inside: dict[int, Insert],
    between: dict[int, list[Insert]],
    press: Press,
) -> None:
    """Find it a place. A paragraph is broken once at most; what finds none stands between paragraphs or, a break, nowhere."""
    spot = press.draw(spots)
    if spot == "sentence":
        free = [i for i, (role, text) in enumerate(copy.body) if role == "body" and i not in inside and len(text) >= 40]
        first = _opening(copy)
        free = [i for i in free if _places(copy.body[i][1], opening=i == first)]
        if free:
            inside[press.draw(free)] = insert
            press.note({"box": "box_in_sentence", "caption": "caption_in_sentence"}.get(insert.role, "column_break"))
            return
        spot = "between"
    if not insert.lines:
        return
    last = len(copy.body)
    at = {"top": 0, "end": last}.get(spot, press.rng.randint(1, last))
    between.setdefault(at, []).append(insert)
    if insert.role == "box":
        press.note("box_top" if at == 0 else "box_end" if at == last else "box_between")


def _places(text: str, *, opening: bool) -> list[int]:
    found = OPENING.match(text) if opening else None
    first = max(_FIRST, found.end() + 16 if found else 0)
    return [m.end() for m in _ANY.finditer(text) if first <= m.end() <= len(text) - _LAST]


def _cut(text: str, press: Press, *, opening: bool) -> int | None:
    """Where the sentence breaks: inside a word or a number, after a comma, or anywhere between two Han characters."""
    places = _places(text, opening=opening)
    if not places:
        return None
    kinds = {
        "word": [m.start() + 1 for m in WORDS.finditer(text)],
        "number": [m.end() for m in _NUMBER.finditer(text)],
        "clause": [m.end() for m in _CLAUSE_END.finditer(text)],
        "any": places,
    }
    kind = press.draw(("word", "word", "number", "clause", "any", "any"))
    fit = [place for place in kinds[kind] if places[0] <= place <= places[-1]]
    if not fit:
        return press.draw(places)
    if kind in {"word", "number"}:
        press.note(f"break_in_{kind}")
    return press.draw(fit)


def _off_space(text: str, cut: int) -> int:
    """The nearest place before `cut`, else behind it, that has no white space beside it; the length where there is none."""
    if cut >= len(text):
        return len(text)
    for place in itertools.chain(range(cut, 0, -1), range(cut + 1, len(text))):
        if not text[place].isspace() and not text[place - 1].isspace():
            return place
    return len(text)


def wrap(lines: Sequence[Line], width: int, indent: int, aside: int = 0) -> list[Line]:
    """Running text broken off every `width` characters into lines that go on from each other; no line opens with a mark.

    `aside` is the width of boxes and captions; 0 for that of the text.
    """
    found: list[Line] = []
    for line in lines:
        text, piece = line.text, line
        most = aside if aside and line.role in {"box", "caption"} else width
        while line.role in {"body", "box", "caption", "tail"} and len(text) > most:
            cut = most if piece.goes_on else most - indent
            while cut < len(text) and text[cut] in _CLOSING:
                cut += 1
            cut = _off_space(text, cut)
            if cut >= len(text):
                break
            found.append(replace(piece, text=text[:cut]))
            text = text[cut:]
            piece = replace(line, text=text, before="\n", goes_on=True)
        found.append(replace(piece, text=text))
    return found


def render(lines: Sequence[Line], press: Press) -> tuple[str, list[dict[str, object]]]:
    """The text of the page and its blocks with offsets in code points."""
    newline = "\r\n" if press.crlf else "\n"
    text, blocks = "", list[dict[str, object]]()
    for line in lines:
        indent = press.style.indent if line.role in {"body", "box"} and not line.goes_on else ""
        text += (line.before.replace("\n", newline) if text else "") + indent
        start = len(text)
        text += line.text
        block = {"role": line.role, "text": line.text, "start": start, "end": len(text), "article": line.article}
        blocks.append(block)
    return text + newline, blocks


def gold_article(lines: Sequence[Line], copy: Copy, number: int) -> dict[str, object]:
    """Headline and body as they stand on the page, broken sentences joined again."""
    mine = [line for line in lines if line.article == number]
    body = ""
    for line in mine:
        if line.role in {"body", "section_head"}:
            body += ("" if line.goes_on or not body else "\n") + line.text
    return {
        "headline": " ".join(line.text for line in mine if line.role == "headline"),
        "alt_headlines": list(copy.alternatives),
        "body": body,
    }
