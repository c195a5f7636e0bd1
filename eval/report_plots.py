"""The report's plots: matplotlib figures as SVG that take colours and language from the page around them.

Ink, grid and series colours are placeholders that become CSS variables, so one drawing serves light and dark; a label is a
key between @ signs that becomes its Chinese and its English. Every plot has a title, axis labels and n. Knows numbers only.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from html import unescape
from typing import Any, TypeAlias

from eval.report_words import both

INK, RULE = "#010101", "#020202"
SERIES = ("#030301", "#030302", "#030303", "#030304", "#030305", "#030306")
STYLE: dict[str, Any] = {
    "svg.fonttype": "none", "font.size": 10, "axes.titlesize": 11, "axes.edgecolor": INK, "axes.labelcolor": INK,
    "text.color": INK, "xtick.color": INK, "ytick.color": INK, "grid.color": RULE, "axes.grid": True,
    "grid.linewidth": 0.6, "axes.spines.top": False, "axes.spines.right": False,
    "axes.titlecolor": INK, "figure.constrained_layout.use": True,
}  # fmt: skip

Value: TypeAlias = tuple[float | None, Sequence[float] | None]
"""A score and its interval; None where it is not defined."""


class Plot:
    """One figure in the making; `svg` ends it."""

    def __init__(self, name: str, words: Mapping[str, tuple[str, str]], *, height: float = 3.4) -> None:
        import matplotlib as mpl
        from matplotlib.figure import Figure

        self.name, self.words = name, words
        with mpl.rc_context(STYLE):
            self.figure = Figure(figsize=(4.6, height))
            self.axes = self.figure.add_subplot()
        self.axes.set_axisbelow(True)

    def told(self, title: str, x: str, y: str) -> None:
        """Title and axis labels: keys of `words`."""
        self.axes.set_title(f"@{title}@", loc="center")
        self.axes.set_xlabel(f"@{x}@")
        self.axes.set_ylabel(f"@{y}@" if y else "")

    def room(self, labels: Iterable[str]) -> None:
        """Room on the left for the words of these tick labels: matplotlib sees only their keys."""
        widest = max((_width(text) for label in labels for text in self.words.get(label, (label,))), default=0)
        share = min(0.5, (widest + 16) / (72 * self.figure.get_figwidth()))
        self.figure.set_layout_engine("constrained", rect=(share, 0, 1 - share, 1))
        self.axes.tick_params(axis="y", labelsize=10)
        for label in self.axes.get_yticklabels():
            label.set_in_layout(False)

    def svg(self) -> str:
        """The finished drawing, ready to stand in a page."""
        import matplotlib as mpl

        file = io.StringIO()
        with mpl.rc_context({**STYLE, "svg.hashsalt": self.name}):
            self.figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        text = file.getvalue()
        text = text[text.index("<svg") :]
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        text = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{self.name}-", text)  # ids are the page's
        text = re.sub(
            r'<svg [^>]*?(viewBox="[^"]*")[^>]*>',
            r'<svg \1 role="img" xmlns:xlink="http://www.w3.org/1999/xlink">',
            text,
            count=1,
        )
        for colour, variable in ((INK, "ink"), (RULE, "rule"), *((c, f"c{i}") for i, c in enumerate(SERIES, 1))):
            text = text.replace(colour, f"var(--{variable})")
        return re.sub(r"@([^@<>]+)@", lambda m: self._words(m[1]), text)

    def _words(self, key: str) -> str:
        key = unescape(key)
        return both(*self.words.get(key, (key, key))).replace("<span", "<tspan").replace("</span", "</tspan")


def _width(text: str) -> float:
    """About how many points a text of size 10 takes."""
    return sum(10.0 if ord(c) > 0x2E7F else 5.6 for c in text)


def ranges(
    name: str, rows: Sequence[tuple[str, Value]], words: Mapping[str, tuple[str, str]], own: int, *, zero: bool = False
) -> str:
    """A point with its interval a row, the first on top, the first `own` rows in the first colour; `words` has title, x."""
    plot = Plot(name, words, height=1.3 + 0.34 * len(rows))
    for place, (_, (value, span)) in enumerate(rows):
        colour = SERIES[0] if place < own else SERIES[1]
        if span is not None:
            plot.axes.plot(span, (-place, -place), color=colour, linewidth=2, solid_capstyle="butt")
        if value is not None:
            plot.axes.plot([value], [-place], "o", color=colour, markersize=6)
    plot.axes.set_yticks([-i for i in range(len(rows))], [f"@{label}@" for label, _ in rows])
    plot.room(label for label, _ in rows)
    plot.axes.set_ylim(-len(rows) + 0.4, 0.6)
    plot.axes.grid(visible=False, axis="y")
    if zero:
        plot.axes.axvline(0, color=INK, linewidth=1)
    plot.told("title", "x", "")
    return plot.svg()


def lines(
    name: str,
    series: Mapping[str, Sequence[tuple[float, ...]]],
    words: Mapping[str, tuple[str, str]],
    *,
    diagonal: bool = False,
) -> str:
    """A line a run through (x, y), or through (x, y, n) with a dot as large as n is; `words` has title, x, y and, for a
    diagonal, ideal.
    """
    plot = Plot(name, words)
    if diagonal:
        plot.axes.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=(0, (2, 3)), label="@ideal@")
    for colour, (label, points) in zip(SERIES * (1 + len(series) // len(SERIES)), series.items(), strict=False):
        x, y = [p[0] for p in points], [p[1] for p in points]
        plot.axes.plot(x, y, color=colour, label=f"@{label}@", linewidth=1.2 if len(points[0]) > 2 else 2)
        if len(points[0]) > 2:
            most = max(p[2] for p in points)
            plot.axes.scatter(x, y, s=[8 + 90 * (p[2] / most) ** 0.5 for p in points], color=colour, zorder=3)
    plot.axes.set_xlim(0, 1.02)
    plot.axes.set_ylim(bottom=0)
    plot.axes.legend(loc="best", frameon=False, labelcolor=INK)
    plot.told("title", "x", "y")
    return plot.svg()


def bars(
    name: str,
    groups: Sequence[str],
    series: Mapping[str, Sequence[Value]],
    words: Mapping[str, tuple[str, str]],
) -> str:
    """Points with intervals for each group (below the axis), the runs beside each other; `words` has title, x, y."""
    plot = Plot(name, words)
    for number, (label, values) in enumerate(series.items()):
        colour, shift = SERIES[number % len(SERIES)], (number - (len(series) - 1) / 2) * 0.18
        told: str | None = f"@{label}@"
        for place, (value, span) in enumerate(values):
            if value is None:
                continue
            if span is not None:
                plot.axes.plot((place + shift, place + shift), span, color=colour, linewidth=2, solid_capstyle="butt")
            plot.axes.plot([place + shift], [value], "o", color=colour, markersize=6, label=told)
            told = None
    plot.axes.set_xticks(range(len(groups)), [f"@{group}@" for group in groups])
    plot.axes.set_ylim(0, 1.05)
    plot.axes.set_xlim(-0.6, len(groups) - 0.4)
    plot.axes.grid(visible=False, axis="x")
    if len(series) > 1:
        plot.axes.legend(loc="best", frameon=False, labelcolor=INK)
    plot.told("title", "x", "y")
    return plot.svg()
