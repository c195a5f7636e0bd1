"""Training pages put together anew from gold pages: their articles in other company, with other gaps, indents and widths.

Owns how the blocks of gold pages become lines again and what is left out of them. What a made page looks like is
eval/page_layout.py.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from eval.page_layout import Line, wrap
from models.errors import BadInput
from models.page_flow import full_lines
from models.page_lines import read_lines
from models.pages import split_page_by_rules

AS_PRINTED = 0.25
"""Share of the pages that stay as they are: what a page's own spacing says of its articles is lost on the others."""
LEFT_OUT = {"kicker": 0.15, "subhead": 0.15, "box": 0.2, "caption": 0.2}
"""How often a part is left out of an article."""
WRAPPED = 0.2
"""Share of the pages whose running text is broken off at a column's width."""


def with_blocks(page: dict[str, Any]) -> dict[str, Any]:
    """The page with gold blocks; those of a page without any are taken from the rules, where they get all articles right."""
    if "blocks" in page:
        return page
    found = split_page_by_rules(page["text"])
    said = [(a.headline, a.body) for a in found.articles]
    if said != [(a["headline"], a["body"]) for a in page["articles"]]:
        raise BadInput(f"page {page['id']} has no blocks, and the rules do not give them", field="blocks")
    blocks = [b.as_dict() | {"article": None} for b in found.furniture]
    blocks += [b.as_dict() | {"article": i} for i, a in enumerate(found.articles) for b in a.blocks]
    return page | {"blocks": sorted(blocks, key=lambda b: b["start"])}


def recombine(pages: Sequence[dict[str, Any]], n: int, seed: int) -> Iterator[dict[str, Any]]:
    """`n` pages: a quarter as they are, the others of their articles in any order with any of their furniture round them."""
    whole = [with_blocks(page) for page in pages]
    unwrapped = [_unwrapped(page) for page in whole]
    for i in range(n):
        rng = random.Random(f"{seed}-again-{i}")  # noqa: S311 - layout, not secrets
        if rng.random() < AS_PRINTED:
            yield rng.choice(whole)
        else:
            yield _shuffled(unwrapped, rng, f"again-{seed}-{i}")


def body_joins(blocks: Sequence[dict[str, Any]], articles: Sequence[dict[str, Any]]) -> list[bool]:
    """Whether each body block goes on from the one before: the gold body has no line end between them."""
    place = [0] * len(articles)
    found = []
    for block in blocks:
        goes_on = False
        if block["role"] in ("body", "section_head") and block["article"] is not None:
            number, body = block["article"], articles[block["article"]]["body"]
            if body[place[number] : place[number] + 1] == "\n":
                place[number] += 1
            else:
                goes_on = place[number] > 0
            place[number] += len(block["text"])
        found.append(goes_on)
    return found


def _unwrapped(page: dict[str, Any]) -> dict[str, Any]:
    """The page's blocks as lines; those of a hard-wrapped page are whole paragraphs again."""
    wrapped = any(full_lines(read_lines(page["text"])))
    lines: list[Line] = []
    end = 0
    for block, goes_on in zip(page["blocks"], body_joins(page["blocks"], page["articles"]), strict=True):
        line = Line(block["role"], block["text"], block["article"], "", goes_on)
        near = page["text"][end : block["start"]] in ("\n", "\r\n")
        if wrapped and goes_on and near and lines[-1].role == "body" and lines[-1].article == line.article:
            lines[-1] = replace(lines[-1], text=lines[-1].text + line.text)
        else:
            lines.append(line)
        end = block["end"]
    return {"lines": lines, "articles": page["articles"]}


def _shuffled(pages: Sequence[dict[str, Any]], rng: random.Random, name: str) -> dict[str, Any]:
    every = [(page, number) for page in pages for number in range(len(page["articles"]))]
    chosen = rng.sample(every, min(len(every), rng.choice((2, 4, 5, 6, 7))))
    gap, indent = rng.choice((("\n\n", ""), ("\n\n", ""), ("\n\n", "　　"), ("\n", "　　"), ("\n", "")))
    lines = _edge(rng.choice(pages), first=True)
    for at, (page, number) in enumerate(chosen):
        left_out = {role for role, often in LEFT_OUT.items() if rng.random() < often}
        mine = [x for x in page["lines"] if x.article == number and x.role not in left_out]
        lines += [replace(x, article=at) for x in mine]
    lines += _edge(rng.choice(pages), first=False)
    broken = rng.choice((gap, "\n\n"))
    lines = [replace(x, before=broken if x.goes_on else gap) for x in lines]
    if rng.random() < WRAPPED:
        width = rng.randint(15, 32)
        lines = wrap(lines, width, len(indent), rng.choice((0, 0, rng.randint(10, width))))
    return {"id": name, **_rendered(lines, indent), "articles": [page["articles"][number] for page, number in chosen]}


def _rendered(lines: Sequence[Line], indent: str) -> dict[str, Any]:
    """Text and blocks of lines; `indent` opens paragraphs and boxes."""
    text, blocks = "", []
    for line in lines:
        text += line.before if text else ""
        text += indent if line.role in ("body", "box") and not line.goes_on else ""
        start, text = len(text), text + line.text
        blocks.append({"role": line.role, "text": line.text, "start": start, "end": len(text), "article": line.article})
    return {"text": text + "\n", "blocks": blocks}


def _edge(page: dict[str, Any], *, first: bool) -> list[Line]:
    """The furniture above a page's first article, or below its last."""
    lines = page["lines"] if first else page["lines"][::-1]
    found = list(itertools.takewhile(lambda x: x.article is None, lines))
    return found if first else found[::-1]
