"""Which plots a section of the report has, and what they are called. How a plot is drawn is report_plots.py's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.report_plots import Value, bars, lines, ranges
from eval.report_tables import own
from eval.report_words import EDITS, SHORT, SYSTEMS, TOPICS, score_name

Words = tuple[str, str]


def figures(name: str, section: Mapping[str, Any]) -> str:
    """All plots of a section as HTML; `name` keeps their ids apart from other sections'."""
    if section["task"] == "robustness":
        plots = [_losses(f"{name}e{i}", section, label, run) for i, (label, run) in enumerate(section["runs"].items())]
    else:
        plots = [_scores(f"{name}m", section)]
    if section["task"] == "topics":
        plots += [_topics(f"{name}t", section), _reliability(f"{name}r", section), _risk(f"{name}k", section)]
    if section["task"] == "summaries":
        plots.append(_lengths(f"{name}l", section))
    return f'<div class="plots">{"".join(f"<figure>{plot}</figure>" for plot in plots if plot)}</div>'


def _scores(name: str, section: Mapping[str, Any]) -> str:
    runs, main = section["runs"], section["main"]
    floors = list(next(iter(runs.values()))["systems"].items())[1:]
    rows = [(_key(i), _value(own(run), main)) for i, run in enumerate(runs.values())]
    rows += [(label, _value(told, main)) for label, told in floors]
    return ranges(
        name,
        rows,
        {**SYSTEMS, **SHORT, **_runs(section), **_words(score_name(main), section["n"], _spanned(score_name(main)))},
        len(runs),
    )


def _topics(name: str, section: Mapping[str, Any]) -> str:
    topics = section["topics"]
    runs = section["runs"].values()
    series = {_key(i): [_value(own(run), f"f1:{topic}") for topic in topics] for i, run in enumerate(runs)}
    words = _words(("各主题 F1", "F1 by topic"), section["n"], ("主题", "topic"), _spanned(("F1", "F1")))
    return bars(name, topics, series, {**TOPICS, **_runs(section), **words})


def _reliability(name: str, section: Mapping[str, Any]) -> str:
    curves = {
        label: [(b["said"], b["true"], b["n"]) for b in bins] for label, bins in _keyed(section["reliability"]) if bins
    }
    n = section["n"] * len(section["topics"])
    words = _words(
        ("可靠性", "Reliability"),
        n,
        ("给出的概率", "probability given"),
        ("确有该主题的比例", "share that has the topic"),
    )
    return lines(name, curves, {**words, **_runs(section), "ideal": ("理想", "ideal")}, diagonal=True) if curves else ""


def _risk(name: str, section: Mapping[str, Any]) -> str:
    curves = {label: [(x, y) for x, y in points] for label, points in _keyed(section["risk_coverage"]) if points}
    words = _words(("风险—覆盖曲线", "Risk–coverage"), section["n"], ("保留最有把握的比例", "share kept, surest first"),
                   ("标签不全对的比例", "share not exactly right"))  # fmt: skip
    return lines(name, curves, {**_runs(section), **words}) if curves else ""


def _lengths(name: str, section: Mapping[str, Any]) -> str:
    main = section["main"]
    found = {key: {s["value"]: s for s in run["slices"] if s["by"] == "length"} for key, run in _keyed(section["runs"])}
    groups = list(dict.fromkeys(value for of in found.values() for value in of))
    series: dict[str, Sequence[Value]] = {
        key: [(of[g][main], of[g][f"{main}_ci"]) if g in of else (None, None) for g in groups]
        for key, of in found.items()
    }
    zh, en = score_name(main)
    words = _words(
        (f"按正文字数的 {zh}", f"{en} by length"),
        section["n"],
        ("正文字数", "characters of the body"),
        _spanned((zh, en)),
    )
    return bars(name, groups, series, {**_runs(section), **words}) if groups else ""


def _losses(name: str, section: Mapping[str, Any], label: str, run: Mapping[str, Any]) -> str:
    main = section["main"]
    able = {edit: told[main] for edit, told in run["edits"].items() if main in told}
    rows = [(edit, (told["loss"], told["loss_ci"])) for edit, told in able.items()]  # worst first already
    zh, en = score_name(main)
    words = _words((f"{label}：{zh}损失", f"{label}: loss of {en}"), run["n"], _spanned(("损失", "loss")))
    return ranges(name, rows, {**EDITS, **words}, len(rows), zero=True)


def _key(place: int) -> str:
    """What stands for a run in a drawing: a folder's name may be a floor's, or hold any sign."""
    return f"run{place}"


def _keyed(of: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(_key(i), value) for i, value in enumerate(of.values())]


def _runs(section: Mapping[str, Any]) -> dict[str, Words]:
    return {_key(i): (label, label) for i, label in enumerate(section["runs"])}


def _words(title: Words, n: int, x: Words, y: Words = ("", "")) -> dict[str, Words]:
    return {"title": (f"{title[0]}（n = {n}）", f"{title[1]} (n = {n})"), "x": x, "y": y}


def _spanned(words: Words) -> Words:
    return f"{words[0]}（95% 区间）", f"{words[1]} (95% interval)"


def _value(told: Mapping[str, Any], score: str) -> Value:
    span = told["ci"].get(score)
    return told["scores"].get(score), (span[0], span[1]) if span else None
