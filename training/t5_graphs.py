"""ONNX graphs of a T5 or mT5, without weights: encoder and decoder step, as training/graphs.py has them for BART.

T5 norms before each part, by root mean square alone; has no position rows but a bias of each head by distance, in buckets,
which the first layer of each half owns; and does not scale its attention. Shapes: B articles, S source tokens, K beams,
P earlier tokens, H heads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto

from training.graphs import CONTRIB, FLOAT, INT, GraphWriter, best_tokens

Outputs = dict[str, tuple[str, int, list[Any]]]


def t5_encoder_graph(config: Any, longest: int) -> ModelProto:
    """`source`, `mask` (B, S), S at most `longest`, to `states` (B, S, D) and each decoder layer's cross-attention."""
    g, d = GraphWriter(), config.d_model
    x = g.op("Gather", g.weight("shared.weight", (config.vocab_size, d)), "source")
    mask = g.op("Cast", "mask", to=TensorProto.INT32)
    places = _range(g, g.op("Shape", "source", start=1, end=2))
    apart = g.op("Sub", g.op("Unsqueeze", places, g.constant([0])), g.op("Unsqueeze", places, g.constant([1])))
    table = [bucket(i, config, both_sides=True) for i in range(-longest, longest + 1)]
    bias = _bias(g, config, "encoder", g.op("Gather", g.constant(table), g.op("Add", apart, g.constant(longest))))
    for i in range(config.num_layers):
        p = f"encoder.block.{i}.layer."
        q, k, v = _project(g, _norm(g, x, f"{p}0.layer_norm", config), f"{p}0.SelfAttention", config, "qkv")
        y = g.op("MultiHeadAttention", q, k, v, "", mask, bias, domain=CONTRIB, num_heads=config.num_heads, scale=1.0)
        x = g.op("Add", x, g.linear(y, f"{p}0.SelfAttention.o", d, _inner(config), bias=False))
        x = _feed_forward(g, x, f"{p}1.", config)
    x = _norm(g, x, "encoder.final_layer_norm", config)
    outputs: Outputs = {"states": (x, FLOAT, ["B", "S", d])}
    heads, size = config.num_heads, config.d_kv
    for i in range(config.num_decoder_layers):
        for short, part in (("key", "k"), ("value", "v")):
            (y,) = _project(g, x, f"decoder.block.{i}.layer.1.EncDecAttention", config, part)
            y = g.op("Transpose", g.op("Reshape", y, g.constant([0, 0, heads, size])), perm=[0, 2, 1, 3])
            outputs[f"cross_{short}_{i}"] = (y, FLOAT, ["B", heads, "S", size])
    return g.model({"source": (INT, ["B", "S"]), "mask": (INT, ["B", "S"])}, outputs)


def t5_step_graph(config: Any, longest: int, *, tied: bool) -> ModelProto:
    """One decoder step for K beams of B articles, at most `longest` of them; `tied`: words are chosen by their embedding."""
    g, d = GraphWriter(), config.d_model
    heads, size, inner = config.num_heads, config.d_kv, _inner(config)
    x = g.op("Gather", g.weight("shared.weight", (config.vocab_size, d)), "tokens")  # (N, 1, D)
    rows = g.op("Shape", "mask", start=0, end=1)
    mask = g.op("Cast", "mask", to=TensorProto.INT32)
    back = g.op("Sub", "position", _range(g, g.op("Add", "position", g.constant([1]))))  # (P + 1)
    table = [bucket(-i, config, both_sides=False) for i in range(longest + 1)]
    near = g.op("Unsqueeze", g.op("Gather", g.constant(table), back), g.constant([0]))
    bias = _bias(g, config, "decoder", near)  # (1, H, 1, P + 1)
    inputs: dict[str, tuple[int, list[Any]]] = {
        "tokens": (INT, ["N", 1]), "position": (INT, [1]), "k": (INT, [1]), "mask": (INT, ["B", "S"]),
    }  # fmt: skip
    outputs: Outputs = {}
    for i in range(config.num_decoder_layers):
        p = f"decoder.block.{i}.layer."
        q, k, v = _project(g, _norm(g, x, f"{p}0.layer_norm", config), f"{p}0.SelfAttention", config, "qkv")
        past = [f"past_key_{i}", f"past_value_{i}"]
        inputs |= {n: (FLOAT, ["N", heads, "P", size]) for n in past}
        y, key, value = g.op("MultiHeadAttention", q, k, v, "", "", bias, *past, outputs=3, domain=CONTRIB,
                             num_heads=heads, scale=1.0)  # fmt: skip
        outputs |= {f"{n}_{i}": (o, FLOAT, ["N", heads, "P1", size]) for n, o in (("key", key), ("value", value))}
        x = g.op("Add", x, g.linear(y, f"{p}0.SelfAttention.o", d, inner, bias=False))
        (q,) = _project(g, _norm(g, x, f"{p}1.layer_norm", config), f"{p}1.EncDecAttention", config, "q")
        q = g.op("Reshape", q, g.op("Concat", rows, g.constant([-1, inner]), axis=0))  # (B, K, H x size)
        cross = [f"cross_key_{i}", f"cross_value_{i}"]
        inputs |= {n: (FLOAT, ["B", heads, "S", size]) for n in cross}
        y = g.op("MultiHeadAttention", q, *cross, "", mask, domain=CONTRIB, num_heads=heads, scale=1.0)
        y = g.op("Reshape", y, g.constant([-1, 1, inner]))
        x = g.op("Add", x, g.linear(y, f"{p}1.EncDecAttention.o", d, inner, bias=False))
        x = _feed_forward(g, x, f"{p}2.", config)
    x = _norm(g, x, "decoder.final_layer_norm", config)
    if getattr(config, "scale_decoder_outputs", False):
        x = g.op("Mul", x, g.constant(d**-0.5, np.float32))
    x = g.op("Reshape", x, g.op("Concat", rows, g.constant([-1, d]), axis=0))
    words = g.weight("shared.weight" if tied else "lm_head.weight", (config.vocab_size, d), transposed=True)
    return g.model(inputs, outputs | best_tokens(g, g.op("LogSoftmax", g.op("MatMul", x, words), axis=-1)))


def bucket(apart: int, config: Any, *, both_sides: bool) -> int:
    """The bucket of a distance (place looked at minus place looked from): exact when near, logarithmic further off."""
    count, first = config.relative_attention_num_buckets, 0
    if both_sides:
        count //= 2
        first = count if apart > 0 else 0
        far = abs(apart)
    else:
        far = max(0, -apart)
    exact = count // 2
    if far < exact:
        return first + far
    # In fp32, as torch has it: at the edge of a bucket the last bit decides.
    share: np.float32 = np.log(np.float32(far) / np.float32(exact)) / np.float32(
        math.log(config.relative_attention_max_distance / exact)
    )
    return int(first + min(count - 1, exact + int(share * np.float32(count - exact))))


def _inner(config: Any) -> int:
    return int(config.num_heads * config.d_kv)


def _range(g: GraphWriter, end: str) -> str:
    """0 … end - 1; `end` has shape (1)."""
    return str(g.op("Range", g.constant(0), g.op("Squeeze", end, g.constant([0])), g.constant(1)))


def _bias(g: GraphWriter, config: Any, half: str, buckets: str) -> str:
    """Buckets (Q, T) to what is added to the scores, (1, H, Q, T)."""
    name = f"{half}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    values = g.op("Gather", g.weight(name, (config.relative_attention_num_buckets, config.num_heads)), buckets)
    return str(g.op("Unsqueeze", g.op("Transpose", values, perm=[2, 0, 1]), g.constant([0])))


def _project(g: GraphWriter, x: str, name: str, config: Any, parts: str) -> list[str]:
    return [g.linear(x, f"{name}.{part}", _inner(config), config.d_model, bias=False) for part in parts]


def _norm(g: GraphWriter, x: str, name: str, config: Any) -> str:
    square = g.op("ReduceMean", g.op("Mul", x, x), g.constant([-1]), keepdims=1)
    root = g.op("Sqrt", g.op("Add", square, g.constant(config.layer_norm_epsilon, np.float32)))
    return str(g.op("Mul", g.op("Div", x, root), g.weight(f"{name}.weight", (config.d_model,))))


def _feed_forward(g: GraphWriter, x: str, prefix: str, config: Any) -> str:
    d, wide, dense = config.d_model, config.d_ff, f"{prefix}DenseReluDense."
    h = _norm(g, x, f"{prefix}layer_norm", config)
    if config.is_gated_act:
        up = g.op("Gelu", g.linear(h, f"{dense}wi_0", wide, d, bias=False), approximate="tanh")
        up = g.op("Mul", up, g.linear(h, f"{dense}wi_1", wide, d, bias=False))
    else:
        up = g.op("Relu", g.linear(h, f"{dense}wi", wide, d, bias=False))
    return str(g.op("Add", x, g.linear(up, f"{dense}wo", d, wide, bias=False)))
