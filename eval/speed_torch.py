"""The obvious way: the bundles' weights in transformers on torch, as a newsroom would write it first.

Owns the same weights in other hands: a text-classification pipeline over the topics bundle, `generate` over the summaries
bundle, a BERT of the usual size with random weights, and a transformers folder for servers that take one. Nothing of ours
speeds it up or slows it down. It needs the bundle format and the torch classes, no runtime of ours; torch and transformers
are imported when something is asked for, never before. `threads` is torch's count in this process.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from models.bundle import TOKENIZER, WEIGHTS, Bundle, filled, open_bundle
from models.weights import read_weights
from models.windows import WindowSettings, find_marks

BESIDE = ("linear.", "brief.")
"""What a bundle holds beside the model: the linear part of topics, the way of writing briefs."""
BERT_TOKENS = 512
GENERATE_BEAMS = 4
"""Fewer than ours: more beams of ours must not make us look faster."""
Texts: TypeAlias = Mapping[str, str]
"""What a pipeline takes: `text`, and `text_pair` where there is a headline in front."""
Scores: TypeAlias = list[dict[str, Any]]


def load_pipeline(folder: str | Path, threads: int) -> Callable[[Sequence[Texts]], list[Scores]]:
    """`pipeline("text-classification", top_k=None, truncation=True)` on a topics bundle: every topic's label and score.

    The score is the encoder's logit. Batches are the pipeline's default, one text at a time.
    """
    import torch
    from transformers import pipeline

    _quiet(threads)
    bundle = open_bundle(Path(folder), "topics")
    model = _tagger(bundle)
    places: int = model.config.max_position_embeddings
    length = min(filled(WindowSettings, bundle.manifest["windows"]).max_tokens, places)
    made = pipeline(
        "text-classification", model=model, tokenizer=_fast_tokenizer(bundle, length), top_k=None, truncation=True,
        function_to_apply="none", device=torch.device("cpu"),
    )  # fmt: skip

    def run(texts: Sequence[Texts]) -> list[Scores]:
        answers: list[Scores] = made([dict(text) for text in texts])
        return answers

    return run


def load_generate(folder: str | Path, threads: int) -> Callable[[Sequence[str]], list[str]]:
    """`generate` with four beams on a summaries bundle, one body after another."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BartConfig

    from models.copy_bart import CopyBartForConditionalGeneration

    _quiet(threads)
    bundle = open_bundle(Path(folder), "summaries")
    manifest = bundle.manifest
    config = BartConfig(**manifest["config"])
    config.layer_norm_eps = manifest["config"]["layer_norm_eps"]
    model = CopyBartForConditionalGeneration(config)
    missing, unknown = model.load_state_dict(_state(bundle), strict=False)
    model.tie_weights()
    if unknown or any("shared" in name for name in missing):
        raise ValueError(f"{folder}: its weights do not fit its config")
    model.eval()
    tokenizer = Tokenizer.from_file(str(bundle.file(TOKENIZER)))
    tokenizer.enable_truncation(int(manifest["lengths"]["max_source_tokens"]))
    beam = manifest["beam"]

    def run(bodies: Sequence[str]) -> list[str]:
        out = []
        for body in bodies:
            source = torch.tensor([tokenizer.encode(body).ids])
            with torch.inference_mode():
                made = model.generate(
                    input_ids=source, attention_mask=torch.ones_like(source), source_ids=source,
                    num_beams=GENERATE_BEAMS, max_new_tokens=int(beam["max_tokens"]), do_sample=False,
                    min_new_tokens=int(beam["min_tokens"]), no_repeat_ngram_size=int(beam["no_repeat"]),
                )  # fmt: skip
            out.append(tokenizer.decode(made[0].tolist()))
        return out

    return run


def load_bert_base(folder: str | Path, threads: int, **shape: int) -> Callable[[Sequence[Texts]], list[int]]:
    """A BERT of the usual size (12 layers × 768 unless `shape` says otherwise), random weights, in a loop over texts.

    It reads the pieces of the topics bundle's tokenizer, at most 512 of them, and gives back how many it read of each.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    _quiet(threads)
    bundle = open_bundle(Path(folder), "topics")
    config = BertConfig(**{"num_labels": len(bundle.manifest["taxonomy"]["topics"]), **shape})
    tokenizer = _fast_tokenizer(bundle, min(BERT_TOKENS, config.max_position_embeddings))
    model = BertForSequenceClassification(config).eval()

    def run(texts: Sequence[Texts]) -> list[int]:
        read = []
        for text in texts:
            inputs = tokenizer(**text, truncation=True, return_tensors="pt", return_token_type_ids=False)
            with torch.inference_mode():
                model(**inputs)
            read.append(int(inputs["input_ids"].shape[1]))
        return read

    return run


def write_folder(bundle_folder: str | Path, out: Path) -> None:
    """The bundle's encoder as a transformers folder with a head of the usual form, whose weights are random.

    For servers that take such folders only: as much work, but answers that mean nothing.
    """
    from transformers import BertForSequenceClassification

    bundle = open_bundle(Path(bundle_folder), "topics")
    config = _config(bundle)
    model = BertForSequenceClassification(config)
    own = {k.removeprefix("encoder."): v for k, v in _state(bundle).items() if k.startswith("encoder.")}
    _, unknown = model.bert.load_state_dict(own, strict=False)
    if unknown:
        raise ValueError(f"{bundle_folder}: its weights do not fit its config")
    model.save_pretrained(out)
    _fast_tokenizer(bundle, filled(WindowSettings, bundle.manifest["windows"]).max_tokens).save_pretrained(out)
    told = out / "tokenizer_config.json"
    # transformers 5 writes a class name that 4 does not know, and servers still run on 4; both know this one.
    settings = json.loads(told.read_text("utf-8")) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    told.write_text(json.dumps(settings), "utf-8")


def _quiet(threads: int) -> None:
    import torch
    from transformers.utils import logging

    torch.set_num_threads(threads)
    # Its advice on batches and datasets, and a list of the classes that it knows: what is measured is its default.
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()


def _config(bundle: Bundle) -> Any:
    from transformers import BertConfig

    names = [topic["name"] for topic in bundle.manifest["taxonomy"]["topics"]]
    config = BertConfig.from_dict(bundle.manifest["config"])
    config.num_labels, config.problem_type = len(names), "multi_label_classification"
    config.label2id, config.id2label = {n: i for i, n in enumerate(names)}, dict(enumerate(names))
    return config


def _state(bundle: Bundle) -> dict[str, Any]:
    import torch

    weights = read_weights(bundle.file(WEIGHTS))
    return {name: torch.from_numpy(value) for name, value in weights.items() if not name.startswith(BESIDE)}


def _tagger(bundle: Bundle) -> Any:
    """The topics bundle as a PreTrainedModel, which is what a pipeline takes."""
    from transformers import BertConfig, BertModel, PreTrainedModel
    from transformers.modeling_outputs import SequenceClassifierOutput

    from models.topic_encoder import TopicEncoder

    class Tagger(PreTrainedModel):  # type: ignore[misc] # transformers has no types that we follow
        config_class = BertConfig

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.inner = TopicEncoder(BertModel(config, add_pooling_layer=False), config.num_labels)
            self.post_init()

        def forward(self, input_ids: Any = None, attention_mask: Any = None, **_: Any) -> Any:
            return SequenceClassifierOutput(logits=self.inner(input_ids, attention_mask)[0])

    model = Tagger(_config(bundle))
    model.inner.load_state_dict(_state(bundle), strict=True)
    return model.eval()


def _fast_tokenizer(bundle: Bundle, length: int) -> Any:
    """The bundle's tokenizer for transformers: `<s> headline </s> body </s>`, as our windows are."""
    from tokenizers import Tokenizer
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer.from_file(str(bundle.file(TOKENIZER)))
    marks = find_marks(tokenizer)
    begin, end = tokenizer.id_to_token(marks.begin), tokenizer.id_to_token(marks.end)
    tokenizer.post_processor = TemplateProcessing(
        single=f"{begin} {end} $A {end}", pair=f"{begin} $A {end} $B {end}",
        special_tokens=[(begin, marks.begin), (end, marks.end)],
    )  # fmt: skip
    pad = tokenizer.id_to_token(bundle.manifest["config"]["pad_token_id"])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=length, pad_token=pad, bos_token=begin, eos_token=end
    )
