"""Measuring topics: what is read, which scores count, which floors stand beside, and DESIGN's flat keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval import floors, linear
from eval.metrics import Metric, Stack
from eval.metrics.tags import BINS, Calibration, LabelF1, Review
from eval.predictions import TopicOutput, from_topics, join, parse_topic, read_lines
from eval.result import Result, System, floor_keys, measure, number, sign, span, versus
from eval.sets import Gold, TopicItem, read_topics
from models.errors import BadInput
from models.registry import load_classifier
from models.topics import read_taxonomy

MAIN = "macro_f1"
COLUMNS = ("macro_f1", "micro_f1", "ece", "brier_skill", "coverage", "auto_precision")


def metric(topics: Sequence[str]) -> Metric[TopicItem, TopicOutput]:
    """All metrics of topics."""
    return Stack([LabelF1(topics), Calibration(topics), Review(topics)])


def run(data: Path, split: str | None = None, bundle: str | None = None, floor_train: Path | None = None) -> Result:
    """A bundle (None: the default) and the floors on a set."""
    classifier = load_classifier(bundle)
    topics = classifier.taxonomy.names
    gold = read_topics(data, topics, split)
    outputs = [from_topics(result) for result in classifier.classify(floors.articles_of(gold.items))]
    _check(outputs, topics, classifier.bundle)
    beside, absent, notes = _floors(gold, topics, classifier, floor_train, asked=bundle)
    return _result(classifier.bundle, gold, outputs, topics, beside=beside, absent=absent, notes=notes)


def score(predictions: Path, data: Path, split: str | None = None) -> Result:
    """A prediction file against gold, no model involved."""
    lines = read_lines(predictions, parse_topic)
    topics = topics_of(lines.values(), predictions)
    gold = read_topics(data, topics, split)
    outputs = join([item.id for item in gold.items], lines, predictions)
    _check(outputs, topics, str(predictions))
    return _result(str(predictions), gold, outputs, topics)


def system(predictions: Path, data: Path, split: str | None = None) -> System:
    """A prediction file as a system, for a paired test."""
    return score(predictions, data, split).systems[0]


def topics_of(outputs: Any, where: Path) -> tuple[str, ...]:
    """The topics that the lines score, the same in every line; of lines without scores the default taxonomy's."""
    kinds = {frozenset(out.scores) for out in outputs if out.scores is not None}
    if len(kinds) > 1:
        some, other, *_ = sorted(kinds, key=sorted)
        raise BadInput(f"{where}: lines score different topics, among them {sorted(some ^ other)}", field="scores")
    default = read_taxonomy().names
    if not kinds or kinds == {frozenset(default)}:
        return default
    return tuple(sorted(kinds.pop()))


def _check(outputs: Sequence[TopicOutput], topics: Sequence[str], where: str) -> None:
    """Outputs must speak of exactly these topics; a NaN of a model is named, not averaged."""
    known = set(topics)
    strange = sorted({label for out in outputs for label in out.labels} - known)
    if strange:
        raise BadInput(f"{where} gives labels that the data's topics do not have: {', '.join(strange)}", field="labels")
    scored = [out.scores for out in outputs if out.scores is not None]
    if scored and len(scored) < len(outputs):
        raise BadInput(f"{where}: {len(outputs) - len(scored)} of {len(outputs)} lines have no scores", field="scores")
    bad = sum(set(s) != known or any(not 0 <= value <= 1 for value in s.values()) for s in scored)
    if bad:
        raise BadInput(f"{where}: {bad} results lack a topic's score or give one outside 0..1 or NaN", field="scores")
    silent = sum(out.needs_review is None for out in outputs)
    if 0 < silent < len(outputs):
        raise BadInput(f"{where}: {silent} of {len(outputs)} lines lack needs_review", field="needs_review")


def _floors(
    gold: Gold[TopicItem], topics: Sequence[str], classifier: object, floor_train: Path | None, asked: str | None
) -> tuple[dict[str, Sequence[TopicOutput]], list[str], list[str]]:
    train: list[TopicItem] | None = None
    notes: list[str] = []
    if floor_train is not None:
        train, notes = floors.clean_rows(read_topics(floor_train, topics), gold)
        notes.append(f"learned floors were fitted on {len(train)} rows of {floor_train}")
    found: dict[str, Sequence[TopicOutput]] = {}
    absent: list[str] = []
    found["majority"] = floors.majority(gold.items, train or gold.items, topics)
    if asked != "keywords":
        by_word = floors.keywords(gold.items, topics)
        if by_word is None:
            absent.append("keywords: not given, they know another taxonomy")
        else:
            found["keywords"] = by_word
    if train is None:
        return found, [*absent, "tfidf: not given (--floor-train)", "encoder: not given (--floor-train)"], notes
    found["tfidf"] = linear.tfidf(train, gold.items, topics)
    if isinstance(classifier, floors.Embedder):
        seen, asked_for = (classifier.embed(floors.articles_of(part)) for part in (train, gold.items))
        found["encoder"] = linear.fit_and_tag(seen, asked_for, train, topics, linear.STRENGTH["encoder"])
    else:
        absent.append("encoder: not given (the bundle hands out no vectors)")
    return found, absent, notes


def _result(
    name: str,
    gold: Gold[TopicItem],
    outputs: Sequence[TopicOutput],
    topics: Sequence[str],
    *,
    beside: dict[str, Sequence[TopicOutput]] | None = None,
    absent: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Result:
    one = metric(topics)
    model = measure(name, gold.items, outputs, one)
    systems = [model, *(measure(floor, gold.items, said, one) for floor, said in (beside or {}).items())]
    signature = sign(
        "topics",
        f"f1:macro+micro,empty-topic-skipped|ece:topic-mean,{BINS}-equal-mass|brier:topic-mean,vs-base-rate-of-set",
        f"topics:{'+'.join(topics)}",
        n=len(gold.items),
        sha256=gold.sha256,
    )
    per_topic = {t: _topic(model, t) for t in topics}
    unseen = [t for t in topics if not per_topic[t]["support"]]
    notes = [*notes, *([f"no article has the topic {', '.join(unseen)}"] if unseen else [])]
    flat = {
        "n": len(gold.items),
        **{key: number(model.scores[key]) for key in ("macro_f1", "micro_f1")},
        "macro_f1_ci": span(model.intervals["macro_f1"]),
        **{key: number(model.scores[key]) for key in ("ece", "brier_skill")},
        "per_topic": per_topic,
        **{key: number(model.scores[key]) for key in ("coverage", "auto_precision")},
        "signature": signature,
        "subset_accuracy": number(model.scores["subset_accuracy"]),
        "bundle": name,
        "data_sha256": gold.sha256,
        **floor_keys(systems, MAIN),
    }
    return Result(
        task="topics",
        main=MAIN,
        columns=COLUMNS,
        systems=tuple(systems),
        flat=flat,
        signature=signature,
        ids=tuple(item.id for item in gold.items),
        outputs=outputs,
        origin={"system": name, "data": str(gold.path), "split": gold.split, "data_sha256": gold.sha256},
        absent=tuple(absent),
        notes=tuple(notes),
        parts=(("topic", per_topic),),
        against=versus(systems[1:], model, MAIN),
    )


def _topic(system: System, topic: str) -> dict[str, Any]:
    cells: dict[str, Any] = {part: number(system.scores[f"{part}:{topic}"]) for part in ("precision", "recall", "f1")}
    return cells | {"support": int(system.scores[f"support:{topic}"])}
