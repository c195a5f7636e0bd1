"""Tiny random models of the classes that a summaries config may name, in folders laid out as the hub has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sentencepiece
import torch
from torch import nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)

from tests.tiny import CHARS, WORDS

T5_SIZES = {"d_model": 48, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_decoder_layers": 2, "num_heads": 4}
BART_SIZES = {"d_model": 48, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
              "encoder_ffn_dim": 96, "decoder_ffn_dim": 96, "max_position_embeddings": 128}  # fmt: skip


def sentencepiece_file(folder: Path) -> int:
    """`spiece.model` as T5's: <pad>, </s>, <unk>, no <s>; how many pieces it has."""
    text = folder / "text.txt"
    lines = ["".join(CHARS)] + ["，".join(WORDS[i:] + WORDS[:i]) for i in range(len(WORDS))]
    text.write_text("\n".join(lines * 5), "utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(folder / "spiece"), vocab_size=130, character_coverage=1.0, pad_id=0, eos_id=1,
        unk_id=2, bos_id=-1, hard_vocab_limit=False, minloglevel=2,
    )  # fmt: skip
    text.unlink()
    (folder / "spiece.vocab").unlink()
    return int(sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model")).get_piece_size())


def kept(folder: Path, model: Any, **tokenizer_config: Any) -> Path:
    """The model in the folder, and the hub's tokenizer_config.json where one is told."""
    model.save_pretrained(folder)
    if tokenizer_config:
        (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config), "utf-8")
    return folder


def bart_base_chinese(folder: Path) -> Path:
    """fnlp's: a BART whose vocabulary is a BERT's, and nothing in the folder that says so."""
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARS, *(f"##{c}" for c in "0123456789%"), "gdp", "app"]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    torch.manual_seed(3)
    config = BartConfig(vocab_size=len(words), pad_token_id=0, bos_token_id=2, eos_token_id=3, decoder_start_token_id=3,
                        forced_eos_token_id=3, scale_embedding=False, **BART_SIZES)  # fmt: skip
    return kept(folder, BartForConditionalGeneration(config))


def randeng_bart(folder: Path) -> Path:
    """A BART with a SentencePiece vocabulary."""
    folder.mkdir()
    pieces = sentencepiece_file(folder)
    torch.manual_seed(4)
    config = BartConfig(vocab_size=pieces + 100, pad_token_id=0, bos_token_id=1, eos_token_id=1, decoder_start_token_id=1,
                        forced_eos_token_id=1, scale_embedding=True, **BART_SIZES)  # fmt: skip
    return kept(folder, BartForConditionalGeneration(config), tokenizer_class="T5Tokenizer")


def mt5_small(folder: Path) -> Path:
    """Google's: gated, words chosen by a matrix of their own, more rows than the vocabulary has pieces."""
    folder.mkdir()
    pieces = sentencepiece_file(folder)
    torch.manual_seed(5)
    model = MT5ForConditionalGeneration(MT5Config(vocab_size=pieces + 112, decoder_start_token_id=0, **T5_SIZES))
    model.lm_head.weight = nn.Parameter(torch.randn_like(model.lm_head.weight) * 0.3)
    return kept(folder, model, tokenizer_class="T5Tokenizer", extra_ids=0)


def mengzi_t5(folder: Path) -> Path:
    """Langboat's: T5 1.1, whose outputs are not scaled."""
    folder.mkdir()
    pieces = sentencepiece_file(folder)
    torch.manual_seed(6)
    config = T5Config(vocab_size=pieces + 128, decoder_start_token_id=0, feed_forward_proj="gated-gelu",
                      tie_word_embeddings=False, **T5_SIZES)  # fmt: skip
    return kept(folder, T5ForConditionalGeneration(config), tokenizer_class="T5Tokenizer")


BASES = {
    "bart_base_chinese": bart_base_chinese,
    "mt5_small": mt5_small,
    "mengzi_t5": mengzi_t5,
    "randeng_bart": randeng_bart,
}
