"""Reading order of a typeset page: from glyphs and drawn rectangles to paragraphs, column by column.

Owns runs of glyphs, framed boxes and the order of columns; paragraphs are joined in models/pdf_paragraphs.py. All of it
is geometry: it knows nothing of PDF, and of language only where sentences end. Coordinates grow right and down.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from models.pdf_paragraphs import Paragraph, join

GAP = 0.8
"""Blank between two glyphs of a line that parts it, in ems: justified text stays under 0.4, gutters begin at 1."""
GUTTER = 0.6
"""Blank between two columns, in ems of the body."""
TITLE = 1.25
"""How much larger than the body a headline is set."""
DEEPEST = 60
"""Cuts inside cuts; no page needs 20, and a hostile one must not exhaust the stack."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character with its baseline and size; `turned` stands askew, as a watermark does."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """A drawn rectangle."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(slots=True)
class Item:
    """What is put in order: a run of glyphs on one line, or a box with its own paragraphs."""

    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    text: str = ""
    title: bool = False
    box: list[Paragraph] | None = None
    held: list[Item] = field(default_factory=list)
    """Boxes that hang in the column right below this run."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What is usual on a page: the size of the body, and the blank between two of its lines."""

    size: float
    leading: float

    @property
    def break_(self) -> float:
        """The blank over which lines do not belong together."""
        return max(0.9 * self.size, 2 * self.leading)


def read_order(glyphs: Sequence[Glyph], frames: Iterable[Frame] = ()) -> list[Paragraph]:
    """The paragraphs of a page in reading order; turned glyphs come last, as they were drawn."""
    upright = [glyph for glyph in glyphs if not glyph.turned]
    items = _runs(upright)
    paragraphs: list[Paragraph] = []
    if items:
        weights: Counter[float] = Counter()
        for item in items:
            weights[round(item.size * 2) / 2] += len(item.text)
        body = max(weights, key=lambda size: weights[size])
        for item in items:
            item.title = item.size > TITLE * body
        measure = Measure(body, _leading(items, body))
        paragraphs = _arrange(items, _real_frames(frames, items, measure), measure)
    askew = "".join(glyph.text for glyph in glyphs if glyph.turned).strip()
    return [*paragraphs, Paragraph(askew)] if askew else paragraphs


def _runs(glyphs: Sequence[Glyph]) -> list[Item]:
    """Glyphs of one baseline, size and neighbourhood."""
    rows: list[list[Glyph]] = []
    recent: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda g: (g.y, g.x0)):
        recent = [row for row in recent if glyph.y - row[0].y <= 0.5 * row[0].size]
        for row in recent:
            like = 0.6 < glyph.size / row[0].size < 1.6
            if like and glyph.y - row[0].y <= 0.25 * min(glyph.size, row[0].size):
                row.append(glyph)
                break
        else:
            recent.append([glyph])
            rows.append(recent[-1])
    runs = []
    for row in rows:
        row.sort(key=lambda g: g.x0)
        piece: list[Glyph] = []
        for glyph in row:
            if piece and glyph.x0 - piece[-1].x1 > GAP * max(glyph.size, piece[-1].size):
                runs.append(piece)
                piece = []
            if piece and _twice(piece[-1], glyph):
                continue
            piece.append(glyph)
        runs.append(piece)
    return [item for piece in runs if (item := _item(piece)) is not None]


def _twice(before: Glyph, glyph: Glyph) -> bool:
    """Whether a glyph is set over itself, as some programs make bold type."""
    return before.text == glyph.text and glyph.x0 - before.x0 < 0.15 * glyph.size


def _item(piece: list[Glyph]) -> Item | None:
    inked = [glyph for glyph in piece if not glyph.text.isspace()]
    if not inked:
        return None
    text = ""
    for n, glyph in enumerate(piece):
        before = piece[n - 1] if n else None
        latin = before and before.text.isascii() and glyph.text.isascii() and (before.text + glyph.text).isalnum()
        if before and latin and glyph.x0 - before.x1 > 0.15 * glyph.size:
            text += " "
        text += glyph.text
    size = statistics.median(glyph.size for glyph in inked)
    y = inked[0].y
    return Item(inked[0].x0, max(g.x1 for g in inked), y - 0.88 * size, y + 0.12 * size, size, text.strip())


def _leading(items: list[Item], body: float) -> float:
    """The usual blank between a line of the body and the next one below it."""
    plain = sorted((i for i in items if abs(i.size - body) < 0.1 * body), key=lambda i: i.top)
    blanks = []
    for n, item in enumerate(plain):
        for below in plain[n + 1 : n + 40]:
            if below.top > item.bottom - 0.3 * body and _overlap(item, below) > 0.3 * min(_width(item), _width(below)):
                blanks.append(below.top - item.bottom)
                break
    return max(0.0, statistics.median(blanks)) if blanks else 0.5 * body


def _real_frames(frames: Iterable[Frame], items: list[Item], measure: Measure) -> list[Frame]:
    """The frames that set some of the text apart, outer ones first."""
    kept: list[Frame] = []
    for frame in sorted(set(frames), key=lambda f: (f.x0 - f.x1) * (f.bottom - f.top)):
        if frame.x1 - frame.x0 < 4 * measure.size or frame.bottom - frame.top < 2 * measure.size:
            continue
        inside = sum(len(item.text) for item in items if _inside(item, frame))
        if not inside or inside > 0.6 * sum(len(item.text) for item in items):
            continue
        if not any(_same(frame, other, measure.size) for other in kept):
            kept.append(frame)
        if len(kept) == 200:
            break
    return kept


def _arrange(items: list[Item], frames: list[Frame], measure: Measure) -> list[Paragraph]:
    """Paragraphs of a region; what a frame holds is put in order by itself first."""
    rest = items
    for n, frame in enumerate(frames):
        inside = [item for item in rest if item.box is None and _inside(item, frame)]
        if not inside or len(inside) == len(rest):
            continue
        inner = [f for f in frames[n + 1 :] if _inside(Item(f.x0, f.x1, f.top, f.bottom, 0), frame)]
        box = Item(frame.x0, frame.x1, frame.top, frame.bottom, measure.size, box=_arrange(inside, inner, measure))
        chosen = {id(item) for item in inside}
        rest = [item for item in rest if id(item) not in chosen] + [box]
    return join(_order(_hang(rest, measure), measure), measure.size, measure.break_)


def _hang(items: list[Item], measure: Measure) -> list[Item]:
    """Take boxes that stand in the middle of a column out of it, so that the text around them is whole again."""
    texts = [item for item in items if item.box is None]
    kept = []
    for item in items:
        above = below = None
        if item.box is not None:
            column = [t for t in texts if t.x0 < item.x0 + 4 * measure.size and t.x1 > item.x0 + measure.size]
            above = max((t for t in column if t.bottom <= item.top + 1), key=lambda t: t.bottom, default=None)
            below = min((t for t in column if t.top >= item.bottom - 1), key=lambda t: t.top, default=None)
        if above and below and not above.title and not below.title and _overlap(above, below) > 0:
            above.held.append(item)
        else:
            kept.append(item)
    return kept


def _order(items: list[Item], measure: Measure, depth: int = 0) -> list[list[Item]]:
    """The columns of a region in reading order, each from top to bottom."""
    if len(items) < 2 or depth > DEEPEST:
        return [sorted(items, key=lambda i: (i.top, i.x0))] if items else []
    bands = _bands(items, measure.break_)
    sections = [bands[0]]
    for band in bands[1:]:
        if all(item.title for item in _lowest(sections[-1])):
            sections[-1] = sections[-1] + band  # a headline stays with what stands below it
        else:
            sections.append(band)
    if len(sections) > 1:
        return _around(sections, measure, depth)
    columns = _columns(items, measure)
    if len(columns) > 1:
        return [line for column in columns for line in _order(column, measure, depth + 1)]
    rows = _bands(items, 0.0)
    over = 0
    while over < len(rows) and len(rows[over]) == 1 and rows[over][0].title:
        over += 1
    if 0 < over < len(rows):  # a headline over several columns, which are whole below it
        rest = [item for row in rows[over:] for item in row]
        return [[row[0] for row in rows[:over]], *_order(rest, measure, depth + 1)]
    groups = _groups(rows, measure)
    if len(groups) > 1:
        return _around(groups, measure, depth)
    return _interlocked(items, measure, depth)


def _bands(items: list[Item], blank: float) -> list[list[Item]]:
    """Parts of a region with a blank of more than this height between them, from the top down."""
    bands: list[list[Item]] = []
    bottom = 0.0
    for item in sorted(items, key=lambda i: i.top):
        if bands and item.top - bottom <= blank:
            bands[-1].append(item)
            bottom = max(bottom, item.bottom)
        else:
            bands.append([item])
            bottom = item.bottom
    return bands


def _lowest(band: list[Item]) -> list[Item]:
    """The last item of each column of a band."""
    return [i for i in band if not any(o.top >= i.bottom - 0.2 * i.size and _overlap(o, i) > 0 for o in band)]


def _highest(band: list[Item]) -> list[Item]:
    """The first item of each column of a band."""
    return [i for i in band if not any(o.bottom <= i.top + 0.2 * i.size and _overlap(o, i) > 0 for o in band)]


def _columns(items: list[Item], measure: Measure) -> list[list[Item]]:
    """Parts of a region with a blank from its top to its bottom between them, from the left."""
    columns: list[list[Item]] = []
    right = 0.0
    for item in sorted(items, key=lambda i: i.x0):
        if columns and item.x0 - right < GUTTER * measure.size:
            columns[-1].append(item)
            right = max(right, item.x1)
        else:
            columns.append([item])
            right = item.x1
    return columns


def _groups(rows: list[list[Item]], measure: Measure) -> list[list[Item]]:
    """Rows that have the same columns, together; rows that reach over all of them, together."""
    groups = [list(rows[0])]
    spans = _spans([(item.x0, item.x1) for item in rows[0]], measure)
    for row in rows[1:]:
        own = _spans([(item.x0, item.x1) for item in row], measure)
        joined = _spans(spans + own, measure)
        if len(joined) > 1 or not (len(spans) > 1 or len(own) > 1):
            groups[-1] += row
            spans = joined
        else:
            groups.append(list(row))
            spans = own
    return groups


def _spans(spans: list[tuple[float, float]], measure: Measure) -> list[tuple[float, float]]:
    """The same from left to right, those without a gutter between them as one."""
    out: list[tuple[float, float]] = []
    for left, right in sorted(spans):
        if out and left - out[-1][1] < GUTTER * measure.size:
            out[-1] = (out[-1][0], max(out[-1][1], right))
        else:
            out.append((left, right))
    return out


def _around(groups: list[list[Item]], measure: Measure, depth: int) -> list[list[Item]]:
    """Groups from the top down; text of the body's size between equal columns is flowed around, a headline is not."""
    out: list[list[Item]] = []
    n = 0
    while n < len(groups):
        flow = _columns(groups[n], measure)
        while len(flow) > 1 and n + 2 < len(groups) and not any(item.title for item in groups[n + 1]):
            below, across = _columns(groups[n + 2], measure), len(_columns(groups[n] + groups[n + 1], measure))
            same = len(_columns(groups[n] + groups[n + 2], measure)) == len(flow) == len(below)
            if not same or across == len(flow) or any(item.title for item in _highest(groups[n + 2])):
                break
            box = groups[n + 1]
            last = max(flow[0], key=lambda i: i.bottom)
            inner = join(_order(box, measure, depth + 1), measure.size, measure.break_)
            last.held.append(Item(box[0].x0, box[0].x1, box[0].top, box[-1].bottom, measure.size, box=inner))
            flow = [upper + lower for upper, lower in zip(flow, below, strict=True)]
            groups[n + 2] = [item for column in flow for item in column]
            n += 2
        if len(flow) > 1:
            out += [line for column in flow for line in _order(column, measure, depth + 1)]
        elif len(_bands(groups[n], 0.0)) == len(groups[n]):
            out.append(sorted(groups[n], key=lambda i: i.top))
        else:
            out += _order(groups[n], measure, depth + 1)
        n += 1
    return out


def _interlocked(items: list[Item], measure: Measure, depth: int) -> list[list[Item]]:
    """No blank goes through: cut at the widest item, after what is left of it and above it."""
    if len(_bands(items, 0.0)) == len(items):
        return [sorted(items, key=lambda i: i.top)]
    widest = max(items, key=_width)
    rest = [item for item in items if item is not widest]
    beside = [item for item in rest if _overlap(item, widest) <= 0.1 * measure.size]
    over = [item for item in rest if _overlap(item, widest) > 0.1 * measure.size]
    middle = (widest.top + widest.bottom) / 2
    parts = [
        [item for item in beside if item.x1 <= widest.x0 + measure.size],
        [item for item in over if (item.top + item.bottom) / 2 < middle],
        [widest],
        [item for item in over if (item.top + item.bottom) / 2 >= middle],
        [item for item in beside if item.x1 > widest.x0 + measure.size],
    ]
    return [column for part in parts for column in _order(part, measure, depth + 1)]


def _width(item: Item) -> float:
    return item.x1 - item.x0


def _overlap(one: Item, other: Item) -> float:
    return min(one.x1, other.x1) - max(one.x0, other.x0)


def _inside(item: Item, frame: Frame) -> bool:
    x, y = (item.x0 + item.x1) / 2, (item.top + item.bottom) / 2
    return frame.x0 <= x <= frame.x1 and frame.top <= y <= frame.bottom


def _same(one: Frame, other: Frame, near: float) -> bool:
    pairs = ((one.x0, other.x0), (one.x1, other.x1), (one.top, other.top), (one.bottom, other.bottom))
    return all(abs(a - b) < near for a, b in pairs)
