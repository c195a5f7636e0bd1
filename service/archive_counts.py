"""What a run has given so far: articles by year and topic, and how many need review. Adds up, prints a table, an HTML report.

A year is the first four digits of a record's date, "" where it has none. It knows no files but the report's own.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ALL, REVIEW = "*", "?"
"""Beside the topics of a year: how many articles there are, and how many of them need review."""
DUPLICATE, COMPARED, GAINED, LOST = "=", "~", "+", "-"
"""How many repeat an earlier text, how many an earlier run had too, and before a topic's name: how often that changed."""
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)|^(?:1[89]|20)\d\d(?=\d{4}$)")
COLOURS = ("#1f6f78", "#c8553d", "#588157", "#7d5ba6", "#b08900", "#3d5a80", "#9a3b5d", "#6b705c")


def year_of(date: str) -> str:
    """The year in a date of any writing: `2024-05-01`, `20240501`, `2024年5月1日`; "" when none is found."""
    found = _YEAR.search(date)
    return found[0] if found else ""


@dataclass(slots=True)
class Counts:
    """`years[year][topic]` articles, with `ALL` and `REVIEW` beside the topics."""

    years: dict[str, dict[str, int]] = field(default_factory=dict)

    def note(self, date: str, labels: Sequence[str], *, review: bool) -> None:
        """One article."""
        here = self.years.setdefault(year_of(date), {})
        for key in (ALL, *([REVIEW] if review else []), *labels):
            here[key] = here.get(key, 0) + 1

    def compare(self, date: str, gained: Sequence[str], lost: Sequence[str]) -> str:
        """One article that an earlier run had too; its year."""
        year = year_of(date)
        here = self.years.setdefault(year, {})
        for key in (COMPARED, *(GAINED + t for t in gained), *(LOST + t for t in lost)):
            here[key] = here.get(key, 0) + 1
        return year

    def add(self, more: Mapping[str, Mapping[str, int]]) -> None:
        """The counts of a chunk."""
        for year, counts in more.items():
            here = self.years.setdefault(year, {})
            for key, n in counts.items():
                here[key] = here.get(key, 0) + n

    def total(self, key: str) -> int:
        """Over all years."""
        return sum(counts.get(key, 0) for counts in self.years.values())


def table(counts: Counts, names: Mapping[str, str]) -> str:
    """The summary for a terminal; `names` are the topics as people read them."""
    whole = counts.total(ALL)
    rows = [(f"{name}（{zh}）", counts.total(name)) for name, zh in names.items()]
    rows.append(("needs review（需人工看）", counts.total(REVIEW)))
    if repeats := counts.total(DUPLICATE):
        rows.append(("repeat another text（重复稿）", repeats))
    width = max(map(_width, (label for label, _ in rows)))
    return "\n".join(
        f"  {label}{' ' * (width - _width(label))}  {n:>10,}  {n / max(1, whole):6.1%}" for label, n in rows
    )


def _width(text: str) -> int:
    return sum(2 if ord(char) > 0x2E7F else 1 for char in text)


def write_report(path: Path, counts: Counts, names: Mapping[str, str], about: Mapping[str, Any]) -> None:
    """An HTML page without scripts: the run, and each topic's share by year."""
    whole = counts.total(ALL)
    years = sorted(counts.years, key=lambda y: (y == "", y))
    head = "".join(f"<th>{html.escape(zh)}</th>" for zh in (*names.values(), "需人工看"))
    body = "".join(
        f"<tr><th>{year or '无日期'}</th><td>{counts.years[year].get(ALL, 0):,}</td>"
        + "".join(_cell(counts.years[year], key, i) for i, key in enumerate((*names, REVIEW)))
        + "</tr>"
        for year in years
    )
    foot = "".join(_cell({key: counts.total(key), ALL: whole}, key, i) for i, key in enumerate((*names, REVIEW)))
    facts = "".join(f"<dt>{html.escape(k)}</dt><dd>{html.escape(str(v))}</dd>" for k, v in about.items())
    text = f"""<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>归档标注报告</title>
<style>body{{font:16px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;margin:2rem auto;max-width:60rem;color:#222}}
table{{border-collapse:collapse;width:100%}}th,td{{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #ddd}}
tr>th:first-child{{text-align:left}}tfoot td,tfoot th{{font-weight:bold}}i{{display:block;height:.35rem}}
dl{{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}}dd{{margin:0}}</style>
<h1>归档标注报告</h1><dl>{facts}</dl>
<h2>各年主题占比</h2><p>一篇稿件可以有几个主题，也可以没有，所以各列之和不是 100%。</p>
<table><thead><tr><th>年份</th><th>篇数</th>{head}</tr></thead><tbody>{body}</tbody>
<tfoot><tr><th>合计</th><td>{whole:,}</td>{foot}</tr></tfoot></table></html>
"""
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    part.replace(path)


def _cell(counts: Mapping[str, int], key: str, place: int) -> str:
    n = counts.get(key, 0)
    share = n / max(1, counts.get(ALL, 0))
    bar = f'<i style="width:{share:.1%};background:{COLOURS[place % len(COLOURS)]}"></i>'
    return f'<td title="{n:,}">{share:.1%}{bar}</td>'
