"""The stored form of weights: what is read is what int8 with a scale a row can say, plain or deflated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from models.weights import SCALE, quantize_rows, read_stored, read_weights, write_weights

RNG = np.random.default_rng(4)
WEIGHTS = {
    "matrix": RNG.normal(size=(80, 64)).astype(np.float32),
    "small": RNG.normal(size=(3, 5)).astype(np.float32),
    "bias": RNG.normal(size=70).astype(np.float32),
}


def test_a_matrix_comes_back_within_half_a_step_and_the_rest_to_the_bit(tmp_path: Path) -> None:
    write_weights(tmp_path / "w", WEIGHTS)
    read = read_weights(tmp_path / "w")
    assert read.keys() == WEIGHTS.keys()
    step = np.abs(WEIGHTS["matrix"]).max(axis=1, keepdims=True) / 127
    assert np.all(np.abs(read["matrix"] - WEIGHTS["matrix"]) <= step * 0.5001)
    for name in ("small", "bias"):
        np.testing.assert_array_equal(read[name], WEIGHTS[name])


def test_what_is_stored_is_smaller_than_its_int8_values(tmp_path: Path) -> None:
    matrix = RNG.normal(size=(400, 384)).astype(np.float32)
    write_weights(tmp_path / "w", {"matrix": matrix})
    assert load_file(str(tmp_path / "w"))["matrix"].nbytes < 0.95 * matrix.size
    assert read_stored(tmp_path / "w")["matrix"].dtype == np.int8


def test_plain_int8_of_an_earlier_release_reads_alike(tmp_path: Path) -> None:
    write_weights(tmp_path / "new", WEIGHTS)
    values, scale = quantize_rows(WEIGHTS["matrix"])
    plain: dict[str, NDArray[Any]] = {
        "matrix": values,
        "matrix" + SCALE: scale,
        "small": WEIGHTS["small"],
        "bias": WEIGHTS["bias"],
    }
    save_file(plain, str(tmp_path / "old"))
    new, old = read_weights(tmp_path / "new"), read_weights(tmp_path / "old")
    assert new.keys() == old.keys()
    for name in new:
        np.testing.assert_array_equal(new[name], old[name])


def test_a_broken_stream_is_named(tmp_path: Path) -> None:
    broken: dict[str, NDArray[Any]] = {
        "matrix": np.arange(100, dtype=np.uint8),
        "matrix" + SCALE: np.ones((10, 1), np.float32),
    }
    save_file(broken, str(tmp_path / "w"))
    with pytest.raises(ValueError, match="matrix is no zlib stream"):
        read_weights(tmp_path / "w")
