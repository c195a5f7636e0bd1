"""What the line tagger sees of a page: a row of numbers for each line, and hashed character n-grams of its ends.

Owns what is measured: the line's form, its place, how well it goes on from lines before it, and which vocabulary it shares
with the lines around it. Also takes what the rules made of the line. Knows nothing of weights or of what follows from them.
"""

from __future__ import annotations

import itertools
import re
import zlib
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.article import ROLES
from models.page_bylines import bare_names
from models.page_flow import Flow
from models.page_groups import read_groups
from models.page_heads import has_halves, has_tag
from models.page_lines import (
    Line,
    is_box_opening,
    is_bullet_head,
    is_section_name,
    opens_briefs,
    read_lines,
    starts_item,
)
from models.page_rules import RuleRead
from models.page_seams import RARE_PAIR, UNSEEN, letter, read_seams
from models.page_words import Rarity, pairs_of
from models.pauses import pause

BUCKETS = 4096
"""Rows of the table that n-grams are hashed into."""
REACH = 6
"""Lines on either side that a line is compared with."""
WINDOW = 500
"""Characters before and after a line whose vocabulary it is held against."""
_KINDS = ("furniture", "byline", "caption", "box_label", "box", "tail", "title", "body")
_SIZES = (3, 5, 8, 12, 16, 20, 24, 30, 40, 60, 100, 160)
_FIRST = (
    "“「『",
    "（(【〔[",
    "0123456789",
    "●◆■▲▶►★☆◎○□△▪•·▌◥▼※#",
    "—-─=＝*~",
    "一二三四五六七八九十",
    "《〈",
    "第问答图文据本新",
)
_LAST = (
    "。",
    "！!",
    "？?",
    "，,、",
    "：:",
    "；;",
    "”」』’",
    "）)】〕]",
    "—…─-=＝",
    "0123456789",
    "的和与在为了是一",
    "版报电讯摄者",
)
_NUMBERED = re.compile(
    r"[（(]?(?:[一二三四五六七八九十]{1,3}|\d{1,2})[）)、.．是要]|第[一二三四五六七八九十\d]{1,3}|0\d"
)
_SPEECH = re.compile(r"[^，。\s]{1,8}[:：]")
_MAIL = re.compile(r"@|\d{7,}|\d{3,4}-\d{6,}")
_DATE = re.compile(r"\d{1,2}月\d{1,2}日|\d{4}[.年]|月[一二三四五六七八九十]{1,3}日|星期")
_CREDIT = re.compile(r"摄|供图|图片|图源|Photo|影|制图|绘")
_REPORTER = re.compile(r"记者|通讯员|报道|作者|编辑|责编|校对|电话|热线|采写|整理")


@dataclass(frozen=True, slots=True)
class Features:
    """`dense` has a row a line; `grams` are bucket numbers, those of line i at `starts[i]:starts[i + 1]`."""

    dense: NDArray[np.float32]
    grams: NDArray[np.int32]
    starts: NDArray[np.int32]


def read_features(flow: Flow, rules: Sequence[RuleRead]) -> Features:
    """The features of every line of a page, in order. Linear in the page's length."""
    lines = flow.lines
    if not lines:
        return Features(np.zeros((0, 0), np.float32), np.zeros(0, np.int32), np.zeros(1, np.int32))
    repeated = Counter(x.key for x in lines)
    long = sorted(len(x) for x in lines if len(x) > 20) or [20]
    page = [
        float(flow.indented), float(any(flow.full)), flow.named, min(3, flow.usual_gap) / 3, min(1.0, len(lines) / 100),
        np.log1p(long[len(long) // 2]) / 6, sum(x.gap >= 2 for x in lines) / len(lines),
        sum(x.kind == "byline" for x in lines) / len(lines) * 5,
    ]  # fmt: skip
    rows = []
    seam = _seams(lines)
    pause()
    words = [pairs_of(x.key) for x in lines]
    shared = _shared(flow, words)
    pause()
    matter = _matter(lines, words)
    heads, habits = read_groups(lines)
    page += habits
    for at, (line, rule) in enumerate(zip(lines, rules, strict=True)):
        pause()
        after = lines[at + 1] if at + 1 < len(lines) else None
        rows.append(
            [
                *_form(line),
                *_place(line, at, lines, after, flow),
                float(repeated[line.key] > 1),
                *(float(rule.role == role) for role in ROLES),
                float(rule.opens),
                float(rule.joins),
                *seam[at],
                *shared[at],
                *page,
                *matter[at],
                *heads[at],
            ]
        )
    found = [_grams(x.key) for x in lines]
    starts = np.cumsum([0, *map(len, found)], dtype=np.int32)
    return Features(
        np.array(rows, dtype=np.float32), np.array([g for one in found for g in one], dtype=np.int32), starts
    )


def width() -> int:
    """How many numbers `dense` has a line."""
    flow = Flow(read_lines("一"), False, 0.5, Rarity([]), 2, [False])
    columns: int = read_features(flow, [RuleRead("furniture", False, False, "furniture")]).dense.shape[1]
    return columns


def rule_columns() -> slice:
    """Which columns of `dense` hold what the rules made of a line."""
    line = read_lines("一")[0]
    flow = Flow([line], False, 0.5, Rarity([]), 2, [False])
    start = len(_form(line)) + len(_place(line, 0, [line], None, flow)) + 1
    return slice(start, start + len(ROLES) + 2)


def _form(line: Line) -> list[float]:
    """The line by itself."""
    key = line.key
    size = len(key)
    plain = sum(c.isalnum() for c in key)
    digits = sum(c.isdigit() for c in key)
    latin = sum(c.isascii() and c.isalpha() for c in key)
    opened = sum(key.count(o) - key.count(c) for o, c in ("“”", "（）", "《》", "「」", "【】"))
    return [
        np.log1p(size) / 6,
        *(float(size <= s) for s in _SIZES),
        *(float(line.kind == k) for k in _KINDS),
        *(float(key[0] in group) for group in _FIRST),
        *(float(key[-1] in group) for group in _LAST),
        float(line.lead > 0), float(line.joins), float(line.fragment), float(line.finished), float(line.ends_article),
        float(bool(bare_names(key))), float(has_tag(key)), float(has_halves(key)), float(is_bullet_head(key)),
        float(opens_briefs(key)), float(is_box_opening(key)), float(starts_item(key)), float(is_section_name(key)),
        float(_NUMBERED.match(key) is not None), float(_SPEECH.match(key) is not None), float(_MAIL.search(key) is not None),
        float(_DATE.search(key) is not None),
        float(_CREDIT.search(key[-16:]) is not None), float(_CREDIT.search(key[:6]) is not None),
        float(_REPORTER.search(key[:40]) is not None), float(_REPORTER.search(key[-16:]) is not None),
        min(4, key.count("。")) / 4, min(4, key.count("，")) / 4, min(3, key.count(" ")) / 3, min(3, key.count("、")) / 3,
        digits / size, latin / size, plain / size, max(-1, min(1, opened)), float(len(set(key)) <= 2),
        float(key[0] in "“「" and key[-1] in "”」"), float(key[0] in "（(【" and key[-1] in "）)】"),
        float(key.startswith("——")), float("——" in key[1:]), float("：" in key or ":" in key), float("“" in key),
    ]  # fmt: skip


def _place(line: Line, at: int, lines: Sequence[Line], after: Line | None, flow: Flow) -> list[float]:
    """Where it stands, and its white space."""
    n = len(lines)
    before = lines[at - 1] if at else None
    next_gap = after.gap if after else 4
    return [
        at / n, min(at, 8) / 8, min(n - 1 - at, 8) / 8, float(at == 0), float(at == n - 1),
        float(line.indent), float(line.indent != flow.indented), float(line.left > 6), min(4, line.gap) / 4,
        float(line.gap > flow.usual_gap), float(line.gap < flow.usual_gap), min(4, next_gap) / 4,
        float(next_gap > flow.usual_gap), float(next_gap < flow.usual_gap), float(flow.full[at]),
        float(at > 0 and flow.full[at - 1]),
        float(before is not None and before.finished), float(after is not None and after.indent),
        float(before is not None and before.indent),
    ]  # fmt: skip


def _open(line: Line) -> bool:
    """Whether its text could go on elsewhere."""
    return not line.finished and line.kind in ("body", "title", "box", "caption")


def _seams(lines: Sequence[Line]) -> list[list[float]]:
    """How well each line goes on from lines before it, and lines after it from it; -1.5 where nothing can."""
    seams = read_seams()
    n = len(lines)
    back = np.full((n, REACH), -1.5, dtype=np.float32)
    on = np.full((n, REACH), -1.5, dtype=np.float32)
    beside = np.zeros(n, dtype=np.float32)
    for i, line in enumerate(lines):
        if i:
            beside[i] = max(-2.0, min(2.0, seams.reads_on(lines[i - 1].key, line.key) / 4))
        if not _open(line):
            continue
        for k in range(1, min(REACH, n - 1 - i) + 1):
            score = max(-1.5, min(1.5, seams.goes_on(line.key, lines[i + k].key) / 6))
            on[i, k - 1] = back[i + k, k - 1] = score
    taken = np.zeros((n, REACH), dtype=np.float32)
    from_line, step = np.nonzero((on == on.max(axis=1, keepdims=True)) & (on > -1.5))
    taken[from_line + step + 1, step] = 1.0  # the line that goes on best from this one
    found: list[list[float]] = np.concatenate([back, on, taken, beside[:, None]], axis=1).tolist()
    return found


def _shared(flow: Flow, words: Sequence[Set[str]]) -> list[list[float]]:
    """Weighted share of vocabulary with each near line, with the text before and after, and across the line."""
    lines, rarity = flow.lines, flow.rarity
    weights: dict[str, float] = {p: rarity.weight(p) for one in words for p in one}
    heavy = [sum(map(weights.__getitem__, one)) for one in words]
    n = len(lines)
    near = np.zeros((n, 2 * REACH), dtype=np.float32)
    for i in range(n):
        for k in range(1, min(REACH, n - 1 - i) + 1):
            if not heavy[i] or not heavy[i + k]:
                continue
            common = words[i] & words[i + k]
            if common:
                share = sum(map(weights.__getitem__, common)) / min(heavy[i], heavy[i + k])
                near[i, REACH + k - 1] = near[i + k, REACH - k] = share
    rows = []
    for i in range(n):
        before, after = (
            _window(lines, words, range(i - 1, max(-1, i - 13), -1)),
            _window(lines, words, range(i + 1, min(n, i + 13))),
        )
        rows.append(
            [
                *map(float, near[i]),
                _share(words[i], before, weights, heavy[i]),
                _share(words[i], after, weights, heavy[i]),
                min(1.0, 4 * len(before & after) / (1 + min(len(before), len(after)))),
            ]
        )
    return rows


def _matter(lines: Sequence[Line], words: Sequence[Set[str]]) -> list[list[float]]:
    """How much rare vocabulary the text before and after a line have in common, and it with either.

    Rare is what the news at large seldom says; two reports on one matter share names and things, others common words only. Of a
    line that could be a head it tells a section head from a new article, of running text a box from the article round it: so
    the numbers stand in two places, and are 0 in the other.
    """
    rare: dict[str, float] = {}
    for one in words:
        for pair in one:
            if pair not in rare:
                rare[pair] = _rarity(pair)
    rows = []
    for i, line in enumerate(lines):
        pause()
        before = _window(lines, words, range(i - 1, max(-1, i - 17), -1), BEFORE)
        after = _window(lines, words, range(i + 1, min(len(lines), i + 13)), AFTER)
        own = words[i]
        across, back, on = (sum(map(rare.__getitem__, x)) for x in (before & after, own & before, own & after))
        smaller = min(sum(map(rare.__getitem__, before)), sum(map(rare.__getitem__, after)))
        mine = sum(map(rare.__getitem__, own))
        found = [np.log1p(across) / 4, min(1.0, 4 * across / (1 + smaller)), back / (2 + mine), on / (2 + mine),
                 min(1.0, (len(before) + len(after)) / 1200)]  # fmt: skip
        if len(line) <= LONGEST_HEAD or line.lead:
            rows.append([*found, *[0.0] * 6])
        else:
            rows.append([*[0.0] * 5, *found, np.log1p(mine) / 6])
    return rows


LONGEST_HEAD, BEFORE, AFTER = 54, 900, 700
"""Characters of a line that could be a head, and of the text before and after it that are compared."""
USUAL, RAREST = 9.0, 6.0
"""Information of a pair, in nats, up to which it says nothing of the matter, and the most it can say beyond."""


def _rarity(pair: str) -> float:
    seams = read_seams()
    a, b = pair[0], pair[1]
    after = seams.following.get(a, {}).get(b)
    alone = seams.anywhere.get(b, UNSEEN) - RARE_PAIR
    told = -(seams.anywhere.get(a, UNSEEN) + (after if after is not None else alone))
    return max(0.0, min(RAREST, told - USUAL))


def _share(one: Set[str], of: Set[str], weights: dict[str, float], whole: float) -> float:
    return sum(map(weights.__getitem__, one & of)) / whole if whole else 0.0


def _window(lines: Sequence[Line], words: Sequence[Set[str]], places: Sequence[int], most: int = WINDOW) -> Set[str]:
    size, found = 0, []
    for place in places:
        found.append(words[place])
        size += len(lines[place])
        if size > most:
            break
    return frozenset().union(*found)


def _grams(key: str) -> list[int]:
    """Buckets of n-grams at both ends, and of all pairs of a short line."""
    text = "".join(map(letter, key[:24]))
    end = "".join(map(letter, key[-8:]))
    found = [f"^{text[:n]}" for n in (1, 2, 3)] + [f"{end[-n:]}$" for n in (1, 2, 3)]
    found += [f"<{c}" for c in text[1:5]] + [f"{c}>" for c in end[-5:-1]]
    if len(key) <= 24:
        found += map("".join, itertools.pairwise(text))
    return [zlib.crc32(g.encode("utf-8", "surrogatepass")) % BUCKETS for g in found]
