"""A further topic on a finished bundle, from few examples: `training topics --add TOPIC --examples FILE --head-only`.

Owns the order of such a run: which rows count as what, the frozen encoder's states, cross-fitting, the figures, the run
folder. The encoder, the old topics' heads and linear parts are not touched: their stored bytes are copied. The run keeps a
copy of the bundle that it started from (`source/`) and is published like any other.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset

from eval.encoder import first_windows, open_states
from eval.predictions import TopicOutput
from eval.result import measure
from eval.sets import TopicItem, parse_labels
from eval.topics import metric
from models.article import Article
from models.bundle import TOKENIZER, WEIGHTS, Bundle, open_bundle
from models.classifier import LINEAR_IDF
from models.errors import BadInput
from models.registry import default_bundle, load_classifier
from models.topics import OTHER, Taxonomy
from models.weights import read_weights
from training.calibration import Flags, Floats
from training.card import CARD, figures_of, write_card
from training.config import BaseSettings, DataSettings
from training.duplicates import near_duplicate_groups, near_duplicates
from training.labelled import check_labels, with_labels
from training.loop import LoopSettings, say
from training.new_topic_head import (
    FOLDS,
    States,
    cross_fit,
    deal_folds,
    fit_decision,
    fit_head,
    fit_words,
    say_honestly,
)
from training.record import open_run, update_record, write_json
from training.rows import text_reason
from training.sources import fingerprint, read_rows

LEAST = 2 * FOLDS  # positives, and negatives
MOST_OTHERS = 1500  # rows of --data that are read: 40 seconds of two cores
CHECKED = 200  # articles that the old and the new bundle answer in the end
NEW_HEAD, SOURCE, DECISION, LOOK_AT = "new_head.npz", "source", "decision.json", "look_at.jsonl"


@dataclass(frozen=True, slots=True)
class NewTopicConfig:
    """What such a run was asked for; `data.train` are further rows, `base.model` the bundle that it starts from."""

    topic: str = ""
    zh: str = ""
    en: str = ""
    examples: str = ""
    name: str = "new_topic"
    base: BaseSettings = field(default_factory=BaseSettings)
    data: DataSettings = field(default_factory=DataSettings)
    train: LoopSettings = field(default_factory=LoopSettings)


@dataclass(frozen=True, slots=True)
class Rows:
    """Articles and whether they are about the topic; the first `own` are those of the examples file."""

    articles: list[Article]
    gold: Flags
    own: int


def add_topic(config: NewTopicConfig, run: Path) -> Path:
    """Fit the topic and leave a run that `publish` takes. Raises BadInput that says which rows are missing."""
    source = open_bundle(Path(config.base.model) if config.base.model else default_bundle("topics"), "topics")
    taxonomy = extended(source, config)
    examples = read_examples(config, taxonomy)
    others = read_rows(config.data.train, config.data.train_split, need=["body"]) if config.data.train else None
    rows, left_out = choose_rows(config, taxonomy, examples, others)
    open_run(run, config)
    # The card comes last, and what has none is not published.
    for name in (SOURCE, f"{SOURCE}.part", NEW_HEAD, DECISION, CARD):
        old = run / name
        shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    say(
        f"{int(rows.gold.sum())} articles about {config.topic}, {int((~rows.gold).sum())} that are not; {left_out} left out"
    )
    states = read_states(source, rows.articles)
    say("the frozen encoder has read them")
    idf = read_weights(source.file(WEIGHTS))[LINEAR_IDF][0]
    groups = near_duplicate_groups([a.body for a in rows.articles])
    check_folds(config, rows.gold.tolist(), groups)
    found = cross_fit(states, rows.articles, rows.gold, idf, deal_folds(rows.gold, groups, seed=config.train.seed))
    p, said = say_honestly(found, rows.gold)
    figures = tell_figures(config.topic, rows, p, said)
    write_json(run / "card.json", figures.pop("card"))
    head, words = fit_head(states, rows.gold), fit_words(rows.articles, rows.gold, idf)
    decision = fit_decision(found, rows.gold)
    write_suspects(run / LOOK_AT, rows, p, said)
    np.savez(
        run / NEW_HEAD, look=head.look.detach().numpy(), weigh=head.weigh.detach().numpy(), bias=head.bias.detach().numpy(),
        linear_weights=words.weights.T, linear_bias=words.bias, oof_logits=found.logits, oof_linear=found.linear,
        gold=rows.gold[:, None],
    )  # fmt: skip
    shutil.copyfile(source.file(TOKENIZER), run / TOKENIZER)
    shutil.copytree(source.path, run / "source.part", dirs_exist_ok=True)
    (run / "source.part").rename(run / SOURCE)
    update_record(
        run, task="topics", added=config.topic, added_to=source.name, base=source.manifest["base"],
        notice=source.manifest["notices"][0], seed=config.train.seed,
        taxonomy=taxonomy.as_dict(), rows=len(rows.gold), positives={config.topic: int(rows.gold.sum())},
        dropped_near_duplicates=left_out, folds=FOLDS, figures=figures,
        data_fingerprint=fingerprint(examples, *([others] if others is not None else [])),
        suspects=int((said & ~rows.gold)[rows.own :].sum()),
    )  # fmt: skip
    write_json(run / DECISION, dataclasses.asdict(decision))
    check_unchanged(run, source, rows.articles[:CHECKED])
    write_card(run)
    say(told(config, figures, said=int((said & ~rows.gold)[rows.own :].sum())))
    return run


def extended(source: Bundle, config: NewTopicConfig) -> Taxonomy:
    """The bundle's taxonomy with the topic at its end; raises BadInput when it has it already."""
    old = Taxonomy.from_dict(source.manifest["taxonomy"])
    if not config.topic.strip() or config.topic == OTHER:
        raise BadInput(f"--add needs the name of a topic, not {config.topic!r}", field="add")
    if config.topic in old.names:
        raise BadInput(f"{source.name} has the topic {config.topic} already: train it with --config and more labels",
                       field="add")  # fmt: skip
    names = {"name": config.topic, "zh": config.zh or config.topic, "en": config.en or config.topic}
    return Taxonomy.from_dict({"topics": [*old.as_dict()["topics"], names]})


def read_examples(config: NewTopicConfig, taxonomy: Taxonomy) -> Dataset:
    """The examples with `labels`; a file without that column has articles about the topic only."""
    labelled = check_labels(config.examples, taxonomy)
    rows = read_rows(config.examples, need=["body"], check=lambda r: (labelled if "labels" in r else text_reason)(r))
    if "labels" not in rows.column_names:
        return rows.add_column("labels", [[config.topic]] * len(rows))
    return with_labels(rows, config.examples, taxonomy)


def choose_rows(
    config: NewTopicConfig, taxonomy: Taxonomy, examples: Dataset, others: Dataset | None
) -> tuple[Rows, int]:
    """The examples, then at most `MOST_OTHERS` rows of --data that repeat none of them; and how many were left out."""
    own, gold = articles_of(examples), [config.topic in labels for labels in examples["labels"]]
    first: dict[tuple[str, str], bool] = {}
    for i, (article, positive) in enumerate(zip(own, gold, strict=True), 1):
        key = (article.headline, article.body)
        if first.setdefault(key, positive) != positive:
            raise BadInput(f"{config.examples} row {i} repeats an earlier row, but one has the label {config.topic} and the "
                           "other has not: keep the right one", field="labels")  # fmt: skip
    kept = [Article(*key) for key in first]
    more, marks = ([], []) if others is None else sampled(config, others)
    near = set(near_duplicates([a.body for a in more], [a.body for a in kept]))
    more_kept = [i for i in range(len(more)) if i not in near]
    articles = [*kept, *(more[i] for i in more_kept)]
    truth = np.array([*first.values(), *(marks[i] for i in more_kept)], bool)
    check_enough(config, truth, articles)
    return Rows(articles, truth, len(kept)), len(own) - len(kept) + len(near)


def sampled(config: NewTopicConfig, others: Dataset) -> tuple[list[Article], list[bool]]:
    """Rows of --data, at most `MOST_OTHERS` chosen by seed, and whether they carry the topic's label."""
    if len(others) > MOST_OTHERS:
        others = others.shuffle(seed=config.train.seed).select(range(MOST_OTHERS))
    labels = others["labels"] if "labels" in others.column_names else [[]] * len(others)
    return articles_of(others), [config.topic in list(parse_labels(raw)) for raw in labels]


def check_enough(config: NewTopicConfig, gold: Flags, articles: Sequence[Article]) -> None:
    """Raises BadInput when cross-fitting would have nothing to measure."""
    positives, negatives = int(gold.sum()), int((~gold).sum())
    if len({a.body for a in articles}) == 1:
        raise BadInput(
            f"all {len(articles)} different rows have the same body: nothing can be learned from them", field="data"
        )
    if positives < LEAST:
        raise BadInput(f"{config.examples}: {positives} different articles about {config.topic}, at least {LEAST} are needed; "
                       "about fifty give steady figures", field="examples")  # fmt: skip
    if negatives < LEAST:
        raise BadInput(f"{negatives} articles that are not about {config.topic}, at least {LEAST} are needed: rows of "
                       f"{config.examples} without that label, or --data with articles as the newspaper has them",
                       field="data")  # fmt: skip


def check_folds(config: NewTopicConfig, gold: Sequence[bool], groups: Sequence[int]) -> None:
    """Raises BadInput when near-duplicates, which stay in one fold, leave folds without an article about the topic."""
    about = [group for group, positive in zip(groups, gold, strict=True) if positive]
    if len(set(about)) < FOLDS:
        raise BadInput(f"{config.examples}: {len(set(about))} of the {len(about)} articles about {config.topic} repeat no other, "
                       f"at least {FOLDS} must: give articles about different events", field="examples")  # fmt: skip


def articles_of(rows: Dataset) -> list[Article]:
    """The rows as articles; a headline may be missing."""
    heads = rows["headline"] if "headline" in rows.column_names else [""] * len(rows)
    return [Article(str(h or ""), str(b or "")) for h, b in zip(heads, rows["body"], strict=True)]


def read_states(source: Bundle, articles: Sequence[Article], size: int = 8) -> States:
    """The frozen encoder's states of the articles' first windows."""
    ids, read = first_windows(source, articles), open_states(source)
    longest = max(map(len, ids))
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    mask = np.array([[1] * len(x) + [0] * (longest - len(x)) for x in ids], np.int64)
    values = np.zeros((len(ids), longest, int(source.manifest["config"].get("hidden_size", 768))), np.float16)
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        width = max(len(ids[i]) for i in rows)
        batch = np.array([ids[i] + [0] * (width - len(ids[i])) for i in rows], np.int64)
        values[rows, :width] = read(batch, mask[rows, :width]).astype(np.float16)
    return States(values, mask)


def tell_figures(topic: str, rows: Rows, p: Floats, said: Flags) -> dict[str, Any]:
    """Cross-validated precision, recall, F1, average precision and ECE with their 95% intervals."""
    names = [topic]
    items = [TopicItem(str(i), a.headline, a.body, frozenset(names if g else ()))
             for i, (a, g) in enumerate(zip(rows.articles, rows.gold, strict=True))]  # fmt: skip
    outputs = [TopicOutput(frozenset(names if s else ()), {topic: float(x)}) for s, x in zip(said, p, strict=True)]
    system = measure(topic, items, outputs, metric(names))
    shown = {"precision": f"precision:{topic}", "recall": f"recall:{topic}", "f1": f"f1:{topic}",
             "average_precision": f"ap:{topic}", "ece": "ece", "brier_skill": "brier_skill"}  # fmt: skip
    figures: dict[str, Any] = {"card": {"cross_fitted": figures_of(system, names)}}
    for name, key in shown.items():
        interval = system.intervals.get(key)
        figures[name] = round(system.scores[key], 4)
        figures[f"{name}_ci"] = [round(x, 4) for x in interval] if interval else None
    return figures


def write_suspects(path: Path, rows: Rows, p: Floats, said: Flags) -> None:
    """Rows of --data that count as negatives and that the topic was said of, likeliest first: labels that may be missing."""
    places = [i for i in np.argsort(-p).tolist() if said[i] and not rows.gold[i] and i >= rows.own]
    lines = [
        {"headline": rows.articles[i].headline, "body": rows.articles[i].body, "p": round(float(p[i]), 4)}
        for i in places
    ]
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def check_unchanged(run: Path, source: Bundle, articles: Sequence[Article]) -> None:
    """Let the old and the new bundle answer the articles; raises BadInput should an old topic's answer differ."""
    from training.export import export_run

    made, names = export_run(run), Taxonomy.from_dict(source.manifest["taxonomy"]).names
    before, after = load_classifier(source.path).classify(articles), load_classifier(made.path).classify(articles)
    for old, new in zip(before, after, strict=True):
        same = all(old.scores[n] == new.scores[n] for n in names)
        same &= old.labels == tuple(n for n in new.labels if n in names)
        if not same or old.evidence != tuple(e for e in new.evidence if e.topic in names):
            raise BadInput(f"an old topic's answer has changed ({old.scores} to {new.scores}): this run is not to be published",
                           field="run")  # fmt: skip
    update_record(run, unchanged_on=len(articles))


def told(config: NewTopicConfig, figures: dict[str, Any], said: int) -> str:
    """The figures as lines for the terminal."""
    lines = [f"cross-validated over {FOLDS} folds, calibration and threshold chosen on the other folds:"]
    for name in ("precision", "recall", "f1", "average_precision", "ece", "brier_skill"):
        interval = figures[f"{name}_ci"]
        lines.append(
            f"  {name:18} {figures[name]:.3f}" + (f"  [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
        )
    if said:
        lines.append(
            f"  {said} rows of --data without the label were given the topic: look at {LOOK_AT}, label them and run again"
        )
    if not config.data.train:
        lines.append("  no --data was given: probabilities count with the share of the topic in the examples file")
    return "\n".join(lines)
