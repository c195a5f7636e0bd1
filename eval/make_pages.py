"""A page maker: joins articles (headline, body) into newspaper pages with kickers, bylines and a box, and their gold.

Three house styles, seeded; every kicker, name, box and line of furniture is invented here. One article a page, the
longest, is broken in the middle of a sentence by a box or a column end. The gold body is the running text as DESIGN has
it: an inline dateline belongs to it, the box does not. A set made this way measures the splitter on what it was made
from and nothing else; real pages are the judge.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.sets import read_dataset
from models.errors import BadInput

KICKERS = (
    ("老街换新颜，",),
    ("从一张课桌说起——",),
    ("迎风而上", "走进青禾一线"),
    ("把好事办实，",),
    ("一线见闻",),
    ("记者来信——",),
    ("春耕进行时", "保供有力量"),
    ("守好百姓菜篮子，",),
)
SUBHEADS = ("——青禾县三年治水纪事", "“办事不再跑两趟”", "——来自河滨新区的调查", "“灯亮了，心也亮了”")
NAMES = ("唐知远", "陆晚晴", "祁大山", "苗青禾", "邵一帆", "温如玉", "焦向阳", "柳映雪", "梅清和", "岳平川")
PLACES = ("青禾", "河滨", "云岭", "澄江")
BOXES = (
    ("阅读提示", "今年以来，青禾县把老旧水渠改造列为头一件实事。渠修到哪里，工作队就住到哪里。"),
    ("编者按", "从今天起，本报推出系列报道，请一线劳动者讲自己的故事。敬请关注。"),
    ("链接", "河滨大桥全长一千二百米，去年十月开工，计划明年年底通车。"),
    ("延伸阅读", "云岭茶园始建于上世纪六十年代，现有茶农四百余户。"),
)
CAPTIONS = ("图为青禾县的水渠工地。  唐知远摄", "工作人员在河滨新区检修设备。  陆晚晴 摄", "云岭茶园一角。（影像中国）")
_HAN = re.compile(r"[\u4e00-\u9fff]{2}")
_OPENING = re.compile(r"^.{0,24}(?:[电讯]\s*[（(]|[电讯]\s{1,4}|记者)")
_FULL_STOP = re.compile(r"^.*[。！？”]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Style:
    """How a house sets its pages."""

    indent: str
    gap: str
    """Between paragraphs."""
    byline: str
    """`above` or `below` the headline, or `inline` in the first paragraph."""
    box: bool
    """A box in the middle of a sentence; otherwise a bare column break."""
    furniture: bool


STYLES = (
    Style(indent="", gap="\n\n", byline="below", box=True, furniture=False),
    Style(indent="　　", gap="\n", byline="inline", box=True, furniture=True),
    Style(indent="", gap="\n\n", byline="above", box=False, furniture=True),
)


def make_page(articles: Sequence[tuple[str, str]], page_id: str, rng: random.Random) -> dict[str, object]:
    """One page of (headline, body) articles as a line of page data: id, text, articles."""
    style = rng.choice(STYLES)
    broken = max(range(len(articles)), key=lambda i: len(articles[i][1]))
    parts: list[str] = []
    gold = []
    if style.furniture:
        day = f"2031年{rng.randint(1, 12)}月{rng.randint(1, 28)}日  星期{rng.choice('一二三四五')}"
        parts.append(f"{rng.randint(2, 24)}  要闻  {day}")
    for i, (headline, body) in enumerate(articles):
        paragraphs = body.split("\n")
        name = rng.choice(NAMES)
        inline = style.byline == "inline" and not _OPENING.match(paragraphs[0])
        if inline:
            where, day = rng.choice(PLACES), f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日"
            paragraphs[0] = f"本报{where}{day}电  （记者{name}）{paragraphs[0]}"
        gold.append({"headline": headline, "body": "\n".join(paragraphs)})
        parts += _above(style, name, rng)
        parts.append(headline)
        if rng.random() < 0.3:
            parts.append(rng.choice(SUBHEADS))
        if style.byline == "below":
            parts.append(f"本报记者  {name[0]}  {name[1]}" if len(name) == 2 else f"本报记者  {name}")
        parts += list(_body(paragraphs, style, rng, breaks=i == broken))
        if style.byline == "inline" and rng.random() < 0.3:
            parts.append(f"（{rng.choice(NAMES)}参与采写）")
        if rng.random() < 0.2:
            parts.append(rng.choice(CAPTIONS))
    if style.furniture:
        parts.append(f"责任编辑：{rng.choice(NAMES)}  版式设计：{rng.choice(NAMES)}")
    return {"id": page_id, "text": style.gap.join(parts) + "\n", "articles": gold}


def _above(style: Style, name: str, rng: random.Random) -> list[str]:
    lines = list(rng.choice(KICKERS)) if rng.random() < 0.4 else []
    return [*lines, f"本报记者 {name}"] if style.byline == "above" else lines


def _body(paragraphs: Sequence[str], style: Style, rng: random.Random, *, breaks: bool) -> Iterator[str]:
    longest = max(range(len(paragraphs)), key=lambda i: len(paragraphs[i]))
    for i, paragraph in enumerate(paragraphs):
        cut = _cut(paragraph, rng) if breaks and i == longest else None
        if cut is None:
            yield style.indent + paragraph
            continue
        yield style.indent + paragraph[:cut]
        if style.box:
            title, text = rng.choice(BOXES)
            yield title
            yield style.indent + text
        yield paragraph[cut:]


def _cut(paragraph: str, rng: random.Random) -> int | None:
    """A place between two Han characters, at least 12 characters from both ends; None in too short a paragraph."""
    places = [m.start() + 1 for m in _HAN.finditer(paragraph) if 12 <= m.start() < len(paragraph) - 12]
    return rng.choice(places) if places else None


def read_articles(path: Path, split: str | None = None) -> list[tuple[str, str]]:
    """Headline and body of every usable article: a body cut short loses its broken last sentence."""
    rows = read_dataset(path, split)
    missing = [name for name in ("headline", "body") if name not in rows.column_names]
    if missing:
        raise BadInput(f"{path} lacks {', '.join(missing)}", field=missing[0])
    found = []
    for row in rows:
        headline = " ".join((row["headline"] or "").split())
        whole = _FULL_STOP.match(row["body"] or "")
        body = "\n".join(line.strip() for line in whole[0].split("\n") if line.strip()) if whole else ""
        if headline and len(body) >= 40:
            found.append((headline, body))
    return found


def write_pages(path: Path, output: Path, *, n: int, per_page: int, seed: int, split: str | None = None) -> int:
    """Write `n` pages of `per_page` articles each; an article stands on one page at most."""
    articles = read_articles(path, split)
    if n < 1 or per_page < 1 or n * per_page > len(articles):
        raise BadInput(f"{n} pages of {per_page} need {n * per_page} articles, {path} has {len(articles)} usable ones")
    rng = random.Random(seed)  # noqa: S311 - layout, not secrets
    chosen = rng.sample(articles, n * per_page)
    pages = [make_page(chosen[i * per_page : (i + 1) * per_page], f"made-{seed}-{i:03}", rng) for i in range(n)]
    output.write_text("".join(json.dumps(page, ensure_ascii=False) + "\n" for page in pages), "utf-8")
    return n
