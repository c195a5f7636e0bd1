"""Mixed house styles: parts of several houses put together at random, and phrases cut out of other articles.

A splitter that learns from made pages must not learn the houses by heart. So a mixed style takes its parts from any of the
styles that it is given, and much of what it says (boxes, captions, kickers, decks, section heads, labels) comes from a
stock of real headlines and sentences that changes with every page. Knows nothing of how a page is put together.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from eval import page_grammar as grammar
from eval import page_print as prints
from eval.page_copy import sentences
from eval.page_phrases import Phrases
from eval.page_styles import Part, Spot, Style
from eval.page_titles import CLAUSE

Pair = tuple[str, str]

_LAYOUT = ("indent", "gap", "head_gap", "between", "break_gap", "wrap", "script", "han_dates", "quotes", "spread")
"""What only makes sense together."""
_TRADE = ("bylines", "datelines", "wire", "credits", "credit_lines", "tops", "bottoms", "jumps_to", "jumps_from", "bullets",
          "signs", "sign_offs", "deck_joins", "asks", "box_rules", "running_heads", "rules", "kicker_form", "box_forms",
          "subhead_form", "head_form")  # fmt: skip
"""Pools that any house could have: a few of all that there are."""
_MADE: dict[str, Callable[[random.Random], Any]] = {
    "bylines": grammar.byline, "datelines": grammar.dateline, "credits": grammar.credit, "credit_lines": grammar.credit_line,
    "tops": grammar.top, "bottoms": grammar.bottom, "running_heads": grammar.running_head, "box_forms": grammar.box_form,
    "box_rules": grammar.box_rule, "rules": grammar.box_rule, "signs": grammar.signature, "sign_offs": grammar.signature,
    "jumps_to": lambda rng: grammar.jump(rng, True), "jumps_from": lambda rng: grammar.jump(rng, False),
}  # fmt: skip
_PRINT = {"box_list": 0.6, "letter": 0.07, "kicker_long": 0.7, "headline_short": 0.2, "contents": 0.4}
"""How often at most what houses lack stands on a page that has it at all."""
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_ARROWS = ("", "", "", "", "图为", "▲", "▼", "◀", "↑", "上图：", "图①：", "图片说明：", "△")
_PLACES: tuple[tuple[Spot, ...], ...] = (("sentence",), ("sentence", "between"), ("between", "end"), ("sentence", "between", "top"),
           ("sentence", "sentence", "between"), ("top", "sentence"), ("end",))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stock:
    """Other articles that phrases are cut out of: nothing of them is on the page as an article."""

    articles: Sequence[Pair]

    def headline(self, rng: random.Random) -> str:
        """A headline of at most 30 characters; braces would be slots."""
        while True:
            found = rng.choice(self.articles)[0]
            if len(found) <= 30 and "{" not in found:
                return found

    def clause(self, rng: random.Random, least: int, most: int) -> str:
        """A run of Han characters between two marks, out of a headline or a text; cut short where none fits."""
        for _ in range(30):
            headline, body = rng.choice(self.articles)
            source = headline if rng.random() < 0.5 else body
            found = [c for c in CLAUSE.split(source) if least <= len(c) <= most and _HAN.fullmatch(c)]
            if found:
                return rng.choice(found)
        return rng.choice(self.articles)[1].replace("{", "")[:most]

    def text(self, rng: random.Random, least: int, most: int) -> str:
        """Whole sentences of one article, about so long."""
        for _ in range(30):
            body = rng.choice(self.articles)[1].replace("\n", "")
            found = sentences(body)
            if "{" in body or not found:
                continue
            start = rng.randrange(len(found))
            held = ""
            for sentence in itertools.islice(found, start, None):
                held += sentence
                if len(held) >= least:
                    break
            if least <= len(held) <= most:
                return held
        return "这项工作将在今年年底前完成。"


def mix_style(styles: Sequence[Style], stock: Stock, rng: random.Random) -> Style:
    """A house that there is not: layout of one style, habits of several, a share of the phrases from the stock."""
    base = rng.choice(styles)
    layout = rng.choice(styles)
    parts: dict[str, Any] = {name: getattr(layout, name) for name in _LAYOUT}
    if rng.random() < 0.3:
        parts |= {"gap": "\n\n", "head_gap": "\n\n", "between": "\n\n", "break_gap": "\n\n", "wrap": 0}
        parts["indent"] = rng.choice(("", "", "　　"))
    elif rng.random() < 0.2:
        parts |= _wrapped(rng)
    for name in _TRADE:
        parts[name] = _some([x for s in styles for x in getattr(s, name)], getattr(base, name), rng)
    for name, make in _MADE.items():
        if rng.random() < 0.6:
            parts[name] = tuple(make(rng) for _ in range(rng.choice((1, 2, 2, 4))))
    counted = any("{cn}" in x or "{n}" in x for x in parts["head_form"])
    forms = parts.pop("box_forms")
    places = base.box_at
    if rng.random() < 0.5:
        places = rng.choice(_PLACES)
    if rng.random() < 0.12:  # boxes without a label are told by the sentence that they break
        forms, places = ("bare",), ("sentence",)
    elif rng.random() < 0.4:
        forms = (*forms, "label", "titled:{}　{}")
    phrases = _mix_phrases([s.phrases for s in styles], base.phrases, stock, rng)
    pools = {
        "byline_end": parts["signs"], "sign_off": parts["sign_offs"], "byline_in_deck": parts["deck_joins"],
        "interview": parts["asks"] and phrases.questions, "box_rule": parts["box_rules"], "rule": parts["rules"],
        "running_head": parts["running_heads"], "photo_label": phrases.photo_labels,
    }  # fmt: skip
    return replace(
        base,
        name="mixed",
        phrases=phrases,
        orders=tuple(_order(rng) for _ in range(rng.choice((1, 1, 2, 3)))) if rng.random() < 0.6 else base.orders,
        rates={name: rate for name, rate in _mix_rates(styles, base, rng).items() if pools.get(name, True)},
        numbering=counted,
        box_forms=forms,
        box_at=places,
        caption_at=rng.choice([s.caption_at for s in styles]),
        tag_form=rng.choice([s.tag_form for s in styles]),
        kicker_kinds=rng.choice([s.kicker_kinds for s in styles]),
        subhead_kinds=rng.choice([s.subhead_kinds for s in styles]),
        sign_indent=rng.choice([s.sign_indent for s in styles]),
        own_words=rng.choice((0.0, 0.3, 0.6, 0.9)),
        **parts,
    )


def _wrapped(rng: random.Random) -> dict[str, Any]:
    """A dump that kept the line ends of its columns; boxes may have another width."""
    width = rng.randint(14, 34)
    gap = rng.choice(("\n", "\n", "\n\n"))
    aside = rng.choice((0, 0, rng.randint(10, width)))
    return {"wrap": width, "box_wrap": aside, "gap": gap, "head_gap": gap, "between": rng.choice((gap, "\n\n")),
            "break_gap": rng.choice((gap, "\n\n")), "indent": rng.choice(("　　", "　　", ""))}  # fmt: skip


def _some(every: Sequence[Any], own: Sequence[Any], rng: random.Random) -> tuple[Any, ...]:
    """A few of what all houses have, or what one house has."""
    distinct = sorted(set(every), key=repr)
    if rng.random() < 0.4 or not distinct:
        return tuple(own)
    return tuple(rng.sample(distinct, min(len(distinct), rng.choice((1, 2, 3, 5)))))


def _order(rng: random.Random) -> tuple[Part, ...]:
    """Kicker, headline and deck in this order, the byline anywhere."""
    order: list[Part] = [part for part in get_args(Part) if part != "byline"]
    order.sort(key=("kicker", "headline", "subhead").index)
    order.insert(rng.choice((0, 1, 2, 3, 3, 3)), "byline")
    return tuple(order)


def _mix_rates(styles: Sequence[Style], base: Style, rng: random.Random) -> dict[str, float]:
    """Every hazard about as often as in one of the houses; some pages are calm ones."""
    calm = rng.choice((1.0, 0.7, 0.35))
    rates: dict[str, float] = {}
    for name in sorted({n for s in styles for n in s.rates}):
        known = [s.rates[name] for s in styles if name in s.rates]
        rate = base.rates.get(name, 0.0) if rng.random() < 0.6 else rng.choice(known)
        keeps = name in ("byline", "dateline", "furniture_top", "furniture_bottom", "section_heads")
        rates[name] = min(1.0, rate * rng.uniform(0.5, 1.4) * (1.0 if keeps else calm))
    rates["traditional"] = min(rates.get("traditional", 0.0), 0.5)
    if rng.random() < 0.3:
        rates["headline_broken"] = rng.uniform(0.1, 0.4)
    for name, often in _PRINT.items():
        if rng.random() < 0.5:
            rates[name] = rng.uniform(0.2, 1.0) * often
    return rates


def _mix_phrases(pools: Sequence[Phrases], own: Phrases, stock: Stock, rng: random.Random) -> Phrases:
    """Every field from one house, from all of them, or from the stock."""
    found: dict[str, Any] = {}
    for field in fields(Phrases):
        every = sorted({x for p in pools for x in getattr(p, field.name)}, key=repr)
        own_lines = getattr(own, field.name)
        found[field.name] = own_lines if rng.random() < 0.4 or not every else tuple(
            rng.sample(every, min(len(every), 12))
        )  # fmt: skip
    cut = _cut_out(stock, rng)
    for name, lines in cut.items():
        if rng.random() < 0.65:
            found[name] = lines if rng.random() < 0.7 else (*found[name], *lines)
    found |= {
        "box_lists": tuple(prints.box_list(stock, rng) for _ in range(4)),
        "contents": tuple(prints.contents(stock, rng) for _ in range(2)),
        "kicker_long": tuple(prints.kicker_long(stock, rng) for _ in range(4)),
        "salutes": prints.salutes(),
    }
    found["given"] = own.given if rng.random() < 0.3 else tuple(_given(pools, rng) for _ in range(20))
    if rng.random() < 0.7:
        found["surnames"] = tuple(sorted({x for p in pools for x in p.surnames}))
    return Phrases(**found)


def _given(pools: Sequence[Phrases], rng: random.Random) -> str:
    letters = [c for p in pools for given in p.given for c in given if _HAN.fullmatch(c)]
    return "".join(rng.choice(letters) for _ in range(rng.choice((1, 2, 2))))


def _cut_out(stock: Stock, rng: random.Random) -> dict[str, tuple[Any, ...]]:
    """Phrases out of headlines and texts of the stock, by field."""

    def many(n: int, make: Any) -> tuple[Any, ...]:
        return tuple(make() for _ in range(n))

    def quoted() -> str:
        more = "，" + stock.clause(rng, 3, 8) if rng.random() < 0.3 else ""
        return f"“{stock.clause(rng, 5, 14)}{more}”"

    def column() -> str:
        kind = rng.random()
        if kind < 0.15:
            return quoted()
        return f"“{stock.clause(rng, 2, 6)}”{stock.clause(rng, 2, 6)}" if kind < 0.3 else stock.clause(rng, 2, 10)

    least, most = rng.choice(((14, 60), (30, 120), (60, 260)))
    heads = rng.choice(((4, 9), (6, 14), (8, 20)))
    return {
        "kicker_comma": many(3, lambda: stock.clause(rng, 4, 14) + "，"),
        "kicker_dash": many(3, lambda: stock.clause(rng, 4, 14) + "——"),
        "kicker_column": many(4, column),
        "kicker_series": many(2, lambda: tuple(stock.clause(rng, 3, 12) for _ in range(rng.choice((2, 2, 3))))),
        "features": many(
            2, lambda: (stock.clause(rng, 5, 14), *many(rng.choice((0, 1)), lambda: "——" + stock.clause(rng, 5, 14)))
        ),
        "tags": many(3, lambda: stock.clause(rng, 2, 8)),
        "subhead_dash": many(
            3,
            lambda: (
                "——"
                + rng.choice(
                    (lambda: stock.headline(rng), lambda: stock.clause(rng, 6, 18), lambda: prints.study(stock, rng))
                )()
            ),
        ),
        "subhead_quoted": many(3, quoted),
        "subhead_plain": many(4, lambda: stock.headline(rng) if rng.random() < 0.75 else prints.study(stock, rng)),
        "section_heads": many(6, lambda: prints.section_head(stock, rng, *heads)),
        "box_labels": many(3, lambda: stock.clause(rng, 2, 6)),
        "box_texts": many(8, lambda: stock.text(rng, least, most)),
        "notes": many(2, lambda: "编者按：" + stock.text(rng, 40, 160)),
        "tails": many(3, lambda: grammar.tail(rng)),
        "adverts": many(3, lambda: grammar.advert(rng)),
        "captions": many(4, lambda: rng.choice(_ARROWS) + stock.text(rng, 10, 60)),
        "photos": many(2, lambda: (stock.clause(rng, 4, 10), stock.text(rng, 40, 120))),
        "questions": many(3, lambda: stock.clause(rng, 6, 18) + "？"),
    }
