"""Labelled rows as a topics model learns from them: the first window of each article, its targets and its weight.

Knows articles and tokenizers; of a model only that it gives logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from datasets import Dataset
from tokenizers import Tokenizer
from torch import nn

from models.article import Article
from models.topics import Taxonomy
from models.windows import WindowSettings, cut_windows, find_marks
from training.batching import padded
from training.calibration import Floats
from training.config import TopicsConfig
from training.loop import pick_device


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
