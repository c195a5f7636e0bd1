"""Bases that write already: a BART, T5 or mT5 of the hub is trained on as it is, without a copy head.

Owns reading one with its tokenizer (several Chinese ones say of themselves that they have another family's), taking a part of
its vocabulary, reading it back out of a run or a bundle, and what export needs to know of each architecture. What cannot be
published is refused before it is trained.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from onnx import ModelProto
from tokenizers import Tokenizer
from torch import nn
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BertTokenizerFast,
    T5TokenizerFast,
)

from models.copy_bart import CopyBartForConditionalGeneration
from models.errors import BadInput
from models.seq2seq_marks import SeqMarks, marks_of
from models.weights import Floats
from training.graphs import bart_encoder_graph, bart_step_graph
from training.t5_graphs import t5_encoder_graph, t5_step_graph

KINDS = ("bart", "t5", "mt5")
SAMPLE = "近日，市总工会在广场举办活动，为职工送去服务。"
COPIES = ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight")
"""Names that transformers lists besides `shared.weight` for one and the same matrix."""


def read_seq2seq(name: str, dropout: float = 0.0) -> tuple[Any, Tokenizer] | None:
    """Model and tokenizer of a folder or hub name; None when it is no sequence-to-sequence model, or nothing at all.

    Raises BadInput for an architecture that no graph is written for, and when no tokenizer fits.
    """
    try:
        config = AutoConfig.from_pretrained(name)
    except (OSError, ValueError, KeyError):
        return None  # whoever asks for an encoder next says what is wrong
    if not config.is_encoder_decoder:
        return None
    check_kind(config, name)
    for key in ("dropout", "dropout_rate"):
        if hasattr(config, key):
            setattr(config, key, dropout)
    try:
        model = AutoModelForSeq2SeqLM.from_pretrained(name, config=config, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as e:
        raise BadInput(f"the base {name} cannot be loaded: {' '.join(str(e).split())[:300]}", field="base") from e
    tokenizer = _read_tokenizer(name, model.config)
    tell_marks(model, tokenizer)
    return model, tokenizer


def check_kind(config: Any, name: str) -> None:
    """Raises BadInput for an architecture that no graph is written for."""
    kind = config.model_type
    dense = getattr(config, "activation_function", None) or f"{config.feed_forward_proj}"
    if kind not in KINDS or dense not in ("gelu", "relu", "gated-gelu") or (kind == "bart" and dense != "gelu"):
        raise BadInput(
            f"the base {name} is a {kind} with {dense}; a bundle runs on graphs of {', '.join(KINDS)} "
            "(gelu; relu or gated-gelu in T5), no other is written",
            field="base",
        )


def _read_tokenizer(name: str, config: Any) -> Tokenizer:
    """The first of three readers whose tokenizer knows Chinese and has no more pieces than the model has rows."""
    readers: tuple[Callable[[str], Any], ...] = (
        AutoTokenizer.from_pretrained,
        BertTokenizerFast.from_pretrained,
        T5TokenizerFast.from_pretrained,
    )
    wrong = []
    for read in readers:
        try:
            tokenizer: Tokenizer = read(name).backend_tokenizer
            tokenizer.no_padding()
            tokenizer.no_truncation()
            marks = marks_of(tokenizer, config.pad_token_id, config.pad_token_id)
            read_as = tokenizer.encode(SAMPLE, add_special_tokens=False)
            known = sum(b - a for i, (a, b) in zip(read_as.ids, read_as.offsets, strict=True) if i != marks.unknown)
            if known < len(SAMPLE) / 2 or max(read_as.ids) >= config.vocab_size:
                raise ValueError("it does not know Chinese, or has more pieces than the model")
        except Exception as e:  # each reader fails in its own way on another's files
            wrong.append(f"{getattr(read, '__self__', read).__name__}: {' '.join(str(e).split())[:120]}")
        else:
            return tokenizer
    raise BadInput(f"no fast tokenizer of the base {name} fits it ({'; '.join(wrong)})", field="base")


def tell_marks(model: Any, tokenizer: Tokenizer) -> SeqMarks:
    """The marks of a model with its tokenizer, written into its config: what a text ends with is the tokenizer's to say."""
    config = model.config
    start = config.decoder_start_token_id
    pad = config.pad_token_id
    if start is None:
        start = config.eos_token_id if config.model_type == "bart" else pad
    try:
        marks = marks_of(tokenizer, pad, start)
    except ValueError as e:
        raise BadInput(f"base and tokenizer do not belong together: {e}", field="base") from e
    for known in (config, model.generation_config):
        known.eos_token_id, known.pad_token_id, known.decoder_start_token_id = marks.end, marks.pad, marks.start
        known.forced_eos_token_id = known.forced_bos_token_id = None
    return marks


def take_vocabulary(model: Any, kept: Sequence[int]) -> Any:
    """The same model with these rows of its embedding, in this order; ids of its config are renumbered."""
    config = copy.deepcopy(model.config)
    config.vocab_size = len(kept)
    for key in ("pad_token_id", "eos_token_id", "bos_token_id", "decoder_start_token_id"):
        old = getattr(config, key, None)
        setattr(config, key, None if old is None or old not in kept else list(kept).index(old))
    words, out = model.get_input_embeddings().weight.data, model.lm_head.weight.data
    rows = list(kept)
    state = {}
    for name, value in model.state_dict().items():
        if name == "final_logits_bias":
            value = value[:, rows]
        elif len(value) == len(words) and name.endswith(("shared.weight", "lm_head.weight", *COPIES)):
            value = value[rows]
        state[name] = value
    small = type(model)(config)
    if not torch.equal(words, out):
        small.lm_head.weight = nn.Parameter(out[rows].clone())
    small.load_state_dict(state)
    return small


def read_model(folder: Path) -> Any:
    """The model of a run (`RUN/model`): with a copy head, or one of `KINDS`."""
    config = AutoConfig.from_pretrained(folder)
    if "CopyBartForConditionalGeneration" in (config.architectures or []):
        return CopyBartForConditionalGeneration.from_pretrained(folder)
    return AutoModelForSeq2SeqLM.from_pretrained(folder)


def build_model(values: dict[str, Any], state: dict[str, torch.Tensor]) -> Any:
    """The model of a bundle's `config` and weights, without a copy head."""
    config = AutoConfig.for_model(**values)
    model = AutoModelForSeq2SeqLM.from_config(config)
    if "lm_head.weight" in state:
        model.lm_head.weight = nn.Parameter(state["lm_head.weight"].clone())
    lost = model.load_state_dict(state, strict=False)
    model.tie_weights() if "lm_head.weight" not in state else None
    if lost.unexpected_keys or any("shared" in k for k in lost.missing_keys):
        raise BadInput("the weights of this bundle do not fit its config", field="base")
    return model


def has_copy_head(model: Any) -> bool:
    """Whether a model copies, as the default one does; the others are as the hub has them."""
    return isinstance(model, CopyBartForConditionalGeneration)


def weights_of(model: Any) -> dict[str, Floats]:
    """Each matrix once, under its torch name; `lm_head.weight` only where it is no other name of the embedding."""
    words = model.get_input_embeddings().weight
    left_out = tuple(COPIES) + (("lm_head.weight",) if torch.equal(words, model.lm_head.weight) else ())
    return {k: v.float().numpy() for k, v in model.state_dict().items() if not k.endswith(left_out)}


def graphs_of(model: Any, source: int, target: int) -> dict[str, ModelProto]:
    """Encoder and step graph of a model that reads `source` tokens and writes `target` at most."""
    config, tied = model.config, torch.equal(model.get_input_embeddings().weight, model.lm_head.weight)
    if config.model_type == "bart":
        if not tied:
            raise BadInput("this BART chooses words by another matrix than its embedding: no graph is written for that",
                           field="base")  # fmt: skip
        config.layer_norm_eps = getattr(config, "layer_norm_eps", 1e-5)
        head = has_copy_head(model)
        return {"encoder.onnx": bart_encoder_graph(config), "step.onnx": bart_step_graph(config, copy_head=head)}
    return {"encoder.onnx": t5_encoder_graph(config, source), "step.onnx": t5_step_graph(config, target, tied=tied)}


def decoder_sizes(config: Any) -> dict[str, int]:
    """Of the caches: `decoder` of a bundle's manifest."""
    if config.model_type == "bart":
        heads = config.decoder_attention_heads
        return {"layers": config.decoder_layers, "heads": heads, "size": config.d_model // heads}
    return {"layers": config.num_decoder_layers, "heads": config.num_heads, "size": config.d_kv}
