"""From lines in reading order to paragraphs: what a typesetter broke at the end of a line, a column or around a box.

Owns when a line goes on in the next one: by indents, by lines that do not fill their column, by size. It knows nothing
of PDF or of how columns were found.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.pdf_columns import Item

ENDS = "。！？!?…；;”’」』：:）)"
"""What a line that ends a paragraph may end with."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, and whether it is set as a headline."""

    text: str
    title: bool = False


@dataclass(slots=True)
class _Open:
    """The paragraph that is being read, and the boxes that wait for its end."""

    text: str
    last: Item
    full: bool
    boxes: list[Paragraph]


def join(columns: Sequence[Sequence[Item]], size: float, blank: float) -> list[Paragraph]:
    """The paragraphs of columns that are in reading order. `blank` parts two lines in a column."""
    out: list[Paragraph] = []
    now: _Open | None = None
    indents = sum(_indented(column, size) for column in columns)

    def close() -> None:
        nonlocal now
        if now is not None:
            out.append(Paragraph(now.text, now.last.title))
            out.extend(now.boxes)
        now = None

    for column in columns:
        left, right = _edges(column, size)
        # An edge that one finished line alone reaches is only that line's end.
        many = sum(right - line.x1 <= 1.3 * size for line in column if line.box is None and not line.title) > 1
        for n, line in enumerate(column):
            if line.box is not None:
                if now is not None and now.full and not now.last.title and now.text[-1:] not in ENDS:
                    now.boxes += line.box  # the sentence goes on behind it
                else:
                    close()
                    out += line.box
                continue
            # One line alone does not show whether it is indented.
            telling = indents > 2 and len(column) > 1
            goes_on = now is not None and _goes_on(now, line, left, n == 0, telling, (size, blank))
            if now is None or not goes_on:
                close()
                now = _Open(line.text, line, False, [])
            else:
                now.text += _seam(now.text, line.text, line.title) + line.text
                now.last = line
            now.full = right - line.x1 <= 1.3 * size and (many or line.text[-1] not in ENDS)
            for box in line.held:
                now.boxes += box.box or []
    close()
    return out


def _goes_on(now: _Open, line: Item, left: float, first: bool, indents: bool, usual: tuple[float, float]) -> bool:
    """Whether a line belongs to the paragraph before it; `first`: it opens a column."""
    (size, blank), last = usual, now.last
    if line.title != last.title or not 0.88 < line.size / last.size < 1.14:
        return False
    if line.title:
        near = line.top - last.bottom < 0.8 * line.size
        return near and line.top > last.top - 0.2 * line.size and min(line.x1, last.x1) > max(line.x0, last.x0)
    if line.x0 - left > 0.8 * size or not now.full:
        return False
    below = not first and not last.held
    if below and line.top - last.bottom > blank:
        return False
    if below:
        return True
    return indents or now.text[-1:] not in ENDS


def _edges(column: Sequence[Item], size: float) -> tuple[float, float]:
    """Left and right edge of a column's text, by its lines of the body."""
    lines = [line for line in column if line.box is None and not line.title] or list(column)
    right = max(line.x1 for line in lines)
    left = min(line.x0 for line in lines)
    # One line that hangs out to the left, a bullet say, is no edge.
    lefts = sorted(line.x0 for line in lines)
    usual = statistics.median_low(lefts)
    return (usual if len(lefts) > 4 and lefts[1] - left > 0.8 * size else left), right


def _indented(column: Sequence[Item], size: float) -> int:
    """How many lines are set in by two characters."""
    left, _ = _edges(column, size)
    lines = (line for line in column if line.box is None and not line.title)
    return sum(1.5 * size < line.x0 - left < 2.6 * size for line in lines)


def _seam(before: str, after: str, title: bool) -> str:
    """What stands between two lines: a blank between Latin words and between the halves of a headline."""
    latin = before[-1:].isascii() and after[:1].isascii() and before[-1:].isalnum() and after[:1].isalnum()
    return " " if latin or title else ""
