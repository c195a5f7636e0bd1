"""The encoder in int8: the decisions of fp32, and no row that depends on its batch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eval.metrics.rouge import rouge_l
from models.article import Article
from models.bundle import open_bundle, seal_bundle
from models.cascade import QuickClassifier
from models.classifier import GRAPH, GRAPH_INT8, BundleClassifier
from models.device import graph_of
from models.registry import default_bundle
from models.runtime import open_sessions
from models.summarizer import BundleSummarizer
from models.weights import read_weights, write_weights
from tests.invented import read
from tests.precisions import in_fp32
from training.graphs import GraphWriter
from training.int8 import in_int8

ROWS = Path(__file__).parent / "data" / "articles.jsonl"


@pytest.fixture(scope="module")
def base() -> BundleClassifier:
    return BundleClassifier.load(default_bundle("topics"), 1)


def articles() -> list[Article]:
    """All invented ones: of 130 a second one that stands at a threshold is more than one in a hundred."""
    rows = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    rows += [a for page in read("pages.jsonl.gz") for a in page["articles"]]
    rows += [{"body": r["body"]} for r in read("red_team.jsonl.gz")]
    return [Article(r.get("headline", ""), r["body"]) for r in rows]


def product(tmp_path: Path, width: int, outside: int) -> tuple[object, np.ndarray, np.ndarray]:
    """A graph of one product by a weight of (outside, width), its int8 session, and the weight as it is stored."""
    g = GraphWriter()
    y = g.op("MatMul", "x", g.weight("w", (outside, width), transposed=True))
    graph = g.model({"x": (1, ["B", "S", width])}, {"y": (y, 1, ["B", "S", outside])})
    made = in_int8(graph)
    assert made is not None
    folder = tmp_path / f"{width}"
    folder.mkdir()
    draw = np.random.default_rng(0)
    write_weights(folder / "weights.safetensors", {"w": draw.normal(size=(outside, width)).astype(np.float32)})
    (folder / "g.onnx").write_bytes(made.SerializeToString())
    names = [t.name for t in made.graph.initializer if t.data_location == t.EXTERNAL]
    bundle = seal_bundle(folder, {"task": "topics", "name": "t", "version": "1", "graphs": {"g.onnx": names}})
    (session,) = open_sessions(bundle, ["g.onnx"], 1)
    x = draw.normal(size=(2, 9, width)).astype(np.float32) * draw.choice([0.1, 1, 30], size=(2, 9, 1)).astype(
        np.float32
    )
    return session, x, read_weights(folder / "weights.safetensors")["w"]


def test_a_product_is_that_of_the_rounded_token_and_the_stored_weight(tmp_path: Path) -> None:
    session, x, weight = product(tmp_path, 384, 96)
    x[0, 3] = 0  # a token of zeros
    got = session.run(["y"], {"x": x})[0]  # type: ignore[attr-defined]
    scale = np.maximum(np.abs(x).max(-1, keepdims=True), 1e-12) / 63
    assert np.abs(got - np.rint(x / scale) * scale @ weight.T).max() <= 1e-3 * np.abs(got).max()
    assert not got[0, 3].any()


def test_the_largest_products_do_not_overflow(tmp_path: Path) -> None:
    """AVX2 without VNNI adds pairs in 16 bits: all activations and all weights at their ends."""
    session, x, weight = product(tmp_path, 768, 64)
    x[:] = np.where(weight[0] > 0, 5.0, -5.0)
    got = session.run(["y"], {"x": x})[0]  # type: ignore[attr-defined]
    assert np.allclose(got, x @ weight.T, rtol=1e-4, atol=1e-2)


def test_small_weights_stay_as_they_are() -> None:
    g = GraphWriter()
    y = g.op("MatMul", "x", g.weight("w", (8, 8), transposed=True))
    assert in_int8(g.model({"x": (1, ["B", 8])}, {"y": (y, 1, ["B", 8])})) is None


def test_the_shipped_bundle_decides_as_in_fp32(base: BundleClassifier, tmp_path: Path) -> None:
    assert graph_of(base.opened, GRAPH) == (GRAPH_INT8, "int8")
    path = in_fp32(base.opened, tmp_path / "fp32")
    assert graph_of(open_bundle(path, "topics"), GRAPH) == (GRAPH, "fp32")
    some = articles()
    ours, exact = base.classify(some), BundleClassifier.load(path, 1).classify(some)
    pairs = list(zip(ours, exact, strict=True))
    assert np.mean([set(a.labels) == set(b.labels) for a, b in pairs]) >= 0.99
    assert np.mean([a.needs_review == b.needs_review for a, b in pairs]) >= 0.98
    assert max(abs(a.scores[n] - b.scores[n]) for a, b in pairs for n in a.scores) < 0.08
    found = [({e.text for e in a.evidence}, {e.text for e in b.evidence}) for a, b in pairs if a.labels == b.labels]
    assert np.mean([a == b for a, b in found]) >= 0.95


def test_a_row_depends_on_no_other(base: BundleClassifier) -> None:
    quick, some = QuickClassifier(base, "exact", 1), articles()[:24]
    together = [r.scores for r in quick.classify(some)]
    assert [quick.classify([a])[0].scores for a in some[:6]] == together[:6]
    wide = QuickClassifier(base, "exact", 2, 2048)
    assert [r.scores for r in wide.classify(some)] == together


def test_every_door_reads_alike(base: BundleClassifier) -> None:
    whole = QuickClassifier(base, "whole", 1).classify(articles()[:4])
    assert [r.scores for r in base.classify(articles()[:4])] == [r.scores for r in whole]


def test_headlines_say_as_much_as_in_fp32(tmp_path: Path) -> None:
    """Beams that are nearly equal change places; what is said of an article stays as near to the editor's headline."""
    shipped = open_bundle(default_bundle("summaries"), "summaries")
    path = in_fp32(shipped, tmp_path / "fp32")
    rows = [json.loads(line) for line in ROWS.read_text("utf-8").splitlines()]
    some = [Article(body=r["body"]) for r in rows]
    ours, exact = (BundleSummarizer.load(p, 1) for p in (shipped.path, path))
    assert (ours.precision, exact.precision) == ("int8", "fp32")
    said, wanted = ours.summarize(some, "headline"), exact.summarize(some, "headline")
    near = [rouge_l(s.summary, r["summary"]) for r, s in zip(rows, said, strict=True)]
    as_near = [rouge_l(s.summary, r["summary"]) for r, s in zip(rows, wanted, strict=True)]
    assert np.mean(near) > np.mean(as_near) - 0.01
    assert np.mean([a.summary == b.summary for a, b in zip(said, wanted, strict=True)]) > 0.6
    assert np.mean([a.method == b.method for a, b in zip(said, wanted, strict=True)]) > 0.95
    assert [s.summary for s in ours.summarize(some[:20], "headline")] == [s.summary for s in said[:20]]  # other batches
