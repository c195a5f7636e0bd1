"""A graph in int8 for the CPU: matrix products on the stored int8 weights, each token with a scale of its own.

A token's activations are divided by their largest value and rounded to 7 bits before each product; what is added up is
exact, and so is every weight. So a row depends on no other row of its batch, and nothing has to be calibrated. Seven bits,
since AVX2 without VNNI adds pairs of 8-bit products in 16 bits and would overflow with eight. Attention, norms and the head
stay fp32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from models.runtime import INT8, SCALES, TRANSPOSED
from models.weights import SMALL
from training.graphs import CONTRIB

HALF = 63  # the largest activation; products of two add up to 2 * 126 * 127 < 2 ** 15


def in_int8(graph: ModelProto, leave: Sequence[str] = ("head.",)) -> ModelProto | None:
    """The graph with its products by large weights in int8; None where it has none.

    Weights with one of `leave` in their names stay in fp32: the topics head's products are small in effect and large in
    their say.

    Only weights that are stored in int8 take part (models/weights.py), so no weight is rounded a second time.
    """
    large = {
        t.name: tuple(t.dims)
        for t in graph.graph.initializer
        if t.data_location == TensorProto.EXTERNAL and t.name.endswith(TRANSPOSED) and math.prod(t.dims) >= SMALL
    }
    made, nodes, added, rounded = ModelProto(), list[NodeProto](), list[TensorProto](), set[str]()
    made.CopyFrom(graph)
    shared = {
        "int8_one": np.float32(1),
        "int8_middle": np.uint8(HALF),
        "int8_half": np.float32(HALF),
        "int8_least": np.float32(1e-12),  # a token of zeros is divided by something
        "int8_last": np.array([-1]),
    }
    for node in graph.graph.node:
        if node.op_type != "MatMul" or node.input[1] not in large or any(x in node.input[1] for x in leave):
            nodes.append(node)
            continue
        x, weight = node.input
        if x not in rounded:
            rounded.add(x)
            nodes += _rounded(x)
        stored = weight.removesuffix(TRANSPOSED)
        inside, outside = large[weight]
        added += [
            _external(stored + INT8, TensorProto.INT8, (inside, outside)),
            _external(stored + SCALES, TensorProto.FLOAT, (outside,)),
        ]
        product = f"{node.output[0]}_int8"
        names = [f"{x}_int8", stored + INT8, "int8_one", stored + SCALES, "int8_middle"]
        nodes.append(helper.make_node("MatMulIntegerToFloat", names, [product], domain=CONTRIB))
        nodes.append(helper.make_node("Mul", [product, f"{x}_scale"], list(node.output)))
    if not rounded:
        return None
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [t for t in made.graph.initializer if t.name in used]
    del made.graph.initializer[:]
    made.graph.initializer.extend(
        [*kept, *added, *(numpy_helper.from_array(np.asarray(v), k) for k, v in shared.items())]
    )
    return made


def _rounded(x: str) -> list[NodeProto]:
    """`x_scale`, (…, 1), and `x_int8`: the nearest of 127 values about `HALF`, times that scale, is x."""
    return [
        helper.make_node("Abs", [x], [f"{x}_size"]),
        helper.make_node("ReduceMax", [f"{x}_size", "int8_last"], [f"{x}_most"], keepdims=1),
        helper.make_node("Max", [f"{x}_most", "int8_least"], [f"{x}_some"]),
        helper.make_node("Div", [f"{x}_some", "int8_half"], [f"{x}_scale"]),
        helper.make_node("Div", [x, f"{x}_scale"], [f"{x}_even"]),
        helper.make_node("QuantizeLinear", [f"{x}_even", "int8_one", "int8_middle"], [f"{x}_int8"]),
    ]


def _external(name: str, kind: int, shape: tuple[int, ...]) -> TensorProto:
    tensor = TensorProto(name=name, data_type=kind, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.safetensors")
    return tensor
