"""Labelled rows as a topics model learns from them: the first window of each article, its targets and its weight.

Knows articles and tokenizers, no model but a teacher that it asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset
from tokenizers import Tokenizer
from torch import nn

from models.article import Article
from models.topics import Taxonomy, read_taxonomy
from models.windows import WindowSettings, cut_windows, find_marks
from training.batching import padded
from training.calibration import Floats
from training.config import TopicsConfig
from training.distill import CANDIDATES, open_teacher, same_folds, unlabelled_rows, worth_labelling
from training.loop import pick_device, say
from training.record import update_record


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


def soft_examples(
    config: TopicsConfig, tokenizer: Tokenizer, protected: Sequence[Dataset], folds: Sequence[int], run: Path
) -> list[Examples]:
    """The teacher's probabilities on unlabelled text as targets: one set for each fold, the last one for the whole.

    Kept in RUN/soft.npz (`rows` of the text, `targets` (folds + 1, n, T)), so that a resumed run has the same.
    """
    rows = unlabelled_rows(config.data.unlabelled, protected, CANDIDATES * config.soft_rows, config.train.seed)
    kept = run / "soft.npz"
    if not kept.exists():
        ask_teacher(config, rows, folds, kept)
    found = np.load(kept)
    update_record(run, soft_rows=len(found["rows"]), teacher_folds_apart=bool(found["apart"]))
    chosen = rows.select(found["rows"])
    ids = first_windows(articles_of(chosen), tokenizer, config.data.max_source_tokens)
    return [Examples(ids, targets, np.full(len(ids), config.teacher_weight)) for targets in found["targets"]]


def ask_teacher(config: TopicsConfig, rows: Dataset, folds: Sequence[int], kept: Path) -> None:
    """Have the teacher label what is worth it of `rows`; leaves `kept`."""
    path, topics = Path(config.teacher), len(read_taxonomy().names)
    whole = open_teacher(path, topics)
    articles = articles_of(rows)
    scores = whole.linear.score(articles).astype(np.float64)
    chosen = worth_labelling(scores, config.soft_rows)
    articles = [articles[i] for i in chosen]
    if apart := same_folds(path, folds):
        say(f"the teacher labels {len(chosen)} rows, for each fold by its own")
    else:
        say(f"the teacher labels {len(chosen)} rows. Its folds are others or were not kept: cross-fitted figures are flattered, "
            "since it saw every labelled row")  # fmt: skip
    targets = []
    for fold in [*range(config.folds), None]:
        teacher = open_teacher(path, topics, fold) if apart else whole
        if fold is not None and not apart:
            continue
        logits = predict(teacher.model, first_windows(articles, teacher.tokenizer, teacher.max_tokens))
        targets.append(teacher.probabilities(logits, teacher.linear.score(articles).astype(np.float64)))
    part = kept.with_name("soft.part.npz")
    each = np.stack(targets if apart else targets * (config.folds + 1))
    np.savez(part, rows=np.array(chosen), targets=each, apart=np.array(apart))
    part.replace(kept)


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
