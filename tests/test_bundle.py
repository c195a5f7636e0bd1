from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from models.bundle import install_bundle, open_bundle, seal_bundle
from models.errors import BundleError
from models.weights import read_weights, write_weights


def make(path: Path, version: str = "1") -> Path:
    path.mkdir()
    write_weights(path / "weights.safetensors", {"w": np.ones((80, 80), np.float32)})
    seal_bundle(path, {"task": "topics", "name": "tiny", "version": version})
    return path


def test_a_sealed_bundle_opens(tmp_path: Path) -> None:
    assert open_bundle(make(tmp_path / "b"), "topics").name == "tiny@1"


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda p: (p / "manifest.json").unlink(), "manifest.json is missing"),
        (lambda p: (p / "manifest.json").write_text("{"), "manifest.json is damaged"),
        (lambda p: (p / "manifest.json").write_bytes(b"\xff\xfe\x00"), "manifest.json is damaged"),
        (lambda p: (p / "weights.safetensors").unlink(), "weights.safetensors is missing"),
        (lambda p: (p / "weights.safetensors").write_bytes(b"x" * 100), "weights.safetensors is damaged"),
        (lambda p: edit(p, format=9), "not format 1"),
        (lambda p: edit(p, task="summaries"), "is for 'summaries'"),
        (lambda p: edit(p, files={"../evil": {"sha256": "0"}}), "../evil is missing"),
    ],
)
def test_damage_is_named_with_the_way_to_mend_it(tmp_path: Path, break_it, says: str) -> None:  # type: ignore[no-untyped-def]
    path = make(tmp_path / "b")
    break_it(path)
    with pytest.raises(BundleError, match=r"mend|restore|choose|publish") as error:
        open_bundle(path, "topics")
    assert says in error.value.message


def edit(path: Path, **fields: object) -> None:
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    (path / "manifest.json").write_text(json.dumps(manifest | fields), "utf-8")


def test_install_replaces_whole(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two", "2")
    target = tmp_path / "serving"
    assert install_bundle(one, target, "topics").name == "tiny@1"
    assert install_bundle(two, target, "topics").name == "tiny@2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "serving", "two"]


def test_a_damaged_bundle_is_never_installed(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two", "2")
    install_bundle(one, tmp_path / "serving", "topics")
    (two / "weights.safetensors").write_bytes(b"")
    with pytest.raises(BundleError):
        install_bundle(two, tmp_path / "serving", "topics")
    assert open_bundle(tmp_path / "serving", "topics").name == "tiny@1"


def test_int8_keeps_each_row_within_half_a_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights = {"m": rng.normal(size=(100, 60)).astype(np.float32), "zero": np.zeros((70, 70), np.float32),
               "small": rng.normal(size=(4, 4)).astype(np.float32), "v": rng.normal(size=9).astype(np.float32)}  # fmt: skip
    write_weights(tmp_path / "w", weights)
    back = read_weights(tmp_path / "w")
    step = np.abs(weights["m"]).max(axis=1, keepdims=True) / 127
    assert (np.abs(back["m"] - weights["m"]) <= step / 2 + 1e-7).all()
    assert np.abs(back["m"] - weights["m"]).max() > 0
    for name in ("zero", "small", "v"):
        assert (back[name] == weights[name]).all()
