"""What hand-written pages have and made ones lack: columns, section heads of all manners, posts, kickers beside pithy headlines.

A layer over the plan of a made page (`eval.make_pages.make_page(revise=…)`), whatever its house style. Training pages alone
have it, so the pages that measure stay as they are. Owns how often each structure is drawn and which role its lines have:
section heads belong to their article, the post of a writer is a byline, a column's name is a kicker, and furniture where
several articles stand under it. What is said is in training/page_columns.py, page_posts.py, page_sections.py, page_slogans.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from eval.page_copy import OPENING, Copy, Paragraph
from eval.page_press import Press
from training.page_columns import column
from training.page_posts import REPORTERS, closing, portrait, reader, teller, writer
from training.page_sections import MOST, write_sections
from training.page_slogans import count, fact, pithy, place, two_lines

MANNERS = ("marked", "numbered", "counted", "parts", "framed", "times", "people", "plain")
STRUCTURES = (
    "column", "column_group",
    *(f"sections_{manner}" for manner in MANNERS), "sections_signed", "sections_first", "sections_run_in",
    "post_byline", "post_below", "post_teller", "post_deck", "post_reader",
    "fact_above_pithy", "fact_below_pithy", "fact_above", "place_above", "two_kickers", "count_below", "headline_halves",
)  # fmt: skip
"""Names under which a page's hazards tell what it has of this."""

SHARE = 0.7
"""Share of the made training pages that have the layer."""
_MOODS = (0.5, 1.0, 1.0, 1.6)
"""How full of structures a page is."""
_HEADS = {"fact_above_pithy": 0.07, "fact_below_pithy": 0.06, "fact_above": 0.05, "place_above": 0.03, "two_kickers": 0.04,
          "count_below": 0.04, "headline_halves": 0.12}  # fmt: skip
"""How often the lines above an article are these; one at most."""
_POSTS = {"post_byline": 0.07, "post_below": 0.03, "post_teller": 0.02, "post_deck": 0.03, "post_reader": 0.03}
_COLUMN, _GROUP, _SECTIONS = 0.14, 0.2, 0.28
_LONG = 4
"""Paragraphs from which an article gets section heads at that rate; one of three gets them at half of it."""
_HALVES = re.compile(r"^(.{5,16})[，　 ](.{5,18})$")


def revise(copies: Sequence[Copy], press: Press) -> list[Copy]:
    """The planned articles of a page with structures added at random."""
    mood = press.draw(_MOODS)
    found = [_one(copy, press, mood) for copy in copies]
    return _grouped(found, press) if press.chance(_GROUP * mood) else found


def _one(copy: Copy, press: Press, mood: float) -> Copy:
    if copy.headline and not copy.jump_from:
        copy = _headed(copy, press, mood)
        copy = _columned(copy, press) if press.chance(_COLUMN * mood) else copy
    texts = [text for _, text in copy.body]
    often = _SECTIONS * mood * (1.0 if len(texts) >= _LONG else 0.5)
    if len(texts) >= 3 and not _asks(texts) and press.chance(often):
        copy = _sectioned(copy, press)
    return _posted(copy, press, mood) if copy.headline and not copy.jump_from else copy


def _drawn(rates: dict[str, float], press: Press, mood: float) -> str:
    """One of these at most."""
    die = press.rng.random() / mood
    for name, rate in rates.items():
        die -= rate
        if die < 0:
            return name
    return ""


def _headed(copy: Copy, press: Press, mood: float) -> Copy:
    """Kicker, headline and deck told apart by what they say: the pithy line is the headline, a fact above it its kicker."""
    kind = _drawn(_HEADS, press, mood)
    if not kind or copy.alternatives or len(copy.headline) > 1:
        return copy
    said, text = copy.headline[0], "".join(text for _, text in copy.body)
    kept = copy.kicker if press.chance(0.3) else ()
    halves = _HALVES.match(said)
    made: dict[str, Callable[[], Copy]] = {
        "fact_above_pithy": lambda: replace(
            copy,
            kicker=(*kept, said if press.chance(0.6) else fact(press)),
            headline=(pithy(press, text),),
            subheads=copy.subheads if press.chance(0.3) else (),
        ),
        "fact_below_pithy": lambda: replace(copy, kicker=kept, headline=(pithy(press, text),), subheads=(said,)),
        "fact_above": lambda: replace(copy, kicker=(fact(press),)),
        "place_above": lambda: replace(copy, kicker=(place(press),)),
        "two_kickers": lambda: replace(copy, kicker=two_lines(press, text)),
        "count_below": lambda: replace(copy, subheads=(press.draw(("", "", "", "——")) + count(press),)),
        "headline_halves": lambda: replace(copy, headline=(halves[1], halves[2]) if halves else copy.headline),
    }
    if kind == "headline_halves" and not halves:
        return copy
    press.note(kind)
    return made[kind]()


def _columned(copy: Copy, press: Press) -> Copy:
    """The name of a column as the first kicker, perhaps the only one."""
    if copy.alternatives:
        return copy
    press.note("column")
    return replace(copy, kicker=(*column(press), *(copy.kicker if press.chance(0.5) else ())))


def _grouped(copies: list[Copy], press: Press) -> list[Copy]:
    """A column's name over two articles or more: it belongs to none of them."""
    places = [
        i for i, copy in enumerate(copies[:-1]) if copy.headline and copies[i + 1].headline and not copy.alternatives
    ]
    if not places:
        return copies
    at = press.draw(places)
    press.note("column_group")
    return [replace(copy, above=column(press, grouped=True)) if i == at else copy for i, copy in enumerate(copies)]


def _asks(texts: Sequence[str]) -> bool:
    """Whether questions stand among the paragraphs, or a letter opens them: they have heads of their own."""
    return texts[0].endswith("：") or any(len(text) < 40 and text.endswith("？") for text in texts)


def _sectioned(copy: Copy, press: Press) -> Copy:
    """Section heads in one manner over one to three paragraphs each; those of the house go."""
    texts = [text for role, text in copy.body if role == "body"]
    if len(texts) < 3 or any(role not in ("body", "section_head") for role, _ in copy.body):
        return copy
    lead = 0 if copy.headline and press.chance(0.2) else press.draw((1, 1, 2)) if len(texts) > 3 else 1
    free = range(lead + 1, len(texts))
    most = min(len(free), MOST - 1)
    starts = [lead, *sorted(press.rng.sample(free, press.rng.randint(min(1, most), most)))]
    manner, heads = write_sections([texts[i] for i in starts], press)
    if len(set(heads)) < len(heads) or any(head in texts for head in heads):
        return copy
    press.note(f"sections_{manner}", *(() if lead else ("sections_first",)))
    signed = manner not in ("people", "times") and press.chance(0.12)
    run_in = not signed and manner in ("marked", "numbered", "counted", "parts") and press.chance(0.15)
    press.note(*(("sections_signed",) if signed else ()), *(("sections_run_in",) if run_in else ()))
    reported, gap = press.chance(0.5), press.draw(("　", "　　", " ", "。"))
    body: list[Paragraph] = []
    for at, text in enumerate(texts):
        if at in starts and run_in:
            text = heads[starts.index(at)] + gap + text
        elif at in starts:
            body.append(("section_head", heads[starts.index(at)]))
            body += [("byline", press.say(REPORTERS) if reported else writer(press)[0])] if signed else []
        body.append(("body", text))
    return replace(copy, body=tuple(body), byline="" if signed else copy.byline, sign="" if signed else copy.sign)


def _posted(copy: Copy, press: Press, mood: float) -> Copy:
    """Someone by post and place of work: as the writer above or below the text, as who tells it, as whom it is about."""
    kind = _drawn(_POSTS, press, mood)
    first = next(text for role, text in copy.body if role == "body")
    if not kind or copy.credit or copy.jump_to or OPENING.match(first):
        return copy
    if kind == "post_deck":
        press.note(kind)
        return replace(copy, subheads=(portrait(press),))
    bare = replace(copy, byline="", sign="")
    press.note(kind)
    if kind == "post_below":
        return replace(bare, sign=closing(press), tail="")
    lines = (reader(press),) if kind == "post_reader" else teller(press) if kind == "post_teller" else writer(press)
    if press.chance(0.2):
        return replace(bare, byline="\n".join(lines))
    return replace(bare, body=(*(("byline", line) for line in lines), *copy.body))
