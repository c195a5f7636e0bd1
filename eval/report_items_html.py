"""The worst items as HTML: texts folded away, evidence marked, what was expected beside what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from eval.report_words import TOPICS, both, named


def worst(section: Mapping[str, Any]) -> str:
    """The part of a section with its worst items; all texts escaped."""
    items = section["worst"]
    if not items:
        return ""
    make = {"topics": _topics, "summaries": _summary, "pages": _page}[section["task"]]
    first = next(iter(section["runs"]))
    zh, en = f"最差的 {len(items)} 条（按 {first}）", f"The {len(items)} worst items (of {first})"
    return f"<h3>{both(zh, en)}</h3>" + "".join(make(item) for item in items)


def _topics(item: Mapping[str, Any]) -> str:
    head = f"{escape(item['headline'] or item['id'])} — {both('标注', 'gold')}: {_labels(item['gold'])}"
    said = "".join(f"<p>{escape(name)}: {_labels(labels)}</p>" for name, labels in item["answers"].items())
    scores = ""
    if item["scores"]:
        told = ", ".join(f"{named(t, TOPICS)} {p:.2f}" for t, p in item["scores"].items())
        scores = f'<p class="soft">{both("概率", "probabilities")}: {told}</p>'
    places = [e for e in item["evidence"] if e["where"] == "body"]
    why = "".join(
        f'<p class="soft">{both("依据", "evidence")} ({named(e["topic"], TOPICS)}, {e["weight"]:.2f}): {escape(e["text"])}</p>'
        for e in item["evidence"]
    )
    return _folded(
        head, said + scores + why, item["id"], _marked(item["text"], [(e["start"], e["end"]) for e in places])
    )


def _summary(item: Mapping[str, Any]) -> str:
    head = f"{item['score']:.3f} — {escape(item['gold'])}"
    said = "".join(f"<p>{escape(name)}: {escape(text) or '–'}</p>" for name, text in item["answers"].items())
    odd = ""
    if item["unsupported"]:
        odd = f"<p><b>{both('正文中没有', 'not in the text')}</b>: {escape('; '.join(item['unsupported']))}</p>"
    best = f'<p class="soft">{both("最接近的一句", "closest sentence")}: {escape(item["best_sentence"])}</p>'
    at = item["text"].find(item["best_sentence"]) if item["best_sentence"] else -1
    return _folded(
        head,
        said + odd + best,
        item["id"],
        _marked(item["text"], [(at, at + len(item["best_sentence"]))] if at >= 0 else []),
    )


def _page(item: Mapping[str, Any]) -> str:
    head = f"{item['score']:.3f} — {escape(item['id'])}"
    parts = [
        f"<p>{both(zh, en)}: {escape(' | '.join(h or '“”' for h in item[key]))}</p>"
        for key, zh, en in (
            ("missing", "没有找到的标题", "headlines not found"),
            ("extra", "多出的标题", "headlines too many"),
        )
        if item[key]
    ]
    return _folded(head, "".join(parts), item["id"], escape(item["text"]))


def _folded(head: str, inside: str, item_id: str, text: str) -> str:
    return (
        f'<details><summary>{head}</summary>{inside}<p class="soft"><code>{escape(item_id)}</code></p>'
        f'<p class="text">{text}</p></details>'
    )


def _labels(labels: Sequence[str]) -> str:
    return ", ".join(named(label, TOPICS) for label in labels) or named("(none)", TOPICS)


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with stretches marked; spans are code points, overlapping ones are joined."""
    out, at = [], 0
    for start, end in sorted(spans):
        start = max(start, at)
        if start < end:
            out += [escape(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
            at = end
    return "".join(out) + escape(text[at:])
