"""What may go wrong with a topics run: bases that are no encoders, a kill at any point, a run that is not finished."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import BartConfig, BartModel, GPT2Config, GPT2Model, PreTrainedTokenizerFast

from models.errors import BadInput
from models.registry import Places
from tests.test_training_runs import topics_config, write
from tests.tiny import tokenizer
from training.__main__ import main
from training.publish import publish
from training.sources import read_rows

__all__ = ["topics_config"]  # a fixture
ROOT = Path(__file__).parent.parent
LEFT = ("decisions.json", "card.json")


class Killed(BaseException):
    """What a kill is to the program: nothing catches it."""


@pytest.mark.parametrize("kind", ["bart", "gpt2"])
def test_a_base_that_is_no_encoder_is_refused(
    kind: str, topics_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = tmp_path / kind
    size = tokenizer().get_vocab_size()
    if kind == "bart":
        BartModel(BartConfig(vocab_size=size, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                             decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
                             max_position_embeddings=300)).save_pretrained(base)  # fmt: skip
    else:
        GPT2Model(GPT2Config(vocab_size=size, n_embd=16, n_layer=1, n_head=2, n_positions=300)).save_pretrained(base)
    PreTrainedTokenizerFast(tokenizer_object=tokenizer(), pad_token="<pad>", unk_token="<unk>").save_pretrained(base)
    text = (
        topics_config.read_text("utf-8").replace(str(tmp_path / "base"), str(base)).replace("encoder_layers = [0]", "")
    )
    topics_config.write_text(text, "utf-8")
    assert main(["topics", "--config", str(topics_config), "--out", str(tmp_path / "run")]) == 1
    assert f"is a {kind}, no encoder: topics need one" in capsys.readouterr().err
    assert not (tmp_path / "run" / "model.pt").exists()


def command(config: Path, run: Path) -> list[str]:
    return ["topics", "--config", str(config), "--out", str(run)]


def same(a: Path, b: Path) -> bool:
    """Whether two runs left the same weights, decisions and figures."""
    first, second = (torch.load(run / "model.pt", weights_only=True) for run in (a, b))
    return all(torch.equal(first[k], second[k]) for k in first) and all(
        json.loads((a / name).read_text("utf-8")) == json.loads((b / name).read_text("utf-8")) for name in LEFT
    )


def renames(monkeypatch: pytest.MonkeyPatch, kill_at: int) -> list[str]:
    """Every file that appears by rename from now on; before number `kill_at` the run is killed."""
    seen: list[str] = []
    replace = Path.replace

    def counted(self: Path, target: str | os.PathLike[str]) -> Path:
        seen.append(Path(target).name)
        if len(seen) == kill_at:
            raise Killed
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", counted)
    return seen


def test_wherever_it_is_killed_the_same_command_ends_as_an_uninterrupted_run(
    topics_config: Path, tmp_path: Path
) -> None:
    text = topics_config.read_text("utf-8").replace("[train]", "[train]\ncheckpoint_minutes = 0")
    topics_config.write_text(text.replace("epochs = 2", "epochs = 1"), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        points = renames(patch, 0)
        assert main(command(topics_config, tmp_path / "whole")) == 0
    assert {"checkpoint.pt", "articles.npz", "model.pt", "decisions.json", "card.md"} <= set(points)
    run = tmp_path / "run"
    kills = [points.index(name) + 1 for name in ("articles.npz", "model.pt", "decisions.json")]
    for kill in [kills[0] - 2, *kills]:
        with pytest.MonkeyPatch.context() as patch:
            renames(patch, kill)
            with pytest.raises(Killed):
                main(command(topics_config, run))
        with pytest.raises(BadInput, match=r"is not finished|is no run|is broken"):
            publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
        assert not (tmp_path / "bundles").exists()
        assert main(command(topics_config, run)) == 0
        assert same(run, tmp_path / "whole"), points[kill - 1]
        for left in run.rglob("*"):
            if left.is_file():
                left.unlink()


@pytest.mark.long
def test_kill_9_of_the_process_itself(topics_config: Path, tmp_path: Path) -> None:
    """Killed as soon as a file has appeared that it has not made before, so every kill hits a process that is at work."""
    topics_config.write_text(
        topics_config.read_text("utf-8").replace("[train]", "[train]\ncheckpoint_minutes = 0"), "utf-8"
    )
    whole, run = tmp_path / "whole", tmp_path / "run"
    assert main(command(topics_config, whole)) == 0
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nreplace = Path.replace\n"
        "def watched(self, target):\n    made = replace(self, target)\n"
        "    if str(target).endswith(sys.argv[1]):\n        os.kill(os.getpid(), signal.SIGKILL)\n    return made\n"
        "Path.replace = watched\nfrom training.__main__ import main\nsys.exit(main(sys.argv[2:]))"
    )
    for name in (
        "fold0/checkpoint.pt",
        "fold0/articles.npz",
        "fold1/articles.npz",
        "run/checkpoint.pt",
        "model.pt",
        "decisions.json",
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, name, *command(topics_config, run)],
            cwd=ROOT,
            check=False,
            capture_output=True,
        )
        assert done.returncode == -signal.SIGKILL, (name, done.stderr[-2000:])
    assert not (run / "card.md").exists(), "the last kill too came before the end"
    assert main(command(topics_config, run)) == 0
    assert same(run, whole)


def test_a_folder_stands_for_its_files(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"body": f"第{i}句。", "labels": ["wellbeing"]} for i in range(4)]
    write(tmp_path / "b.jsonl", rows[2:])
    write(tmp_path / "a.jsonl", rows[:2])
    (tmp_path / "note.txt").write_text("x", "utf-8")
    assert [r["body"] for r in read_rows(str(tmp_path))] == [r["body"] for r in rows]
    (tmp_path / "c.csv").write_text("body,labels\nx,wellbeing\n", "utf-8")
    with pytest.raises(BadInput, match="files of several kinds"):
        read_rows(str(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="has no file that ends in"):
        read_rows(str(tmp_path / "empty"))
    (tmp_path / "c.csv").write_text("", "utf-8")
    (tmp_path / "a.jsonl").unlink()
    (tmp_path / "b.jsonl").unlink()
    with pytest.raises(BadInput, match=r"c\.csv is empty"):
        read_rows(str(tmp_path))
