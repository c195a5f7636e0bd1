"""CAIBIAN_DEVICE: what is asked of ONNX Runtime for a card, what is refused, and the graphs in fp16, as far as a CPU can tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch
from transformers import BertConfig, BertModel

from models.analyzer import Analyzer, load_analyzer
from models.article import Article
from models.bundle import Bundle, open_bundle, seal_bundle
from models.cascade import QuickClassifier
from models.classifier import GRAPH, BundleClassifier
from models.device import CPU, Device, graph_of, read_device
from models.errors import BadInput, DeviceError
from models.registry import default_bundle, load_classifier
from models.runtime import _in_form, open_sessions
from models.steps import Steps, encode
from models.summarizer import BundleSummarizer
from models.topic_encoder import TopicEncoder
from models.weights import write_weights
from service import tune
from service.cli import main
from service.cores import plan_threads
from service.readiness import load_checked
from service.settings import Settings, read_settings
from tests.precisions import in_fp32
from tests.rounding import ROUNDED, as_on_a_card
from tests.seq2seq_bases import BASES
from tests.service_client import ready_client
from tests.tiny import copy_bart
from training.export import write_graphs
from training.graphs import bert_topics_graph
from training.seq2seq import decoder_sizes, graphs_of, read_seq2seq, weights_of

ROWS = [json.loads(x) for x in (Path(__file__).parent / "data" / "articles.jsonl").read_text("utf-8").splitlines()]
ARTICLES = [Article(r.get("headline", ""), r["body"]) for r in ROWS]


@pytest.mark.parametrize("text", ["gpu", "cuda:", "cuda:-1", "CUDA", "cpu:1", ""])
def test_what_is_no_device_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="say cpu, cuda, or cuda:1"):
        read_device(text)
    if text:
        monkeypatch.setenv("CAIBIAN_DEVICE", text)
        with pytest.raises(BadInput, match=r"^CAIBIAN_DEVICE: .* is no device: say cpu"):
            read_settings()


def test_a_card_is_asked_for_before_the_cpu() -> None:
    assert read_device("cpu").providers == ["CPUExecutionProvider"]
    assert read_device("cuda").providers == [("CUDAExecutionProvider", {"device_id": "0"}), "CPUExecutionProvider"]
    assert read_device("cuda:1").providers[0] == ("CUDAExecutionProvider", {"device_id": "1"})
    assert str(read_device("cuda:1")) == "cuda:1"


def test_a_card_takes_fp32_in_half_and_a_cpu_int8() -> None:
    topics, summaries = (
        open_bundle(default_bundle("topics"), "topics"),
        open_bundle(default_bundle("summaries"), "summaries"),
    )
    assert graph_of(topics, GRAPH) == ("encoder.int8.onnx", "int8")
    assert graph_of(summaries, "step.onnx") == ("step.int8.onnx", "int8")
    older = replace(summaries, manifest=summaries.manifest | {"graphs": {"encoder.onnx": [], "step.onnx": []}})
    assert graph_of(older, "step.onnx") == ("step.onnx", "fp32")
    for bundle in (topics, summaries):
        assert graph_of(bundle, GRAPH, read_device("cuda")) == (GRAPH, "fp16")


def test_a_card_gets_one_worker_and_larger_batches() -> None:
    plan = plan_threads(0, 0, 16, card=True)
    assert (plan.workers, plan.threads) == (1, 1)
    assert plan_threads(3, 2, 16, card=True).workers == 3
    assert read_device("cuda").tokens_a_batch > CPU.tokens_a_batch
    assert read_device("cuda").articles_a_batch > CPU.articles_a_batch


def test_tune_tries_larger_batches_and_processes_of_one_thread_on_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tune.Choice] = []

    def rates(choices: Any, articles: Any, settings: Settings) -> dict[tune.Choice, float]:
        tried.extend(choices)
        return {choice: float(choice.tokens_a_batch) for choice in choices}

    monkeypatch.setattr(tune, "_rates", rates)
    monkeypatch.setattr(tune, "usable_cores", lambda: 8)
    tune.measure(ARTICLES[:1], Settings(device="cuda"))
    assert max(choice.tokens_a_batch for choice in tried) == 16384
    assert {(c.workers, c.threads) for c in tried} == {(1, 1), (2, 1), (4, 1)}


@pytest.mark.skipif("CUDAExecutionProvider" in ort.get_available_providers(), reason="this ONNX Runtime has CUDA")
@pytest.mark.parametrize("topics", [None, "keywords"])
def test_without_cuda_in_onnxruntime_nothing_starts(topics: str | None) -> None:
    with pytest.raises(DeviceError, match=r"built without CUDA .* install onnxruntime-gpu"):
        load_checked(Settings(device="cuda", topics_bundle=topics, summaries_bundle="lead"))


def test_serve_ends_with_the_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CAIBIAN_DEVICE", "cuda:1")
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CPUExecutionProvider"])
    assert main(["serve", "--port", "0"]) == 1
    assert "CAIBIAN_DEVICE is cuda:1, but the onnxruntime" in capsys.readouterr().err


class Card:
    """InferenceSession on a machine with a card: notes what it was asked, and computes on the CPU."""

    def __init__(self, comes_up_with: list[str]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.has, self.real = comes_up_with, ort.InferenceSession

    def __call__(self, model: bytes, options: Any, **asked: Any) -> Any:
        self.asked.append(asked)
        session = self.real(model, options, providers=["CPUExecutionProvider"])
        session.get_providers = lambda: self.has
        return session


def with_card(monkeypatch: pytest.MonkeyPatch, has: list[str]) -> Card:
    card = Card(has)
    monkeypatch.setattr(ort, "get_available_providers", lambda: ["CUDAExecutionProvider", "CPUExecutionProvider"])
    monkeypatch.setattr(ort, "InferenceSession", card)
    return card


def test_every_session_is_asked_for_the_card_and_not_to_fall_back(monkeypatch: pytest.MonkeyPatch) -> None:
    card = with_card(monkeypatch, ["CUDAExecutionProvider", "CPUExecutionProvider"])
    classifier = BundleClassifier.load(default_bundle("topics"), 1, read_device("cuda:1"))
    BundleSummarizer.load(default_bundle("summaries"), 1, read_device("cuda:1"))
    assert len(card.asked) == 3
    for asked in card.asked:
        assert asked["providers"] == [("CUDAExecutionProvider", {"device_id": "1"}), "CPUExecutionProvider"]
        assert not asked["enable_fallback"]
    assert classifier.session._enable_fallback is False
    quick = QuickClassifier(classifier)
    assert (len(card.asked), quick.tokens_a_batch) == (3, 8192), "an archive uses the session that there is"


def test_a_session_without_the_card_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_card(monkeypatch, ["CPUExecutionProvider"])
    with pytest.raises(DeviceError, match=r"CAIBIAN_DEVICE is cuda:0, .* came up with CPUExecutionProvider only"):
        BundleClassifier.load(default_bundle("topics"), 1, read_device("cuda"))


def test_ready_and_metrics_say_device_and_precision() -> None:
    analyzer = Analyzer(
        BundleClassifier.load(default_bundle("topics"), 1), load_analyzer("keywords", "lead").summarizer
    )
    with ready_client(analyzer) as client:
        ready, metrics = client.get("/health/ready").json(), client.get("/metrics").text
    assert ready["device"] == {"topics": "cpu", "summaries": "cpu"}
    assert ready["precision"] == {"topics": "int8", "summaries": "rules"}
    assert 'caibian_bundle_info{device="cpu",name="caibian-topics",precision="int8"' in metrics


def test_shipped_topics_in_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logits differ by 0.007 at most on 60 articles, int8's by 0.26."""
    as_on_a_card(monkeypatch)
    some = ARTICLES[:12]
    half = BundleClassifier.load(default_bundle("topics"), 2, ROUNDED)
    full = BundleClassifier.load(default_bundle("topics"), 2)
    (full.session,) = open_sessions(full.opened, [GRAPH], 2)
    assert half.precision == "fp16"
    windows = [full.windows(a)[0] for a in some]
    ours, theirs = (np.array([x for x, _ in c._run(windows)]) for c in (half, full))
    assert 0 < np.abs(ours - theirs).max() < 0.02
    pairs = list(zip(half.classify(some), full.classify(some), strict=True))
    assert all(a.labels == b.labels and a.needs_review == b.needs_review for a, b in pairs)
    assert max(abs(a.scores[n] - b.scores[n]) for a, b in pairs for n in a.scores) < 0.002


def test_shipped_summaries_in_half(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    as_on_a_card(monkeypatch)
    some = ARTICLES[:5]
    half = BundleSummarizer.load(default_bundle("summaries"), 2, ROUNDED)
    plain = in_fp32(open_bundle(default_bundle("summaries"), "summaries"), tmp_path / "fp32")
    full = BundleSummarizer.load(plain, 2)
    ours, theirs = half.summarize(some, "headline"), full.summarize(some, "headline")
    assert [(r.summary, r.method) for r in ours] == [(r.summary, r.method) for r in theirs]
    assert any(r.method == "abstractive" for r in ours)


def bundle_of(path: Path, task: str, weights: dict[str, Any], graphs: dict[str, Any]) -> Bundle:
    path.mkdir()
    write_weights(path / "weights.safetensors", weights)
    return seal_bundle(path, {"task": task, "name": "t", "version": "1", "graphs": write_graphs(path, graphs)})


def test_a_bert_of_the_hubs_size_in_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """768 wide as the hub's base models are, two layers, outlier activations as trained ones have."""
    as_on_a_card(monkeypatch)
    torch.manual_seed(0)
    config = BertConfig(vocab_size=500, num_hidden_layers=2, max_position_embeddings=64)
    model = TopicEncoder(BertModel(config, add_pooling_layer=False), 4).eval()
    torch.nn.init.normal_(model.head.look)
    torch.nn.init.normal_(model.head.weigh)
    with torch.no_grad():
        model.encoder.encoder.layer[0].output.LayerNorm.weight[[7, 300]] = 40
    weights = {k: v.numpy() for k, v in model.state_dict().items() if "pooler" not in k}
    bundle = bundle_of(tmp_path / "b", "topics", weights, {GRAPH: bert_topics_graph(config, 4)})
    feed = {"input_ids": np.random.default_rng(0).integers(5, 500, (3, 40)), "mask": np.ones((3, 40), np.int64)}
    feed["mask"][1, 25:] = 0
    ours, theirs = (open_sessions(bundle, [GRAPH], 1, device=d)[0].run(None, feed) for d in (ROUNDED, CPU))
    assert np.abs(theirs[0]).max() > 1
    assert 0 < np.abs(ours[0] - theirs[0]).max() < 0.02 * np.abs(theirs[0]).max()
    assert not ours[1][1, :, 25:].any(), "what is masked has no share"


def next_tokens(bundle: Bundle, device: Device, sizes: dict[str, int], vocabulary: int) -> np.ndarray:
    """Log probabilities of five tokens after those of fixed targets, three articles and two beams that change places."""
    draw = np.random.default_rng(0)
    ids, targets = draw.integers(4, vocabulary, (3, 20)), draw.integers(4, vocabulary, (6, 5))
    mask = np.ones_like(ids)
    mask[1, 13:] = 0
    encoder, step = open_sessions(bundle, ["encoder.onnx", "step.onnx"], 1, device=device)
    fixed = {**encode(encoder, {"source": ids, "mask": mask}, device), "source": ids, "mask": mask,
             "copyable": mask, "continuable": mask * (np.arange(20) < 12)}  # fmt: skip
    caches = [f"{k}_{i}" for k in ("key", "value") for i in range(sizes["layers"])]
    steps = Steps(step, fixed, caches, (6, sizes["heads"], 0, sizes["size"]), device)
    rows, out = np.arange(6), []
    for t in range(5):
        small = {"tokens": targets[:, t : t + 1], "position": np.array([t]), "k": np.array([vocabulary])}
        said = steps.take(small, rows)
        rows = np.array([1, 0, 3, 2, 4, 5])
        assert said["values"].dtype == np.float32
        logs = np.zeros((3, 2, vocabulary), np.float32)
        np.put_along_axis(logs, said["ids"], said["values"], -1)
        out.append(logs)
    return np.stack(out)


@pytest.mark.parametrize("name", [*BASES, "copy_head"])
def test_decoders_of_every_class_in_half(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_on_a_card(monkeypatch)
    if name == "copy_head":
        model: Any = copy_bart()
    else:
        found = read_seq2seq(str(BASES[name](tmp_path / name)))
        assert found is not None
        model = found[0]
    large = "t5" in name
    weights = weights_of(model.eval())
    if large:  # published ones have feed-forward values, and sums of them, that fp16 cannot hold
        for key in [k for k in weights if ".wi" in k]:
            weights[key] = weights[key] * 2000
    bundle = bundle_of(tmp_path / "b", "summaries", weights, graphs_of(model, 24, 8))
    sizes, vocabulary = decoder_sizes(model.config), model.config.vocab_size
    ours, theirs = (next_tokens(bundle, d, sizes, vocabulary) for d in (ROUNDED, CPU))
    assert np.isfinite(ours).all()
    assert 0 < np.abs(np.exp(ours) - np.exp(theirs)).max() < 0.01


def test_a_weight_that_half_precision_cannot_hold_is_its_largest() -> None:
    assert _in_form("w::T::half", np.array([[1e6, -1e6]], np.float32)).ravel().tolist() == [65504, -65504]
    assert _in_form("w::T::half", np.array([[1.0, 2.0]], np.float32)).shape == (2, 1)


def test_the_floors_have_no_device() -> None:
    assert load_classifier("keywords", 1, read_device("cuda")).trained is False
