"""A finished run to a bundle: int8 weights, graphs, tokenizer and everything that changes a prediction.

The bundle is written inside the run (`RUN/bundle`) and proves itself there: it is loaded and must answer the canary text
before anyone may publish it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import time
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from onnx import ModelProto
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig

from models.article import Article
from models.bundle import TOKENIZER, WEIGHTS, Bundle, open_bundle, seal_bundle, sha256
from models.classifier import GRAPH, LINEAR_BIAS, LINEAR_IDF, LINEAR_WEIGHTS
from models.decision import Decision
from models.decoding import BeamSettings
from models.errors import BadInput
from models.summarizer import RUNTIME
from models.topics import Taxonomy, read_taxonomy
from models.weights import write_weights
from training.cascade import fit_cascade
from training.charsmap import prune_charsmap
from training.choosing import choosing, headline_beam
from training.compress import POSITION_OFFSET
from training.config import SummariesConfig
from training.graphs import bert_topics_graph
from training.int8 import in_int8
from training.record import ADAPTER, ENCODER
from training.seq2seq import decoder_sizes, graphs_of, has_copy_head, read_model, tell_marks, weights_of
from training.topic_examples import kept_window_settings

MIB = 1024 * 1024
LIMITS = {"topics": 10 * MIB, "summaries": 16 * MIB}  # what a default bundle may weigh in the repository
BRIEF_MIN_TOKENS = 20  # what is shorter has not the 40 characters that a brief promises
NEEDED = {
    "topics": ("tokenizer.json", f"{ENCODER}/config.json", "model.pt", "linear.npz", "decisions.json"),
    "summaries": ("tokenizer.json", "model/config.json", "model/model.safetensors"),
    "added": ("tokenizer.json", "source/manifest.json", "new_head.npz", "decision.json"),  # a topic added to a bundle
}
SPARE = 8  # position rows beyond the longest window
READING = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    EOFError,
    UnpicklingError,
    BadZipFile,
    SafetensorError,
)
"""What the readers of a run's files raise when one is missing or damaged."""
TOLD = ("rows", "seed", "cross_fitted_macro_f1", "figures", "mean_of", "share")
"""What a manifest tells of the run's record."""


def export_run(run: Path) -> Bundle:
    """Write RUN/bundle; raises BadInput that names what is missing or broken, and then leaves no bundle behind."""
    record, config = read_run(run)
    task = record["task"]
    out, part = run / "bundle", run / "bundle.part"
    for leftover in (out, part):
        shutil.rmtree(leftover, ignore_errors=True)
    part.mkdir()
    try:
        write_tokenizer(run / "tokenizer.json", part / TOKENIZER)
        manifest = (_topics if task == "topics" else _summaries)(run, part, config, record)
        common = {
            "task": task,
            "name": f"caibian-{task}",
            "version": version_of(part, manifest),
            "base": record["base"],
            "data_fingerprint": record["data_fingerprint"],
            "code": record["code"],
            "training": {k: record[k] for k in TOLD if k in record},
            "notices": [config["base"].get("notice") or f"Weights derive from {record['base']}."],
        }
        if (run / "card.md").is_file():
            shutil.copyfile(run / "card.md", part / "card.md")
        check_bundle(seal_bundle(part, {**common, **manifest}))
        part.rename(out)
    except READING as e:
        raise BadInput(
            f"{run} cannot be exported, a file of it is damaged or unwritable: {_line(e)}", field="run"
        ) from e
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return open_bundle(out, task)


TOLD_ONLY = ("task", "name", "base", "data_fingerprint", "code", "training", "notices")
"""What a manifest tells of where a bundle comes from."""


def version_of(part: Path, manifest: dict[str, Any]) -> str:
    """The day and a digest of everything that changes an answer: other thresholds on the same weights are another version."""
    files = [sha256(part / name) for name in (WEIGHTS, TOKENIZER)]
    answers = {k: v for k, v in manifest.items() if k not in TOLD_ONLY}
    digest = hashlib.sha256(json.dumps([files, answers], sort_keys=True).encode()).hexdigest()
    return f"{time.strftime('%Y%m%d')}-{digest[:6]}"


def read_run(run: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Record and config of a finished run; raises BadInput that names what an unfinished one lacks."""
    try:
        record, config = (json.loads((run / f"{name}.json").read_text("utf-8")) for name in ("record", "config"))
    except (FileNotFoundError, NotADirectoryError) as e:
        raise BadInput(f"{run} is no run: {e.filename} is missing", field="run") from e
    except ValueError as e:
        raise BadInput(f"{run} is broken: record.json or config.json is no JSON ({e})", field="run") from e
    lost = [k for k in ("task", "base", "data_fingerprint", "code") if k not in record]
    lost += [f"[{k}]" for k in ("base", "data", "train") if not isinstance(config.get(k), dict)]
    if lost or record["task"] not in NEEDED:
        raise BadInput(f"{run} is broken: its record or config lacks {(lost or ['a known task'])[0]}", field="run")
    needed = (
        *NEEDED["added" if record.get("added") else record["task"]],
        *([ADAPTER] if config.get("adapter_rank") else []),
    )
    missing = [name for name in needed if not (run / name).is_file()]
    if missing:
        raise BadInput(
            f"{run} is not finished, it lacks {', '.join(missing)}: give its training command again", field="run"
        )
    return record, config


def write_tokenizer(source: Path, target: Path) -> None:
    """The same tokenizer in less room: no indentation, and a character map without what its vocabulary cannot tell apart."""
    state = prune_charsmap(json.loads(source.read_text("utf-8")))
    target.write_text(json.dumps(state, ensure_ascii=False, separators=(",", ":")), "utf-8")


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def check_bundle(bundle: Bundle) -> None:
    """Load the bundle and let it answer; raises BadInput when the answer is empty."""
    from models.analyzer import CANARY
    from models.registry import load_classifier, load_summarizer

    if bundle.manifest["task"] == "topics":
        load_classifier(bundle.path).classify([CANARY, Article()])
    elif not load_summarizer(bundle.path).summarize([CANARY], "headline")[0].summary:
        raise BadInput(f"{bundle.path} gives an empty summary of the canary text: train it longer", field="run")


def bundle_size(path: Path) -> int:
    """Bytes of all files of a bundle, the manifest too."""
    return sum(f.stat().st_size for f in path.iterdir())


def _topics(run: Path, out: Path, config: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    if record.get("added"):
        from training.new_topic_bundle import write_added

        manifest, graphs = write_added(run, out, record)
        return manifest | {"graphs": write_graphs(out, graphs)}
    taxonomy = Taxonomy.from_dict(record["taxonomy"]) if "taxonomy" in record else read_taxonomy()
    decisions = json.loads((run / "decisions.json").read_text("utf-8"))
    encoder = read_encoder(run)
    state = torch.load(run / "model.pt", map_location="cpu", weights_only=True)
    with (run / "linear.npz").open("rb") as file, np.load(file) as linear:
        weights = {LINEAR_WEIGHTS: linear["weights"].T, LINEAR_IDF: linear["idf"][None], LINEAR_BIAS: linear["bias"]}
    windows = kept_window_settings(config)
    weights |= {k: v.float().numpy() for k, v in state.items() if not k.startswith("encoder.pooler.")}
    positions = "encoder.embeddings.position_embeddings.weight"
    encoder.max_position_embeddings = min(len(weights[positions]), windows.max_tokens + SPARE)
    weights[positions] = weights[positions][: encoder.max_position_embeddings]
    write_weights(out / WEIGHTS, weights)
    graph = bert_topics_graph(encoder, len(taxonomy.names))
    return {
        "taxonomy": taxonomy.as_dict(),
        "decisions": dict(zip(taxonomy.names, decisions["topics"], strict=True)),
        "min_confidence": decisions["min_confidence"],
        **_cascade(run, decisions, taxonomy),
        "windows": dataclasses.asdict(windows),
        "config": _plain(encoder),
        "graphs": write_graphs(out, with_int8({GRAPH: graph}, {GRAPH: ("head.",)})),
    }


def _cascade(run: Path, decisions: dict[str, Any], taxonomy: Taxonomy) -> dict[str, Any]:
    """The `cascade` of the manifest; nothing for a run without out-of-fold scores, or whose linear part is never sure."""
    kept = run / "out_of_fold.npz"
    if not kept.exists():
        return {}
    with kept.open("rb") as file, np.load(file) as scores:
        logits, linear, gold = scores["logits"], scores["linear"], scores["gold"]
        ends = scores.get("ends")
    topics = [Decision(**d) for d in decisions["topics"]]
    fitted = fit_cascade(logits, linear, gold, topics, decisions["min_confidence"], ends)
    if fitted is None:
        return {}
    named = {"topics": [dataclasses.asdict(d) for d in fitted["topics"]], "logits": fitted["logits"]}
    return {"cascade": fitted | {k: dict(zip(taxonomy.names, v, strict=True)) for k, v in named.items()}}


def read_encoder(run: Path) -> BertConfig:
    """The encoder's config; raises BadInput for an architecture that no graph is written for."""
    kind = json.loads((run / ENCODER / "config.json").read_text("utf-8"))
    if kind.get("model_type") != "bert" or kind.get("hidden_act", "gelu") != "gelu":
        told = f"{kind.get('model_type')} with {kind.get('hidden_act', 'gelu')}"
        raise BadInput(
            f"{run} is a {told}; a bundle runs on the graph of a BERT with gelu, no other is written", field="run"
        )
    return BertConfig.from_dict(kind)


def _summaries(run: Path, out: Path, config: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    model = read_model(run / "model")
    sizes = model.config
    beam = headline_beam(config["data"]["max_target_tokens"])
    brief = BeamSettings(max_tokens=config["data"].get("brief_tokens", beam.max_tokens), min_tokens=BRIEF_MIN_TOKENS)
    longest = max(config["data"]["max_source_tokens"], beam.max_tokens, brief.max_tokens if record.get("briefs") else 0)
    # One number for both halves, since BART's config has only one: torch builds the bundle's model without any special case.
    state = weights_of(model)
    if sizes.model_type == "bart":
        sizes.max_position_embeddings = min(sizes.max_position_embeddings, longest)
        for half in ("encoder", "decoder"):
            name = f"model.{half}.embed_positions.weight"
            state[name] = state[name][: sizes.max_position_embeddings + POSITION_OFFSET]
    if config.get("adapter_rank"):
        state |= {k: v.float().numpy() for k, v in load_file(run / ADAPTER).items()}
    write_weights(out / WEIGHTS, state)
    graphs = graphs_of(model, config["data"]["max_source_tokens"], beam.max_tokens)
    own: dict[str, Any] = {}
    if not has_copy_head(model):
        own["marks"] = dataclasses.asdict(tell_marks(model, Tokenizer.from_file(str(run / TOKENIZER))))
    return {
        "runtime": RUNTIME,
        **own,
        "beam": dataclasses.asdict(beam),
        **choosing(),
        **({"brief": {"start": sizes.eos_token_id, "beam": dataclasses.asdict(brief)}} if record.get("briefs") else {}),
        "lengths": {
            "max_source_tokens": config["data"]["max_source_tokens"],
            "headline_chars": config.get("headline_chars", SummariesConfig().headline_chars),
            "brief_chars": [40, 80],
        },
        "decoder": decoder_sizes(sizes),
        "config": _plain(sizes),
        # What int8 costs was measured for the default model alone.
        "graphs": write_graphs(out, with_int8(graphs) if has_copy_head(model) else graphs),
    }


def _plain(config: Any) -> dict[str, Any]:
    """What transformers needs to build the model again; volatile fields left out."""
    kept = config.to_diff_dict()
    return {
        k: v
        for k, v in kept.items()
        if k not in ("transformers_version", "_name_or_path", "dtype", "id2label", "label2id")
    }


LEFT: dict[str, tuple[str, ...]] = {"encoder.onnx": ("_proj.",), "step.onnx": ()}
"""What of a summarizer's graphs stays in fp32 (ARCHITECTURE.md, "Headlines in int8")."""


def with_int8(graphs: dict[str, ModelProto], left: dict[str, tuple[str, ...]] = LEFT) -> dict[str, ModelProto]:
    """The graphs, and of those that have large products the same in int8 (`NAME.int8.onnx`)."""
    made = {name.replace(".onnx", ".int8.onnx"): in_int8(graph, left[name]) for name, graph in graphs.items()}
    return graphs | {name: graph for name, graph in made.items() if graph}


def write_graphs(out: Path, graphs: dict[str, ModelProto]) -> dict[str, list[str]]:
    """Write them, without weights; the names of the weights that each one wants."""
    names = {}
    for name, graph in graphs.items():
        (out / name).write_bytes(graph.SerializeToString())
        names[name] = [t.name for t in graph.graph.initializer if t.data_location == t.EXTERNAL]
    return names
