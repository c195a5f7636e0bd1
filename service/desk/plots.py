"""Small plots as SVG: where bars, lines, bands and marks stand, for the template that draws them. It knows no figures.

One plot is 360 wide, so that its letters keep their size on a phone. The template gives it a title, a sentence that says what is
to be seen, and a table of the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 170
LEFT, RIGHT, TOP, BOTTOM = 38, 8, 10, 24
Z = 1.959964
"""Of a 95% interval."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and the part of it that is marked."""

    x: float
    y: float
    width: float
    height: float
    marked_y: float
    marked_height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the scale or a date below it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn. `band` and `line` are paths, with a gap where there is no number; `dots` are their points."""

    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...] = ()
    band: str = ""
    line: str = ""
    dots: tuple[tuple[float, float], ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    base: int = HEIGHT - BOTTOM


def bars(dates: Sequence[str], totals: Sequence[int], marked: Sequence[int]) -> Plot:
    """A bar a date; of each the lower part is marked."""
    top = nice(max(totals, default=0))
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(totals))
    drawn = []
    for n, (total, part) in enumerate(zip(totals, marked, strict=True)):
        y, marked_y = _y(total, top), _y(part, top)
        x = LEFT + n * slot + slot * 0.1
        base = HEIGHT - BOTTOM
        drawn.append(Bar(_r(x), y, _r(slot * 0.8), _r(base - y), marked_y, _r(base - marked_y)))
    ticks = tuple(Tick(_y(value, top), f"{value:,.0f}") for value in (0, top / 2, top) if value == int(value))
    return Plot(ticks, _dates(dates), bars=tuple(drawn))


def shares(
    dates: Sequence[str], values: Sequence[float | None], between: Sequence[tuple[float, float] | None] | None = None
) -> Plot:
    """A line of shares from 0 to 1, broken where there is none; `between` are the intervals around it."""
    highs = [high for pair in between or () if pair for high in (pair[1],)]
    most = max([*highs, *(v for v in values if v is not None)], default=0.0)
    top = 1.0 if between is not None else next((t for t in (0.1, 0.25, 0.5) if most <= t), 1.0)
    spots = [(_x(n, len(values)), _y(v, top)) if v is not None else None for n, v in enumerate(values)]
    line = " ".join(
        f"{'L' if n and spots[n - 1] else 'M'}{spot[0]} {spot[1]}" for n, spot in enumerate(spots) if spot is not None
    )
    ticks = tuple(Tick(_y(top * part, top), f"{top * part:.0%}") for part in (0, 0.5, 1))
    if top == 0.25:
        ticks = tuple(Tick(_y(value, top), f"{value:.0%}") for value in (0, 0.1, 0.2))
    dots = tuple(spot for spot in spots if spot is not None)
    return Plot(ticks, _dates(dates), band=_band(between or (), top), line=line, dots=dots)


def wilson(agreed: int, judged: int) -> tuple[float, float]:
    """The 95% interval of a share by Wilson; `judged` is at least 1."""
    share, z2 = agreed / judged, Z * Z
    middle = (share + z2 / (2 * judged)) / (1 + z2 / judged)
    half = Z / (1 + z2 / judged) * math.sqrt(share * (1 - share) / judged + z2 / (4 * judged * judged))
    return max(0.0, middle - half), min(1.0, middle + half)


def fell(early: tuple[int, int], late: tuple[int, int]) -> bool:
    """Whether a share, as (agreed, judged), is lower later than chance explains: Newcombe's 95% interval of the difference."""
    if not early[1] or not late[1]:
        return False
    (low, _), (_, high) = wilson(*early), wilson(*late)
    one, two = early[0] / early[1], late[0] / late[1]
    return one - two - math.hypot(one - low, high - two) > 0


def nice(value: float) -> float:
    """The next of 2, 4, 10, 20, 40, 100 … from `value` on: a scale that halves evenly."""
    if value <= 2:
        return 2
    step = 10 ** math.floor(math.log10(value))
    return next(float(step * factor) for factor in (1, 2, 4, 10) if step * factor >= value)


def _band(between: Sequence[tuple[float, float] | None], top: float) -> str:
    """One closed path a run of weeks that have an interval; a run of one week is drawn a little wide."""
    paths, run = [], []
    for n, pair in enumerate([*between, None]):
        if pair is not None:
            run.append((_x(n, len(between)), pair))
        elif run:
            if len(run) == 1:
                ((x, only),) = run
                run = [(_r(x - 3), only), (_r(x + 3), only)]
            upper = [f"{x} {_y(high, top)}" for x, (_, high) in run]
            lower = [f"{x} {_y(low, top)}" for x, (low, _) in reversed(run)]
            paths.append(f"M{' L'.join([*upper, *lower])} Z")
            run = []
    return " ".join(paths)


def _dates(dates: Sequence[str]) -> tuple[Tick, ...]:
    """The first, the middle and the last one."""
    chosen = sorted({0, (len(dates) - 1) // 2, len(dates) - 1}) if dates else []
    return tuple(Tick(_x(n, len(dates)), dates[n]) for n in chosen)


def _x(n: int, count: int) -> float:
    slot = (WIDTH - LEFT - RIGHT) / max(1, count)
    return _r(LEFT + (n + 0.5) * slot)


def _y(value: float, top: float) -> float:
    return _r(HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP))


def _r(number: float) -> float:
    return round(number, 1)
