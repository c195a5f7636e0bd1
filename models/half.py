"""A bundle's fp32 graph in half precision, for cards: made when it is opened, so that every bundle has it.

Products by stored weights, attention and what lies between them run in fp16 with fp16 weights. fp32 stays what a long sum or
a large value could spoil: the topics' head, the product by the vocabulary, softmax, the copy head, and of a T5 the norms,
the residual stream and the second product of each feed-forward part, whose values pass 65,504 in published weights. A
decoder's caches are fp16, and the graph itself puts them in the order of the beams (`rows`), so that they never leave the card.

It knows the operators that training/graphs.py and t5_graphs.py write, no task and no session.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from models.runtime import HALF as HALF_FORM
from models.runtime import ROWS

HALF, FULL = int(TensorProto.FLOAT16), int(TensorProto.FLOAT)
FLOATS = (HALF, FULL)
FOLLOWS = frozenset(
    (
        *("Add", "Gelu", "LayerNormalization", "Relu"),
        *("Concat", "Gather", "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose", "Unsqueeze"),
    )
)
"""Run in fp16 unless something that is computed in fp32 comes in. LayerNormalization sums in fp32 inside, on CPU and card."""
STAYS = re.compile(r"(head|copy_head)\..*|(.*\.)?(shared|lm_head)\.weight::T|.*\.wo\.weight::T")
"""Weights whose products stay fp32."""
PASSED_ON = re.compile(r"states|(cross_)?(key|value)_\d+")
"""Outputs that only the decoder reads: they stay fp16. All others are fp32."""
PAST = "past_"


def in_half(graph: ModelProto) -> ModelProto:
    """The same graph in fp16; its external initialisers in fp16 end in `HALF_FORM`. Raises KeyError on a tensor of no node."""
    return _Halving(graph).made()


class _Halving:
    def __init__(self, graph: ModelProto) -> None:
        self.source = graph
        self.stored = {t.name: t for t in graph.graph.initializer}
        self.kinds: dict[str, int] = {t.name: int(t.data_type) for t in graph.graph.initializer}
        self.results = {o.name for o in graph.graph.output}
        self.nodes: list[NodeProto] = []
        self.added: dict[str, TensorProto] = {}
        self.casts: dict[tuple[str, int], str] = {}
        self.renamed: dict[str, str] = {}

    def made(self) -> ModelProto:
        """The new model."""
        out = ModelProto()
        out.CopyFrom(self.source)
        for value in out.graph.input:
            kind = value.type.tensor_type
            if kind.elem_type == FULL:
                kind.elem_type = HALF
            self.kinds[value.name] = kind.elem_type
        past = [value.name for value in out.graph.input if value.name.startswith(PAST)]
        for name in past:
            self.renamed[name] = f"{name}_of_rows"
            self.kinds[self.renamed[name]] = self.kinds[name]
            self.nodes.append(helper.make_node("Gather", [name, ROWS], [self.renamed[name]], axis=0))
        if past:
            out.graph.input.append(helper.make_tensor_value_info(ROWS, TensorProto.INT64, ["N"]))
        for node in self.source.graph.node:
            self._take(node)
        for value in out.graph.output:
            value.type.tensor_type.elem_type = self.kinds[value.name]
        del out.graph.node[:]
        out.graph.node.extend(self.nodes)
        used = {name for node in self.nodes for name in node.input}
        kept = [t for t in (*self.stored.values(), *self.added.values()) if t.name in used]
        del out.graph.initializer[:]
        out.graph.initializer.extend(kept)
        return out

    def _take(self, node: NodeProto) -> None:
        inputs = [self.renamed.get(name, name) for name in node.input]
        floats = [name for name in inputs if name and self.kinds[name] in FLOATS]
        kind = self._kind(node, inputs, [name for name in floats if name not in self.stored])
        made = NodeProto()
        made.CopyFrom(node)
        del made.input[:]
        made.input.extend([self._as(name, kind) if name in floats else name for name in inputs])
        self.nodes.append(made)
        outputs: list[int] = [kind if floats else self.kinds[inputs[0]]] * len(node.output)
        if node.op_type == "Shape":
            outputs = [TensorProto.INT64]
        elif node.op_type == "Cast":
            outputs = [node.attribute[0].i]
        elif node.op_type == "TopK":
            outputs = [kind, TensorProto.INT64]
        self.kinds.update(zip(node.output, outputs, strict=True))

    def _kind(self, node: NodeProto, inputs: Sequence[str], computed: Sequence[str]) -> int:
        """The precision of a node; `computed` are its inputs of floats that are no weights or constants."""
        if node.output[0] in self.results:
            return HALF if PASSED_ON.fullmatch(node.output[0]) else FULL
        if node.op_type == "MultiHeadAttention":
            return HALF
        if node.op_type == "MatMul":
            weight = inputs[1]
            return HALF if weight in self.stored and not STAYS.fullmatch(weight) else FULL
        if node.op_type in FOLLOWS:
            return FULL if any(self.kinds[name] == FULL for name in computed) else HALF
        return FULL

    def _as(self, name: str, kind: int) -> str:
        """The tensor in this precision: itself, a weight's other form, or a cast that all readers share."""
        if self.kinds[name] == kind:
            return name
        tensor = self.stored.get(name)
        if tensor is None:
            key = (name, kind)
            if key not in self.casts:
                self.casts[key] = f"{name}_{'half' if kind == HALF else 'full'}"
                self.nodes.append(helper.make_node("Cast", [name], [self.casts[key]], to=kind))
            return self.casts[key]
        other = name + HALF_FORM  # what is stored is fp32
        if other not in self.added:
            if tensor.data_location == TensorProto.EXTERNAL:
                made = TensorProto()
                made.CopyFrom(tensor)
                made.name, made.data_type = other, HALF
            else:
                made = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), other)
            self.added[other] = made
        return other
