"""What hand-written pages have and made ones lack: columns, section heads of all manners, posts, kickers beside pithy headlines.

A layer over the plan of a made page (`eval.make_pages.make_page(revise=…)`), whatever its house style. Training pages alone
have it, so the pages that measure stay as they are. Owns how often each structure is drawn and which role its lines have:
section heads belong to their article, the post of a writer is a byline, a column's name is a kicker, and furniture where
several articles stand under it. What is said is in training/page_columns.py, page_posts.py, page_sections.py, page_slogans.py;
tables, letters, poems and briefs are added by training/page_additions.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from eval.page_copy import OPENING, Copy, Paragraph
from eval.page_press import Press
from training.page_added import UNDER
from training.page_additions import ADDITIONS, draw_one, with_additions
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
    *ADDITIONS,
)  # fmt: skip
"""Names under which a page's hazards tell what it has of this."""

SHARE = 0.7
"""Share of the made training pages that have the layer."""
MOODS = (0.5, 1.0, 1.0, 1.6)
"""How full of structures a page is."""
_HEADS = {"fact_above_pithy": 0.07, "fact_below_pithy": 0.06, "fact_above": 0.05, "place_above": 0.03, "two_kickers": 0.04,
          "count_below": 0.04, "headline_halves": 0.12}  # fmt: skip
"""How often the lines above an article are these; one at most."""
_POSTS = {"post_byline": 0.07, "post_below": 0.03, "post_teller": 0.02, "post_deck": 0.03, "post_reader": 0.03}
_COLUMN, _GROUP, _SECTIONS = 0.14, 0.2, 0.28
_LONG = 4
"""Paragraphs from which an article gets section heads at that rate; one of three gets them at half of it."""
_WHOLE = 10
"""A shorter headline is too little of a fact to be kicker or deck of a pithy one."""
_HALVES = re.compile(r"^(.{5,16})[，　 ](.{5,18})$")


def revise(copies: Sequence[Copy], press: Press) -> list[Copy]:
    """The planned articles of a page with structures added at random."""
    mood = press.draw(MOODS)
    return with_additions(restructure(copies, press, mood), press, mood)


def restructure(copies: Sequence[Copy], press: Press, mood: float) -> list[Copy]:
    """The same articles with columns, section heads, posts and kickers."""
    at = _group(copies, press) if press.chance(_GROUP * mood) else None
    under = range(at, at + UNDER) if at is not None else range(0)
    found = [_one(copy, press, mood, i in under) for i, copy in enumerate(copies)]
    if at is not None:
        press.note("column_group")
        found[at] = replace(found[at], above=column(press, grouped=True))
    return found


def _group(copies: Sequence[Copy], press: Press) -> int | None:
    """The article over which a column's name stands that belongs to none: others follow it below that name."""
    fits = [bool(copy.headline) and not (copy.small or copy.alternatives or copy.jump_from) for copy in copies]
    places = [i for i in range(len(copies) - UNDER + 1) if all(fits[i : i + UNDER])]
    return press.draw(places) if places else None


def _one(copy: Copy, press: Press, mood: float, under: bool) -> Copy:
    """`under` the name of a column there is no other."""
    whole, kind = bool(copy.headline) and not copy.jump_from, ""
    if whole and not copy.small:
        copy, kind = _headed(copy, press, mood)
    if whole and not under and press.chance(_COLUMN * mood):
        copy = _columned(copy, press, kept=bool(kind))
    if copy.small:
        return copy
    texts = [text for _, text in copy.body]
    often = _SECTIONS * mood * (1.0 if len(texts) >= _LONG else 0.5)
    if len(texts) >= 3 and not _asks(texts) and press.chance(often):
        copy = _sectioned(copy, press)
    return _posted(copy, press, mood, decked=kind in ("fact_below_pithy", "count_below")) if whole else copy


def _headed(copy: Copy, press: Press, mood: float) -> tuple[Copy, str]:
    """Kicker, headline and deck told apart by what they say: the pithy line is the headline, a fact above it its kicker.

    Also says which of `_HEADS` was made, or none.
    """
    kind = draw_one(_HEADS, press, mood)
    if not kind or copy.alternatives or len(copy.headline) > 1:
        return copy, ""
    said = copy.headline[0]
    kept = copy.kicker if press.chance(0.3) else ()
    halves = _HALVES.match(said)
    made: dict[str, Callable[[], Copy]] = {
        "fact_above_pithy": lambda: replace(
            copy,
            kicker=(*kept, said if press.chance(0.6) else fact(press)),
            headline=(pithy(press),),
            subheads=copy.subheads if press.chance(0.3) else (),
        ),
        "fact_below_pithy": lambda: replace(copy, kicker=kept, headline=(pithy(press),), subheads=(said,)),
        "fact_above": lambda: replace(copy, kicker=(fact(press),)),
        "place_above": lambda: replace(copy, kicker=(place(press),)),
        "two_kickers": lambda: replace(copy, kicker=two_lines(press)),
        "count_below": lambda: replace(copy, subheads=(press.draw(("", "", "", "——")) + count(press),)),
        "headline_halves": lambda: replace(copy, headline=(halves[1], halves[2]) if halves else copy.headline),
    }
    if (kind == "headline_halves" and not halves) or (kind.endswith("_pithy") and len(said) < _WHOLE):
        return copy, ""
    press.note(kind)
    return made[kind](), kind


def _columned(copy: Copy, press: Press, *, kept: bool) -> Copy:
    """The name of a column as the first kicker, perhaps the only one; those that the layer made are `kept`."""
    if copy.alternatives:
        return copy
    press.note("column")
    return replace(copy, kicker=(*column(press), *(copy.kicker if kept or press.chance(0.5) else ())))


def _asks(texts: Sequence[str]) -> bool:
    """Whether questions stand among the paragraphs, or a letter opens them: they have heads of their own."""
    return texts[0].endswith("：") or any(len(text) < 40 and text.endswith("？") for text in texts)


def _sectioned(copy: Copy, press: Press) -> Copy:
    """Section heads in one manner over one to three paragraphs each; those of the house go."""
    texts = [text for role, text in copy.body if role == "body"]
    if len(texts) < 3 or any(role not in ("body", "section_head") for role, _ in copy.body):
        return copy
    dated = OPENING.match(texts[0]) is not None
    first = copy.headline and not copy.jump_from and not dated
    lead = 0 if first and press.chance(0.2) else press.draw((1, 1, 2)) if len(texts) > 3 else 1
    free = range(lead + 1, len(texts))
    most = min(len(free), MOST - 1)
    starts = [lead, *sorted(press.rng.sample(free, press.rng.randint(min(1, most), most)))]
    manner, heads = write_sections([texts[i] for i in starts], press)
    if len(set(heads)) < len(heads) or any(head in texts for head in heads) or (manner == "plain" and not lead):
        return copy
    press.note(f"sections_{manner}", *(() if lead else ("sections_first",)))
    signed = manner in ("marked", "numbered", "counted", "framed") and not dated and press.chance(0.12)
    run_in = not signed and manner in ("marked", "numbered", "counted", "parts") and press.chance(0.15)
    press.note(*(("sections_signed",) if signed else ()), *(("sections_run_in",) if run_in else ()))
    reported, gap = press.chance(0.5), press.draw(("　", "　　", " ", "。"))
    gap = gap if all(head[-1].isalnum() for head in heads) else gap.replace("。", "　")
    body: list[Paragraph] = []
    for at, text in enumerate(texts):
        if at in starts and run_in:
            text = heads[starts.index(at)] + gap + text
        elif at in starts:
            body.append(("section_head", heads[starts.index(at)]))
            body += [("byline", press.say(REPORTERS) if reported else writer(press)[0])] if signed else []
        body.append(("body", text))
    return replace(copy, body=tuple(body), byline="" if signed else copy.byline, sign="" if signed else copy.sign)


def _posted(copy: Copy, press: Press, mood: float, *, decked: bool) -> Copy:
    """Someone by post and place of work: as the writer above or below the text, as who tells it, as whom it is about."""
    kind = draw_one(_POSTS, press, mood)
    first = next(text for role, text in copy.body if role == "body")
    if (
        not kind
        or copy.credit
        or copy.jump_to
        or OPENING.match(first)
        or any(role == "byline" for role, _ in copy.body)
    ):
        return copy
    if kind == "post_deck" and decked:
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
