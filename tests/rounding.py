"""fp16 as a card has it, on the CPU: every result of a graph in half precision is rounded before the next node reads it.

ONNX Runtime has few kernels in fp16 for the CPU. It computes in fp32 between casts that it takes away where two meet, so a
graph's own fp16 would never be seen. Two nodes that only copy, in fp16, between any two keep the casts apart; from round a
single one they would be taken away, too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from onnx import ModelProto, TensorProto, helper

import models.half
from models.device import Device

ROUNDED = Device("cpu", half=True)
"""What tests ask for instead of a card: its graphs and its way of calling them, on the CPU."""


def as_on_a_card(patch: pytest.MonkeyPatch) -> None:
    """From now on graphs in half precision are rounded at each node."""

    def rounding(graph: ModelProto) -> ModelProto:
        halving = models.half._Halving(graph)
        return copied_between(halving.made(), {n for n, kind in halving.kinds.items() if kind == TensorProto.FLOAT16})

    patch.setattr(models.half, "in_half", rounding)


def copied_between(made: ModelProto, halves: set[str]) -> ModelProto:
    """The graph with two copies behind each result in fp16."""
    nodes: list[Any] = []
    public = {o.name for o in made.graph.output}
    for node in made.graph.node:
        names = list(node.output)
        casts = node.op_type == "Cast" and node.attribute[0].i == TensorProto.FLOAT16
        copied = [n for n in names if (n in halves or casts) and n not in public]
        del node.output[:]
        node.output.extend([f"{n}_unrounded" if n in copied else n for n in names])
        nodes.append(node)
        for n in copied:
            nodes.append(helper.make_node("Concat", [f"{n}_unrounded"], [f"{n}_copied"], axis=0))
            nodes.append(helper.make_node("Concat", [f"{n}_copied"], [n], axis=0))
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    return made


def test_the_copies_keep_the_rounding() -> None:
    """2048 + 1 is 2048 in fp16: then nothing is left of the difference."""
    half = TensorProto.FLOAT16
    nodes = [helper.make_node("MatMul", ["x", "w"], ["m"]), helper.make_node("Sub", ["m", "b"], ["y"])]
    inputs = [helper.make_tensor_value_info(n, half, s) for n, s in (("x", [1, 2]), ("w", [2, 1]), ("b", [1]))]
    graph = helper.make_graph(nodes, "g", inputs, [helper.make_tensor_value_info("y", half, [1, 1])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    made = copied_between(model, {"m"})
    session = ort.InferenceSession(made.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {n: np.array(v, np.float16) for n, v in (("x", [[1, 1]]), ("w", [[2048], [1]]), ("b", [2048]))}
    assert session.run(None, feed)[0].item() == 0
