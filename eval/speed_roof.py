"""The roof: how fast this machine multiplies float32 matrices, and how many products a model's shape asks for.

Only what must be computed is counted: the real tokens of each window, no padding, no embeddings, no layer norms, no linear
part, no tokenizer. So the share of the roof that is reached errs towards the small side.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

SIDE = 1024
"""Of the square matrices: 12 MiB in all, more than the inner caches hold."""


def encoder_flops(config: Mapping[str, Any], topics: int, windows: Sequence[int]) -> float:
    """Floating point operations of a BERT encoder with a topic head over windows of so many tokens."""
    width, inner = int(config["hidden_size"]), int(config["intermediate_size"])
    total = 0.0
    for tokens in windows:
        projections = 2 * tokens * (4 * width * width + 2 * width * inner)
        attention = 2 * 2 * tokens * tokens * width  # scores, and what they weigh
        total += int(config["num_hidden_layers"]) * (projections + attention)
        total += 2 * 2 * tokens * width * topics  # where a topic looks, and what it finds there
    return total


def multiplier(side: int = SIDE, times: int = 4) -> Callable[[int], float]:
    """A way that multiplies a few times and says how many floating point operations that took."""
    rng = np.random.default_rng(0)
    a, b = (rng.random((side, side), dtype=np.float32) for _ in range(2))
    out = np.empty((side, side), np.float32)

    def multiply(_number: int) -> float:
        for _ in range(times):
            np.matmul(a, b, out=out)
        return 2.0 * side**3 * times

    multiply(0)
    return multiply


@contextlib.contextmanager
def blas_threads(threads: int) -> Iterator[None]:
    """As many threads for numpy's products as everything else has."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(threads, user_api="blas"):
        yield
