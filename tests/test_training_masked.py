"""Masked-language pretraining before the labels: it learns, the folds share it, and a killed run has the same encoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import BertConfig, BertModel, ElectraConfig, ElectraModel

from models.errors import BadInput
from tests.test_training_more_rows import config_file
from training.__main__ import main
from training.config import TopicsConfig, read_config
from training.loop import LoopSettings
from training.masked import learn_to_guess

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"工会帮助职工讨薪青禾县举办技能大赛云岭市"]
CONFIG = TopicsConfig(masked_steps=400, train=LoopSettings(learning_rate=3e-3, average=0.0))


def tokenizer(words: list[str] = WORDS) -> Tokenizer:
    return Tokenizer(WordLevel({w: i for i, w in enumerate(dict.fromkeys(words))}, unk_token="[UNK]"))


def encoder(size: int) -> BertModel:
    torch.manual_seed(0)
    return BertModel(BertConfig(vocab_size=size, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                                intermediate_size=64, max_position_embeddings=32), add_pooling_layer=False)  # fmt: skip


def losses(run: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (run / "metrics.jsonl").read_text("utf-8").splitlines()]


def test_it_learns_to_guess_a_word_from_the_others(tmp_path: Path) -> None:
    known = tokenizer()
    ids = [[2, *[5 + word] * 12, 3] for word in range(12)] * 8
    model = learn_to_guess(CONFIG, encoder(known.get_vocab_size()), known, ids, tmp_path)
    told = losses(tmp_path)
    assert told[-1] < told[0] - 0.5
    row = torch.tensor([ids[0]])
    hidden = row.clone()
    hidden[0, 6] = 4
    asked = torch.zeros_like(row, dtype=torch.bool)
    asked[0, 6] = True
    with torch.no_grad():
        guess = model.eval()(hidden, torch.ones_like(row), asked)
    assert guess.argmax(-1).item() == row[0, 6].item()


def test_an_encoder_whose_embeddings_are_narrower_learns_too(tmp_path: Path) -> None:
    known = tokenizer()
    small = ElectraModel(ElectraConfig(vocab_size=known.get_vocab_size(), embedding_size=16, hidden_size=32, num_hidden_layers=1,
                                       num_attention_heads=2, intermediate_size=64, max_position_embeddings=32))  # fmt: skip
    config = TopicsConfig(masked_steps=2, train=LoopSettings(average=0.0))
    learn_to_guess(config, small, known, [[2, 5, 6, 7, 3]] * 64, tmp_path)
    assert losses(tmp_path)


def test_a_vocabulary_without_a_mask_is_refused(tmp_path: Path) -> None:
    known = tokenizer([w for w in WORDS if w != "[MASK]"])
    with pytest.raises(BadInput, match="mask token"):
        learn_to_guess(CONFIG, encoder(known.get_vocab_size()), known, [[2, 5, 6, 3]], tmp_path)


def test_the_folds_start_from_what_was_read_and_a_run_that_goes_on_has_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    path = config_file(tmp_path, head="masked_steps = 3")
    command = ["topics", "--config", str(path), "--out", str(run)]
    assert main(command) == 0
    assert "masked-language pretraining on 12 texts" in capsys.readouterr().err  # the copy of a dev row is not read
    read = torch.load(run / "masked/model.pt", weights_only=True)
    first = torch.load(run / "model.pt", weights_only=True)
    (run / "model.pt").unlink()
    (run / "checkpoint.pt").unlink()
    assert main(command) == 0
    assert "masked-language pretraining" not in capsys.readouterr().err
    again = torch.load(run / "model.pt", weights_only=True)
    assert all(torch.equal(first[k], again[k]) for k in first)
    plain = tmp_path / "plain"
    assert main(["topics", "--config", str(config_file(tmp_path)), "--out", str(plain)]) == 0
    other = torch.load(plain / "model.pt", weights_only=True)
    words = "embeddings.word_embeddings.weight"
    near = (first["encoder." + words] - read[words]).abs().mean()
    far = (other["encoder." + words] - read[words]).abs().mean()
    assert near < far, "it goes on from what was read"


def test_it_needs_text(tmp_path: Path) -> None:
    path = config_file(tmp_path, head="masked_steps = 3")
    path.write_text(path.read_text("utf-8").replace(f'["{tmp_path / "unlabelled.jsonl"}"]', "[]"), "utf-8")
    assert read_config(path, TopicsConfig).masked_steps == 3
    assert main(["topics", "--config", str(path), "--out", str(tmp_path / "run")]) == 1
