"""The bundle of a run that added a topic: the source's stored bytes, one row more for the head and for the linear part.

Knows the bundle format. Nothing of an old topic is computed again: int8 rows and their scales are copied, so the old
topics' logits keep their last bit.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto
from transformers import BertConfig

from models.bundle import WEIGHTS, open_bundle
from models.classifier import GRAPH, GRAPH_INT8, LINEAR_BIAS, LINEAR_WEIGHTS
from models.decision import Decision
from models.weights import SCALE, quantize_rows, read_stored, write_stored
from training.cascade import fit_cascade
from training.graphs import bert_topics_graph
from training.int8 import in_int8
from training.new_topic import DECISION, NEW_HEAD, SOURCE

KEPT = ("windows", "min_confidence", "config")


def write_added(run: Path, out: Path, record: dict[str, Any]) -> tuple[dict[str, Any], dict[str, ModelProto]]:
    """Write the weights into `out`; the manifest's part of a topics bundle, and its graphs: in int8 where the source has one."""
    source, topic = open_bundle(run / SOURCE, "topics"), str(record["added"])
    decision = Decision(**json.loads((run / DECISION).read_text("utf-8")))
    with (run / NEW_HEAD).open("rb") as file, np.load(file) as made:
        new = {name: made[name] for name in made.files}
    stored = read_stored(source.file(WEIGHTS))
    for name, row in (
        ("head.look", new["look"]), ("head.weigh", new["weigh"]), ("head.bias", new["bias"]),
        (LINEAR_WEIGHTS, new["linear_weights"]), (LINEAR_BIAS, new["linear_bias"]),
    ):  # fmt: skip
        stored |= with_row(stored, name, row)
    write_stored(out / WEIGHTS, stored)
    before = source.manifest
    groups = [*before.get("groups", [len(before["taxonomy"]["topics"])]), 1]
    graph = bert_topics_graph(BertConfig.from_dict(before["config"]), sum(groups), groups)
    int8 = in_int8(graph) if GRAPH_INT8 in source.manifest["graphs"] else None
    manifest = {
        "taxonomy": record["taxonomy"],
        "decisions": {**before["decisions"], topic: dataclasses.asdict(decision)},
        **{key: before[key] for key in KEPT},
        **_cascade(before, topic, decision, new),
        "groups": groups,
        "added": {
            "topic": topic,
            "to": source.name,
            "rows": record["rows"],
            "unchanged_on": record.get("unchanged_on"),
        },
        "notices": before["notices"],
    }
    return manifest, {GRAPH: graph} | ({GRAPH_INT8: int8} if int8 else {})


def with_row(stored: dict[str, NDArray[Any]], name: str, row: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """A tensor, and its scales if it is int8, with one row more at the end."""
    if name + SCALE not in stored:
        return {name: np.concatenate([stored[name], row.astype(np.float32)])}
    values, scale = quantize_rows(row.astype(np.float32))
    return {name: np.concatenate([stored[name], values]), name + SCALE: np.concatenate([stored[name + SCALE], scale])}


def _cascade(before: dict[str, Any], topic: str, decision: Decision, new: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """The source's cascade with the topic in it; none where its linear part is never sure enough to answer alone.

    The confidence of a label set is a product over topics, so with one topic more the linear part answers alone less often,
    never more.
    """
    old = before.get("cascade")
    if old is None:
        return {}
    one = fit_cascade(new["oof_logits"], new["oof_linear"], new["gold"], [decision], before["min_confidence"])
    if one is None:
        return {}
    return {
        "cascade": {
            "topics": {**old["topics"], topic: dataclasses.asdict(one["topics"][0])},
            "least_confidence": max(old["least_confidence"], one["least_confidence"]),
            "logits": {**old["logits"], topic: one["logits"][0]},
            "measured": old.get("measured"),
        }
    }
