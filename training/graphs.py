"""ONNX graphs of BERT and BART, without weights: the structure that a bundle ships and ONNX Runtime runs.

Initialisers are declared as external under their torch names (`name::T` is the transpose, which MatMul wants);
models/runtime.py hands ONNX Runtime the values out of weights.safetensors, so each weight is stored once. Shapes in the
comments: B articles, S source tokens, K beams, D width, H heads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from models.runtime import TRANSPOSED

OPSET, IR, CONTRIB = 21, 10, "com.microsoft"
FAR = -1e9
INT, FLOAT = TensorProto.INT64, TensorProto.FLOAT


class GraphWriter:
    """Collects nodes and external initialisers; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.initializers: dict[str, TensorProto] = {}
        self.count = 0

    def op(self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any) -> Any:
        """One node; several outputs come back as a list."""
        self.count += 1
        names = [f"{kind}_{self.count}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names if outputs > 1 else names[0]

    def constant(self, value: Any, kind: Any = np.int64) -> str:
        """A small constant that stands in the graph."""
        self.count += 1
        name = f"constant_{self.count}"
        self.initializers[name] = numpy_helper.from_array(np.array(value, dtype=kind), name)
        return name

    def weight(self, name: str, shape: tuple[int, ...], *, transposed: bool = False) -> str:
        """An initialiser that comes from the bundle's weights; `shape` is the stored one."""
        full = name + TRANSPOSED if transposed else name
        if full not in self.initializers:
            tensor = TensorProto(name=full, data_type=FLOAT, dims=shape[::-1] if transposed else shape)
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="weights.safetensors")
            self.initializers[full] = tensor
        return full

    def linear(self, x: str, name: str, outside: int, inside: int, *, bias: bool = True) -> str:
        """X @ W.T + b of a torch Linear."""
        y = self.op("MatMul", x, self.weight(f"{name}.weight", (outside, inside), transposed=True))
        return str(self.op("Add", y, self.weight(f"{name}.bias", (outside,)))) if bias else str(y)

    def norm(self, x: str, name: str, width: int, epsilon: float) -> str:
        """Layer norm over the last axis."""
        scale, shift = self.weight(f"{name}.weight", (width,)), self.weight(f"{name}.bias", (width,))
        return str(self.op("LayerNormalization", x, scale, shift, axis=-1, epsilon=epsilon))

    def model(
        self, inputs: dict[str, tuple[int, list[Any]]], outputs: dict[str, tuple[str, int, list[Any]]]
    ) -> ModelProto:
        """The finished model; `outputs` maps public names to (inner name, type, shape)."""
        for public, (inner, _, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [inner], [public]))
        graph = helper.make_graph(
            self.nodes,
            "caibian",
            [helper.make_tensor_value_info(n, t, s) for n, (t, s) in inputs.items()],
            [helper.make_tensor_value_info(n, t, s) for n, (_, t, s) in outputs.items()],
            list(self.initializers.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR, producer_name="caibian")


def bert_topics_graph(config: Any, topics: int, groups: Sequence[int] = ()) -> ModelProto:
    """`input_ids`, `mask` (B, S) to `logits` (B, T) and `shares` (B, T, S) of a TopicEncoder over a BertModel.

    `groups`: how many topics were trained together, first to last. Each group's shares are summed apart, since the order in
    which a sum over (B, T, S) is taken depends on T: so a topic that is added leaves the others' last bits as they are.
    """
    g, d, e = GraphWriter(), config.hidden_size, "encoder.embeddings."
    words = g.op("Gather", g.weight(f"{e}word_embeddings.weight", (config.vocab_size, d)), "input_ids")
    rows = g.weight(f"{e}position_embeddings.weight", (config.max_position_embeddings, d))
    kinds = g.weight(f"{e}token_type_embeddings.weight", (config.type_vocab_size, d))
    x = g.op("Add", words, _positions(g, rows, "input_ids", 0))
    x = g.op("Add", x, g.op("Gather", kinds, g.constant(0)))
    x = g.norm(x, f"{e}LayerNorm", d, config.layer_norm_eps)
    mask = g.op("Cast", "mask", to=TensorProto.INT32)
    names = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "o": "attention.output.dense",
             "attention_norm": "attention.output.LayerNorm", "up": "intermediate.dense", "down": "output.dense",
             "norm": "output.LayerNorm"}  # fmt: skip
    for i in range(config.num_hidden_layers):
        x = _encoder_layer(g, x, mask, f"encoder.encoder.layer.{i}.", names, config.num_attention_heads, d,
                           config.intermediate_size, config.layer_norm_eps)  # fmt: skip
    score = g.op("MatMul", x, g.weight("head.look", (topics, d), transposed=True))  # (B, S, T)
    score = g.op("Transpose", score, perm=[0, 2, 1])
    attention = g.op("Softmax", g.op("Add", score, _far_where_zero(g, "mask", [1])), axis=-1)
    value = g.op("Transpose", g.op("MatMul", x, g.weight("head.weigh", (topics, d), transposed=True)), perm=[0, 2, 1])
    shares = g.op("Mul", attention, value)
    total = _totals(g, shares, groups if len(groups) > 1 else (topics,))
    logits = g.op("Add", total, g.weight("head.bias", (topics,)))
    return g.model(
        {"input_ids": (INT, ["B", "S"]), "mask": (INT, ["B", "S"])},
        {"logits": (logits, FLOAT, ["B", topics]), "shares": (shares, FLOAT, ["B", topics, "S"])},
    )


def _totals(g: GraphWriter, shares: str, groups: Sequence[int]) -> str:
    parts = [shares]
    if len(groups) > 1:
        parts = g.op("Split", shares, g.constant(groups), axis=1, outputs=len(groups))
    sums = [g.op("ReduceSum", part, g.constant([2]), keepdims=0) for part in parts]
    return str(g.op("Concat", *sums, axis=1) if len(sums) > 1 else sums[0])


BART_NAMES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.out_proj",
              "attention_norm": "self_attn_layer_norm", "up": "fc1", "down": "fc2", "norm": "final_layer_norm"}  # fmt: skip


def bart_encoder_graph(config: Any) -> ModelProto:
    """`source`, `mask` (B, S) to `states` (B, S, D) and, a decoder layer, its cross-attention keys and values.

    The same for a plain BART and one with a copy head.
    """
    g, d, half = GraphWriter(), config.d_model, "model.encoder."
    x = _bart_embed(g, config, half, "source", _positions(g, _bart_rows(g, config, half), "source", 2))
    mask = g.op("Cast", "mask", to=TensorProto.INT32)
    for i in range(config.encoder_layers):
        x = _encoder_layer(g, x, mask, f"{half}layers.{i}.", BART_NAMES, config.encoder_attention_heads, d,
                           config.encoder_ffn_dim, config.layer_norm_eps)  # fmt: skip
    outputs: dict[str, tuple[str, int, list[Any]]] = {"states": (x, FLOAT, ["B", "S", d])}
    heads, size = config.decoder_attention_heads, d // config.decoder_attention_heads
    for i in range(config.decoder_layers):
        for short, part in (("key", "k_proj"), ("value", "v_proj")):
            y = g.linear(x, f"model.decoder.layers.{i}.encoder_attn.{part}", d, d)
            y = g.op("Transpose", g.op("Reshape", y, g.constant([0, 0, heads, size])), perm=[0, 2, 1, 3])
            outputs[f"cross_{short}_{i}"] = (y, FLOAT, ["B", heads, "S", size])
    return g.model({"source": (INT, ["B", "S"]), "mask": (INT, ["B", "S"])}, outputs)


def bart_step_graph(config: Any, *, copy_head: bool) -> ModelProto:
    """One decoder step for K beams of B articles, N = B x K rows.

    Beams of an article are queries of one cross-attention, so encoder states are never copied per beam. Outputs: the k
    best next tokens a beam (`values` log probabilities and `ids`, (B, K, k)), the grown self-attention caches and, with a
    copy head, the copied mass a source place (`places`, (B, K, S), for rendering a character that the vocabulary lacks).
    """
    g, d, half = GraphWriter(), config.d_model, "model.decoder."
    heads, eps = config.decoder_attention_heads, config.layer_norm_eps
    size = d // heads
    at = g.op("Gather", _bart_rows(g, config, half), g.op("Add", "position", g.constant([2])))  # (1, D)
    x = _bart_embed(g, config, half, "tokens", at)  # (N, 1, D)
    per_article = g.op("Concat", g.op("Shape", "mask", start=0, end=1), g.constant([-1, d]), axis=0)
    per_beam = g.constant([-1, 1, d])
    mask = g.op("Cast", "mask", to=TensorProto.INT32)
    inputs: dict[str, tuple[int, list[Any]]] = {
        "tokens": (INT, ["N", 1]), "position": (INT, [1]), "k": (INT, [1]), "mask": (INT, ["B", "S"]),
    }  # fmt: skip
    if copy_head:
        inputs |= {"states": (FLOAT, ["B", "S", d])} | {
            n: (INT, ["B", "S"]) for n in ("source", "copyable", "continuable")
        }
    outputs: dict[str, tuple[str, int, list[Any]]] = {}
    for i in range(config.decoder_layers):
        p = f"{half}layers.{i}."
        q, k, v = (g.linear(x, f"{p}self_attn.{n}_proj", d, d) for n in "qkv")
        past = [f"past_key_{i}", f"past_value_{i}"]
        inputs |= {n: (FLOAT, ["N", heads, "P", size]) for n in past}
        y, key, value = g.op(
            "MultiHeadAttention", q, k, v, "", "", "", *past, outputs=3, domain=CONTRIB, num_heads=heads
        )
        outputs |= {
            f"key_{i}": (key, FLOAT, ["N", heads, "P1", size]),
            f"value_{i}": (value, FLOAT, ["N", heads, "P1", size]),
        }
        x = g.norm(g.op("Add", x, g.linear(y, f"{p}self_attn.out_proj", d, d)), f"{p}self_attn_layer_norm", d, eps)
        q = g.op("Reshape", g.linear(x, f"{p}encoder_attn.q_proj", d, d), per_article)  # (B, K, D)
        cross = [f"cross_key_{i}", f"cross_value_{i}"]
        inputs |= {n: (FLOAT, ["B", heads, "S", size]) for n in cross}
        y = g.op("MultiHeadAttention", q, *cross, "", mask, domain=CONTRIB, num_heads=heads)
        y = g.op("Reshape", y, per_beam)
        x = g.norm(
            g.op("Add", x, g.linear(y, f"{p}encoder_attn.out_proj", d, d)), f"{p}encoder_attn_layer_norm", d, eps
        )
        x = _feed_forward(g, x, p, BART_NAMES, d, config.decoder_ffn_dim, eps)
    x = g.op("Reshape", x, per_article)  # (B, K, D)
    logits = g.op("MatMul", x, g.weight("model.shared.weight", (config.vocab_size, d), transposed=True))
    logits = g.op("Add", logits, g.weight("final_logits_bias", (1, config.vocab_size)))
    if copy_head:
        logs, places = _mixture(g, x, logits, d)
        outputs["places"] = (places, FLOAT, ["B", "K", "S"])
    else:
        logs = g.op("LogSoftmax", logits, axis=-1)
    return g.model(inputs, outputs | best_tokens(g, logs))


def best_tokens(g: GraphWriter, logs: str) -> dict[str, tuple[str, int, list[Any]]]:
    """The outputs `values` and `ids` of a step: the k best of log probabilities (B, K, V)."""
    values, ids = g.op("TopK", logs, "k", axis=-1, outputs=2)
    return {"values": (values, FLOAT, ["B", "K", "k"]), "ids": (ids, INT, ["B", "K", "k"])}


def _mixture(g: GraphWriter, x: str, logits: str, d: int) -> tuple[str, str]:
    gate = g.op("Softmax", g.linear(x, "copy_head.gate", 3, d), axis=-1)
    shares = g.op("Split", gate, axis=-1, num_outputs=3, outputs=3)
    mixed = g.op("Mul", g.op("Softmax", logits, axis=-1), shares[0])
    keys = g.op("Transpose", "states", perm=[0, 2, 1])
    masses = []
    for name, allowed, share in (("copy", "copyable", shares[1]), ("copy_next", "continuable", shares[2])):
        hidden = _far_where_zero(g, allowed, [1])  # (B, 1, S)
        score = g.op("MatMul", g.linear(x, f"copy_head.{name}", d, d, bias=False), keys)
        score = g.op("Mul", score, g.constant(d**-0.5, np.float32))
        masses.append(g.op("Mul", g.op("Softmax", g.op("Add", score, hidden), axis=-1), share))
    # The token after place s is the token at s + 1: move that mass one place to the right and scatter both at once.
    moved = g.op("Pad", masses[1], g.constant([0, 0, 1, 0, 0, 0]))
    moved = g.op("Slice", moved, g.constant([0]), g.constant([-1]), g.constant([2]))
    places = g.op("Add", masses[0], moved)
    shape = g.op("Shape", places)
    ids = g.op("Expand", g.op("Unsqueeze", "source", g.constant([1])), shape)
    mixed = g.op("ScatterElements", mixed, ids, places, axis=2, reduction="add")
    return g.op("Log", g.op("Max", mixed, g.constant(1e-20, np.float32))), places


def _encoder_layer(
    g: GraphWriter, x: str, mask: str, prefix: str, n: dict[str, str], heads: int, d: int, ff: int, eps: float
) -> str:
    q, k, v = (g.linear(x, prefix + n[s], d, d) for s in "qkv")
    y = g.op("MultiHeadAttention", q, k, v, "", mask, domain=CONTRIB, num_heads=heads)
    x = g.norm(g.op("Add", x, g.linear(y, prefix + n["o"], d, d)), prefix + n["attention_norm"], d, eps)
    return _feed_forward(g, x, prefix, n, d, ff, eps)


def _feed_forward(g: GraphWriter, x: str, prefix: str, n: dict[str, str], d: int, ff: int, eps: float) -> str:
    up = g.op("Gelu", g.linear(x, prefix + n["up"], ff, d))
    return g.norm(g.op("Add", x, g.linear(up, prefix + n["down"], d, ff)), prefix + n["norm"], d, eps)


def _positions(g: GraphWriter, rows: str, ids: str, offset: int) -> str:
    """Position rows offset … offset + S, (S, D)."""
    end = g.op("Add", g.op("Shape", ids, start=1, end=2), g.constant([offset]))
    return str(g.op("Slice", rows, g.constant([offset]), end, g.constant([0])))


def _bart_rows(g: GraphWriter, config: Any, half: str) -> str:
    return g.weight(f"{half}embed_positions.weight", (config.max_position_embeddings + 2, config.d_model))


def _bart_embed(g: GraphWriter, config: Any, half: str, ids: str, positions: str) -> str:
    words = g.op("Gather", g.weight("model.shared.weight", (config.vocab_size, config.d_model)), ids)
    if config.scale_embedding:
        words = g.op("Mul", words, g.constant(config.d_model**0.5, np.float32))
    return g.norm(g.op("Add", words, positions), f"{half}layernorm_embedding", config.d_model, config.layer_norm_eps)


def _far_where_zero(g: GraphWriter, mask: str, axes: list[int]) -> str:
    off = g.op("Sub", g.constant(1.0, np.float32), g.op("Cast", mask, to=FLOAT))
    return str(g.op("Unsqueeze", g.op("Mul", off, g.constant(FAR, np.float32)), g.constant(axes)))
