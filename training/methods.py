"""What of an encoder is trained: all of it, a low-rank change of its matrices (LoRA, by peft), or the head alone.

However it was trained, a run keeps a plain encoder: the change is added to the matrices at the end.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

from models.topic_encoder import TopicEncoder
from training.config import TopicsConfig

MATRICES = ["query", "key", "value", "dense"]  # of every BERT layer: attention and feed-forward


def prepare(model: TopicEncoder, config: TopicsConfig) -> Callable[[str], bool] | None:
    """Change the model for `config.method`; which parameters (by name) are trained, None for all."""
    if config.method == "frozen":
        return lambda name: name.startswith("head.")
    if config.method == "lora":
        from peft import LoraConfig, get_peft_model

        lora = LoraConfig(r=config.lora_rank, lora_alpha=config.lora_alpha, target_modules=MATRICES, lora_dropout=0.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # peft asks transformers for an attribute by its former name
            model.encoder = get_peft_model(model.encoder, lora)
        return lambda name: "lora_" in name or name.startswith("head.")
    return None


def merged(model: TopicEncoder) -> TopicEncoder:
    """The model with a plain encoder."""
    if hasattr(model.encoder, "merge_and_unload"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.encoder = model.encoder.merge_and_unload()
    return model
