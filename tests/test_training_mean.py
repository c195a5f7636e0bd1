"""The mean of two summarizer runs is a run: published like any, and told what it is the mean of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.test_training_runs import summaries_config
from training.__main__ import main
from training.export import export_run

__all__ = ["summaries_config"]  # a fixture

WEIGHTS = Path("model") / "model.safetensors"


@pytest.fixture
def runs(summaries_config: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A run, and one with other weights beside it."""
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["summaries", "--config", str(summaries_config), "--out", str(first)]) == 0
    shutil.copytree(first, second)
    torch.manual_seed(1)
    moved = {k: v + 0.01 * torch.randn_like(v) for k, v in load_file(first / WEIGHTS).items()}
    save_file(moved, second / WEIGHTS, metadata={"format": "pt"})
    return first, second


def mean(first: Path, second: Path, out: Path, share: str = "0.25") -> int:
    return main(["mean", str(first), str(second), "--share", share, "--out", str(out)])


def test_every_weight_is_the_mean_and_the_bundle_says_so(runs: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "mean"
    assert mean(*runs, out) == 0
    one, two, found = (load_file(run / WEIGHTS) for run in (*runs, out))
    assert found.keys() == one.keys()
    for name, value in found.items():
        assert torch.allclose(value, 0.75 * one[name] + 0.25 * two[name], atol=1e-6)
        assert not torch.equal(one[name], two[name])
    told = export_run(out).manifest["training"]
    assert told["mean_of"] == ["first", "second"]
    assert told["share"] == 0.25
    assert "figures" not in told, "those are the second run's"


def test_what_cannot_be_averaged_is_refused(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = runs
    capsys.readouterr()
    assert mean(first, second, tmp_path / "a", "1") == 1
    assert "between 0 and 1" in capsys.readouterr().err
    assert mean(first, second, first) == 1
    assert "is not empty" in capsys.readouterr().err
    assert mean(first, tmp_path / "none", tmp_path / "a") == 1
    assert "is no run" in capsys.readouterr().err
    weights = load_file(second / WEIGHTS)
    save_file(dict(list(weights.items())[1:]), second / WEIGHTS)
    assert mean(first, second, tmp_path / "a") == 1
    assert "have other weights" in capsys.readouterr().err
    (second / "tokenizer.json").write_text("{}", "utf-8")
    assert mean(first, second, tmp_path / "a") == 1
    assert "have other tokenizers" in capsys.readouterr().err
    record = json.loads((second / "record.json").read_text("utf-8")) | {"task": "topics"}
    (second / "record.json").write_text(json.dumps(record), "utf-8")
    assert mean(first, second, tmp_path / "a") == 1
    assert not (tmp_path / "a").exists()
