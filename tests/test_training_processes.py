"""Several processes learn what one learns: `accelerate launch` on two CPU processes, both tasks, stopped and resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from tests.launched import masked_run
from tests.test_training_runs import linear_run, summaries_config, topics_config
from training import loop
from training.__main__ import main
from training.loop import LoopSettings, learning_rate
from training.record import read_metrics

__all__ = ["summaries_config", "topics_config"]  # fixtures
ROOT = Path(__file__).parent.parent
LAUNCH = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
          "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]  # fmt: skip


def launched(*arguments: str) -> str:
    """What the command said in two processes; on the CPU, as no card is shared by two."""
    env = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*LAUNCH, *arguments], cwd=ROOT, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout + done.stderr


def in_fp32(config: Path) -> None:
    """What rounds less is compared more closely."""
    config.write_text(config.read_text("utf-8").replace("[train]", '[train]\nprecision = "fp32"'), "utf-8")


def assert_same(two: dict[str, Tensor], one: dict[str, Tensor], steps: int) -> None:
    """But for rounding. AdamW moves a weight by its rate whatever the size of its gradient, so where that is next to nothing
    rounding decides; those are few.
    """
    assert two.keys() == one.keys()
    apart = {k: (two[k].float() - one[k].float()).abs() for k in one}
    assert max(float(a.max()) for a in apart.values()) <= steps * LoopSettings().learning_rate
    far, all_of_them = (sum(int(x) for x in counts) for counts in (
        [(a > 2e-5).sum() for a in apart.values()], [a.numel() for a in apart.values()]))  # fmt: skip
    assert far <= 0.002 * all_of_them


def test_two_processes_learn_what_one_learns(summaries_config: Path, topics_config: Path, tmp_path: Path) -> None:
    """One launch for all, since it takes seconds: a loop whole, stopped and without masks, then a run of each task."""
    in_fp32(summaries_config)
    in_fp32(topics_config)
    text = topics_config.read_text("utf-8").replace("epochs = 2", "epochs = 2\nmask_share = 0.0")
    topics_config.write_text(text.replace("batch = 8", "batch = 7"), "utf-8")
    said = launched("-m", "tests.launched", str(tmp_path), str(summaries_config), str(topics_config))
    assert said.count("is finished; publish it with") == 2, "one process speaks, once a run"
    assert said.count("cross-fitted macro-F1") == 1

    first, second = (torch.load(tmp_path / f"weights{i}.pt", weights_only=True) for i in (0, 1))
    for name, weights in first.items():
        assert all(torch.equal(weights[k], second[name][k]) for k in weights), "each process has the same weights"
    assert all(torch.equal(first["whole"][k], first["cut"][k]) for k in first["whole"]), "stopped, it ends the same"
    alone = masked_run(tmp_path / "alone", 20, dropout=0.0)
    torch.testing.assert_close(first["plain"], alone, rtol=0, atol=1e-6)
    masked = masked_run(tmp_path / "masked", 20)
    assert not torch.allclose(masked["0.weight"], first["whole"]["0.weight"], atol=1e-4), "masks differ by process"
    assert losses(tmp_path / "plain") == pytest.approx(losses(tmp_path / "alone"), abs=1e-5)

    for task, config in (("summaries", summaries_config), ("topics", topics_config)):
        assert main([task, "--config", str(config), "--out", str(tmp_path / f"{task}_one")]) == 0
        one, two = (tmp_path / f"{task}_one", tmp_path / f"{task}_two")
        assert_same(weights_of(two), weights_of(one), 11)
        assert losses(two) == pytest.approx(losses(one), abs=1e-4)
        assert [x["step"] for x in read_metrics(two)] == [x["step"] for x in read_metrics(one)]
        assert files(two) == files(one)
    a, b = (json.loads((tmp_path / f"topics_{n}" / "record.json").read_text("utf-8")) for n in ("one", "two"))
    assert a["data_fingerprint"] == b["data_fingerprint"]
    assert a["cross_fitted_macro_f1"] == pytest.approx(b["cross_fitted_macro_f1"], abs=0.05)


def losses(run: Path) -> list[float]:
    return [x["loss"] for x in read_metrics(run) if "loss" in x]


def files(run: Path) -> list[str]:
    return sorted(str(f.relative_to(run)) for f in run.rglob("*"))


def weights_of(run: Path) -> dict[str, Tensor]:
    if (run / "model.pt").exists():
        found: dict[str, Tensor] = torch.load(run / "model.pt", weights_only=True)
        return found
    return dict(load_file(run / "model" / "model.safetensors"))


def test_one_process_learns_bit_by_bit_what_a_plain_loop_learns(tmp_path: Path) -> None:
    torch.manual_seed(7)
    model = nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.3), nn.Linear(6, 1))
    x = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
    settings = LoopSettings(steps=30, warmup=3, decay=5, learning_rate=1e-2)
    decayed, plain = ([p for p in model.parameters() if (p.ndim > 1) is matrix] for matrix in (True, False))
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, fused=True)
    average = {k: v.clone() for k, v in model.state_dict().items()}
    loop.seed_everything(settings.seed)
    for step in range(30):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, settings)
        rows = x[(step * 8) % 32 : (step * 8) % 32 + 8]
        nn.functional.mse_loss(model(rows), rows.sum(1, keepdim=True)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            for key, value in model.state_dict().items():
                average[key].lerp_(value, 1 - min(0.9, (step + 1) / (step + 10)))
    made = linear_run(tmp_path, 30)
    assert all(torch.equal(average[k], made[k]) for k in made)


def test_a_checkpoint_of_before_there_were_several_processes_is_gone_on_from(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        masked_run(tmp_path / "cut", 20, stop_at=11)
    state = torch.load(tmp_path / "cut" / "checkpoint.pt", weights_only=True)
    (own,) = state.pop("random")
    torch.save(state | {"torch": own["torch"]}, tmp_path / "cut" / "checkpoint.pt")
    whole, gone_on = masked_run(tmp_path / "whole", 20), masked_run(tmp_path / "cut", 20)
    assert all(torch.equal(whole[k], gone_on[k]) for k in whole)


def test_what_is_for_one_process_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in (("LOCAL_RANK", "0"), ("RANK", "0"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    add = ["topics", "--add", "work_safety", "--examples", "x.jsonl", "--head-only"]
    for command, what in ((["history", "topics"], "history"), (add, "topics --add")):
        assert main(command) == 1
        assert capsys.readouterr().err == f"error: {what} takes one process: start it without accelerate launch\n"


def test_a_run_goes_on_though_the_number_of_processes_has_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        masked_run(tmp_path, 20, stop_at=11)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    torch.save(state | {"random": state["random"] * 2}, tmp_path / "checkpoint.pt")
    masked_run(tmp_path, 20)
    assert "the number of processes has changed: random numbers begin anew" in capsys.readouterr().err
