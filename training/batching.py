"""Which rows make up the batch of a step: a pure function of step and seed, with little padding. Knows lengths only."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

POOL = 20  # batches sorted together by length: little padding, still mixed


def plan_batches(lengths: Sequence[int], size: int, seed: int) -> Callable[[int], list[int]]:
    """Step to row numbers. Each epoch is shuffled, pools of `POOL` batches are sorted by length, batches shuffled again."""
    per_epoch = max(1, len(lengths) // size)
    cache: dict[int, list[list[int]]] = {}

    def rows(step: int) -> list[int]:
        epoch, at = divmod(step, per_epoch)
        if epoch not in cache:
            rng = random.Random(f"{seed}:{epoch}")  # noqa: S311 - shuffling
            order = list(range(len(lengths)))
            rng.shuffle(order)
            parts: list[list[int]] = []
            for i in range(0, len(order), size * POOL):
                pool = sorted(order[i : i + size * POOL], key=lambda k: lengths[k])
                parts += [pool[j : j + size] for j in range(0, len(pool), size)]
            rng.shuffle(parts)
            cache.clear()
            cache[epoch] = parts
        return cache[epoch][at]

    return rows


def padded(rows: Sequence[list[int]], value: int) -> Tensor:
    """A (B, longest) tensor, filled up on the right."""
    width = max(map(len, rows))
    return torch.tensor([r + [value] * (width - len(r)) for r in rows])
