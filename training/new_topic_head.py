"""The head of one further topic over a frozen encoder: what is fitted, how it is cross-fitted, what it would have said.

Knows token states, scores and gold of one topic; no files, no bundle. The head is that of models/topic_encoder.py (attention
query, weights, bias), fitted by L-BFGS on states that never change, so a fit takes seconds and has no learning rate.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.article import Article
from models.decision import Decision
from models.linear import LinearTopics
from models.topic_encoder import TopicHead
from training.calibration import Flags, Floats, best_threshold, fit_stack, probabilities
from training.linear import fit_linear

FOLDS = 5
ROUNDS = 60
STRENGTH = 1.0  # inverse regularisation, fixed beforehand: there is nothing to tune it on with fifty examples


@dataclass(frozen=True, slots=True)
class States:
    """Hidden states of the articles' first windows (n, S, D), fp16 to halve the room, and their mask (n, S)."""

    values: NDArray[np.float16]
    mask: NDArray[np.int64]

    def take(self, rows: Sequence[int]) -> States:
        """Some of them."""
        return States(self.values[rows], self.mask[rows])


@dataclass(frozen=True, slots=True)
class CrossFit:
    """Out-of-fold encoder logits and linear scores, (n, 1) each, and the fold of each row."""

    logits: Floats
    linear: Floats
    folds: NDArray[np.int64]


def fit_head(states: States, gold: Flags) -> TopicHead:
    """Fit on states and gold (n,). Positives and negatives weigh the same in sum; look and weights are drawn to zero."""
    head = TopicHead(states.values.shape[2], 1, dropout=0.0).double()
    nn.init.zeros_(head.bias)
    x, mask = torch.from_numpy(states.values.astype(np.float32)), torch.from_numpy(states.mask)
    target = torch.from_numpy(gold.astype(np.float32))
    weight = torch.where(target > 0, 0.5 / target.mean(), 0.5 / (1 - target.mean()))
    head = head.float()
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        logits, _ = head(x, mask)
        told = nn.functional.binary_cross_entropy_with_logits(logits[:, 0], target, weight=weight)
        drawn = (head.look.square().sum() + head.weigh.square().sum()) / (2 * STRENGTH * len(target))
        value: Tensor = told + drawn
        value.backward()
        return value

    optimizer.step(loss)
    return head.eval()


@torch.no_grad()
def say_logits(head: TopicHead, states: States) -> Floats:
    """Logits (n, 1)."""
    logits, _ = head(torch.from_numpy(states.values.astype(np.float32)), torch.from_numpy(states.mask))
    found: Floats = logits.double().numpy()
    return found


def fit_words(articles: Sequence[Article], gold: Flags, idf: NDArray[np.float32]) -> LinearTopics:
    """The linear part of the topic over the idf that the bundle has."""
    return fit_linear(articles, gold[:, None], idf=idf)


def deal_folds(gold: Flags, groups: Sequence[int], folds: int = FOLDS, seed: int = 0) -> NDArray[np.int64]:
    """A fold for each row: rows of one group (near-duplicates) stay together, positives are dealt out evenly."""
    members: dict[int, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    order = list(members)
    random.Random(seed).shuffle(order)  # noqa: S311 - shuffling
    order.sort(key=lambda g: not gold[members[g]].any())
    out = np.zeros(len(gold), np.int64)
    for place, group in enumerate(order):
        out[members[group]] = place % folds
    return out


def cross_fit(states: States, articles: Sequence[Article], gold: Flags, idf: NDArray[np.float32],
              folds: NDArray[np.int64]) -> CrossFit:  # fmt: skip
    """Each fold is scored by a head and a linear part that did not see it."""
    logits, linear = np.zeros((len(gold), 1)), np.zeros((len(gold), 1))
    for fold in sorted(set(folds.tolist())):
        out, rest = (np.flatnonzero(folds == fold).tolist(), np.flatnonzero(folds != fold).tolist())
        logits[out] = say_logits(fit_head(states.take(rest), gold[rest]), states.take(out))
        words = fit_words([articles[i] for i in rest], gold[rest], idf)
        linear[out] = words.score([articles[i] for i in out])
    return CrossFit(logits, linear, folds)


def fit_decision(found: CrossFit, gold: Flags, rows: NDArray[np.int64] | None = None) -> Decision:
    """Calibration and threshold on the out-of-fold scores of these rows (None: all)."""
    rows = np.arange(len(gold)) if rows is None else rows
    logits, linear, truth = found.logits[rows, 0], found.linear[rows, 0], gold[rows]
    scale, weight, shift = fit_stack(logits, linear, truth)
    p = probabilities(logits[:, None], linear[:, None], [Decision(scale, weight, shift, 0.5)])[:, 0]
    return Decision(round(scale, 5), round(weight, 5), round(shift, 5), round(best_threshold(p, truth), 4))


def say_honestly(found: CrossFit, gold: Flags) -> tuple[Floats, Flags]:
    """Probability and answer for each row (n,), its calibration and threshold chosen on the other folds."""
    p, said = np.zeros(len(gold)), np.zeros(len(gold), bool)
    for fold in sorted(set(found.folds.tolist())):
        out, rest = np.flatnonzero(found.folds == fold), np.flatnonzero(found.folds != fold)
        decision = fit_decision(found, gold, rest)
        p[out] = probabilities(found.logits[out], found.linear[out], [decision])[:, 0]
        said[out] = p[out] >= decision.threshold
    return p, said
