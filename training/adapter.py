"""Train briefs as a low-rank change of a finished headline model's decoder; all that headlines need stays as it is."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from models.adapter import LEFT, MATRICES, PREFIX, RIGHT, SHARED, VECTORS


class LowRank(nn.Module):
    """W plus the product of two thin matrices, which starts at zero."""

    def __init__(self, rows: int, columns: int, rank: int) -> None:
        super().__init__()
        self.left = nn.Parameter(torch.zeros(rank, rows))
        self.right = nn.Parameter(torch.randn(rank, columns) * columns**-0.5)

    def forward(self, weight: Tensor) -> Tensor:
        """(rows, columns)"""
        return weight + self.left.T @ self.right


def add_adapter(model: nn.Module, rank: int) -> None:
    """Put a `LowRank` of this rank on each matrix that briefs may change."""
    for name, parameter in list(model.named_parameters()):
        if MATRICES.fullmatch(name):
            owner = model.get_submodule(name.rpartition(".")[0])
            rows, columns = parameter.shape
            parametrize.register_parametrization(owner, "weight", LowRank(rows, columns, rank))


def is_trained(name: str) -> bool:
    """Whether a parameter of a model with an adapter is one of the adapter's, or one of the vectors that it replaces."""
    if "parametrizations.weight.0." in name:
        return True
    return bool(VECTORS.fullmatch(name)) and not SHARED.fullmatch(name)


def adapter_weights(state: dict[str, Any]) -> dict[str, Any]:
    """The adapter's tensors out of a state dict, under the names of `models/adapter.py`."""
    out = {}
    for name, value in state.items():
        if name.endswith((".parametrizations.weight.0.left", ".parametrizations.weight.0.right")):
            stored = name.partition(".parametrizations.")[0] + ".weight"
            out[PREFIX + stored + (LEFT if name.endswith("left") else RIGHT)] = value.contiguous()
        elif is_trained(name):
            out[PREFIX + name] = value.contiguous()
    return out
