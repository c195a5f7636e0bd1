"""The model card of a topics run, `RUN/card.md`: Chinese, then English, out of what the run folder holds and nothing else.

A bundle carries a copy. Figures come from rows that the model in question had not seen: cross-fitted training rows, and the
development rows, which choose nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.predictions import TopicOutput
from eval.result import System, measure
from eval.sets import TopicItem
from eval.topics import metric
from models.decision import confidence
from training.calibration import Decisions, Flags, Floats, probabilities
from training.plots import draw_confusion, draw_reliability
from training.record import write_json

CARD = "card.md"
BOUGHT = ("编辑更正带来了什么", "What the corrections bought")
SHOWN = ("macro_f1", "micro_f1", "subset_accuracy", "ece", "brier_skill", "coverage", "auto_precision")
LIMITS = (
    ("按标题和导语标注的新闻上测得；别的体裁、别的报纸上会低一些，上线前请用自己的稿件量一遍（python -m eval topics）。",
     "Measured on news that was labelled by headline and lead. Other genres and papers score lower: measure your own articles "
     "before it serves (python -m eval topics)."),
    ("概率按训练数据里各主题的比例校准；比例差得多的报纸应当用自己的标注重新校准。",
     "Probabilities are calibrated to the share of each topic in the training rows: where shares differ much, fit anew."),
    ("`needs_review` 为真的稿件需要人看；不要用它来评判个人。",
     "What says `needs_review` needs a reader. Not for judging persons."),
)  # fmt: skip


def tell_run(run: Path, topics: Sequence[str], decisions: Decisions, p: Floats, gold: Flags) -> None:
    """Figures, plots and the card of a finished run; `p` and `gold` (n, T) are those of its development rows."""
    with np.load(run / "out_of_fold.npz") as kept:
        logits, linear, truth = kept["logits"], kept["linear"], kept["gold"]
    thresholds = [d.threshold for d in decisions.topics]
    figures = {}
    for name, q, flags in (("cross_fitted", probabilities(logits, linear, decisions.topics), truth), ("dev", p, gold)):
        said = q >= thresholds
        review = np.array([confidence(row, thresholds) < decisions.min_confidence for row in q.tolist()])
        figures[name] = figures_of(scored(topics, q, said, flags, review), topics)
        if name == "cross_fitted":
            draw_reliability(run / "reliability.png", topics, q, flags, "cross-fitted")
            draw_confusion(run / "confusion.png", topics, said, flags, "cross-fitted")
    write_json(run / "card.json", figures)
    write_card(run)


def scored(topics: Sequence[str], p: Floats, said: Flags, gold: Flags, review: Flags | None = None) -> System:
    """All scores and intervals of probabilities, answers and gold, each (n, T); `review` (n,)."""
    items = [TopicItem(str(i), "", "", _set(topics, row)) for i, row in enumerate(gold)]
    outputs = [
        TopicOutput(_set(topics, on), dict(zip(topics, map(float, row), strict=True)), None if review is None else bool(review[i]))
        for i, (on, row) in enumerate(zip(said, p, strict=True))
    ]  # fmt: skip
    return measure("run", items, outputs, metric(topics))


def _set(topics: Sequence[str], on: Any) -> frozenset[str]:
    return frozenset(t for t, yes in zip(topics, on, strict=True) if yes)


def figures_of(system: System, topics: Sequence[str]) -> dict[str, Any]:
    """The scores that a card shows, each with its interval, and per topic precision, recall, F1 and support."""
    names = [*SHOWN, *(f"{part}:{t}" for t in topics for part in ("precision", "recall", "f1"))]
    told = {
        name: [_round(system.scores[name]), _pair(system.intervals.get(name))]
        for name in names
        if name in system.scores
    }
    support = {f"support:{t}": [int(system.scores[f"support:{t}"]), None] for t in topics}
    return {**told, **support}


def _round(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def _pair(interval: Any) -> list[float] | None:
    return None if interval is None else [round(x, 4) for x in interval]


def write_card(run: Path) -> None:
    """Write RUN/card.md out of record.json, config.json and card.json (the figures)."""
    record, config, figures = (json.loads((run / f"{n}.json").read_text("utf-8")) for n in ("record", "config", "card"))
    zh, en = ("\n".join(_lines(record, config, figures, k)) for k in (0, 1))
    part = run / f"{CARD}.part"
    part.write_text(f"{zh}\n\n---\n\n{en}\n", "utf-8")
    part.replace(run / CARD)


def is_told(run: Path, config: Mapping[str, Any]) -> bool:
    """Whether the run ended with its card, written last, and that says what the corrections bought where there were any."""
    card = run / CARD
    return card.is_file() and (not config["data"].get("corrections") or f"## {BOUGHT[1]}" in card.read_text("utf-8"))


def _lines(record: Mapping[str, Any], config: Mapping[str, Any], figures: Mapping[str, Any], k: int) -> list[str]:
    def say(zh: str, en: str) -> str:
        return (zh, en)[k]

    topics = record["taxonomy"]["topics"]
    data, base, name = config["data"], config["base"], record.get("added") or config["name"]
    parameters = f"{record['parameters']:,}" if "parameters" in record else say("基座不变", "those of the bundle")
    names = (
        "、".join(f"{t['zh']}（`{t['name']}`）" for t in topics)
        if k == 0
        else ", ".join(f"{t['en']} (`{t['name']}`)" for t in topics)
    )
    lines = [
        say(f"# 主题模型说明：{name}", f"# Model card: {name}"), "",
        say(f"给中文新闻标主题：{names}；一篇可以没有、有一个或几个主题。",
            f"Gives Chinese news its topics: {names}. An article has none, one or several."), "",
        say("## 数据", "## Data"), "",
        f"* {say('训练', 'Training')}: `{config.get('examples') or data['train']}`, {record['rows']} {say('行', 'rows')}; "
        f"{say('数据指纹', 'fingerprint')} `{record['data_fingerprint'][:16]}…`",
    ]  # fmt: skip
    for part in ("train", "dev"):
        told = record.get(f"described_{part}")
        if told:
            balance = ", ".join(f"{t} {n}" for t, n in told["positives"].items())
            lines.append(f"* {part}: {told['rows']} {say('行', 'rows')}: {balance}, {say('无主题', 'none')} {told['none']}; "
                         f"{say('字数中位', 'median characters')} {told['characters']['p50']}; "
                         f"{say('标注时拿不准', 'unsure')} {told['unsure']}")  # fmt: skip
    lines += [
        f"* {say('剔除：与开发集或受保护文本近似的行', 'Left out: near-duplicates of development or protected rows')}: "
        f"{record.get('dropped_near_duplicates', 0)}",
        f"* {say('只用于学习、不参与阈值与校准的行', 'Rows learned from only, which choose no threshold')}: "
        f"{record.get('learn_only', 0)}",
        "", say("## 基座与许可", "## Base and licence"), "",
        f"* `{record['base']}`: {base.get('notice') or record.get('notice') or say('未注明', 'not stated')}",
        f"* {say('参数', 'Parameters')}: {parameters}; {say('种子', 'seed')}: {record['seed']}; "
        f"{say('代码', 'code')}: `{record['code']}`",
    ]  # fmt: skip
    for key, zh, en in (
        ("cross_fitted", "训练行上的交叉拟合", "Training rows, cross-fitted"),
        ("dev", "开发集", "Development rows"),
    ):
        if key in figures:
            lines += ["", f"## {say(zh, en)}", "", *_table(figures[key], [t["name"] for t in topics], say)]
    if "cross_fitted" in figures and "added" not in record:
        lines += ["", say("阈值与校准由这些折外分数选定，故此表略偏乐观；开发集什么也不选。",
                          "Thresholds and calibration were chosen on these out-of-fold scores, so they flatter a little; the "
                          "development rows choose nothing.")]  # fmt: skip
    if "soft_rows" in record:
        lines += ["", say(*_taught(record))]
    if "added" in record:
        lines += ["", say(f"主题 `{record['added']}` 加在 {record['added_to']} 上：编码器和其他主题未改动，"
                          f"在 {record['unchanged_on']} 篇上逐位核对一致。每折的校准与阈值由另外四折选定。",
                          f"The topic `{record['added']}` was added to {record['added_to']}: its encoder and its other topics are "
                          f"untouched, checked to the last bit on {record['unchanged_on']} articles. Calibration and threshold of "
                          "each fold were chosen on the other four.")]  # fmt: skip
    if "bought" in record:
        lines += [
            "",
            f"## {say(*BOUGHT)}",
            "",
            *_bought(record["bought"], say),
        ]
    if "added" not in record:
        plots = [*([] if "mean_of" in record else ["curve.png"]), "data.png", "reliability.png", "confusion.png"]
        lines += ["", say("图", "Plots") + ": " + ", ".join(f"`{name}`" for name in plots)]
    command = "--config MY.toml"
    if "added" in record:
        command = f"--add {record['added']} --examples FILE --head-only"
    elif "mean_of" in record:
        command = "--mean-of " + " ".join(str(r) for r in record["mean_of"])
    lines += ["", say("## 限制", "## Limits"), "", *(f"* {told[k]}" for told in LIMITS),
              "", say("## 重做", "## Reproduce"), "",
              say("同样的代码、数据和种子在 CPU 上给出同样的结果；全部选项见 `config.json`。",
                  "The same code, data and seed give the same result on a CPU; `config.json` has every option."), "",
              "```sh", f"python -m training topics {command} --out RUN", "python -m training publish RUN", "```"]  # fmt: skip
    return lines


def _table(told: Mapping[str, Any], topics: Sequence[str], say: Any) -> list[str]:
    lines = [f"| {say('指标', 'score')} | {say('值', 'value')} | 95% |", "|---|---|---|"]
    lines += [f"| {name} | {_shown(told[name][0])} | {_interval(told[name][1])} |" for name in SHOWN if name in told]
    lines += ["", f"| {say('主题', 'topic')} | P | R | F1 | 95% | n |", "|---|---|---|---|---|---|"]
    for t in (t for t in topics if f"f1:{t}" in told):
        p, r, f = (told[f"{part}:{t}"] for part in ("precision", "recall", "f1"))
        lines.append(
            f"| {t} | {_shown(p[0])} | {_shown(r[0])} | {_shown(f[0])} | {_interval(f[1])} | {told[f'support:{t}'][0]} |"
        )
    return lines


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _interval(pair: Sequence[float] | None) -> str:
    return "–" if pair is None else f"[{pair[0]:.3f}, {pair[1]:.3f}]"


def _taught(record: Mapping[str, Any]) -> tuple[str, str]:
    """What a teacher had to do with the figures, in Chinese and in English."""
    zh = f"另有 {record['soft_rows']} 篇无标注文本由教师模型给出概率；"
    en = f"A teacher gave its probabilities for {record['soft_rows']} further texts without labels; "
    if record["teacher_folds_apart"]:
        return (
            zh + "各折所用的教师同样未见该折的行，交叉拟合不受影响。",
            en + "each fold's teacher had not seen its rows either, so cross-fitting stays honest.",
        )
    return (
        zh + "教师见过全部标注行，交叉拟合的数字偏乐观。",
        en + "it saw every labelled row, so cross-fitted figures are flattered.",
    )


def _bought(told: Mapping[str, Any], say: Any) -> list[str]:
    lines = [
        f"{say('留出、从未学习的更正', 'Corrections that were held out and never learned from')}: {told['held_out']}",
        "",
    ]
    if "not_compared" in told:
        return [*lines, f"{say('未比较', 'Not compared')}: {told['not_compared']}"]
    lines += [f"| {say('指标', 'score')} | {told['served']} | {say('本次', 'this run')} | {say('差', 'difference')} | 95% | p |",
              "|---|---|---|---|---|---|"]  # fmt: skip
    for name in ("macro_f1", "subset_accuracy"):
        d = told[name]
        cells = (
            f"{d['before']:.3f}",
            f"{d['after']:.3f}",
            f"{d['delta']:+.3f}",
            _interval(d["interval"]),
            f"{d['p']:.3f}",
        )
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", f"| {say('编辑', 'editor')} | {say('更正', 'corrections')} | {say('现用模型不同', 'what serves differs')} |",
              "|---|---|---|"]  # fmt: skip
    return [*lines, *(f"| {who} | {n['corrections']} | {n['differs']} |" for who, n in told["disagreement"].items())]
