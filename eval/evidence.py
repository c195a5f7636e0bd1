"""Is evidence what a label rests on? Sentences are taken out and the label's score is asked again.

For every label that a classifier gives, its evidence is removed from the article, and against it, several times, other
sentences of about the same length. What is told is how far the score falls either way, in log odds and in probability,
the ratio of both, a paired test on the same labels, and one of whether it falls more than `TIMES` times as far, which
holds where there is no ratio, too. The gold plays no part: evidence of a wrong label counts too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from eval.metrics import Array, Scores
from eval.result import aligned, number, sign, span, where
from eval.sets import read_topics
from eval.significance import Difference, bootstrap, paired, percentile
from models.article import Article, TopicResult
from models.classifier import BundleClassifier
from models.errors import BadInput
from models.registry import load_classifier
from models.text import split_sentences

DRAWS = 5
SEED = 20240501
LONGER, SHORTER = 1.25, 0.75
"""Other sentences may have so many times the characters of the evidence, and must have so many."""
MEASURES = ("log_odds", "probability")
TIMES = 2
"""So many times as far as without other sentences evidence has to let a score fall; where it rises without those, at all."""
Span: TypeAlias = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Fall:
    """One label of one article: its scores as they were, without its evidence, and without other sentences (mean of the
    draws); each (log odds, probability). `lengths`: characters of the evidence, mean of what was drawn against it.
    """

    topic: str
    before: tuple[float, float]
    without: tuple[float, float]
    control: tuple[float, float]
    lengths: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Found:
    """All labels of a set. `alone`: labels whose article has no other sentences of about that length."""

    system: str
    falls: tuple[Fall, ...]
    given: int
    alone: int
    differences: dict[str, Difference]
    beyond: dict[str, Difference]
    ratios: dict[str, tuple[float | None, tuple[float, float] | None]]
    signature: str
    origin: dict[str, Any]


def run(data: Path, split: str | None = None, bundle: str | None = None, limit: int | None = None,
        draws: int = DRAWS) -> Found:  # fmt: skip
    """Measure the evidence of a bundle (None: the default) on a set."""
    if draws < 1:
        raise BadInput(f"--draws {draws}: at least one is drawn", field="draws")
    classifier = load_classifier(bundle)
    gold = read_topics(data, classifier.taxonomy.names, split)
    articles = [Article(i.headline, i.body) for i in gold.items[:limit]]
    results = classifier.classify(articles)
    falls, given, alone = measure(classifier, articles, results, draws)
    if len(falls) < 2:
        raise BadInput(f"{classifier.bundle} gives {given} labels on {data}, {len(falls)} of them can be tested: at least "
                       "two are needed", field="data")  # fmt: skip
    rows = {m: _rows(falls, k) for k, m in enumerate(MEASURES)}
    return Found(
        classifier.bundle, tuple(falls), given, alone,
        {m: paired(b, a, _mean, "fall") for m, (a, b) in rows.items()},
        {m: beyond(a, b) for m, (a, b) in rows.items()},
        {m: _ratio(a, b) for m, (a, b) in rows.items()},
        sign("evidence", f"deletion|draws:{draws}|seed:{SEED}|length:{SHORTER}-{LONGER}", n=len(articles), sha256=gold.sha256),
        where(gold),
    )  # fmt: skip


def measure(
    classifier: Any, articles: Sequence[Article], results: Sequence[TopicResult], draws: int
) -> tuple[list[Fall], int, int]:
    """The falls of all labels that can be tested, how many labels were given, and how many cannot be tested."""
    asked: list[Article] = list(articles)
    tests: list[tuple[int, str, int, list[int], tuple[float, float]]] = []
    given = alone = 0
    for place, (article, result) in enumerate(zip(articles, results, strict=True)):
        units = sentences(article)
        for topic in result.labels:
            given += 1
            own: set[Span] = {(e.where, e.start, e.end) for e in result.evidence if e.topic == topic}
            drawn = draw_others(units, own, draws, f"{SEED}:{place}:{topic}")
            if not own or not drawn:
                alone += 1
                continue
            at = len(asked)
            asked += [remove(article, own), *(remove(article, others) for others in drawn)]
            lengths = (float(_chars(own)), float(np.mean([_chars(others) for others in drawn])))
            tests.append((place, topic, at, list(range(at + 1, len(asked))), lengths))
    odds = log_odds(classifier, asked)
    names = list(classifier.taxonomy.names)
    falls = []
    for place, topic, without, control, lengths in tests:
        z = odds[:, names.index(topic)]
        falls.append(Fall(topic, _both(z[[place]]), _both(z[[without]]), _both(z[control]), lengths))
    return falls, given, alone


def log_odds(classifier: Any, articles: Sequence[Article]) -> Array:
    """Calibrated log odds (n, T), of a bundle exactly, of anything else from its scores."""
    if isinstance(classifier, BundleClassifier):
        return np.asarray(classifier.log_odds(articles), np.float64)
    p = np.array([[r.scores[t] for t in classifier.taxonomy.names] for r in classifier.classify(articles)])
    p = np.clip(p, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(p / (1 - p)), np.float64)


def sentences(article: Article) -> list[Span]:
    """The headline and the body's sentences, without white space at their ends: what evidence is made of."""
    found: list[Span] = []
    for part, text, spans in (
        ("headline", article.headline, [(0, len(article.headline))]),
        ("body", article.body, split_sentences(article.body)),
    ):
        for start, end in spans:
            piece = text[start:end]
            start, end = start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
            if start < end:
                found.append((part, start, end))
    return found


def draw_others(units: Sequence[Span], own: set[Span], draws: int, seed: str) -> list[set[Span]]:
    """Up to `draws` random sets of sentences that are no evidence, each about as long as the evidence together."""
    others, wanted = [u for u in units if u not in own], _chars(own)
    rng = random.Random(seed)  # noqa: S311 - a sample
    found = []
    for _ in range(draws):
        rng.shuffle(others)
        taken: set[Span] = set()
        for unit in others:
            if _chars(taken) + _chars({unit}) <= LONGER * wanted:
                taken.add(unit)
        if taken and _chars(taken) >= SHORTER * wanted:
            found.append(taken)
    return found


def remove(article: Article, spans: set[Span]) -> Article:
    """The article without these stretches."""
    texts = {"headline": article.headline, "body": article.body}
    for part, start, end in sorted(spans, reverse=True):
        texts[part] = texts[part][:start] + texts[part][end:]
    return Article(texts["headline"], texts["body"], article.id)


def _chars(spans: set[Span]) -> int:
    return sum(end - start for _, start, end in spans)


def _both(z: Array) -> tuple[float, float]:
    return float(z.mean()), float((1 / (1 + np.exp(-z))).mean())


def _rows(falls: Sequence[Fall], k: int) -> tuple[Array, Array]:
    """Additive rows (fall, 1) of removing evidence and of removing other sentences."""
    own, other = ([[f.before[k] - part[k], 1.0] for f, part in zip(falls, parts, strict=True)]
                  for parts in ([f.without for f in falls], [f.control for f in falls]))  # fmt: skip
    return np.array(own), np.array(other)


def _mean(sums: Array) -> Scores:
    return {"fall": sums[..., 0] / sums[..., 1]}


def beyond(own: Array, other: Array) -> Difference:
    """How much further the score falls than `TIMES` times what it falls without other sentences; a rise counts as no fall."""
    least = np.column_stack([TIMES * np.maximum(other[:, 0], 0), other[:, 1]])
    return paired(least, own, _mean, "fall")


def _ratio(own: Array, other: Array) -> tuple[float | None, tuple[float, float] | None]:
    """How many times as far the score falls; None where it does not fall without other sentences."""
    rows = np.column_stack([own[:, 0], other[:, 0]])
    a, b = rows.sum(axis=0)
    if b <= 0:
        return None, None

    def score(sums: Array) -> Scores:
        below = np.where(sums[..., 1] > 0, sums[..., 1], np.nan)
        return {"ratio": sums[..., 0] / below}

    return float(a / b), percentile(bootstrap(rows, score)["ratio"])


def as_dict(found: Found) -> dict[str, Any]:
    """One flat object; `fall` is the mean fall without the evidence, `control` that without other sentences."""
    flat: dict[str, Any] = {"labels": found.given, "tested": len(found.falls), "alone": found.alone}
    for name in MEASURES:
        d, over, (ratio, interval) = found.differences[name], found.beyond[name], found.ratios[name]
        flat |= {
            f"{name}_fall": number(d.b), f"{name}_control": number(d.a), f"{name}_difference": number(d.delta),
            f"{name}_difference_ci": span(d.interval), f"{name}_p": number(d.p),
            f"{name}_beyond": number(over.delta), f"{name}_beyond_ci": span(over.interval), f"{name}_beyond_p": number(over.p),
            f"{name}_ratio": None if ratio is None else number(ratio), f"{name}_ratio_ci": span(interval),
        }  # fmt: skip
    flat["evidence_chars"] = number(float(np.mean([f.lengths[0] for f in found.falls])))
    flat["control_chars"] = number(float(np.mean([f.lengths[1] for f in found.falls])))
    flat["per_topic"] = {
        topic: {"tested": len(some), "ratio": None if (ratio := _ratio(*_rows(some, 0))[0]) is None else number(ratio)}
        for topic in dict.fromkeys(f.topic for f in found.falls)
        if (some := [f for f in found.falls if f.topic == topic])
    }
    return flat | {"bundle": found.system, "signature": found.signature, **found.origin}


def render(found: Found) -> str:
    """The table as Markdown."""
    lines = []
    for name in MEASURES:
        d, (ratio, interval) = found.differences[name], found.ratios[name]
        told = "–" if ratio is None else f"{ratio:.2f}"
        told += f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else ""
        low_high = f" [{d.interval[0]:+.3f}, {d.interval[1]:+.3f}]" if d.interval else ""
        over = found.beyond[name]
        lines.append([name, f"{d.b:.3f}", f"{d.a:.3f}", f"{d.delta:+.3f}{low_high}", told, f"{d.p:.4f}",
                      f"{over.delta:+.3f}", f"{over.p:.4f}"])  # fmt: skip
    flat = as_dict(found)
    head = (
        "score falls by",
        "without evidence",
        "without others",
        "difference",
        "ratio",
        "p",
        f"over {TIMES} times",
        "p",
    )
    return "\n".join([
        f"## evidence: {found.system} on {found.origin['data']}", "", *aligned(head, lines), "",
        f"note: {len(found.falls)} of {found.given} labels tested; {found.alone} have no other sentences of about that length",
        f"note: {flat['evidence_chars']} characters of evidence a label, {flat['control_chars']} drawn against it",
        f"signature: {found.signature}", "",
    ])  # fmt: skip
