"""Cross-fitting of a topics run: models that did not see a fold score it, and decisions are fitted on those scores.

Owns which rows stand in one fold and how one model is trained (`train_on`, for folds and the whole alike).
"""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from models.article import Article
from models.linear import LinearTopics
from models.topic_encoder import TopicEncoder
from training.batching import padded, plan_batches
from training.calibration import Decisions, Flags, fit_decisions, macro_f1, probabilities
from training.config import TopicsConfig
from training.linear import fit_linear
from training.loop import Batch, Watch, fit, say
from training.methods import merged, prepare
from training.processes import is_main, wait
from training.record import update_record, write_json
from training.topic_examples import Examples, predict, predict_articles, window_settings
from training.topics_mean import load_mean

SAID = "articles.npz"
"""What a fold's model says of the articles that it has not seen (`Said`)."""
MASKS, MARKS = ("<mask>", "[MASK]"), ("<s>", "<pad>", "</s>", "<unk>", "[CLS]", "[SEP]", "[PAD]", "[UNK]")


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


def cross_fit(
    config: TopicsConfig,
    make: Callable[[], TopicEncoder],
    examples: Examples,
    articles: Sequence[Article],
    extras: Sequence[Examples | None],
    words: Words,
    run: Path,
    folds: Sequence[int],
) -> Decisions | None:
    """Decisions fitted on out-of-fold scores; each fold's logits are kept, so a killed run does not repeat it.

    `folds` has the fold of each row (`folds_of`), `extras` what each fold learns from besides. None in a process that is not
    the main one: it only learns.
    """
    gold: Flags = examples.targets >= 0.5
    logits, linear = np.zeros_like(examples.targets), np.zeros_like(examples.targets)
    ends = []
    for fold in range(config.folds):
        out = [i for i, f in enumerate(folds) if f == fold]
        rest = [i for i, f in enumerate(folds) if f != fold]
        kept = run / f"fold{fold}" / SAID
        if not kept.exists():
            say(f"fold {fold + 1} of {config.folds}; the whole is trained after them")
            model = fold_model(config, make(), examples.take(rest), extras[fold], kept.parent)
            if is_main():
                save_model(model, kept.parent)
                said = predict_articles(model, [examples.windows[i] for i in out], window_settings(config))
                part = kept.with_name("part.npz")
                np.savez(part, logits=said.logits, ends=said.ends)
                part.replace(kept)
                (kept.parent / "checkpoint.pt").unlink(missing_ok=True)
            wait()
        if not is_main():
            continue
        with np.load(kept) as said_of:
            logits[out] = said_of["logits"]
            ends.append(said_of["ends"])
        fitted = words.fit_with([articles[i] for i in rest], gold[rest])
        save_linear(fitted, kept.parent)
        linear[out] = fitted.score([articles[i] for i in out])
    if not is_main():
        return None
    decisions = fit_decisions(logits, linear, gold)
    score = macro_f1(probabilities(logits, linear, decisions.topics), gold, decisions.topics)
    low, high = np.min([e[0] for e in ends], axis=0), np.max([e[1] for e in ends], axis=0)
    np.savez(run / "out_of_fold.npz", logits=logits, linear=linear, gold=gold, ends=np.stack([low, high]))
    update_record(run, cross_fitted_macro_f1=score, folds=config.folds)
    say(f"cross-fitted macro-F1 {score:.4f} over {config.folds} folds")
    return decisions


def fold_model(
    config: TopicsConfig, model: TopicEncoder, examples: Examples, extra: Examples | None, folder: Path
) -> TopicEncoder:
    """The model of a fold: trained now, or as it was kept, where only what it says of the other rows is missing.

    A run of a release that knew first windows alone has it so.
    """
    kept = folder / "model.pt"
    if config.mean_of or not kept.exists():
        return train_on(config, model, examples, extra, folder)
    model.load_state_dict(torch.load(kept, map_location="cpu", weights_only=True))
    return model


def save_model(model: nn.Module, folder: Path) -> None:
    """FOLDER/model.pt: a fold's is what a student's same fold learns from, see `distill.py`."""
    torch.save(model.state_dict(), folder / "model.part")
    (folder / "model.part").replace(folder / "model.pt")


def save_linear(linear: LinearTopics, folder: Path) -> None:
    """FOLDER/linear.npz."""
    np.savez(folder / "linear.npz", weights=linear.weights, idf=linear.idf, bias=linear.bias)


def folds_of(run: Path, gold: Flags, config: TopicsConfig, groups: Sequence[int]) -> list[int]:
    """A fold for each row, kept in RUN/folds.json: the logits of a fold are of these rows, also after a stop and an update.

    Rows of one of the `groups` (near-duplicates) stand in one fold: else a model would be asked what it has learned.

    A run that began before 2026-11-30 goes on with its folds, which near-duplicates were dealt to like other rows.
    """
    kept, begun = run / "folds.json", any(run.glob("fold[0-9]*"))
    if begun and kept.exists():
        found: list[int] = json.loads(kept.read_text("utf-8"))
        return found
    folds = stratified_folds(gold, config.folds, config.begins)
    if begun:
        if len(set(groups)) < len(folds):
            say(
                "this run began before near-duplicates were kept in one fold: its cross-fitted figures are flattered by them"
            )
    elif can_be_fitted(gold, apart := stratified_folds(gold, config.folds, config.begins, groups), config.folds):
        folds = apart
    else:
        say("near-duplicates cannot be kept in one fold each: too few rows repeat no other. The cross-fitted figures are "
            "flattered by that")  # fmt: skip
    write_json(kept, folds)
    return folds


def stratified_folds(gold: Flags, folds: int, seed: int, groups: Sequence[int] = ()) -> list[int]:
    """A fold for each row; rows with the same label set are dealt out evenly, but a group goes where its first row went."""
    order = list(range(len(gold)))
    random.Random(seed).shuffle(order)  # noqa: S311 - shuffling
    order.sort(key=lambda i: tuple(gold[i]))
    out, dealt = [0] * len(order), dict[int, int]()
    for i in order:
        out[i] = dealt.setdefault(groups[i] if groups else i, len(dealt) % folds)
    return out


def can_be_fitted(gold: Flags, folds: Sequence[int], count: int) -> bool:
    """Whether every fold has rows, and the others have rows with and without each topic."""
    place = np.array(folds)
    return all(
        (place == fold).any() and gold[place != fold].any(axis=0).all() and not gold[place != fold].all(axis=0).any()
        for fold in range(count)
    )


def train_on(
    config: TopicsConfig,
    model: TopicEncoder,
    examples: Examples,
    extra: Examples | None,
    run: Path,
    evaluate: Callable[[nn.Module, int], dict[str, Any]] | None = None,
) -> TopicEncoder:
    """Run the loop over hard examples and, mixed in, the teacher's soft ones; the model as it ended, its encoder plain.

    Where the run is a mean nothing is learned: the model gets what the runs have for this part.
    """
    if config.mean_of:
        run.mkdir(parents=True, exist_ok=True)
        load_mean(model, config.mean_of, "" if _root(run) == run else run.name)
        return model
    examples, watch = kept_out(config, examples)
    everything = examples + extra if extra else examples
    targets = torch.tensor(everything.targets, dtype=torch.float32)
    weights = torch.tensor(everything.weights, dtype=torch.float32)
    ids_of = Tokenizer.from_file(str(_root(run) / "tokenizer.json")).token_to_id
    mask_token = next((i for i in map(ids_of, MASKS) if i is not None), 0)
    marks = torch.tensor([i for i in map(ids_of, MARKS) if i is not None])
    firsts = everything.firsts()
    rows = plan_batches([len(x) for x in firsts], config.data.batch, config.train.seed)

    def batch_at(step: int) -> Batch:
        chosen = rows(step)
        ids = [firsts[i] for i in chosen]
        mask = padded([[1] * len(x) for x in ids], 0)
        return {"ids": padded(ids, 0), "mask": mask, "target": targets[chosen], "weight": weights[chosen]}

    def loss_of(m: nn.Module, b: Batch) -> Tensor:
        hidden = (torch.rand(b["ids"].shape) < config.mask_share).to(b["ids"].device)
        hidden &= ~torch.isin(b["ids"], marks.to(b["ids"].device))
        logits, _ = m(b["ids"].masked_fill(hidden, mask_token), b["mask"])
        each = nn.functional.binary_cross_entropy_with_logits(logits.float(), b["target"], reduction="none")
        return (each.sum(-1) * b["weight"]).mean()

    steps = max(1, round(config.epochs * len(firsts) / (config.data.batch * config.train.accumulate)))
    settings = dataclasses.replace(config.train, steps=steps, warmup=steps // 10, decay=steps * 2 // 3)
    trains = prepare(model, config)
    model.load_state_dict(fit(model, batch_at, settings, run, loss_of, evaluate, trains, watch))
    return merged(model)


def kept_out(config: TopicsConfig, examples: Examples) -> tuple[Examples, Watch | None]:
    """The rows to learn from, and a watch over those that early stopping keeps out (none without `patience`)."""
    if not config.patience:
        return examples, None
    order = list(range(len(examples.windows)))
    random.Random(config.train.seed).shuffle(order)  # noqa: S311 - shuffling
    count = min(len(order) - 1, max(1, round(config.hold_out * len(order))))
    out = examples.take(sorted(order[:count]))
    targets = torch.tensor(out.targets, dtype=torch.float64)

    def loss(model: nn.Module) -> float:  # of what is learned from: first windows
        logits = torch.from_numpy(predict(model, out.firsts()))
        return float(nn.functional.binary_cross_entropy_with_logits(logits, targets))

    return examples.take(sorted(order[count:])), Watch(loss, config.patience)


def _root(run: Path) -> Path:
    """The run's own folder, for a fold's."""
    return run if (run / "tokenizer.json").exists() else run.parent
