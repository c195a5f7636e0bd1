"""Labelled rows as a topics model learns from them: the first window of each article, its targets and its weight.

Learned from are first windows, since the labels were given by headline and lead; judged are whole articles, as they are served.

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
from models.classifier import pool
from models.topics import Taxonomy
from models.windows import WindowSettings, cut_windows, find_marks
from training.batching import padded
from training.calibration import Floats
from training.config import TopicsConfig
from training.loop import pick_device


@dataclass(frozen=True, slots=True)
class Examples:
    """Encoded articles: token ids of every window, targets in 0..1 (n, T) and a weight each."""

    windows: list[list[list[int]]]
    targets: Floats
    weights: Floats

    def take(self, rows: Sequence[int]) -> Examples:
        """Some of them."""
        return Examples([self.windows[i] for i in rows], self.targets[rows], self.weights[rows])

    def __add__(self, other: Examples) -> Examples:
        return Examples(self.windows + other.windows, np.concatenate([self.targets, other.targets]),
                        np.concatenate([self.weights, other.weights]))  # fmt: skip

    def firsts(self) -> list[list[int]]:
        """Token ids of each article's first window: what is learned from."""
        return [windows[0] for windows in self.windows]


def encode(rows: Dataset, tokenizer: Tokenizer, taxonomy: Taxonomy, config: TopicsConfig) -> Examples:
    """Windows and targets; rows that the annotator was unsure of weigh `unsure_weight`."""
    targets = np.array([[float(t in labels) for t in taxonomy.names] for labels in rows["labels"]])
    sure = rows["sure"] if "sure" in rows.column_names else [True] * len(rows)
    weights = np.array([1.0 if s in (True, None) else config.unsure_weight for s in sure])
    marks, settings = find_marks(tokenizer), window_settings(config)
    windows = [[w.ids for w in cut_windows(a, tokenizer, marks, settings)] for a in articles_of(rows)]
    return Examples(windows, targets, weights)


def window_settings(config: TopicsConfig) -> WindowSettings:
    """How a run's articles are cut, and what each window counts."""
    return WindowSettings(max_tokens=config.data.max_source_tokens, fading=config.fading)


def articles_of(rows: Dataset) -> list[Article]:
    """The rows as articles."""
    return [Article(str(h or ""), str(b or "")) for h, b in zip(rows["headline"], rows["body"], strict=True)]


def first_windows(articles: Sequence[Article], tokenizer: Tokenizer, max_tokens: int) -> list[list[int]]:
    """Token ids of each article's first window: what the hand labels were given by."""
    marks, settings = find_marks(tokenizer), WindowSettings(max_tokens=max_tokens)
    return [cut_windows(a, tokenizer, marks, settings)[0].ids for a in articles]


def predict_articles(model: nn.Module, examples: Examples, settings: WindowSettings) -> Floats:
    """Logits (n, T) of whole articles: their windows, each counting what it counts when served."""
    said = predict(model, [ids for windows in examples.windows for ids in windows]).astype(np.float32)
    ends = np.cumsum([len(windows) for windows in examples.windows])
    return np.stack([pool(list(part), settings) for part in np.split(said, ends[:-1])]).astype(np.float64)


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
