"""The one stored form of a model's weights: safetensors with deflated int8 matrices, one fp32 scale a row.

From it come serving without torch, further training and the torch baseline of the speed measurement. Names are those of
the torch state dict. A matrix `w` is stored as `w` and `w::scale` (fp32, one a row): `w` is its int8 values row by row as
a zlib stream (uint8, one dimension), a tenth smaller than the values; plain int8 is read, too. Whatever is small or no
matrix stays fp32.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

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
    stored: dict[str, NDArray[Any]] = {}
    for name, value in weights.items():
        value = np.ascontiguousarray(value, dtype=np.float32)
        if value.ndim == 2 and value.size >= SMALL:
            stored[name], stored[name + SCALE] = quantize_rows(value)
        else:
            stored[name] = value
    write_stored(path, stored)


def read_weights(path: Path) -> dict[str, Floats]:
    """All weights as fp32."""
    stored = read_stored(path)
    return {
        name: value.astype(np.float32) * stored[name + SCALE] if name + SCALE in stored else value.astype(np.float32)
        for name, value in stored.items()
        if not name.endswith(SCALE)
    }


def write_stored(path: Path, stored: dict[str, NDArray[Any]]) -> None:
    """Write matrices that are int8 already, with their scales, and whatever else as it is."""
    packed = {
        name: np.frombuffer(zlib.compress(value.tobytes(), 9), np.uint8) if value.dtype == np.int8 else value
        for name, value in stored.items()
    }
    save_file(packed, str(path))
    path.chmod(0o644)  # safetensors makes it readable by its owner alone, and the service may be another user


def read_stored(path: Path) -> dict[str, NDArray[Any]]:
    """What stands in the file: int8 matrices and their scales, the rest fp32; raises ValueError on a broken stream."""
    stored = load_file(str(path))
    return {name: _unpacked(name, value, stored) for name, value in stored.items()}


def _unpacked(name: str, value: NDArray[Any], stored: dict[str, NDArray[Any]]) -> NDArray[Any]:
    if value.dtype != np.uint8:
        return value
    try:
        return np.frombuffer(zlib.decompress(value.tobytes()), np.int8).reshape(len(stored[name + SCALE]), -1)
    except zlib.error as e:
        raise ValueError(f"{name} is no zlib stream") from e
