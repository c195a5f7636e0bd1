"""The report as one HTML page: no script, nothing loaded from elsewhere, light and dark, Chinese and English by a switch.

Takes what report.gather found and knows nothing of how it was measured. Every text of the data is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from eval import report_tables as tables
from eval.report_figures import figures
from eval.report_items_html import worst
from eval.report_words import EDITS, SLICES, SYSTEMS, TASKS, TOPICS, both, named, score_name, word
from eval.significance import holm
from eval.slices import LEAST

CSS = Path(__file__).with_name("report.css")


def render(found: Mapping[str, Any]) -> str:
    """The page."""
    sections = "".join(_section(f"s{i}", section) for i, section in enumerate(found["sections"]))
    n = found["comparisons"]
    told = [
        both(
            "方括号内为 95% 区间（对条目重抽样）；“–”表示没有定义。",
            "In brackets 95% intervals over resampled items; – is not defined.",
        )
    ]
    if n:
        told.append(
            both(
                f"两两比较的 p 按全篇 {n} 次作 Holm 校正。",
                f"p of runs against each other is corrected after Holm for {n} tests.",
            )
        )
    return (
        '<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<title>采编评测报告 · Caibian evaluation report</title>"
        f"<style>{CSS.read_text('utf-8')}</style></head><body>"
        '<input class="language" type="radio" name="language" id="zh" checked>'
        '<input class="language" type="radio" name="language" id="en"><div class="page">'
        '<p class="languages"><label for="zh">中文</label><label for="en">English</label></p>'
        f"<h1>{both('采编评测报告', 'Caibian evaluation report')}</h1>"
        f'<p class="soft">{both("生成于", "made")} {escape(found["made"])}. {" ".join(told)}</p>{sections}</div></body></html>\n'
    )


def _section(name: str, section: Mapping[str, Any]) -> str:
    data = Path(section["data"]).name
    of = f" · {named(section['of'], TASKS)}" if "of" in section else ""
    head = f"<h2>{named(section['task'], TASKS)}{of} · {escape(data)} · n = {section['n']}</h2>"
    if section["task"] == "robustness":
        return head + _weakest(section) + figures(name, section) + tables.losses(section) + _origin(section)
    parts = [
        head,
        _verdicts(section),
        tables.systems(section),
        figures(name, section),
        tables.pairs(section),
        tables.floors(section),
    ]
    if section["task"] == "topics":
        parts += [tables.confusions(section), tables.by_topic(section)]
    return "".join([*parts, tables.slices(section), worst(section), _origin(section)])


def _verdicts(section: Mapping[str, Any]) -> str:
    """A sentence a run: its score, the strongest floor, and whether the difference is shown; then the weakest part."""
    main = section["main"]
    out = []
    for name, run in section["runs"].items():
        told = tables.own(run)
        span = told["ci"].get(main)
        shown = tables.number(told["scores"][main]) + (
            f" [{tables.number(span[0])}, {tables.number(span[1])}]" if span else ""
        )
        text = f"<b>{escape(name)}</b>: {both(*score_name(main))} {shown}. {_strongest(run)}"
        more = f'<p class="soft">{_lowest(run)}</p>' if run.get("slices") else ""
        out.append(f'<p class="verdict">{text}</p>{more}')
    return "".join(out)


def _lowest(run: Mapping[str, Any]) -> str:
    """The slice with the lowest score, by the rule of slices.worst."""
    score = next(key for key in run["slices"][0] if key not in ("by", "value", "n"))
    able = [s for s in run["slices"] if s["n"] >= LEAST and s[score] is not None]
    if not able:
        return ""
    low = min(able, key=lambda s: float(s[score]))
    by, value, words = word(low["by"], SLICES), word(low["value"], TOPICS), score_name(score)
    told = f"n = {low['n']}", f"{low[score]:.3f}", f"{tables.own(run)['scores'][score]:.3f}"
    return both(
        f"{LEAST} 条以上最差的一块：{by[0]} {value[0]}（{told[0]}），{words[0]} {told[1]}，全体 {told[2]}。",
        f"Weakest part of {LEAST} items or more: {by[1]} {value[1]} ({told[0]}), {words[1]} {told[1]}, over all {told[2]}.",
    )


def _strongest(run: Mapping[str, Any]) -> str:
    rivals = [(d, p) for d, p in zip(run["against"], holm([d["p"] for d in run["against"]]), strict=True)
              if not d["floor"].startswith("oracle")]  # fmt: skip
    if not rivals:
        return both("没有可检验的下限。", "No floor to test against.")
    best, p = max(rivals, key=lambda rival: rival[0]["a"])
    zh, en = word(best["floor"], SYSTEMS)
    verdict = ("与之未见显著差异", "no difference is shown")
    if p < 0.05:
        verdict = ("显著高于它", "better") if best["delta"] > 0 else ("显著低于它", "worse")
    numbers = f"{best['a']:.3f}", f"{best['delta']:+.3f}", f"p = {p:.4f}"
    return both(
        f"最强的下限是{zh}（{numbers[0]}），差 {numbers[1]}，{numbers[2]}（Holm）：{verdict[0]}。",
        f"The strongest floor is {en} ({numbers[0]}), difference {numbers[1]}, {numbers[2]} (Holm): {verdict[1]}.",
    )


def _weakest(section: Mapping[str, Any]) -> str:
    out = []
    for name, run in section["runs"].items():
        if run["worst"]:
            zh, en = word(run["worst"], EDITS)
            loss = tables.number(run["worst_loss"])
            told = both(f"损失最大的改动：{zh}（{loss}）。", f"The costliest edit: {en} ({loss}).")
            out.append(f'<p class="verdict"><b>{escape(name)}</b>: {told}</p>')
    return "".join(out)


def _origin(section: Mapping[str, Any]) -> str:
    """What each run was run on, and the command that does it again."""
    parts = []
    for name, run in section["runs"].items():
        machine = run["machine"]
        told = {
            both("系统", "system"): escape(str(run.get("system", run.get("bundle")))),
            both("数据指纹", "data fingerprint"): f"<code>{escape(run['data_sha256'])}</code>",
            both("代码", "code"): f"<code>{escape(run['code'])}</code>",
            both("机器", "machine"): escape(f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"),
            both("版本", "versions"): escape(", ".join(f"{k} {v}" for k, v in run["versions"].items())),
            both("签名", "signature"): f"<code>{escape(run['signature'])}</code>",
            both("重做", "reproduce"): f"<pre>{escape(run['command'] or '–')}</pre>",
        }
        notes = "".join(f'<p class="soft">{escape(note)}</p>' for note in run["notes"])
        rows = "".join(f"<dt>{k}</dt><dd>{v}</dd>" for k, v in told.items())
        parts.append(f"<p><b>{escape(name)}</b></p><dl>{rows}</dl>{notes}")
    return tables.heading("来历与重做", "Where this comes from, and how to do it again") + "".join(parts)
