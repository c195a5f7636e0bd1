"""Vectors of a frozen encoder, for the floor that puts a linear head on them: of a topics bundle, or of any base.

A bundle's graph has no output for hidden states, so a copy of it in memory gets one: the input that the head's first
product reads. A base (folder or hub name) runs in transformers on torch. Either way a vector is the mean of the last layer
over the real tokens of the article's first window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from eval.metrics import Array
from models.article import Article
from models.bundle import TOKENIZER, Bundle, damaged, filled, open_bundle
from models.classifier import GRAPH
from models.device import CPU
from models.errors import BadInput
from models.registry import default_bundle
from models.runtime import TRANSPOSED
from models.windows import WindowSettings, cut_windows, find_marks

Ids: TypeAlias = NDArray[np.int64]
LOOK = f"head.look{TRANSPOSED}"
BASE_TOKENS = 256


def embed_with_bundle(articles: Sequence[Article], bundle: str | None) -> tuple[Array, str]:
    """Vectors (articles, width) of a topics bundle's encoder (None: the default), and what they ran on."""
    opened = open_bundle(Path(bundle) if bundle else default_bundle("topics"), "topics")
    run, ids = open_states(opened), first_windows(opened, articles)
    return _mean_states(ids, run), f"the encoder of {opened.name}, mean of its last layer, ONNX Runtime fp32"


def open_states(opened: Bundle) -> Callable[[Ids, Ids], Array]:
    """A function from ids and mask (B, S) to the hidden states (B, S, D) of a topics bundle's encoder."""
    import onnx
    import onnxruntime as ort

    from models.bundle import WEIGHTS
    from models.weights import read_weights

    with damaged(opened.path, GRAPH):
        graph = onnx.load(str(opened.file(GRAPH)), load_external_data=False)
        states = next((node.input[0] for node in graph.graph.node if LOOK in node.input), None)
        if states is None:
            raise BadInput(f"{opened.path}: its graph has no {LOOK}, so its encoder cannot be read", field="bundle")
        graph.graph.output.append(onnx.helper.make_tensor_value_info(states, onnx.TensorProto.FLOAT, None))
        weights = read_weights(opened.file(WEIGHTS))
        names = [str(name) for name in opened.manifest["graphs"][GRAPH]]
        values = [weights[n.removesuffix(TRANSPOSED)].T if n.endswith(TRANSPOSED) else weights[n] for n in names]
        options = ort.SessionOptions()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # other work may be under way
        ready = [ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(value)) for value in values]
        options.add_external_initializers(names, ready)
        session = ort.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def run(batch: Ids, mask: Ids) -> Array:
        found: Array = session.run([states], {"input_ids": batch, "mask": mask})[0]
        return found

    return run


def first_windows(opened: Bundle, articles: Sequence[Article]) -> list[list[int]]:
    """Token ids of each article's first window, as the bundle cuts it."""
    from tokenizers import Tokenizer

    with damaged(opened.path, TOKENIZER):
        tokenizer = Tokenizer.from_file(str(opened.file(TOKENIZER)))
    settings = filled(WindowSettings, opened.manifest["windows"])
    marks = find_marks(tokenizer)
    return [cut_windows(article, tokenizer, marks, settings)[0].ids for article in articles]


def embed_with_base(articles: Sequence[Article], base: str) -> tuple[Array, str]:
    """Vectors (articles, width) of a pretrained encoder: a folder or a hub name, in transformers."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModel.from_pretrained(base)
    except (OSError, ValueError) as error:
        raise BadInput(f"{base} is no encoder that transformers can load: {error}", field="floor_encoder") from error
    model = model.float().eval()
    texts, pairs = [a.headline or a.body for a in articles], [a.body if a.headline else None for a in articles]
    ids = [
        tokenizer(text, pair, truncation=True, max_length=BASE_TOKENS)["input_ids"]
        for text, pair in zip(texts, pairs, strict=True)
    ]

    def run(batch: Ids, mask: Ids) -> Array:
        with torch.inference_mode():
            out = model(input_ids=torch.from_numpy(batch), attention_mask=torch.from_numpy(mask))
        found: Array = out.last_hidden_state.numpy()
        return found

    told = f"{base}, mean of its last layer, first {BASE_TOKENS} tokens, transformers on torch {torch.__version__} fp32"
    return _mean_states(ids, run, tokenizer.pad_token_id or 0), told


def _mean_states(ids: Sequence[Sequence[int]], run: Callable[[Ids, Ids], Array], padding: int = 0) -> Array:
    """Batches of like length through `run`, averaged over the real tokens; rows in the order of `ids`."""
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    found: dict[int, Array] = {}
    while order:
        longest = len(ids[order[-1]])
        size = max(1, CPU.tokens_a_batch // longest)
        take, order = order[-size:], order[:-size]
        batch, mask = np.full((len(take), longest), padding, np.int64), np.zeros((len(take), longest), np.int64)
        for row, i in enumerate(take):
            batch[row, : len(ids[i])] = ids[i]
            mask[row, : len(ids[i])] = 1
        states = run(batch, mask)
        means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        found |= dict(zip(take, means.astype(np.float64), strict=True))
    return np.stack([found[i] for i in range(len(ids))])
