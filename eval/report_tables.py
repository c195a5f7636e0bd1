"""The report's tables as HTML: systems, pairs, floors, confusion, topics, slices, losses. Every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from eval.report_words import EDITS, SLICES, SYSTEMS, TOPICS, both, named, score_name
from eval.significance import holm

Section = Mapping[str, Any]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], text: int = 1) -> str:
    """A table that scrolls by itself on a narrow screen. Cells are HTML; the first `text` columns hold words."""
    side = ['class="left"' if i < text else "" for i in range(len(heads))]
    head = "".join(f"<th {kind}>{cell}</th>" for kind, cell in zip(side, heads, strict=True))
    body = []
    for first, *rest in rows:
        cells = "".join(f"<td {kind}>{cell}</td>" for kind, cell in zip(side[1:], rest, strict=True))
        body.append(f'<tr><th class="left">{first}</th>{cells}</tr>')
    filled = f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    return f'<div class="scroll" tabindex="0"><table>{filled}</table></div>'


def heading(zh: str, en: str) -> str:
    """A heading within a section."""
    return f"<h3>{both(zh, en)}</h3>"


def number(value: float | None) -> str:
    """Three decimals; counts of characters one; – where it is not defined."""
    return "–" if value is None else f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def cell(value: float | None, span: Sequence[float] | None, *, sign: bool = False) -> str:
    """A value with its interval below."""
    if value is None:
        return "–"
    shown = f"{value:+.3f}" if sign else number(value)
    return shown if span is None else f'{shown}<span class="ci">[{number(span[0])}, {number(span[1])}]</span>'


def own(run: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is measured of a run: the first of its systems."""
    first: Mapping[str, Any] = next(iter(run["systems"].values()))
    return first


def value(told: Mapping[str, Any], score: str) -> str:
    """A score of a system with its interval."""
    return cell(told["scores"].get(score), told["ci"].get(score))


def systems(section: Section) -> str:
    """The runs, then the floors of the first of them."""
    runs = section["runs"]
    first = next(iter(runs.values()))
    columns = first["columns"]
    rows = []
    for name, run in runs.items():
        shown = f'<span class="own">{escape(name)}</span><span class="ci">{escape(run["system"])}</span>'
        rows.append([shown, *(value(own(run), c) for c in columns)])
    rows += [[named(n, SYSTEMS), *(value(told, c) for c in columns)] for n, told in list(first["systems"].items())[1:]]
    gone = [absent.partition(": ") for absent in first["absent"]]
    told = "".join(f'<p class="soft">{named(name, SYSTEMS)}: {escape(why)}</p>' for name, _, why in gone)
    heads = [both("系统", "system"), *(both(*score_name(c)) for c in columns)]
    return heading("各系统得分", "Scores of all systems") + table(heads, rows) + told


def pairs(section: Section) -> str:
    """Runs against each other; nothing of a single run."""
    rows = [
        [
            f"{escape(d['a'])} → {escape(d['b'])}", both(*score_name(d["score"])), number(d["value_a"]), number(d["value_b"]),
            cell(d["delta"], d["ci"], sign=True), f"{d['p']:.4f}", f"{d['p_holm']:.4f}",
        ]
        for d in section["comparisons"]
    ]  # fmt: skip
    heads = [both("比较 A → B", "comparison A → B"), both("指标", "score"), "A", "B", "B − A", "p", "p (Holm)"]
    return heading("两两比较（配对检验）", "Runs against each other (paired)") + table(heads, rows, 2) if rows else ""


def floors(section: Section) -> str:
    """Every run against every floor, p corrected within the run."""
    rows = []
    for name, run in section["runs"].items():
        corrected = holm([d["p"] for d in run["against"]])
        rows += [
            [
                escape(name),
                named(d["floor"], SYSTEMS),
                cell(d["delta"], d["interval"], sign=True),
                f"{d['p']:.4f}",
                f"{p:.4f}",
            ]
            for d, p in zip(run["against"], corrected, strict=True)
        ]
    zh, en = score_name(section["main"])
    heads = [both("运行", "run"), both("对照", "against"), both(f"{zh}之差", f"difference in {en}"), "p", "p (Holm)"]
    return heading("与下限的差距", "Against the floors") + table(heads, rows, 2) if rows else ""


def confusions(section: Section) -> str:
    """Gold against said, shaded by the share of the row."""
    names = [*section["topics"], "(none)"]
    heads = [both("标注 \\ 输出", "gold \\ said"), *(named(t, TOPICS) for t in names)]
    parts = []
    for label, counts in section["confusion"].items():
        rows = []
        for topic, line in zip(names, counts, strict=True):
            whole = sum(line) or 1
            shades = [
                _shaded(n, n / whole, "c3" if other == topic else "c2") for other, n in zip(names, line, strict=True)
            ]
            rows.append([named(topic, TOPICS), *shades])
        parts.append(f'<p class="soft">{escape(label)}</p>{table(heads, rows)}')
    told = both(
        "对角线为说对的；漏掉的主题记在它那一行误报的主题下，没有误报则记在“无主题”。一篇可有多个主题。",
        "On the diagonal what was rightly said. A missed topic counts in its row under what was wrongly said, or under none.",
    )
    return f'{heading("混淆", "Confusion")}{"".join(parts)}<p class="soft">{told}</p>'


def _shaded(n: int, share: float, colour: str) -> str:
    return f'<span class="shade" style="--share:{round(60 * share)}%;--hue:var(--{colour})">{n}</span>'


def by_topic(section: Section) -> str:
    """Precision, recall, F1 and average precision of every topic and run."""
    parts = ("precision", "recall", "f1", "ap")
    rows = [
        [
            named(topic, TOPICS),
            escape(name),
            *(value(own(run), f"{part}:{topic}") for part in parts),
            f"{own(run)['scores'][f'support:{topic}']:.0f}",
        ]
        for topic in section["topics"]
        for name, run in section["runs"].items()
    ]
    words = (("主题", "topic"), ("运行", "run"), ("精确率", "precision"), ("召回率", "recall"), ("F1", "F1"),
             ("平均精度", "average precision"), ("篇数", "support"))  # fmt: skip
    return heading("各主题", "By topic") + table([both(*w) for w in words], rows, 2)


def slices(section: Section) -> str:
    """Scores of the parts of the set, folded away."""
    rows = []
    names: list[str] = []
    for label, run in section["runs"].items():
        for s in run.get("slices", ()):
            names = [k for k in s if k not in ("by", "value", "n") and not k.endswith("_ci")]
            shown = named(s["value"], TOPICS) if s["by"] == "topic" else escape(s["value"])
            cells = [cell(s[k], s[f"{k}_ci"]) for k in names]
            rows.append([f"{named(s['by'], SLICES)}: {shown}", escape(label), str(s["n"]), *cells])
    if not rows:
        return ""
    heads = [both("切片", "slice"), both("运行", "run"), "n", *(both(*score_name(k)) for k in names)]
    return f"<details><summary>{both('分块得分', 'Scores by slice')} ({len(rows)})</summary>{table(heads, rows, 2)}</details>"


def losses(section: Section) -> str:
    """What every edit costs."""
    main, rows = section["main"], []
    for label, run in section["runs"].items():
        for edit, told in run["edits"].items():  # worst first already
            cells = ["–"] * 6
            if main in told:
                first, second = told[main], told[run["score_beside"]]
                cells = [
                    number(first["before"]), number(first["after"]), cell(first["loss"], first["loss_ci"], sign=True),
                    f"{told['p_holm']:.4f}", cell(second["loss"], second["loss_ci"], sign=True), number(told["changed"]),
                ]  # fmt: skip
            rows.append([named(edit, EDITS), escape(label), str(told["touched"]), *cells])
    beside = next(iter(section["runs"].values()))["score_beside"]
    lost = [
        tuple(f"{w}{x}" for w, x in zip(score_name(name), ("损失", " loss"), strict=True)) for name in (main, beside)
    ]
    heads = [both("改动", "edit"), both("运行", "run"), both("改到的篇数", "touched"),
             both("改前", "before"), both("改后", "after"),
             both(*lost[0]), "p (Holm)", both(*lost[1]), both("答案变了", "answers changed")]  # fmt: skip
    return table(heads, rows, 2)
