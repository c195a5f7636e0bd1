"""Does a head open an article, or a section of the article before it? A logistic regression over what stands around it.

Owns the features and the form of the weights (`page_boundaries.json`, fitted by `python -m training boundaries` on made
pages of the development styles and on invented pages). Heads with a byline or dateline never come here: they open.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.page_heads import has_halves, has_tag
from models.page_lines import Line

FILE = Path(__file__).with_name("page_boundaries.json")
UNRELATED = 7e-5
"""Cohesion with an unrelated text for each of its characters: two texts share more the longer they are."""
_TEN = "一二三四五六七八九十"
_NUMBERED = re.compile(rf"(?:[{_TEN}]{{1,2}}[、是要]|第[{_TEN}\d]{{1,2}}[章节部步讲问]|之[{_TEN}]|\d{{1,2}}[.、．])")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around a head.

    `cohesion` is the share of the following text's vocabulary, rare words weighing more, that the article before it has;
    `echo` the share of the head's own that the next paragraph has; `named` the share of the page's plain openings that
    carry a byline or dateline.
    """

    article_chars: int
    sections: int
    closed: bool
    wide_gap: bool
    indented_page: bool
    cohesion: float
    title_cohesion: float
    echo: float
    named: float
    next_chars: int


def features(lines: Sequence[Line], around: Surroundings) -> dict[str, float]:
    """What the regression sees, each about 0..1 or centred."""
    titles = [line.key for line in lines]
    unrelated = UNRELATED * min(1500, around.article_chars)
    return {
        "bias": 1.0,
        "several_lines": float(len(titles) > 1),
        "length": max(-1.0, min(1.0, (max(map(len, titles)) - 12) / 10)),
        "halves": float(any(map(has_halves, titles))),
        "tag": float(any(map(has_tag, titles))),
        "kicker": float(any(t.endswith(("，", "——")) for t in titles[:-1])),
        "dash": float(any(t.startswith("——") for t in titles[1:])),
        "numbered": float(_NUMBERED.match(titles[0]) is not None),
        "question": float(titles[-1][-1] in "？?"),
        "digits": float(any(c.isdigit() for c in titles[0])),
        "article_short": float(around.article_chars < 300),
        "article_long": float(around.article_chars > 900),
        "sections": min(3, around.sections) / 3,
        "closed": float(around.closed),
        "wide_gap": float(around.wide_gap),
        "indented": float(around.indented_page and lines[0].indent),
        "not_indented": float(around.indented_page and not lines[0].indent),
        "cohesion": max(-1.0, min(2.0, 40 * (around.cohesion - unrelated))),
        "title_cohesion": around.title_cohesion,
        "echo": around.echo,
        "named": max(0.0, around.named - 0.5) * 2,
        "next_short": float(around.next_chars < 120),
    }


def opens_article(lines: Sequence[Line], around: Surroundings) -> float:
    """Probability that a head without byline and dateline opens an article rather than a section."""
    weights = read_weights()
    score = sum(weights[name] * value for name, value in features(lines, around).items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


@cache
def read_weights() -> dict[str, float]:
    """The shipped weights by feature, read once."""
    weights: dict[str, float] = json.loads(FILE.read_text("utf-8"))["weights"]
    return weights
