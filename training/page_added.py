"""Whole articles that training pages have more than the plan: letters in a row, a table under a heading, verse, briefs in a row.

Used by training/page_additions.py alone. Owns which role each of their lines has, and which lines stand close together. What
is said is in training/page_letters.py, page_tables.py, page_verse.py, page_essays.py, page_briefs.py; how often, and after
what, is not known.
"""

from __future__ import annotations

from dataclasses import replace

from eval.page_copy import OPENING, Copy, Paragraph, first_sentences, write_byline, write_dateline
from eval.page_press import Press
from models.article import Role
from training.page_briefs import write_items
from training.page_essays import essayist, write_essay
from training.page_headings import fits
from training.page_letters import Letter, afterword, salute, signature, write_letter
from training.page_reports import write_report
from training.page_tables import Table, write_table
from training.page_verse import poet, write_verses

BOXED = ("medals", "points", "ranks")
"""Kinds of tables that a box has."""
UNDER = 3
"""Articles that a column's name over several has below it at least: nothing else comes between them."""
TIGHT = 0.4
"""How often rows stand closer than paragraphs, where those have a blank line between them."""


def may_be_followed(copy: Copy) -> bool:
    """Whether another article may stand below it."""
    return bool(copy.headline) and not (copy.small or copy.jump_to or copy.alternatives)


def stands_alone(copy: Copy) -> bool:
    """Whether a reader sees that it is an article of its own."""
    return bool(copy.headline) and not copy.jump_from


def posted(letter: Letter, press: Press) -> Copy:
    """The signature goes last, unless something follows it."""
    follows = letter.reply or letter.after
    body: list[Paragraph] = [("body", letter.salute)] if letter.salute else []
    body += [("body", text) for text in letter.texts]
    body += [("byline", letter.sign)] if follows else []
    body += [("body", letter.reply)] if letter.reply else []
    body += [("box", text) for text in letter.after]
    press.note(*(("letter_reply",) if letter.reply else ()), *(("letter_afterword",) if letter.after else ()))
    return Copy(headline=(letter.headline,), body=tuple(body), sign="" if follows else letter.sign)


def told(copy: Copy, press: Press) -> Copy:
    """The article as a letter: salutation and signature, perhaps an afterword."""
    texts = [text for _, text in copy.body]
    if texts[0].endswith("：") or OPENING.match(texts[0]) or copy.credit:
        return copy
    after = afterword(press) if press.chance(0.3) else ()
    press.note("letter_told", *(("letter_afterword",) if after else ()))
    letter = Letter("", salute(press), tuple(texts), signature(press), "", after)
    return replace(
        posted(letter, press), headline=copy.headline, kicker=copy.kicker, subheads=copy.subheads, above=copy.above
    )


def letters(press: Press) -> list[Copy]:
    """Two to four letters one after the other."""
    press.note("letters")
    saluted, replied = press.chance(0.5), press.draw((0.0, 0.1, 0.6))
    made = [write_letter(press, saluted=saluted, replied=replied) for _ in range(press.draw((2, 2, 3, 4)))]
    named = {letter.headline: letter for letter in made}
    return [posted(letter, press) for letter in named.values()]


def table(press: Press) -> list[Copy]:
    """A table under a heading with nothing else, or below a short report, there perhaps as a box."""
    if press.chance(0.5):
        press.note("table_article")
        written = write_table(press)
        rows: tuple[Paragraph, ...] = tuple(("body", row) for row in written.rows)
        tight = "\n" if press.chance(TIGHT) else ""
        return [Copy(headline=(written.heading,), body=rows, gaps=("", *(tight,) * (len(rows) - 1)), small=True)]
    boxed = press.chance(0.3)
    written = write_table(press, press.draw(BOXED) if boxed else "")
    reports = [write_report(press, written.kind) for _ in range(8)]
    headline, lead, last = next((one for one in reports if fits(one[0] + one[1], written.rows)), reports[0])
    opening, byline = "", ""
    if press.chance(0.5):
        opening = write_dateline(press)
    elif press.chance(0.6):
        byline = write_byline(press)
    body: tuple[Paragraph, ...] = (("body", opening + lead), *((("body", last),) if press.chance(0.5) else ()))
    copy = Copy(headline=(headline,), body=body, byline=byline)
    return [with_rows(copy, 1, written, press, boxed=boxed)]


def with_rows(copy: Copy, at: int, written: Table, press: Press, *, boxed: bool) -> Copy:
    """Rows before part `at` of the body: text that a line leads to, or a box under a heading of its own."""
    role: Role = "box" if boxed else "body"
    first = written.heading if boxed else written.intro
    lines: tuple[Paragraph, ...] = tuple((role, text) for text in (first, *written.rows))
    tight = "\n" if press.chance(TIGHT) else ""
    press.note("table_box" if boxed else "table_inside")
    gaps = (*("",) * (at + 1), *(tight,) * len(written.rows))
    return replace(copy, body=(*copy.body[:at], *lines, *copy.body[at:]), gaps=gaps)


def poem(press: Press) -> list[Copy]:
    """Verse, its lines close together, its stanzas apart; further poems under section heads."""
    headline, verses, own = write_verses(press)
    body: list[Paragraph] = [("byline", poet(press))]
    gaps = ["\n" if press.chance(0.5) else ""]
    for i, verse in enumerate(verses):
        if i or own:
            body.append(("section_head", verse.title))
            gaps.append("\n\n" if i else "")
        for k, stanza in enumerate(verse.stanzas):
            body += [("body", line) for line in stanza]
            gaps += ["\n\n" if k else "\n" if i or own else "", *("\n",) * (len(stanza) - 1)]
    press.note("poem", *(("poems",) if len(verses) > 1 else ()))
    return [Copy(headline=(headline,), body=tuple(body), gaps=tuple(gaps), small=True)]


def essay(press: Press) -> list[Copy]:
    """Prose in short parts, each under its name."""
    press.note("essay")
    headline, parts = write_essay(press)
    body: list[Paragraph] = [("byline", essayist(press))]
    for name, text in parts:
        body += [("section_head", name), ("body", text)]
    return [Copy(headline=(headline,), body=tuple(body), small=True)]


def briefs(copies: list[Copy], press: Press) -> list[Copy]:
    """Briefs in a row: invented ones, or the articles that follow, cut to their first sentences."""
    taken: list[Copy] = []
    while len(taken) < 4 and _heads_brief(copies) and press.chance(0.6):
        taken.append(copies.pop(0))
    bare = Copy(headline=(), body=(), small=True)
    if taken:
        press.note("brief_row_cut")
    row = [replace(bare, headline=copy.headline, body=(("body", _cut(copy)),)) for copy in taken]
    if len(row) < 2:
        press.note("brief_row")
        items = write_items(press, press.rng.randint(2, 4))
        row += [replace(bare, headline=(headline,), body=(("body", text),)) for headline, text in items]
    return row


def _heads_brief(copies: list[Copy]) -> bool:
    """Whether the first has a headline that could head a brief, and the next needs no article before it."""
    if not copies or not all(map(stands_alone, copies[:2])):
        return False
    copy = copies[0]
    return may_be_followed(copy) and not copy.above and len(copy.headline) == 1 and len(copy.headline[0]) <= 18


def _cut(copy: Copy) -> str:
    return first_sentences("".join(text for role, text in copy.body if role == "body"))
