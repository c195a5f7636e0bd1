"""The line tagger of page splitting as a torch module: dense features and n-gram embeddings, two BiGRU layers, a CRF.

Owns the network while it is trained; serving runs the same sums in numpy (models/page_tagger.py), and a test holds both to
the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.page_features import BUCKETS, Features
from models.page_tags import TAGS

Example = tuple[Features, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Pages padded to one length. `grams` are of all lines end to end, `offsets` where each line's begin."""

    dense: Tensor
    grams: Tensor
    offsets: Tensor
    tags: Tensor
    sizes: Tensor


class LineTagger(nn.Module):
    """Scores of every tag for every line of a page, and of one tag following another."""

    def __init__(self, features: int, *, width: int = 96, gram_width: int = 24, dropout: float = 0.2) -> None:
        super().__init__()
        self.grams = nn.EmbeddingBag(BUCKETS, gram_width, mode="sum")
        nn.init.normal_(self.grams.weight, std=0.05)
        self.read = nn.Linear(features + gram_width, width)
        self.first = nn.GRU(width, width, batch_first=True, bidirectional=True)
        self.second = nn.GRU(2 * width, width, batch_first=True, bidirectional=True)
        self.say = nn.Linear(3 * width, len(TAGS))
        self.follow = nn.Parameter(torch.zeros(len(TAGS), len(TAGS)))
        self.drop = nn.Dropout(dropout)
        self.gram_drop = 0.3

    def forward(self, batch: Batch) -> Tensor:
        """Scores (pages, lines, tags)."""
        pages, lines = batch.dense.shape[:2]
        grams = self.grams(batch.grams, batch.offsets).view(pages, lines, -1)
        if self.training:  # a line must be told by its form too, not by its words alone
            grams = grams * (torch.rand(pages, lines, 1) > self.gram_drop)
        x = torch.relu(self.read(torch.cat([self.drop(batch.dense), grams], -1)))
        x = self.drop(x)
        one = self._run(self.first, x, batch.sizes)
        two = self._run(self.second, self.drop(one), batch.sizes)
        said: Tensor = self.say(torch.cat([self.drop(two), x], -1))
        return said

    def _run(self, gru: nn.GRU, x: Tensor, sizes: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(x, sizes, batch_first=True, enforce_sorted=False)
        out, _ = gru(packed)
        return nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=x.shape[1])[0]

    def loss(self, batch: Batch) -> Tensor:
        """Negative log likelihood of the gold tags a line."""
        scores = self(batch)
        lines = scores.shape[1]
        mask = torch.arange(lines)[None, :] < batch.sizes[:, None]
        gold = scores.gather(2, batch.tags[:, :, None])[:, :, 0]
        said = (gold * mask).sum()
        said = said + (self.follow[batch.tags[:, :-1], batch.tags[:, 1:]] * mask[:, 1:]).sum()
        alpha = scores[:, 0]
        for t in range(1, lines):
            new = torch.logsumexp(alpha[:, :, None] + self.follow[None], 1) + scores[:, t]
            alpha = torch.where(mask[:, t, None], new, alpha)
        whole = torch.logsumexp(alpha, 1).sum()
        loss: Tensor = (whole - said) / mask.sum()
        return loss


def batch_of(examples: Sequence[Example]) -> Batch:
    """Pages as one padded batch."""
    sizes = [len(tags) for _, tags in examples]
    most = max(sizes)
    dense = np.zeros((len(examples), most, examples[0][0].dense.shape[1]), np.float32)
    tags = np.zeros((len(examples), most), np.int64)
    counts = np.zeros((len(examples), most), np.int64)
    for i, (features, gold) in enumerate(examples):
        dense[i, : sizes[i]] = features.dense
        tags[i, : sizes[i]] = gold
        counts[i, : sizes[i]] = np.diff(features.starts)
    ends = np.cumsum(counts.reshape(-1))
    offsets = np.concatenate([[0], ends[:-1]])
    grams = np.concatenate([f.grams for f, _ in examples]).astype(np.int64)
    return Batch(
        torch.from_numpy(dense), torch.from_numpy(grams), torch.from_numpy(offsets), torch.from_numpy(tags),
        torch.tensor(sizes),
    )  # fmt: skip
