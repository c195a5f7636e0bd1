"""Labelled rows as a topics model learns from them: the first window of each article, its targets and its weight.

Learned from are first windows, since the labels were given by headline and lead; judged are whole articles, as they are served.

Knows articles and tokenizers; of a model only that it gives logits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Said:
    """Logits of whole articles (n, T), and the lowest and highest of any single window (2, T)."""

    logits: Floats
    ends: Floats


def encode(rows: Dataset, tokenizer: Tokenizer, taxonomy: Taxonomy, config: TopicsConfig) -> Examples:
    """Windows and targets; rows that the annotator was unsure of weigh `unsure_weight`, and their targets say so."""
    targets = np.array([[float(t in labels) for t in taxonomy.names] for labels in rows["labels"]])
    said = rows["sure"] if "sure" in rows.column_names else [True] * len(rows)
    sure = np.array([s in (True, None) for s in said])
    weights = np.where(sure, 1.0, config.unsure_weight)
    targets[~sure] = np.where(targets[~sure] > 0, config.unsure_given, config.unsure_other)
    return Examples(cut(articles_of(rows), tokenizer, window_settings(config)), targets, weights)


def window_settings(config: TopicsConfig) -> WindowSettings:
    """How a run's articles are cut, and what each window counts."""
    return WindowSettings(max_tokens=config.data.max_source_tokens, fading=config.fading)


def kept_window_settings(config: Mapping[str, Any]) -> WindowSettings:
    """The same of a run's config.json; one of a release that had no `fading` counted as its default does."""
    return WindowSettings(
        max_tokens=config["data"]["max_source_tokens"], fading=config.get("fading", TopicsConfig().fading)
    )


def articles_of(rows: Dataset) -> list[Article]:
    """The rows as articles."""
    return [Article(str(h or ""), str(b or "")) for h, b in zip(rows["headline"], rows["body"], strict=True)]


def first_windows(articles: Sequence[Article], tokenizer: Tokenizer, max_tokens: int) -> list[list[int]]:
    """Token ids of each article's first window: what the hand labels were given by."""
    return [windows[0] for windows in cut(articles, tokenizer, WindowSettings(max_tokens=max_tokens))]


def predict_articles(model: nn.Module, articles: Sequence[Sequence[list[int]]], settings: WindowSettings) -> Said:
    """What a model says of whole articles, each the token ids of its windows, which count what they count when served."""
    said = predict(model, [ids for windows in articles for ids in windows]).astype(np.float32)
    ends = np.cumsum([len(windows) for windows in articles])
    pooled = np.stack([pool(list(part), settings) for part in np.split(said, ends[:-1])])
    return Said(pooled.astype(np.float64), np.stack([said.min(axis=0), said.max(axis=0)]).astype(np.float64))


def cut(articles: Sequence[Article], tokenizer: Tokenizer, settings: WindowSettings) -> list[list[list[int]]]:
    """Token ids of each article's windows."""
    marks = find_marks(tokenizer)
    return [[w.ids for w in cut_windows(a, tokenizer, marks, settings)] for a in articles]


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
