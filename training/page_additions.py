"""More of what hand-written pages have and made ones lack: tables, letters, poems, briefs in a row, labels, odd lines.

The second half of training/page_structures.py: it may change an article of the plan or put one or several after it. Owns how
often each is drawn, where it may stand, and which role lines inside an article have. Whole articles are made in
training/page_added.py; what is said is in page_tables.py, page_asides.py, page_lines.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from eval.page_copy import OPENING, Copy, Paragraph, sentences
from eval.page_press import Press
from training.page_added import (
    BOXED,
    UNDER,
    briefs,
    essay,
    letters,
    may_be_followed,
    poem,
    stands_alone,
    table,
    told,
    with_rows,
)  # fmt: skip
from training.page_asides import labelled_box, last_line, plain_caption
from training.page_lines import dateline, long_headline, meeting_deck, progress, series, spot
from training.page_reports import fitting
from training.page_sections import part_head
from training.page_slogans import fact
from training.page_tables import write_table

ADDITIONS = (
    "table_article", "table_inside", "table_box", "letters", "letter_reply", "letter_afterword", "letter_told",
    "poem", "poems", "essay",
    "label_box", "caption_told", "last_line", "short_parts", "series_tag", "series_tag_long", "progress_above", "deck_meeting",
    "dateline_alone", "place_above_byline", "brief_row", "brief_row_cut",
)  # fmt: skip
"""Names under which a page's hazards tell what it has of this."""

_AFTER = {"table_article": 0.06, "letters": 0.025, "poem": 0.025, "essay": 0.015}
"""How often these stand after an article; one at most."""
_ROW = 0.15
"""How often briefs stand after an article with section heads."""
_INSIDE = {"table_inside": 0.12, "table_box": 0.06, "short_parts": 0.04, "letter_told": 0.02}
_HEAD = {"series_tag": 0.05, "series_tag_long": 0.03, "progress_above": 0.05, "deck_meeting": 0.09, "dateline_alone": 0.05,
         "place_above_byline": 0.03}  # fmt: skip
_ASKED = re.compile("问|答|.{1,6}：")
_MET, _BUILT = re.compile("会议|大会|座谈|会上|召开"), re.compile("工程|施工|工地|开工|竣工")
_LABEL, _TOLD, _LAST = 0.05, 0.05, 0.05


def with_additions(copies: Sequence[Copy], press: Press, mood: float) -> list[Copy]:
    """The articles of a page with more drawn into them and after them."""
    found: list[Copy] = []
    copies, under = list(copies), 0
    while copies:
        copy = _one(copies.pop(0), press, mood)
        under = UNDER if copy.above else max(0, under - 1)
        found.append(copy)
        if under > 1 or not may_be_followed(copy) or (copies and not stands_alone(copies[0])):
            continue
        kind = draw_one(_AFTER, press, mood)
        if any(role == "section_head" for role, _ in copy.body) and press.chance(_ROW * mood):
            found += briefs(copies, press)
        elif kind:
            found += {"table_article": table, "letters": letters, "poem": poem, "essay": essay}[kind](press)
    return found


def draw_one(rates: dict[str, float], press: Press, mood: float) -> str:
    """One of these at most."""
    die = press.rng.random() / mood
    for name, rate in rates.items():
        die -= rate
        if die < 0:
            return name
    return ""


def _one(copy: Copy, press: Press, mood: float) -> Copy:
    """An article that is told at length, with what belongs inside it."""
    if copy.small or copy.jump_from or not copy.headline:
        return copy
    if not copy.alternatives and not copy.above:
        copy = _headed(copy, press, draw_one(_HEAD, press, mood))
    if copy.jump_to:
        return copy
    plain = all(role == "body" for role, _ in copy.body)
    kind = draw_one(_INSIDE, press, mood)
    if kind == "letter_told":
        copy = told(copy, press) if plain else copy
    elif kind == "short_parts":
        copy = _parted(copy, press) if plain else copy
    elif kind:
        copy = _tabled(copy, press, boxed=kind == "table_box")
    elif press.chance(_LAST * mood):
        copy = _with(
            copy, len(copy.body), ("body", last_line(press, "".join(text for _, text in copy.body))), press, "last_line"
        )
    if press.chance(_LABEL * mood):
        at = len(copy.body) if press.chance(0.5) else press.rng.randint(1, len(copy.body))
        copy = _with(copy, at, ("box", labelled_box(press)), press, "label_box")
    if press.chance(_TOLD * mood):
        copy = _with(
            copy, press.rng.randint(1, len(copy.body)), ("caption", plain_caption(press)), press, "caption_told"
        )
    return copy


def _with(copy: Copy, at: int, line: Paragraph, press: Press, name: str) -> Copy:
    """One line more in the body, never behind a section head or a byline, nor among rows, nor between text and signature."""
    if (
        (at == len(copy.body) and copy.sign)
        or copy.gaps
        or copy.body[at - 1][0] != "body"
        or copy.body[-1][0] != "body"
        or copy.body[at - 1][1][-1] in "：？"
    ):
        return copy
    press.note(name)
    return replace(copy, body=(*copy.body[:at], line, *copy.body[at:]))


def _headed(copy: Copy, press: Press, kind: str) -> Copy:
    """Lines above the text that are easily taken for another part."""
    first = next(text for role, text in copy.body if role == "body")
    text = "".join(text for _, text in copy.body)
    signed = copy.byline or copy.sign or copy.credit or any(role == "byline" for role, _ in copy.body)
    if not kind or (kind in ("dateline_alone", "place_above_byline") and (OPENING.match(first) or first[-1] == "：")):
        return copy
    if kind == "dateline_alone":
        copy = replace(
            copy, body=tuple(part for part in copy.body if part[0] != "byline"), byline="", sign="", credit=None
        )
        copy = replace(copy, body=(*(("byline", line) for line in dateline(press)), *copy.body))
    elif kind == "place_above_byline":
        if signed and not copy.byline:
            return copy
        byline = press.fill(press.draw(("本报记者 {name}", "本报记者　{name}", "通讯员 {name}", "记者 {name} {name}")))
        copy = replace(copy, kicker=(spot(press),), byline=byline, order=("kicker", "byline", "headline", "subhead"))
    elif kind == "series_tag":
        copy = replace(copy, kicker=(*(copy.kicker if press.chance(0.3) else ()), series(press)))
    elif kind == "series_tag_long":
        copy = replace(copy, kicker=(series(press),), headline=(long_headline(press),))
    elif kind == "progress_above":
        if not _BUILT.search(text):
            return copy
        above, headline = progress(press)
        copy = replace(copy, kicker=(above,), headline=(headline,), subheads=())
    else:
        if not _MET.search(text):
            return copy
        held = next((line for line in (fact(press) for _ in range(8)) if "会" in line), "")
        copy = replace(copy, headline=(held,) if held else copy.headline, subheads=(meeting_deck(press),))
    press.note(kind)
    return copy


def _tabled(copy: Copy, press: Press, *, boxed: bool) -> Copy:
    """Rows that a line of text leads to, near the end; or a box of them under a heading of its own."""
    if copy.boxes or copy.captions or copy.breaks or len(copy.body) < 2 or copy.body[-1][0] != "body":
        return copy
    kinds = [kind for kind in fitting("".join(text for _, text in copy.body)) if kind in BOXED or not boxed]
    at = len(copy.body) if not copy.sign and press.chance(0.5) else len(copy.body) - 1
    if not kinds or copy.body[at - 1][0] != "body":
        return copy
    return with_rows(copy, at, write_table(press, press.draw(kinds)), press, boxed=boxed)


def _parted(copy: Copy, press: Press) -> Copy:
    """A text in parts of a sentence or two, each under a word or two."""
    texts = [text for _, text in copy.body]
    parts = [part for text in texts for part in sentences(text)]
    if press.hazards & {"interview", "sections_run_in"} or any(_ASKED.match(text) for text in texts):
        return copy
    if not 4 <= len(parts) <= 14 or "".join(parts) != "".join(texts) or texts[0].endswith("："):
        return copy
    size = press.draw((1, 2)) if len(parts) > 5 else 1
    pieces = ["".join(parts[i : i + size]).strip() for i in range(0, len(parts), size)]
    if any(not piece or piece.count("“") != piece.count("”") for piece in pieces):
        return copy
    heads = [part_head(piece, press) for piece in pieces[1:]]
    if len(set(heads)) < len(heads):
        return copy
    body: list[Paragraph] = [("body", pieces[0])]
    for head, piece in zip(heads, pieces[1:], strict=True):
        body += [("section_head", head), ("body", piece)]
    press.note("short_parts")
    return replace(copy, body=tuple(body), boxes=(), captions=(), breaks=0)
