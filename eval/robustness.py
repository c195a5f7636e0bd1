"""What a system loses when its input is damaged or turned: every edit of perturb.py, each measured against the unedited text.

An edit is measured on the items that it touches, unedited and edited, so the loss is a paired difference with an interval;
p is corrected after Holm over all edits. An edit that touches fewer than two items is named and not measured.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from eval import origin, perturb, summaries, topics
from eval.metrics import Stack
from eval.metrics.rouge import signature as rouge_signature
from eval.perturb import Edit, Text
from eval.predictions import SummaryOutput, TopicOutput, from_summary, from_topics
from eval.result import aligned, number, plain, repeated, sign, span, where, write_json
from eval.sets import Gold, SummaryItem, TopicItem, read_dataset, read_summaries, read_topics
from eval.significance import Difference, holm, paired_all
from models.article import Article, Length
from models.errors import BadInput
from models.registry import load_classifier, load_summarizer

Task = Literal["topics", "summaries"]
SCORES = {"topics": ("macro_f1", "subset_accuracy"), "summaries": ("rougeL", "number_precision")}
"""For each task the score that the loss is told in, and one beside it."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One edit: items touched, the scores' differences (edited minus unedited), the share of touched items whose answer
    changed, and the share that still says what was replaced (None where nothing was).
    """

    edit: str
    touched: int
    differences: tuple[Difference, ...] = ()
    changed: float = float("nan")
    stale: float | None = None


@dataclass(frozen=True, slots=True)
class Robustness:
    """All edits on one set. `lines` are the answers to edited texts, one a touched item and edit."""

    task: Task
    system: str
    n: int
    losses: tuple[Loss, ...]
    p_holm: dict[str, float]
    signature: str
    origin: dict[str, Any]
    notes: tuple[str, ...]
    lines: tuple[dict[str, Any], ...]


def run(
    data: Path,
    split: str | None = None,
    bundle: str | None = None,
    length: Length = "headline",
    task: Task | None = None,
    limit: int | None = None,
) -> Robustness:
    """All edits on a set; without `task` a file with labels is a topic set. `limit` takes the first rows only."""
    task = task or ("topics" if "labels" in read_dataset(data, split).column_names else "summaries")
    if limit is not None and limit < 2:
        raise BadInput(f"--limit {limit}: an interval needs two items", field="limit")
    if task == "topics":
        return _topics(data, split, bundle, limit)
    return _summaries(data, split, bundle, length, limit)


def _topics(data: Path, split: str | None, bundle: str | None, limit: int | None) -> Robustness:
    classifier = load_classifier(bundle)
    names = classifier.taxonomy.names
    gold = read_topics(data, names, split)
    items = gold.items[:limit]

    def answer(texts: Sequence[Text]) -> list[TopicOutput]:
        found = [from_topics(r) for r in classifier.classify([Article(t.headline, t.body) for t in texts])]
        topics.check(found, names, classifier.bundle)
        return found

    texts = [Text(item.headline, item.body) for item in items]
    return _measure("topics", classifier.bundle, gold, items, texts, answer, topics.metric(names), perturb.TOPIC_EDITS)


def _summaries(data: Path, split: str | None, bundle: str | None, length: Length, limit: int | None) -> Robustness:
    summarizer = load_summarizer(bundle)
    gold = read_summaries(data, split)
    items = gold.items[:limit]

    def answer(texts: Sequence[Text]) -> list[SummaryOutput]:
        return [from_summary(r) for r in summarizer.summarize([Article(body=t.body) for t in texts], length)]

    texts = [Text("", item.body, item.summary) for item in items]
    edits = perturb.SUMMARY_EDITS
    return _measure("summaries", summarizer.bundle, gold, items, texts, answer, summaries.metric(), edits, length)


def _measure(
    task: Task,
    name: str,
    gold: Gold[Any],
    items: Sequence[Any],
    texts: list[Text],
    answer: Callable[[Sequence[Text]], Sequence[Any]],
    metric: Any,
    edits: dict[str, Edit],
    length: str = "",
) -> Robustness:
    before = answer(texts)
    losses, lines = [], []
    for edit, make in edits.items():
        edited = perturb.apply(edit, make, texts, [item.id for item in items])
        places = [
            i
            for i, (a, b) in enumerate(zip(texts, edited, strict=True))
            if (a.headline, a.body) != (b.headline, b.body)
        ]
        if len(places) < 2:
            losses.append(Loss(edit, len(places)))
            continue
        after = answer([edited[i] for i in places])
        losses.append(_loss(edit, metric, SCORES[task], places, items, edited, before, after))
        lines += [{"id": items[i].id, "edit": edit, **out.as_dict()} for i, out in zip(places, after, strict=True)]
    able = [loss for loss in losses if loss.differences]
    corrected = holm([loss.differences[0].p for loss in able])
    untouched = [loss.edit for loss in losses if not loss.differences]
    notes = [*repeated(gold), *([f"nothing to edit, not measured: {', '.join(untouched)}"] if untouched else [])]
    if len(items) < len(gold.items):
        notes.append(f"only the first {len(items)} of {len(gold.items)} rows (--limit)")
    protocol = f"length:{length}|{rouge_signature()}" if task == "summaries" else "f1:macro,empty-topic-skipped"
    return Robustness(
        task, name, len(items), tuple(losses),
        {loss.edit: p for loss, p in zip(able, corrected, strict=True)},
        sign(f"robustness-{task}", f"{protocol}|edits:v2,rate{perturb.RATE}", n=len(items), sha256=gold.sha256),
        where(gold), tuple(notes), tuple(lines),
    )  # fmt: skip


def _loss(
    edit: str,
    metric: Any,
    names: Sequence[str],
    places: Sequence[int],
    items: Sequence[Any],
    edited: Sequence[Text],
    before: Sequence[Any],
    after: Sequence[Any],
) -> Loss:
    asked = [_edited(items[i], edited[i]) for i in places]
    old, new = metric.rows([items[i] for i in places], [before[i] for i in places]), metric.rows(asked, after)
    differences = []
    for name in names:
        columns, part = metric.part(name) if isinstance(metric, Stack) else (slice(None), metric)
        a, b = (rows[:, columns] for rows in (old, new))
        differences += paired_all(a, b, part.scores, [name])
    told = [_told(out) for out in after]
    changed = sum(_told(before[i]) != said for i, said in zip(places, told, strict=True)) / len(places)
    able = [(edited[i].gone, said) for i, said in zip(places, told, strict=True) if edited[i].gone]
    stale = None
    if able and isinstance(after[0], SummaryOutput):
        stale = sum(any(word in str(said) for word in gone) for gone, said in able) / len(able)
    return Loss(edit, len(places), tuple(differences), changed, stale)


def _edited(item: TopicItem | SummaryItem, text: Text) -> TopicItem | SummaryItem:
    """The item as the edited text wants it; the gold of topics stays what it was."""
    if isinstance(item, TopicItem):
        return item
    return dataclasses.replace(item, body=text.body, summary=text.reference or item.summary)


def _told(out: Any) -> object:
    return out.labels if isinstance(out, TopicOutput) else out.summary


def as_dict(found: Robustness) -> dict[str, Any]:
    """One flat object: losses by edit, worst first, the worst of them, signature and origin."""
    main, beside = SCORES[found.task]
    edits: dict[str, Any] = {}
    ordered = _worst_first(found.losses)
    for loss in ordered:
        one: dict[str, Any] = {"touched": loss.touched}
        for difference in loss.differences:
            low_high = difference.interval and (0.0 - difference.interval[1], 0.0 - difference.interval[0])
            one[difference.name] = {
                "before": number(difference.a),
                "after": number(difference.b),
                "loss": number(0.0 - difference.delta),
                "loss_ci": span(low_high),
                "p": number(difference.p),
            }
        if loss.differences:
            one |= {"p_holm": found.p_holm[loss.edit], "changed": number(loss.changed), "stale": loss.stale}
        edits[loss.edit] = one
    worst = next((x for x in ordered if x.differences and not math.isnan(x.differences[0].delta)), None)
    return {
        "task": found.task, "n": found.n, "score": main, "score_beside": beside, "edits": edits,
        "worst": worst.edit if worst else None, "worst_loss": number(0.0 - worst.differences[0].delta) if worst else None,
        "bundle": found.system, "signature": found.signature, "notes": list(found.notes), **found.origin,
    }  # fmt: skip


def _worst_first(losses: Sequence[Loss]) -> list[Loss]:
    """By the loss in the main score; behind them what is undefined, then what was not measured."""

    def place(loss: Loss) -> tuple[int, float]:
        if not loss.differences:
            return 2, 0.0
        delta = loss.differences[0].delta
        return (1, 0.0) if math.isnan(delta) else (0, delta)

    return sorted(losses, key=place)


def rows(found: Robustness) -> tuple[tuple[str, ...], list[list[str]]]:
    """The table of losses, worst first: its head and its lines."""
    main, beside = SCORES[found.task]
    head = (
        "edit",
        "touched",
        f"{main} before",
        "after",
        "loss",
        "p (Holm)",
        f"{beside} loss",
        "answers changed",
        "stale",
    )
    lines = []
    for loss in _worst_first(found.losses):
        if not loss.differences:
            lines.append([loss.edit, str(loss.touched), *["–"] * 7])
            continue
        first, second = loss.differences
        stale = "–" if loss.stale is None else f"{loss.stale:.3f}"
        lines.append([
            loss.edit, str(loss.touched), plain(first.a), plain(first.b), _lost(first), f"{found.p_holm[loss.edit]:.4f}",
            _lost(second), f"{loss.changed:.3f}", stale,
        ])  # fmt: skip
    return head, lines


def render(found: Robustness) -> str:
    """The table of losses as Markdown."""
    title = f"## robustness of {found.task}: {found.system} on {found.origin['data']}"
    text = [title, "", *aligned(*rows(found)), ""]
    return "\n".join([*text, *(f"note: {note}" for note in found.notes), f"signature: {found.signature}", ""])


def _lost(d: Difference) -> str:
    if math.isnan(d.delta):
        return "–"
    loss = f"{0.0 - d.delta:+.3f}"
    return loss if d.interval is None else f"{loss} [{0.0 - d.interval[1]:+.3f}, {0.0 - d.interval[0]:+.3f}]"


def write_run(found: Robustness, folder: Path, command: str = "") -> None:
    """A run folder: result.json, table.md, predictions.jsonl (the answers to edited texts)."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lines(found, folder / "predictions.jsonl")
    (folder / "table.md").write_text(render(found), "utf-8")
    told = as_dict(found)
    told["data"] = str(Path(told["data"]).resolve())
    write_json(
        folder / "result.json",
        {**told, "of": found.task, "task": "robustness", "command": command, **origin.describe()},
    )


def write_lines(found: Robustness, path: Path) -> None:
    """The answers to edited texts, one line an item and edit."""
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in found.lines), "utf-8")
