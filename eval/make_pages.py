"""The page maker: joins articles (headline, body) into newspaper pages in house styles, with gold articles and blocks.

Owns the plan of a page (which articles make a feature, news in brief, a photo story, a jump), the furniture round it
and reading and writing the files. Every kicker, name, box and line of furniture is invented. The gold body is the
running text as DESIGN has it: an inline dateline belongs to it, the box does not. A set made this way measures the
splitter on layouts that we thought of; the held-out styles are for measuring only, and real pages are the judge.

News in brief: items under one common heading are one article whose body is the items; items that each have their own
headline are articles, and the common heading is the kicker of the first. The series title of a feature is the kicker of
its first story and an alternative headline of it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from eval import page_copy as copies
from eval.page_copy import OPENING, Copy
from eval.page_layout import Line, gold_article, lay, render, wrap
from eval.page_press import Press
from eval.page_styles import Style
from eval.page_styles_first import FIRST_STYLES
from eval.page_styles_more import MORE_STYLES
from eval.page_titles import person, write_headline
from eval.sets import read_dataset
from models.errors import BadInput

Pair = tuple[str, str]
Revise = Callable[[Sequence[Copy], Press], Sequence[Copy]]

DEVELOPMENT_STYLES = FIRST_STYLES + MORE_STYLES

_LONGEST = 48
"""A longer headline is several lines that the source ran together."""
_FULL_STOP = re.compile(r"^.*[。！？”]", re.DOTALL)
_ENDED = re.compile(r"[。！？…；：”’」』）)!?]$")
_PICTURE = re.compile(r"^(?:上图|下图|图)[为：①]|图为|[摄▲]$|摄[）)]|摄影：|记者.{2,5}摄|供图|点击|结束\]")


def styles_named(which: str) -> tuple[Style, ...]:
    """`first` (the six of the first pool), `dev` (all to build on), `heldout`, `all`, or one style by its name."""
    development = {"first": FIRST_STYLES, "dev": DEVELOPMENT_STYLES} | {s.name: (s,) for s in DEVELOPMENT_STYLES}
    if which in development:
        return development[which]
    from eval.page_styles_heldout import HELD_OUT_STYLES  # kept apart: a splitter is never made with them in sight

    every = DEVELOPMENT_STYLES + HELD_OUT_STYLES
    known = {"heldout": HELD_OUT_STYLES, "all": every} | {style.name: (style,) for style in every}
    if which not in known:
        raise BadInput(f"no style {which}: first, dev, heldout, all, {', '.join(s.name for s in DEVELOPMENT_STYLES)}")
    return known[which]


def make_page(
    articles: Sequence[Pair],
    page_id: str,
    rng: random.Random,
    style: Style | None = None,
    without: frozenset[str] = frozenset(),
    revise: Revise | None = None,
) -> dict[str, object]:
    """One page of (headline, body) articles: id, text, style, articles, blocks, hazards. `without` names hazards.

    `revise` may change the planned articles before they are set; pages that measure have none.
    """
    style = style or rng.choice(DEVELOPMENT_STYLES)
    press = Press(style, rng, without)
    plan = _plan(list(articles), press)
    planned = [copy.dressed(press) for copy in (revise(plan, press) if revise else plan)]
    laid = [lay(copy, number, press) for number, copy in enumerate(planned)]
    lines = _furnish(laid, press)
    if style.wrap:
        lines = wrap(lines, style.wrap, len(style.indent), style.box_wrap)
        press.note("hard_wrap")
    text, blocks = render(lines, press)
    press.note("single_newline" if style.gap == "\n" else "blank_line", *(("indent",) if style.indent else ()))
    if style.han_dates:
        press.note("han_dates")
    return {
        "id": page_id,
        "text": text,
        "style": style.name,
        "articles": [gold_article(lines, copy, number) for number, copy in enumerate(planned)],
        "blocks": blocks,
        "hazards": sorted(press.hazards),
    }


def _plan(queue: list[Pair], press: Press) -> list[Copy]:
    """What becomes of the articles, in page order."""
    made: list[Copy] = []
    grouped = False
    while queue:
        if not grouped and len(queue) >= 3 and press.takes("feature"):
            grouped = True
            made += _feature([queue.pop(0) for _ in range(press.rng.randint(3, min(4, len(queue))))], press)
        elif not grouped and len(queue) >= 2 and press.takes("briefs"):
            grouped = True
            taken = [queue.pop(0) for _ in range(press.rng.randint(2, min(4, len(queue))))]
            made.append(copies.write_briefs([body for _, body in taken], press))
        elif not grouped and len(queue) >= 2 and press.takes("briefs_with_headlines"):
            grouped = True
            made += _short([queue.pop(0) for _ in range(press.rng.randint(2, min(4, len(queue))))], press)
        else:
            before = made[-1] if made else None
            made.append(_one(*queue.pop(0), before, press))
    return made


def _one(headline: str, body: str, before: Copy | None, press: Press) -> Copy:
    can_follow = before is not None and not before.jump_to and bool(before.headline) and not before.tail
    if can_follow and not OPENING.match(body) and press.takes("no_headline"):
        return copies.write_headless(body, press)
    if press.takes("photo_story"):
        if press.chance(0.3):
            heading, text = press.say_all(press.style.phrases.photos)
            return copies.write_photo(heading, text, press)
        return copies.write_photo(headline, copies.first_sentences(body), press)
    if press.may("short_item"):
        return copies.write_story(headline, copies.first_sentences(body), press)
    story = copies.write_story(headline, body, press)
    for hazard in ("jump_to", "jump_from"):
        if len(story.body) >= 3 and press.takes(hazard):
            return copies.write_jump(story, press, onward=hazard == "jump_to")
    return story


def _feature(stories: list[Pair], press: Press) -> list[Copy]:
    """Stories under a common title, each with its own headline and byline, perhaps an editor's note above them."""
    title = press.say_all(press.style.phrases.features)
    made = [
        copies.write_story(headline, body, press, kicker=() if i else title, signed=True)
        for i, (headline, body) in enumerate(stories)
    ]
    if press.style.own_words and press.chance(0.5):  # portraits
        made = [replace(copy, subheads=(person(press),)) for copy in made]
    noted = press.chance(0.5)
    if noted:
        press.note("editors_note")
    note = (press.say(press.style.phrases.notes),) if noted else ()
    return [replace(made[0], note=note, alternatives=(title[0], " ".join(title))[: len(title)]), *made[1:]]


def _short(stories: list[Pair], press: Press) -> list[Copy]:
    """News in brief where each item has its own headline."""
    title = press.say(press.style.phrases.briefs)
    return [
        Copy(
            headline=write_headline(headline, press),
            body=(("body", copies.first_sentences(body)),),
            kicker=() if i else (title,),
            small=True,
        )
        for i, (headline, body) in enumerate(stories)
    ]


def _furnish(laid: Sequence[Sequence[Line]], press: Press) -> list[Line]:
    """The lines of all articles with date, page number, editors and advertisements round and between them."""
    style = press.style

    def furniture(group: Sequence[str]) -> list[Line]:
        gaps = [style.between, *[style.gap] * len(group)]
        return [Line("furniture", press.dress(text), None, gap) for text, gap in zip(group, gaps, strict=False)]

    top = furniture(press.say_all(style.tops)) if press.takes("furniture_top") else []
    bottom = furniture(press.say_all(style.bottoms)) if press.takes("furniture_bottom") else []
    articles = [list(lines) for lines in laid]
    if press.takes("advert"):
        advert = furniture(press.say_all(style.phrases.adverts))
        if len(articles) > 1 and press.chance(0.3):
            press.note("advert_between")
            articles.insert(press.rng.randint(1, len(articles) - 1), advert)
        elif press.chance(0.5):
            bottom = [*advert, *bottom]
        else:
            bottom += advert
    if press.may("contents"):
        articles.insert(press.rng.randint(0, len(articles)), furniture(press.say_all(style.phrases.contents)))
    if len(articles) > 1 and press.may("running_head"):
        articles.insert(press.rng.randint(1, len(articles) - 1), furniture(press.say_all(style.running_heads)))
    if len(articles) > 1 and press.may("rule"):
        mark = press.draw(style.rules)
        articles = [lines if i == 0 else [*furniture([mark]), *lines] for i, lines in enumerate(articles)]
    return [*top, *(line for lines in articles for line in lines), *bottom]


def read_articles(path: Path, split: str | None = None) -> list[Pair]:
    """Headline and body of every usable article: a body cut short loses its broken last sentence.

    Left out are articles of under 40 characters, those with a headline of several lines run together, and those with
    captions or headings of their own in the body: the gold would call them running text.
    """
    rows = read_dataset(path, split)
    missing = [name for name in ("headline", "body") if name not in rows.column_names]
    if missing:
        raise BadInput(f"{path} lacks {', '.join(missing)}", field=missing[0])
    found = []
    for row in rows:
        headline = " ".join((row["headline"] or "").split()).rstrip("。")
        whole = _FULL_STOP.match(row["body"] or "")
        lines = [line.strip() for line in whole[0].splitlines() if line.strip()] if whole else []
        body = "\n".join(lines)
        if (
            0 < len(headline) <= _LONGEST
            and len(body) >= 40
            and all(_ENDED.search(line) and not _PICTURE.search(line) for line in lines)
        ):
            found.append((headline, body))
    return found


def write_pages(
    path: Path,
    output: Path,
    *,
    n: int,
    per_page: int,
    seed: int,
    split: str | None = None,
    styles: str = "all",
) -> int:
    """Write `n` pages of `per_page` articles each, the styles by turns; an article stands on one page at most."""
    chosen_styles = styles_named(styles)
    articles = read_articles(path, split)
    if n < 1 or per_page < 1 or n * per_page > len(articles):
        raise BadInput(f"{n} pages of {per_page} need {n * per_page} articles, {path} has {len(articles)} usable ones")
    chosen = random.Random(seed).sample(articles, n * per_page)  # noqa: S311 - layout, not secrets
    with output.open("w", encoding="utf-8", newline="\n") as file:
        for i in range(n):
            mine = chosen[i * per_page : (i + 1) * per_page]
            dice = random.Random(f"{seed}-{i}")  # noqa: S311 - a page does not depend on how many there are
            page = make_page(mine, f"made-{seed}-{i:03}", dice, chosen_styles[i % len(chosen_styles)])
            file.write(json.dumps(page, ensure_ascii=False) + "\n")
    return n
