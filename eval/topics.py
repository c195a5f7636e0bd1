"""Measuring topics: what is read, which scores count, which floors stand beside, and DESIGN's flat keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval import encoder, floors, linear
from eval.metrics import Metric, Stack, ranking
from eval.metrics.calibration import BINS, Calibration
from eval.metrics.ranking import Ranking, Risk
from eval.metrics.tags import LabelF1, Review
from eval.predictions import TopicOutput, from_topics, join, parse_topic, read_lines
from eval.result import Result, System, floor_keys, measure, number, repeated, sign, sliced, span, versus, where
from eval.sets import Gold, TopicItem, read_topics
from models.classifier import BundleClassifier
from models.errors import BadInput
from models.registry import load_classifier
from models.topics import read_taxonomy

MAIN = "macro_f1"
COLUMNS = (
    "macro_f1",
    "micro_f1",
    "subset_accuracy",
    "macro_ap",
    "ece",
    "brier_skill",
    "aurc",
    "coverage",
    "auto_precision",
)
MORE = ("macro_precision", "macro_recall", "micro_precision", "micro_recall", "subset_accuracy", "macro_ap", "ece_width",
        "brier", "aurc", "risk_at_80")  # fmt: skip
SLICED = ("subset_accuracy", "micro_f1")
"""Within a slice of one topic or one number of labels macro-F1 says nothing; whether a label set is right does."""


def metric(topics: Sequence[str]) -> Metric[TopicItem, TopicOutput]:
    """All metrics of topics."""
    return Stack([LabelF1(topics), Calibration(topics), Review(topics), Ranking(topics), Risk(topics)])


def run(
    data: Path,
    split: str | None = None,
    bundle: str | None = None,
    floor_train: Path | None = None,
    floor_encoder: str | None = None,
) -> Result:
    """A bundle (None: the default) and the floors on a set. `floor_encoder` is the base of the frozen encoder's floor
    (None: the bundle's own encoder).
    """
    classifier = load_classifier(bundle)
    topics = classifier.taxonomy.names
    gold = read_topics(data, topics, split)
    results = classifier.classify(floors.articles_of(gold.items))
    outputs = [from_topics(result) for result in results]
    check(outputs, topics, classifier.bundle)
    trained = isinstance(classifier, BundleClassifier)
    beside = _floors(gold, topics, floor_train, floor_encoder, bundle=bundle)
    evidence = [
        {"id": item.id, "evidence": [e.as_dict() for e in result.evidence]}
        for item, result in zip(gold.items, results, strict=True)
    ]
    return _result(classifier.bundle, gold, outputs, topics, beside=beside, evidence=evidence if trained else ())


def score(predictions: Path, data: Path, split: str | None = None) -> Result:
    """A prediction file against gold, no model involved."""
    lines = read_lines(predictions, parse_topic)
    topics = topics_of(lines.values(), predictions)
    gold = read_topics(data, topics, split)
    outputs = join([item.id for item in gold.items], lines, predictions)
    check(outputs, topics, str(predictions))
    return _result(str(predictions), gold, outputs, topics, beside=_floors(gold, topics))


def system(predictions: Path, data: Path, split: str | None = None) -> System:
    """A prediction file as a system, for a paired test."""
    lines = read_lines(predictions, parse_topic)
    topics = topics_of(lines.values(), predictions)
    gold = read_topics(data, topics, split)
    outputs = join([item.id for item in gold.items], lines, predictions)
    check(outputs, topics, str(predictions))
    return measure(str(predictions), gold.items, outputs, metric(topics))


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


def check(outputs: Sequence[TopicOutput], topics: Sequence[str], where: str) -> None:
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


@dataclass(frozen=True, slots=True)
class Beside:
    """What the floors say, which of them cannot be had and why, and notes on how they came about."""

    outputs: dict[str, Sequence[TopicOutput]]
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _floors(
    gold: Gold[TopicItem],
    topics: Sequence[str],
    floor_train: Path | None = None,
    floor_encoder: str | None = None,
    *,
    bundle: str | None = "",
) -> Beside:
    """All floors but what is measured, those that learn only with training rows. `bundle` is what is measured, None the
    default one, "" nothing that has an encoder.
    """
    train: list[TopicItem] | None = None
    notes: list[str] = []
    absent: list[str] = []
    if floor_train is not None:
        train, notes = floors.clean_rows(read_topics(floor_train, topics), gold)
        notes.append(f"learned floors were fitted on {len(train)} rows of {floor_train}")
    else:
        notes.append("majority is the most frequent label set of the measured rows themselves")
    found: dict[str, Sequence[TopicOutput]] = {"majority": floors.majority(gold.items, train or gold.items, topics)}
    by_word = floors.keywords(gold.items, topics) if bundle != "keywords" else []
    if by_word is None:
        absent.append("keywords: not given, they know another taxonomy")
    elif by_word:
        found["keywords"] = by_word
    if train is None:
        return Beside(
            found, (*absent, "tfidf: not given (--floor-train)", "encoder: not given (--floor-train)"), tuple(notes)
        )
    found["tfidf"] = linear.tfidf(train, gold.items, topics)
    if floor_encoder is None and bundle in ("keywords", ""):
        absent.append("encoder: not given (what is measured has none; --floor-encoder names a base)")
        return Beside(found, tuple(absent), tuple(notes))
    articles = floors.articles_of([*train, *gold.items])
    vectors, told = (
        encoder.embed_with_base(articles, floor_encoder)
        if floor_encoder is not None
        else encoder.embed_with_bundle(articles, bundle)
    )
    seen, asked = vectors[: len(train)], vectors[len(train) :]
    found["encoder"] = linear.fit_and_tag(seen, asked, train, topics, linear.STRENGTH["encoder"])
    return Beside(found, tuple(absent), (*notes, f"encoder floor: {told}, frozen; linear head on it"))


def _result(
    name: str,
    gold: Gold[TopicItem],
    outputs: Sequence[TopicOutput],
    topics: Sequence[str],
    *,
    beside: Beside,
    evidence: Sequence[Mapping[str, Any]] = (),
) -> Result:
    one = metric(topics)
    model = measure(name, gold.items, outputs, one)
    systems = [
        model,
        *(measure(floor, gold.items, said, one) for floor, said in beside.outputs.items()),
    ]
    signature = sign(
        "topics",
        f"f1:macro+micro,empty-topic-skipped|ece:topic-mean,{BINS}-equal-mass|brier:topic-mean,vs-base-rate-of-set",
        ranking.SIGNATURE,
        f"topics:{'+'.join(topics)}",
        n=len(gold.items),
        sha256=gold.sha256,
    )
    per_topic = {t: _topic(model, t) for t in topics}
    unseen = [t for t in topics if not per_topic[t]["support"]]
    parts, worst = sliced(gold, model, SLICED)
    notes = [*beside.notes, *repeated(gold), *([f"no article has the topic {', '.join(unseen)}"] if unseen else [])]
    flat = {
        "n": len(gold.items),
        **{key: number(model.scores[key]) for key in ("macro_f1", "micro_f1")},
        "macro_f1_ci": span(model.intervals["macro_f1"]),
        **{key: number(model.scores[key]) for key in ("ece", "brier_skill")},
        "per_topic": per_topic,
        **{key: number(model.scores[key]) for key in ("coverage", "auto_precision")},
        "signature": signature,
        **{key: number(model.scores[key]) for key in MORE},
        "macro_f1_ci_bca": span(model.bca["macro_f1"]),
        "average_precision": {t: number(model.scores[f"ap:{t}"]) for t in topics},
        "worst_slice": worst or None,
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
        origin={"system": name, "topics": list(topics), **where(gold)},
        absent=beside.absent,
        notes=(*notes, *([worst] if worst else ())),
        parts=(("topic", per_topic),),
        against=versus(systems[1:], model, MAIN),
        slices=parts,
        evidence=evidence,
    )


def _topic(system: System, topic: str) -> dict[str, Any]:
    cells: dict[str, Any] = {part: number(system.scores[f"{part}:{topic}"]) for part in ("precision", "recall", "f1")}
    return cells | {"support": int(system.scores[f"support:{topic}"])}
