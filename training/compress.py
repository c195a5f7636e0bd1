"""Smaller models out of a BERT encoder: a subset of its layers, a pruned embedding, and a BART that starts from both.

Post-LN BERT layers map one to one onto BART's: self-attention, its layer norm, the two feed-forward matrices, the final
layer norm. What differs is folded in here: BART's positions start at 2, it has no token types (row 0 is added to the
positions) and its layer norms have another epsilon (kept in the config, see `models/copy_bart.py`). Cross-attention,
which an encoder lacks, starts from the self-attention of the same layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import BartConfig, BertConfig, BertModel

from models.copy_bart import CopyBartForConditionalGeneration

POSITION_OFFSET = 2  # transformers' BART keeps the first two position rows for padding


def shrink_encoder(base: BertModel, layers: Sequence[int], kept: Sequence[int]) -> BertModel:
    """A BertModel of the given layers of `base` (in that order) with the embedding rows `kept`.

    Its inner dropout is off: on a CPU it costs three quarters of the speed (attention falls back to the slow path).
    """
    config = BertConfig.from_dict(base.config.to_dict())
    config.num_hidden_layers, config.vocab_size = len(layers), len(kept)
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config.pad_token_id = list(kept).index(base.config.pad_token_id)
    small = BertModel(config, add_pooling_layer=False)
    state = {k: v for k, v in base.state_dict().items() if not k.startswith("encoder.layer.")}
    state["embeddings.word_embeddings.weight"] = state["embeddings.word_embeddings.weight"][list(kept)]
    for new, old in enumerate(layers):
        state |= _renamed(base, f"encoder.layer.{old}.", f"encoder.layer.{new}.")
    small.load_state_dict({k: v.float() for k, v in state.items() if not k.startswith("pooler.")})
    return small


def bart_from_encoder(
    base: BertModel,
    encoder_layers: Sequence[int],
    decoder_layers: Sequence[int],
    kept: Sequence[int],
    special: dict[str, int],
    dropout: float = 0.0,
) -> CopyBartForConditionalGeneration:
    """A copy-head BART whose both halves start from `base`; `special` has the new ids of bos, eos and pad."""
    old = base.config
    config = BartConfig(
        vocab_size=len(kept),
        d_model=old.hidden_size,
        max_position_embeddings=old.max_position_embeddings,
        encoder_layers=len(encoder_layers),
        decoder_layers=len(decoder_layers),
        encoder_attention_heads=old.num_attention_heads,
        decoder_attention_heads=old.num_attention_heads,
        encoder_ffn_dim=old.intermediate_size,
        decoder_ffn_dim=old.intermediate_size,
        activation_function="gelu",
        dropout=dropout,
        attention_dropout=0.0,
        activation_dropout=0.0,
        scale_embedding=False,
        bos_token_id=special["bos"],
        eos_token_id=special["eos"],
        pad_token_id=special["pad"],
        decoder_start_token_id=special["bos"],
        forced_eos_token_id=None,
        tie_word_embeddings=True,
    )
    config.layer_norm_eps = old.layer_norm_eps
    model = CopyBartForConditionalGeneration(config)
    state = model.state_dict()
    source: dict[str, Any] = base.state_dict()
    words = source["embeddings.word_embeddings.weight"][list(kept)]
    positions = source["embeddings.position_embeddings.weight"] + source["embeddings.token_type_embeddings.weight"][0]
    for key in (
        "model.shared.weight",
        "model.encoder.embed_tokens.weight",
        "model.decoder.embed_tokens.weight",
        "lm_head.weight",
    ):
        state[key] = words
    for half, layers in (("encoder", encoder_layers), ("decoder", decoder_layers)):
        state[f"model.{half}.embed_positions.weight"][POSITION_OFFSET:] = positions
        for part in ("weight", "bias"):
            state[f"model.{half}.layernorm_embedding.{part}"] = source[f"embeddings.LayerNorm.{part}"]
        for new, layer in enumerate(layers):
            state |= _bart_layer(
                source, f"encoder.layer.{layer}.", f"model.{half}.layers.{new}.", cross=half == "decoder"
            )
    model.load_state_dict({k: v.float() for k, v in state.items()})
    model.copy_head.start()
    return model


def _renamed(base: BertModel, old: str, new: str) -> dict[str, torch.Tensor]:
    return {new + k.removeprefix(old): v for k, v in base.state_dict().items() if k.startswith(old)}


def _bart_layer(source: dict[str, Any], old: str, new: str, *, cross: bool) -> dict[str, Any]:
    attention = {
        "q_proj": "attention.self.query",
        "k_proj": "attention.self.key",
        "v_proj": "attention.self.value",
        "out_proj": "attention.output.dense",
    }
    names = {f"self_attn.{k}": v for k, v in attention.items()}
    names |= {"self_attn_layer_norm": "attention.output.LayerNorm", "fc1": "intermediate.dense"}
    names |= {"fc2": "output.dense", "final_layer_norm": "output.LayerNorm"}
    if cross:
        names |= {f"encoder_attn.{k}": v for k, v in attention.items()}
        names["encoder_attn_layer_norm"] = "attention.output.LayerNorm"
    return {f"{new}{n}.{part}": source[f"{old}{o}.{part}"] for n, o in names.items() for part in ("weight", "bias")}
