"""Pages to learn page splitting from: made of news articles in mixed house styles, as features and gold tags a line.

Owns how training pages are drawn: single articles and long ones joined from related articles, phrases cut out of related
ones, a mixed style a page. The tags themselves are models/page_tags.py.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.make_pages import Pair, Revise, make_page
from eval.page_mix import Stock, mix_style
from eval.page_styles import Style
from models.page_features import Features, read_features
from models.page_flow import read_flow
from models.page_lines import Line
from models.page_rules import read_rules
from models.page_tags import TAGS, tag_of
from training.page_recombine import body_joins
from training.page_structures import SHARE, revise

RELATED = (0.25, 0.75)
"""Cosine similarities of articles that could stand in one story; above are versions of the same report."""


LONG = 450
"""Characters from which an article needs no others to be a long one."""


def related(articles: Sequence[Pair], most: int = 6) -> list[list[int]]:
    """For each article the numbers of up to `most` others on the same matter, most similar first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    table = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), min_df=4, max_df=0.1, dtype=np.float32)
    x = table.fit_transform([f"{h}{b[:250]}" for h, b in articles]).tocsr()
    turned = x.T.tocsc()
    found: list[list[int]] = []
    for start in range(0, x.shape[0], 500):
        scores = (x[start : start + 500] @ turned).toarray()
        for row in scores:
            row[(row < RELATED[0]) | (row > RELATED[1])] = 0.0
            best = np.argsort(-row)[:most]
            found.append([int(i) for i in best if row[i] > 0.0])
    return found


def draw_pages(
    articles: Sequence[Pair],
    near: Sequence[Sequence[int]],
    styles: Sequence[Style],
    n: int,
    seed: int,
    structures: float = SHARE,
) -> Iterator[dict[str, Any]]:
    """`n` made pages; page i depends on seed and i alone. `structures` is the share that training/page_structures.py revises."""
    for i in range(n):
        rng = random.Random(f"{seed}-{i}")  # noqa: S311 - layout, not secrets
        revised = random.Random(f"{seed}-structures-{i}").random() < structures  # noqa: S311 - leaves the page's dice alone
        yield _draw(articles, near, styles, rng, f"train-{seed}-{i}", revise if revised else None)


def _draw(
    articles: Sequence[Pair],
    near: Sequence[Sequence[int]],
    styles: Sequence[Style],
    rng: random.Random,
    name: str,
    revised: Revise | None,
) -> dict[str, Any]:
    long = rng.choice((0.0, 0.0, 0.2, 0.5))
    chosen = [rng.randrange(len(articles)) for _ in range(rng.choice((1, 3, 4, 5, 6, 7, 8, 10)))]
    on_page, used = [], list[int]()
    whole = [i for i, (_, body) in enumerate(articles) if len(body) >= LONG]
    for number in chosen:
        if whole and rng.random() < long:
            number = rng.choice(whole)
        headline, body = articles[number]
        used += near[number]
        if len(body) < LONG and rng.random() < long / 2:
            parts = near[number][: rng.choice((1, 1, 2, 3))]
            body = "\n".join([body, *(articles[k][1] for k in parts)])
        on_page.append((headline, body))
    others = [articles[k] for k in used] if rng.random() < 0.25 else []
    stock = Stock([*others, *(articles[rng.randrange(len(articles))] for _ in range(12))])
    style = rng.choice(styles) if rng.random() < 0.15 else mix_style(styles, stock, rng)
    without = frozenset({"traditional"}) if rng.random() < 0.6 else frozenset()
    return make_page(on_page, name, rng, style, without, revised)


def gold_tags(lines: Sequence[Line], page: dict[str, Any]) -> NDArray[np.int64]:
    """The gold tag of every line, from a page's gold blocks."""
    blocks = sorted(page["blocks"], key=lambda b: b["start"])
    joins = body_joins(blocks, page["articles"])
    seen: dict[int, set[str]] = {}
    names: list[str] = []
    for block, goes_on in zip(blocks, joins, strict=True):
        earlier = seen.setdefault(block["article"], set()) if block["article"] is not None else set()
        names.append(tag_of(block["role"], goes_on=goes_on, earlier=earlier))
        earlier.add(block["role"])
    tags = np.zeros(len(lines), dtype=np.int64)
    at = 0
    for i, line in enumerate(lines):
        while at + 1 < len(blocks) and blocks[at + 1]["start"] <= line.start:
            at += 1
        inside = blocks[at]["start"] < line.start
        name = names[at]
        tags[i] = TAGS.index("goes_on" if inside and name in ("body", "open") else name)
    return tags


def read_example(page: dict[str, Any]) -> tuple[Features, NDArray[np.int64]]:
    """Features and gold tags of one page."""
    flow = read_flow(page["text"])
    return read_features(flow, read_rules(flow)), gold_tags(flow.lines, page)
