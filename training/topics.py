"""Fit the topic classifier: a small encoder, several sigmoids, decisions by cross-fitting.

Owns the data side of the task and the order of a run: folds first (their out-of-fold logits choose calibration,
thresholds and margin), then the model on all rows. Dev rows are read for reporting only.
"""

from __future__ import annotations

import copy
import dataclasses
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset, List, Value
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

from eval.sets import parse_labels
from models.article import Article
from models.errors import BadInput
from models.linear import LinearTopics
from models.topic_encoder import TopicEncoder
from models.topics import Taxonomy, read_taxonomy
from models.windows import WindowSettings, cut_windows, find_marks
from training.bases import check_encoder, check_layers, check_length, read_base
from training.batching import padded, plan_batches
from training.calibration import Decisions, Flags, Floats, fit_decisions, macro_f1, probabilities
from training.card import tell_run, write_card
from training.compress import shrink_encoder
from training.config import TopicsConfig
from training.corrections import say_bought, split_corrections, tell_bought
from training.describe import describe_rows, draw_rows, tell_rows
from training.distill import open_teacher, unlabelled_rows
from training.linear import fit_linear
from training.loop import Batch, Watch, fit, pick_device, say
from training.methods import merged, prepare
from training.record import ENCODER, draw_curve, open_run, start_record, update_record, write_json
from training.sources import fingerprint, joined, labelled_by, read_rows, without_duplicates_of
from training.vocabulary import count_pieces, prune_vocabulary

MASKS, MARKS = ("<mask>", "[MASK]"), ("<s>", "<pad>", "</s>", "<unk>", "[CLS]", "[SEP]", "[PAD]", "[UNK]")


@dataclass(frozen=True, slots=True)
class Examples:
    """Encoded articles: token ids, targets in 0..1 (n, T) and a weight each."""

    ids: list[list[int]]
    targets: Floats
    weights: Floats

    def take(self, rows: Sequence[int]) -> Examples:
        """Some of them."""
        return Examples([self.ids[i] for i in rows], self.targets[rows], self.weights[rows])

    def __add__(self, other: Examples) -> Examples:
        return Examples(self.ids + other.ids, np.concatenate([self.targets, other.targets]),
                        np.concatenate([self.weights, other.weights]))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What the linear part learns from beside the rows that it is fitted on."""

    articles: Sequence[Article]
    gold: Flags | None

    def fit_with(self, articles: Sequence[Article], gold: Flags) -> LinearTopics:
        """Fit on both."""
        if self.gold is None:
            return fit_linear(articles, gold)
        return fit_linear([*articles, *self.articles], np.concatenate([gold, self.gold]))


NO_WORDS = Words((), None)


def fit_topics(config: TopicsConfig, run: Path) -> Path:
    """Train, or go on with, the run in this folder. Leaves model.pt, tokenizer.json and decisions.json there."""
    open_run(run, config)
    taxonomy = read_taxonomy()
    train, dev, dropped = read_labelled(config, taxonomy)
    train, held_out = with_corrections(config, taxonomy, train, dev)
    say(f"{len(train)} training rows ({dropped} near-duplicates of dev left out), {len(dev)} dev")
    described = {name: describe_rows(rows, taxonomy.names, name) for name, rows in (("train", train), ("dev", dev))}
    say("\n".join(tell_rows(told, name) for name, told in described.items()))
    draw_rows(run, described["train"])
    tokenizer, make = start_encoder(config, train, len(taxonomy.names), run)
    examples = encode(train, tokenizer, taxonomy, config)
    kept_apart = [dev, train, *protected_rows(config), *([held_out] if held_out else [])]
    more = learn_only(config, taxonomy, kept_apart)
    extra = encode(more, tokenizer, taxonomy, config) if more else None
    words = Words(articles_of(more), extra.targets >= 0.5) if more and extra else NO_WORDS
    if config.teacher:
        soft = soft_examples(config, tokenizer, kept_apart, run)
        extra = extra + soft if extra else soft
    start_record(run, task="topics", seed=config.train.seed, rows=len(train), dropped_near_duplicates=dropped,
                 data_fingerprint=fingerprint(train, *([more] if more else [])),
                 base=config.base.model, taxonomy=taxonomy.as_dict(),
                 parameters=sum(p.numel() for p in make().parameters()),
                 learn_only=len(more) if more else 0,
                 **{f"described_{name}": told for name, told in described.items()})  # fmt: skip
    gold = examples.targets >= 0.5
    decisions = cross_fit(config, make, examples, articles_of(train), extra, words, run)
    model = make()
    dev_examples = encode(dev, tokenizer, taxonomy, config)
    linear = words.fit_with(articles_of(train), gold)
    np.savez(run / "linear.npz", weights=linear.weights, idf=linear.idf, bias=linear.bias)
    dev_linear = linear.score(articles_of(dev)).astype(np.float64)

    def evaluate(m: nn.Module, step: int) -> dict[str, Any]:
        p = probabilities(predict(m, dev_examples.ids), dev_linear, decisions.topics)
        return {"dev_macro_f1": macro_f1(p, dev_examples.targets >= 0.5, decisions.topics)}

    model = train_on(config, model, examples, extra, run, evaluate)
    torch.save(model.state_dict(), run / "model.part")
    (run / "model.part").replace(run / "model.pt")
    write_json(run / "decisions.json", dataclasses.asdict(decisions))
    update_record(run, positives={t: int(gold[:, i].sum()) for i, t in enumerate(taxonomy.names)},
                  figures=evaluate(model, 0))  # fmt: skip
    draw_curve(run)
    p = probabilities(predict(model, dev_examples.ids), dev_linear, decisions.topics)
    tell_run(run, taxonomy.names, decisions, p, dev_examples.targets >= 0.5)
    if held_out:
        from training.export import export_run

        bought = tell_bought(export_run(run).path, held_out)
        say_bought(bought)
        update_record(run, bought=bought)
        write_card(run)
    return run


def with_corrections(
    config: TopicsConfig, taxonomy: Taxonomy, train: Dataset, dev: Dataset
) -> tuple[Dataset, Dataset | None]:
    """The training rows with the corrections that are learned from, and those that are held out (None without corrections)."""
    if not config.data.corrections:
        return train, None
    need = ["id", "headline", "body", "labels"]
    sets = [with_labels(read_rows(c, need=need), c, taxonomy, config.label_map) for c in config.data.corrections]
    rows = joined(sets, [*need, "editor"])
    found = split_corrections(rows, [dev, *protected_rows(config)], ", ".join(config.data.corrections))
    say(f"{len(found.learn)} corrections are learned from, {len(found.held_out)} held out, {found.dropped} near-duplicates "
        "left out")  # fmt: skip
    kept, near = without_duplicates_of(train, [found.held_out])
    say(f"{near} training rows repeat a held-out correction and are left out")
    return joined([kept, found.learn], [*need, "sure"]), found.held_out


def read_labelled(config: TopicsConfig, taxonomy: Taxonomy) -> tuple[Dataset, Dataset, int]:
    """Train and dev; near-duplicates of dev (and of `protected`) are left out of train. Unknown labels are refused."""
    need = ["headline", "body", "labels"]
    train = read_rows(config.data.train, config.data.train_split, need=need)
    dev = read_rows(config.data.dev, config.data.dev_split, need=need)
    train, dev = (
        with_labels(rows, name, taxonomy, config.label_map)
        for rows, name in ((train, config.data.train), (dev, config.data.dev))
    )
    more = [
        with_labels(m, name, taxonomy, config.label_map)
        for m, name in zip(more_labelled(config), config.data.labels, strict=True)
    ]
    if more:
        train = joined([train, *more], ["id", *need, "sure"])
    train, dropped = without_duplicates_of(train, [dev, *protected_rows(config)])
    given = [set(labels) for labels in train["labels"]]
    for topic in taxonomy.names:
        positives = sum(topic in labels for labels in given)
        if not 0 < positives < len(given):
            told = f"{config.data.train}: {positives} of {len(given)} training rows have the label {topic!r}"
            raise BadInput(f"{told}; each topic needs rows with it and rows without it", field="labels")
    return train, dev, dropped


def protected_rows(config: TopicsConfig) -> list[Dataset]:
    """The further files whose near-duplicates are never trained on."""
    return [read_rows(p, need=["body"]) for p in config.data.protected]


def with_labels(rows: Dataset, name: str, taxonomy: Taxonomy, label_map: Sequence[str] = ()) -> Dataset:
    """The rows with their labels as lists, read as eval reads them (CSV: `a|b` or a JSON list); unknown ones are refused.

    `label_map` says what other names mean: "theirs=ours", "theirs=" for a label that is left out.
    """
    known_as = read_label_map(label_map, taxonomy)
    found: list[list[str]] = []
    empty_means_none = name.endswith(".csv") or any(Path(name).glob("*.csv"))
    for i, raw in enumerate(rows["labels"], 1):
        if raw is None and not empty_means_none:
            raise BadInput(f"{name} row {i} has no labels (none of the topics is []); corrections are exported with --task topics",
                           field="labels")  # fmt: skip
        try:
            said = (known_as.get(label, label) for label in parse_labels(raw))
            found.append([label for label in dict.fromkeys(said) if label])
        except ValueError as e:
            raise BadInput(f"{name} row {i}: the labels {raw!r} are no list ({e})", field="labels") from e
        unknown = sorted(set(found[-1]) - set(taxonomy.names))
        if unknown:
            known = ", ".join(taxonomy.names)
            told = f"{name} row {i}: unknown label {unknown[0]!r}; known are {known}"
            raise BadInput(f"{told}; label_map can say what another name means", field="labels")
    return rows.remove_columns("labels").add_column("labels", found, feature=List(Value("string")))


def read_label_map(pairs: Sequence[str], taxonomy: Taxonomy) -> dict[str, str]:
    """The config's "theirs=ours"; raises BadInput for an entry of another form or a name that is no topic."""
    out = {}
    for pair in pairs:
        theirs, equals, ours = (part.strip() for part in pair.partition("="))
        if not theirs or not equals or (ours and ours not in taxonomy.names):
            known = ", ".join(taxonomy.names)
            raise BadInput(
                f"label_map: {pair!r} must be 'theirs=ours' with one of {known}, or 'theirs='", field="label_map"
            )
        out[theirs] = ours
    return out


def more_labelled(config: TopicsConfig) -> list[Dataset]:
    """Rows of the unlabelled files that `data.labels` labels."""
    if not config.data.labels:
        return []
    rows = unlabelled_texts(config, "labels")
    return [labelled_by(rows, path) for path in config.data.labels]


def unlabelled_texts(config: TopicsConfig, wanted_by: str) -> Dataset:
    """Rows of the unlabelled files; raises BadInput when the option `wanted_by` names rows of them and there are none."""
    if not config.data.unlabelled:
        told = f"data.{wanted_by} names rows of data.unlabelled, which is empty: set {wanted_by} = [] or give the files"
        raise BadInput(told, field=wanted_by)
    return joined([read_rows(u) for u in config.data.unlabelled], ["id", "headline", "body"])


def learn_only(config: TopicsConfig, taxonomy: Taxonomy, protected: Sequence[Dataset]) -> Dataset | None:
    """Rows of `data.learn_only`, without near-duplicates of `protected`: every fold learns from them, none is measured on.

    They are not drawn as the newspaper is (rows that a model was unsure of, articles that were invented), so thresholds
    and calibration must not see them.
    """
    sets = []
    for path in config.data.learn_only:
        rows = read_rows(path, need=["id", "labels"])
        if "body" not in rows.column_names:
            rows = labelled_by(unlabelled_texts(config, "learn_only"), path)
        sets.append(with_labels(rows, path, taxonomy, config.label_map))
    if not sets:
        return None
    columns = ["id", "headline", "body", "labels", "sure"]
    rows, dropped = without_duplicates_of(joined(sets, columns), protected)
    say(f"{len(rows)} further rows are learned from only ({dropped} near-duplicates left out)")
    return rows


def start_encoder(
    config: TopicsConfig, train: Dataset, topics: int, run: Path
) -> tuple[Tokenizer, Callable[[], TopicEncoder]]:
    """The tokenizer, and a function that makes the model as it starts."""
    base, full = read_base(config.base.model)
    check_encoder(config.base.model, base.config)
    check_length(config.data.max_source_tokens, base.config)
    tokenizer, kept = full, list(range(base.config.vocab_size))
    if config.base.vocabulary:
        texts = [train, *(_sample(read_rows(u), 20_000, config.train.seed) for u in config.data.unlabelled)]
        counts = count_pieces(full, (str(t) for rows in texts for c in ("headline", "body") for t in rows[c]))
        pruned = prune_vocabulary(full, counts, config.base.vocabulary)
        tokenizer, kept = pruned.tokenizer, pruned.kept
    tokenizer.save(str(run / "tokenizer.json"))

    def make() -> TopicEncoder:
        torch.manual_seed(config.train.seed)
        encoder = copy.deepcopy(base)  # every fold starts from the base, not from where the fold before ended
        if config.base.encoder_layers or config.base.vocabulary:
            if not isinstance(base, BertModel):
                raise BadInput(
                    f"layer subset and vocabulary pruning need a BERT, {config.base.model} is none", field="base"
                )
            layers = check_layers(config.base.encoder_layers, base.config)
            encoder = shrink_encoder(base, layers, kept)
        encoder.config.save_pretrained(run / ENCODER)
        return TopicEncoder(encoder.float(), topics, dropout=config.base.dropout)

    return tokenizer, make


def _sample(rows: Dataset, most: int, seed: int) -> Dataset:
    return rows.shuffle(seed=seed).select(range(min(most, len(rows))))


def encode(rows: Dataset, tokenizer: Tokenizer, taxonomy: Taxonomy, config: TopicsConfig) -> Examples:
    """First windows and targets; rows that the annotator was unsure of weigh `unsure_weight`."""
    targets = np.array([[float(t in labels) for t in taxonomy.names] for labels in rows["labels"]])
    sure = rows["sure"] if "sure" in rows.column_names else [True] * len(rows)
    weights = np.array([1.0 if s in (True, None) else config.unsure_weight for s in sure])
    return Examples(first_windows(articles_of(rows), tokenizer, config.data.max_source_tokens), targets, weights)


def articles_of(rows: Dataset) -> list[Article]:
    """The rows as articles."""
    return [Article(str(h or ""), str(b or "")) for h, b in zip(rows["headline"], rows["body"], strict=True)]


def first_windows(articles: Sequence[Article], tokenizer: Tokenizer, max_tokens: int) -> list[list[int]]:
    """Token ids of each article's first window: what the hand labels were given by."""
    marks, settings = find_marks(tokenizer), WindowSettings(max_tokens=max_tokens)
    return [cut_windows(a, tokenizer, marks, settings)[0].ids for a in articles]


def cross_fit(
    config: TopicsConfig,
    make: Callable[[], TopicEncoder],
    examples: Examples,
    articles: Sequence[Article],
    extra: Examples | None,
    words: Words,
    run: Path,
) -> Decisions:
    """Decisions fitted on out-of-fold scores; each fold's logits are kept, so a killed run does not repeat it."""
    gold: Flags = examples.targets >= 0.5
    folds = stratified_folds(gold, config.folds, config.train.seed)
    logits, linear = np.zeros_like(examples.targets), np.zeros_like(examples.targets)
    for fold in range(config.folds):
        out = [i for i, f in enumerate(folds) if f == fold]
        rest = [i for i, f in enumerate(folds) if f != fold]
        kept = run / f"fold{fold}" / "logits.npy"
        if not kept.exists():
            say(f"fold {fold + 1} of {config.folds}; the whole is trained after them")
            model = train_on(config, make(), examples.take(rest), extra, kept.parent)
            part = kept.with_name("part.npy")
            np.save(part, predict(model, [examples.ids[i] for i in out]))
            part.replace(kept)
            (kept.parent / "checkpoint.pt").unlink(missing_ok=True)
        logits[out] = np.load(kept)
        linear[out] = words.fit_with([articles[i] for i in rest], gold[rest]).score([articles[i] for i in out])
    decisions = fit_decisions(logits, linear, gold)
    score = macro_f1(probabilities(logits, linear, decisions.topics), gold, decisions.topics)
    np.savez(run / "out_of_fold.npz", logits=logits, linear=linear, gold=gold)
    update_record(run, cross_fitted_macro_f1=score, folds=config.folds)
    say(f"cross-fitted macro-F1 {score:.4f} over {config.folds} folds")
    return decisions


def stratified_folds(gold: Flags, folds: int, seed: int) -> list[int]:
    """A fold for each row; rows with the same label set are dealt out evenly."""
    order = list(range(len(gold)))
    random.Random(seed).shuffle(order)  # noqa: S311 - shuffling
    order.sort(key=lambda i: tuple(gold[i]))
    out = [0] * len(order)
    for place, i in enumerate(order):
        out[i] = place % folds
    return out


def train_on(
    config: TopicsConfig,
    model: TopicEncoder,
    examples: Examples,
    extra: Examples | None,
    run: Path,
    evaluate: Callable[[nn.Module, int], dict[str, Any]] | None = None,
) -> TopicEncoder:
    """Run the loop over hard examples and, mixed in, the teacher's soft ones; the model as it ended, its encoder plain."""
    examples, watch = kept_out(config, examples)
    everything = examples + extra if extra else examples
    targets = torch.tensor(everything.targets, dtype=torch.float32)
    weights = torch.tensor(everything.weights, dtype=torch.float32)
    ids_of = Tokenizer.from_file(str(_root(run) / "tokenizer.json")).token_to_id
    mask_token = next((i for i in map(ids_of, MASKS) if i is not None), 0)
    marks = torch.tensor([i for i in map(ids_of, MARKS) if i is not None])
    rows = plan_batches([len(x) for x in everything.ids], config.data.batch, config.train.seed)

    def batch_at(step: int) -> Batch:
        chosen = rows(step)
        ids = [everything.ids[i] for i in chosen]
        mask = padded([[1] * len(x) for x in ids], 0)
        return {"ids": padded(ids, 0), "mask": mask, "target": targets[chosen], "weight": weights[chosen]}

    def loss_of(m: nn.Module, b: Batch) -> Tensor:
        hidden = (torch.rand(b["ids"].shape) < config.mask_share).to(b["ids"].device)
        hidden &= ~torch.isin(b["ids"], marks.to(b["ids"].device))
        logits, _ = m(b["ids"].masked_fill(hidden, mask_token), b["mask"])
        each = nn.functional.binary_cross_entropy_with_logits(logits.float(), b["target"], reduction="none")
        return (each.sum(-1) * b["weight"]).mean()

    steps = max(1, round(config.epochs * len(everything.ids) / (config.data.batch * config.train.accumulate)))
    settings = dataclasses.replace(config.train, steps=steps, warmup=steps // 10, decay=steps * 2 // 3)
    trains = prepare(model, config)
    model.load_state_dict(fit(model, batch_at, settings, run, loss_of, evaluate, trains, watch))
    return merged(model)


def kept_out(config: TopicsConfig, examples: Examples) -> tuple[Examples, Watch | None]:
    """The rows to learn from, and a watch over those that early stopping keeps out (none without `patience`)."""
    if not config.patience:
        return examples, None
    order = list(range(len(examples.ids)))
    random.Random(config.train.seed).shuffle(order)  # noqa: S311 - shuffling
    count = min(len(order) - 1, max(1, round(config.hold_out * len(order))))
    out = examples.take(sorted(order[:count]))
    gold = torch.tensor(out.targets, dtype=torch.float64)

    def loss(model: nn.Module) -> float:
        logits = torch.from_numpy(predict(model, out.ids))
        return float(nn.functional.binary_cross_entropy_with_logits(logits, gold))

    return examples.take(sorted(order[count:])), Watch(loss, config.patience)


def _root(run: Path) -> Path:
    """The run's own folder, for a fold's."""
    return run if (run / "tokenizer.json").exists() else run.parent


@torch.no_grad()
def predict(model: nn.Module, ids: Sequence[list[int]], size: int = 64) -> Floats:
    """Logits (n, T) in the order given, fp32."""
    device = pick_device()
    model.to(device).eval()
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    out: dict[int, Floats] = {}
    for start in range(0, len(order), size):
        part = order[start : start + size]
        batch = [ids[i] for i in part]
        mask = padded([[1] * len(x) for x in batch], 0).to(device)
        logits, _ = model(padded(batch, 0).to(device), mask)
        out |= dict(zip(part, logits.double().cpu().numpy(), strict=True))
    return np.stack([out[i] for i in range(len(ids))])


def soft_examples(config: TopicsConfig, tokenizer: Tokenizer, protected: Sequence[Dataset], run: Path) -> Examples:
    """The teacher's probabilities on unlabelled text as targets; kept in the run, so that a resumed run has the same."""
    rows = unlabelled_rows(config.data.unlabelled, protected, config.soft_rows, config.train.seed)
    kept = run / "soft.npy"
    if not kept.exists():
        teacher = open_teacher(Path(config.teacher), len(read_taxonomy().names))
        articles = articles_of(rows)
        logits = predict(teacher.model, first_windows(articles, teacher.tokenizer, teacher.max_tokens))
        np.save(kept, teacher.probabilities(logits, teacher.linear.score(articles).astype(np.float64)))
    targets = np.load(kept)
    ids = first_windows(articles_of(rows), tokenizer, config.data.max_source_tokens)
    return Examples(ids, targets, np.full(len(ids), config.teacher_weight))
