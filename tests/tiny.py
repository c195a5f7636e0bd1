"""Tiny random models, tokenizers and bundles, made on the spot: real formats, no downloads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BartConfig, BertConfig, BertModel, PreTrainedTokenizerFast

from models.copy_bart import CopyBartForConditionalGeneration

WORDS = [
    "工会",
    "职工",
    "农民工",
    "工资",
    "竞赛",
    "技能",
    "服务",
    "平台",
    "关爱",
    "健康",
    "法律",
    "援助",
    "企业",
    "活动",
    "开展",
    "记者",
    "近日",
    "举办",
    "线上",
    "维权",
]
CHARS = sorted(set("".join(WORDS)) | set("的一是在有和人中大为上个市县总会送清凉，。、（）《》“”：0123456789%."))


def tokenizer(extra: str = "") -> Tokenizer:
    """A Unigram tokenizer of the base's family over a few dozen characters and words."""
    pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("<mask>", 0.0), ("\u2581", -3.0)]
    pieces += [(c, -5.0) for c in [*CHARS, *extra]] + [(w, -4.0) for w in WORDS if len(w) > 1]
    tok = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tok.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tok.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    tok.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tok.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always")
    tok.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    return tok


def bert_config(**changes: Any) -> BertConfig:
    """Two layers, 48 wide."""
    values = {"vocab_size": tokenizer().get_vocab_size(), "hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
              "intermediate_size": 96, "max_position_embeddings": 300, "pad_token_id": 1, "layer_norm_eps": 1e-12}  # fmt: skip
    return BertConfig(**{**values, **changes})


def base_folder(path: Path, **changes: Any) -> Path:
    """A base as `e5_base.py` writes one: a BertModel and its tokenizer in a transformers folder."""
    torch.manual_seed(1)
    BertModel(bert_config(**changes), add_pooling_layer=False).save_pretrained(path)
    names = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>",
             "unk_token": "<unk>", "mask_token": "<mask>"}  # fmt: skip
    PreTrainedTokenizerFast(tokenizer_object=tokenizer(), **names).save_pretrained(path)
    return path


def copy_bart(seed: int = 0, **changes: Any) -> CopyBartForConditionalGeneration:
    """A random copy-head BART whose attentions and gate are not at their start."""
    values = {"vocab_size": 300, "d_model": 48, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
              "decoder_attention_heads": 4, "encoder_ffn_dim": 96, "decoder_ffn_dim": 96, "max_position_embeddings": 64,
              "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 0,
              "forced_eos_token_id": None, "dropout": 0.0}  # fmt: skip
    config = BartConfig(**{**values, **changes})
    config.layer_norm_eps = 1e-12
    torch.manual_seed(seed)
    model = CopyBartForConditionalGeneration(config)
    model.eval()
    torch.nn.init.normal_(model.copy_head.copy.weight)
    torch.nn.init.normal_(model.copy_head.copy_next.weight)
    torch.nn.init.normal_(model.copy_head.gate.weight, std=0.1)
    return model
