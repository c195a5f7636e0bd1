"""The base that a run starts from: an encoder with its tokenizer, a folder or a hub name, and what a config may ask of it.

Knows transformers' folders; knows no task and no data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModel, AutoTokenizer, BartConfig

from models.adapter import PREFIX
from models.bundle import MANIFEST, TOKENIZER, WEIGHTS, open_bundle
from models.copy_bart import CopyBartForConditionalGeneration
from models.errors import BadInput
from models.weights import read_weights
from training.hub import check_place
from training.processes import is_main
from training.seq2seq import build_model, check_kind, read_model

BASES = {"topics": "an encoder", "summaries": "a BERT, BART, T5 or mT5"}


def check_base(name: str, task: str) -> None:
    """Raises BadInput when there is no such base, or when its config.json says that it cannot be one of this task.

    It is read whole later on, when the rows are known: this is quick.
    """
    if not name:
        raise BadInput("the config names no base: set base.model to a folder or a hub name", field="base")
    check_place(name, "base")
    if task == "summaries" and any((Path(name) / file).is_file() for file in (MANIFEST, "record.json")):
        return
    try:
        config = AutoConfig.from_pretrained(name)
    except (OSError, ValueError, KeyError) as e:
        raise BadInput(f"the base {name} cannot be loaded as {BASES[task]}: {_why(e)}", field="base") from e
    if task == "topics":
        check_encoder(name, config)
    elif config.is_encoder_decoder:
        check_kind(config, name)
    elif config.model_type != "bert":
        raise BadInput(f"a summarizer starts from {BASES[task]}, {name} is a {config.model_type}", field="base")


def read_base(name: str, task: str) -> tuple[Any, Tokenizer]:
    """The encoder and the tokenizer that a run starts from: a folder, or a hub name. Raises BadInput when there is none."""
    check_base(name, task)
    try:
        kind = AutoConfig.from_pretrained(name).model_type
        model = AutoModel.from_pretrained(name, **({"add_pooling_layer": False} if kind == "bert" else {}))
        tokenizer: Tokenizer = AutoTokenizer.from_pretrained(name).backend_tokenizer
    except (OSError, ValueError, KeyError, AttributeError) as e:
        told = f"the base {name} cannot be loaded as {BASES[task]} with a fast tokenizer"
        raise BadInput(f"{told}: {_why(e)}", field="base") from e
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return model, tokenizer


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:300]


def check_encoder(name: str, config: Any) -> None:
    """Raises BadInput for a base that reads from left to right only, or that writes: a decoder, an encoder with a decoder."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    if config.is_encoder_decoder or config.model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES:
        raise BadInput(f"the base {name} is a {config.model_type}, no encoder: topics need one that was trained to fill in masked "
                       "words, such as a BERT (docs/training.md lists some)", field="base")  # fmt: skip


def read_summarizer(name: str) -> tuple[Any, Tokenizer] | None:
    """The model and the tokenizer of a finished summaries run or of a bundle; None for any other base.

    Raises BadInput for a run that is not finished, BundleError for a bundle that is damaged or of another task.
    """
    path = Path(name)
    if (path / MANIFEST).is_file():
        bundle = open_bundle(path, "summaries")
        tokenizer = Tokenizer.from_file(str(bundle.file(TOKENIZER)))
        values = dict(bundle.manifest["config"])
        if "marks" in bundle.manifest:
            state = {k: torch.from_numpy(np.array(v)) for k, v in read_weights(bundle.file(WEIGHTS)).items()}
            return build_model(values, state), tokenizer
        config = BartConfig(**values)
        config.layer_norm_eps = values["layer_norm_eps"]
        model = CopyBartForConditionalGeneration(config)
        state = {k: torch.from_numpy(np.array(v)) for k, v in read_weights(bundle.file(WEIGHTS)).items()
                 if not k.startswith(PREFIX)}  # fmt: skip
        missing, unknown = model.load_state_dict(state, strict=False)
        model.tie_weights()
        if unknown or any("shared" in k for k in missing):
            raise BadInput(f"{name}: its weights do not fit its config", field="base")
        return model, tokenizer
    record = path / "record.json"
    if not record.is_file() or json.loads(record.read_text("utf-8")).get("task") != "summaries":
        return None
    if not (path / "model" / "model.safetensors").is_file():
        raise BadInput(f"the run {name} is not finished: give its training command again", field="base")
    tokenizer = Tokenizer.from_file(str(path / "tokenizer.json"))
    return read_model(path / "model"), tokenizer


def check_layers(layers: Sequence[int], base: Any) -> Sequence[int]:
    """The layers that are asked for, all of the base when none are; raises BadInput on one that it lacks."""
    lost = [i for i in layers if not 0 <= i < base.num_hidden_layers]
    if lost:
        raise BadInput(
            f"the base has {base.num_hidden_layers} layers, counted from 0; there is no {lost[0]}", field="base"
        )
    return layers or range(base.num_hidden_layers)


def check_length(tokens: int, base: Any) -> None:
    """Raises BadInput when the base has fewer places than a text may have tokens."""
    places = getattr(base, "max_position_embeddings", tokens)
    if tokens > places:
        raise BadInput(f"the base reads {places} tokens at most, the config asks for {tokens}", field="data")


def find_specials(tokenizer: Tokenizer) -> dict[str, int]:
    """The ids of bos, eos and pad, whichever the tokenizer's family; raises BadInput when it has none."""
    for names in (("<s>", "</s>", "<pad>"), ("[CLS]", "[SEP]", "[PAD]")):
        found = [i for i in map(tokenizer.token_to_id, names) if i is not None]
        if len(found) == len(names):
            return dict(zip(("bos", "eos", "pad"), found, strict=True))
    raise BadInput("the tokenizer of the base has neither <s> </s> <pad> nor [CLS] [SEP] [PAD]", field="base")


def keep_tokenizer(tokenizer: Tokenizer, run: Path) -> None:
    """RUN/tokenizer.json; of several processes the main one writes it."""
    if is_main():
        tokenizer.save(str(run / "tokenizer.json"))
