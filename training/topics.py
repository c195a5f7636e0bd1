"""Fit the topic classifier: a small encoder, several sigmoids, decisions by cross-fitting.

Owns the order of a run: folds first (their out-of-fold logits choose calibration, thresholds and margin), then the model on
all rows. Dev rows are read for reporting only. The rows are `labelled.py`'s, the folds `cross_fitting.py`'s.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from tokenizers import Tokenizer
from torch import nn
from transformers import BertModel

from models.errors import BadInput
from models.topic_encoder import TopicEncoder
from models.topics import read_taxonomy
from models.windows import WindowSettings
from training.bases import check_base, check_layers, check_length, keep_tokenizer, read_base
from training.calibration import Decisions, Flags, Floats, macro_f1, probabilities
from training.card import tell_run, write_card
from training.compress import shrink_encoder
from training.config import TopicsConfig
from training.corrections import say_bought, tell_bought
from training.cross_fitting import NO_WORDS, Words, cross_fit, folds_of, save_linear, save_model, train_on
from training.describe import describe_rows, draw_rows, pairs_of, tell_rows
from training.duplicates import groups_of
from training.labelled import learn_only, protected_rows, read_labelled, with_corrections
from training.loop import say
from training.masked import masked_texts, pretrained
from training.processes import is_main, main_first, wait
from training.record import ENCODER, draw_curve, open_run, start_record, update_record, write_json
from training.soft_labels import soft_examples
from training.sources import fingerprint, read_rows
from training.topic_examples import Examples, articles_of, encode, predict_articles, window_settings
from training.topics_mean import check_begun
from training.vocabulary import count_pieces, prune_vocabulary


def fit_topics(config: TopicsConfig, run: Path) -> Path:
    """Train, or go on with, the run in this folder. Leaves model.pt, tokenizer.json and decisions.json there."""
    open_run(run, config)
    wait()
    check_base(config.base.model, "topics")
    taxonomy = read_taxonomy()
    with main_first():  # what `datasets` reads stands in its cache for the others
        train, dev, dropped = read_labelled(config, taxonomy)
    train, held_out = with_corrections(config, taxonomy, train, dev)
    say(f"{len(train)} training rows ({dropped} near-duplicates of dev left out), {len(dev)} dev")
    near = pairs_of(train)
    described = {name: describe_rows(rows, taxonomy.names, name, pairs)
                 for name, rows, pairs in (("train", train, near), ("dev", dev, None))}  # fmt: skip
    say("\n".join(tell_rows(told, name) for name, told in described.items()))
    if is_main():
        draw_rows(run, described["train"])
    with main_first():
        tokenizer, make = start_encoder(config, train, len(taxonomy.names), run)
    examples = encode(train, tokenizer, taxonomy, config)
    kept_apart = [dev, train, *protected_rows(config), *([held_out] if held_out else [])]
    more = learn_only(config, taxonomy, kept_apart)
    extra = encode(more, tokenizer, taxonomy, config) if more else None
    words = Words(articles_of(more), extra.targets >= 0.5) if more and extra else NO_WORDS
    start_record(run, task="topics", seed=config.train.seed, rows=len(train), dropped_near_duplicates=dropped,
                 data_fingerprint=fingerprint(train, *([more] if more else [])), rows_fingerprint=fingerprint(train),
                 base=config.base.model, taxonomy=taxonomy.as_dict(),
                 parameters=sum(p.numel() for p in make().parameters()),
                 learn_only=len(more) if more else 0, **({"mean_of": config.mean_of} if config.mean_of else {}),
                 **{f"described_{name}": told for name, told in described.items()})  # fmt: skip
    if config.masked_steps and not config.mean_of:
        with main_first():
            texts = masked_texts(config, kept_apart)
        make = pretrained(config, make, tokenizer, texts, run)
    gold = examples.targets >= 0.5
    folds = folds_of(run, gold, config, groups_of(near, len(train)))
    if config.mean_of:
        check_begun(run, config.mean_of, fingerprint(train, *([more] if more else [])))
    extras = [extra] * (config.folds + 1)  # what each fold learns from besides; the last one is the whole's
    if config.teacher and not config.mean_of:
        with main_first():
            soft = soft_examples(
                config, tokenizer, [*kept_apart, *([more] if more else [])], folds, fingerprint(train), run
            )
        extras = [extra + one if extra else one for one in soft]
    decisions = cross_fit(config, make, examples, articles_of(train), extras, words, run, folds)
    model = make()
    if decisions is None:  # another process has them, evaluates and writes
        train_on(config, model, examples, extras[-1], run)
    else:
        linear = words.fit_with(articles_of(train), gold)
        save_linear(linear, run)
        measured = Measured(
            encode(dev, tokenizer, taxonomy, config),
            linear.score(articles_of(dev)).astype(np.float64),
            decisions,
            window_settings(config),
        )
        model = train_on(config, model, examples, extras[-1], run, measured.figures)
        finish(run, model, measured, taxonomy.names, gold, held_out)
    wait()
    return run


@dataclass(frozen=True, slots=True)
class Measured:
    """Development rows, what the linear part says of them (n, T), and the decisions: what figures are of."""

    examples: Examples
    linear: Floats
    decisions: Decisions
    settings: WindowSettings

    def probabilities(self, model: nn.Module) -> Floats:
        """Calibrated, (n, T)."""
        return probabilities(
            predict_articles(model, self.examples.windows, self.settings).logits, self.linear, self.decisions.topics
        )

    def figures(self, model: nn.Module, _: int = 0) -> dict[str, Any]:
        """What each evaluation says."""
        p = self.probabilities(model)
        return {"dev_macro_f1": macro_f1(p, self.examples.targets >= 0.5, self.decisions.topics)}


def finish(
    run: Path, model: nn.Module, measured: Measured, topics: Sequence[str], gold: Flags, held_out: Dataset | None
) -> None:
    """The files that make a run whole, the card last; with corrections held out, what they bought."""
    save_model(model, run)
    write_json(run / "decisions.json", dataclasses.asdict(measured.decisions))
    update_record(run, positives={t: int(gold[:, i].sum()) for i, t in enumerate(topics)},
                  figures=measured.figures(model))  # fmt: skip
    draw_curve(run)
    tell_run(run, topics, measured.decisions, measured.probabilities(model), measured.examples.targets >= 0.5)
    if held_out:
        from training.export import export_run

        bought = tell_bought(export_run(run).path, held_out)
        say_bought(bought)
        update_record(run, bought=bought)
        write_card(run)


def start_encoder(
    config: TopicsConfig, train: Dataset, topics: int, run: Path
) -> tuple[Tokenizer, Callable[[], TopicEncoder]]:
    """The tokenizer, and a function that makes the model as it starts."""
    base, full = read_base(config.base.model, "topics")
    check_length(config.data.max_source_tokens, base.config)
    tokenizer, kept = full, list(range(base.config.vocab_size))
    if config.base.vocabulary:
        texts = [train, *(_sample(read_rows(u), 20_000, config.begins) for u in config.data.unlabelled)]
        counts = count_pieces(full, (str(t) for rows in texts for c in ("headline", "body") for t in rows[c]))
        pruned = prune_vocabulary(full, counts, config.base.vocabulary)
        tokenizer, kept = pruned.tokenizer, pruned.kept
    keep_tokenizer(tokenizer, run)

    def make() -> TopicEncoder:
        torch.manual_seed(config.begins)
        encoder = copy.deepcopy(base)  # every fold starts from the base, not from where the fold before ended
        if config.base.encoder_layers or config.base.vocabulary:
            if not isinstance(base, BertModel):
                raise BadInput(
                    f"layer subset and vocabulary pruning need a BERT, {config.base.model} is none", field="base"
                )
            layers = check_layers(config.base.encoder_layers, base.config)
            encoder = shrink_encoder(base, layers, kept)
        if is_main():
            encoder.config.save_pretrained(run / ENCODER)
        return TopicEncoder(encoder.float(), topics, dropout=config.base.dropout)

    return tokenizer, make


def _sample(rows: Dataset, most: int, seed: int) -> Dataset:
    return rows.shuffle(seed=seed).select(range(min(most, len(rows))))
