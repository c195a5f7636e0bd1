"""The one stored form of a model's weights: safetensors with int8 matrices, one fp32 scale a row.

From it come serving without torch, further training and the torch baseline of the speed measurement. Names are those of
the torch state dict. A matrix `w` is stored as `w` (int8) and `w::scale` (fp32, one a row); whatever is small or no
matrix stays fp32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

SCALE = "::scale"
SMALL = 4096  # values; below it int8 saves nothing worth an error
Floats = NDArray[np.float32]


def quantize_rows(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Symmetric int8 with one scale a row: the largest value of a row maps to 127."""
    scale = np.abs(matrix).max(axis=1, keepdims=True) / 127
    scale[scale == 0] = 1
    return np.rint(matrix / scale).astype(np.int8), scale.astype(np.float32)


def write_weights(path: Path, weights: dict[str, Floats]) -> None:
    """Store the weights; matrices of `SMALL` values or more become int8."""
    stored: dict[str, NDArray[np.generic]] = {}
    for name, value in weights.items():
        value = np.ascontiguousarray(value, dtype=np.float32)
        if value.ndim == 2 and value.size >= SMALL:
            stored[name], stored[name + SCALE] = quantize_rows(value)
        else:
            stored[name] = value
    save_file(stored, str(path))
    path.chmod(0o644)  # safetensors makes it readable by its owner alone, and the service may be another user


def read_weights(path: Path) -> dict[str, Floats]:
    """All weights as fp32."""
    stored = load_file(str(path))
    return {
        name: value.astype(np.float32) * stored[name + SCALE] if name + SCALE in stored else value.astype(np.float32)
        for name, value in stored.items()
        if not name.endswith(SCALE)
    }
