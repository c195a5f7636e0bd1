"""A finished run to a bundle: int8 weights, graphs, tokenizer and everything that changes a prediction.

The bundle is written inside the run (`RUN/bundle`) and proves itself there: it is loaded and must answer the canary text
before anyone may publish it.
"""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnx import ModelProto
from transformers import BartConfig, BertConfig

from models.article import Article
from models.bundle import TOKENIZER, WEIGHTS, Bundle, open_bundle, seal_bundle, sha256
from models.classifier import LINEAR_BIAS, LINEAR_IDF, LINEAR_WEIGHTS
from models.decoding import BeamSettings
from models.errors import BadInput
from models.topics import read_taxonomy
from models.weights import write_weights
from training.graphs import bert_topics_graph, copy_bart_encoder_graph, copy_bart_step_graph
from training.record import ENCODER

MIB = 1024 * 1024
LIMITS = {"topics": 10 * MIB, "summaries": 16 * MIB}  # what a default bundle may weigh in the repository
BASE_NOTICE = "Weights derive from intfloat/multilingual-e5-small (MIT licence); see NOTICE."
TIED = ("lm_head.weight", "model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight")


def export_run(run: Path) -> Bundle:
    """Write RUN/bundle; raises BadInput when the folder is no finished run."""
    try:
        record = json.loads((run / "record.json").read_text("utf-8"))
        config = json.loads((run / "config.json").read_text("utf-8"))
    except FileNotFoundError as e:
        raise BadInput(f"{run} is no run: {e.filename} is missing", field="run") from e
    out = run / "bundle"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    shutil.copy(run / "tokenizer.json", out / TOKENIZER)
    manifest = _topics(run, out, config) if record["task"] == "topics" else _summaries(run, out, config)
    common = {
        "task": record["task"],
        "name": f"caibian-{record['task']}",
        "version": f"{time.strftime('%Y%m%d')}-{sha256(out / WEIGHTS)[:6]}",
        "base": record["base"],
        "data_fingerprint": record["data_fingerprint"],
        "code": record["code"],
        "training": {k: record[k] for k in ("rows", "seed", "cross_fitted_macro_f1", "figures") if k in record},
        "notices": [BASE_NOTICE],
    }
    bundle = seal_bundle(out, {**common, **manifest})
    check_bundle(bundle)
    return bundle


def check_bundle(bundle: Bundle) -> None:
    """Load the bundle and let it answer; raises BadInput when the answer is empty."""
    from models.analyzer import CANARY
    from models.registry import load_classifier, load_summarizer

    if bundle.manifest["task"] == "topics":
        load_classifier(bundle.path).classify([CANARY, Article()])
    elif not load_summarizer(bundle.path).summarize([CANARY], "headline")[0].summary:
        raise BadInput(f"{bundle.path} gives an empty summary of the canary text: train it longer", field="run")


def bundle_size(path: Path) -> int:
    """Bytes of all files of a bundle."""
    return sum(f["bytes"] for f in open_bundle(path, _task(path)).manifest["files"].values())


def _task(path: Path) -> str:
    return str(json.loads((path / "manifest.json").read_text("utf-8"))["task"])


def _topics(run: Path, out: Path, config: dict[str, Any]) -> dict[str, Any]:
    taxonomy = read_taxonomy()
    decisions = json.loads((run / "decisions.json").read_text("utf-8"))
    state = torch.load(run / "model.pt", map_location="cpu", weights_only=True)
    linear = np.load(run / "linear.npz")
    weights = {k: v.float().numpy() for k, v in state.items()}
    weights |= {LINEAR_WEIGHTS: linear["weights"].T, LINEAR_IDF: linear["idf"][None], LINEAR_BIAS: linear["bias"]}
    write_weights(out / WEIGHTS, weights)
    encoder = BertConfig.from_pretrained(run / ENCODER)
    return {
        "taxonomy": taxonomy.as_dict(),
        "decisions": dict(zip(taxonomy.names, decisions["topics"], strict=True)),
        "review_margin": decisions["review_margin"],
        "windows": {"max_tokens": config["data"]["max_source_tokens"]},
        "config": _plain(encoder),
        "graphs": _write_graphs(out, {"encoder.onnx": bert_topics_graph(encoder, len(taxonomy.names))}),
    }


def _summaries(run: Path, out: Path, config: dict[str, Any]) -> dict[str, Any]:
    from models.copy_bart import CopyBartForConditionalGeneration

    model = CopyBartForConditionalGeneration.from_pretrained(run / "model")
    bart: BartConfig = model.config
    state = {k: v.float().numpy() for k, v in model.state_dict().items() if k not in TIED}
    write_weights(out / WEIGHTS, state)
    graphs = {"encoder.onnx": copy_bart_encoder_graph(bart), "step.onnx": copy_bart_step_graph(bart)}
    beam = BeamSettings(max_tokens=config["data"]["max_target_tokens"])
    heads = bart.decoder_attention_heads
    return {
        "beam": {
            "beams": beam.beams,
            "max_tokens": beam.max_tokens,
            "min_tokens": beam.min_tokens,
            "no_repeat": beam.no_repeat,
        },
        "lengths": {
            "max_source_tokens": config["data"]["max_source_tokens"],
            "headline_chars": 40,
            "brief_chars": [40, 80],
        },
        "decoder": {"layers": bart.decoder_layers, "heads": heads, "size": bart.d_model // heads},
        "config": _plain(bart),
        "graphs": _write_graphs(out, graphs),
    }


def _plain(config: Any) -> dict[str, Any]:
    """What transformers needs to build the model again; volatile fields left out."""
    kept = config.to_diff_dict()
    return {
        k: v
        for k, v in kept.items()
        if k not in ("transformers_version", "_name_or_path", "dtype", "id2label", "label2id")
    }


def _write_graphs(out: Path, graphs: dict[str, ModelProto]) -> dict[str, list[str]]:
    names = {}
    for name, graph in graphs.items():
        (out / name).write_bytes(graph.SerializeToString())
        names[name] = [t.name for t in graph.graph.initializer if t.data_location == t.EXTERNAL]
    return names
