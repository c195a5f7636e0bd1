"""How many times the obvious way: the shipped topics bundle in batch tagging against a transformers pipeline.

The pipeline is what a newsroom writes first: `pipeline("text-classification", top_k=None, truncation=True)` on the same
weights, one text after another, cut at what the model takes. Pairs are interleaved in one process with equal threads, so
that other work on the machine slows both; the medians of the ratios count. Beside the quick ways stands what they must
not change: the labels.

    SPEED_ARTICLES=20000 python -m pytest tests/test_tag_speed.py -s -m long

`SPEED_THREADS`: of each side (1). `SPEED_REST`: seconds without work between two turns, for a machine that others use, too.
"""

from __future__ import annotations

import os
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from models.article import Article, TopicResult
from models.cascade import READINGS, QuickClassifier
from models.classifier import BundleClassifier
from models.linear import LinearTopics
from models.registry import default_bundle
from models.weights import Floats

PAIRS = Path(__file__).parents[2] / "shared" / "data" / "news_pairs.parquet"
PART, CHUNK = 200, 64
"""Articles of one turn; records that `tag` takes at a time."""


@pytest.fixture(scope="module")
def base() -> BundleClassifier:
    return BundleClassifier.load(default_bundle("topics"), threads())


def threads() -> int:
    return int(os.environ.get("SPEED_THREADS", "1"))


def rest() -> float:
    return float(os.environ.get("SPEED_REST", "0"))


def bodies(count: int) -> list[str]:
    """Bodies of all years, evenly."""
    import pyarrow.parquet as pq

    column = pq.read_table(PAIRS, columns=["body"])["body"]
    return [str(b) for b in column.take(np.linspace(0, len(column) - 1, count).astype(np.int64)).to_pylist()]


def obvious(base: BundleClassifier) -> Callable[[Sequence[str]], list[Floats]]:
    """The pipeline: texts to logits of their first window."""
    from eval.speed_torch import load_pipeline

    made, names = load_pipeline(base.opened.path, threads()), base.taxonomy.names

    def run(texts: Sequence[str]) -> list[Floats]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answers = made([{"text": text} for text in texts])
        return [np.array([{d["label"]: d["score"] for d in a}[n] for n in names], np.float32) for a in answers]

    return run


def decided(base: BundleClassifier, articles: Sequence[Article], logits: Sequence[Floats]) -> list[frozenset[str]]:
    """The label sets that the pipeline's logits lead to, with the bundle's own linear part and thresholds."""
    linear: LinearTopics = base.linear
    out = []
    for x, s in zip(logits, linear.score(articles), strict=True):
        p = base.probabilities(x, s, base.decisions)
        out.append(
            frozenset(n for n, a, d in zip(base.taxonomy.names, p, base.decisions, strict=True) if a >= d.threshold)
        )
    return out


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.skipif(not PAIRS.exists(), reason="../shared/data is not there")
def test_batch_tagging_against_the_pipeline(base: BundleClassifier, capsys: pytest.CaptureFixture[str]) -> None:
    if base.cascade is None:
        pytest.skip("the shipped bundle has no cascade")
    texts = bodies(int(os.environ.get("SPEED_ARTICLES", "2000")))
    articles = [Article(body=t) for t in texts]
    pipeline = obvious(base)
    ways = {reading: QuickClassifier(base, reading, threads()) for reading in READINGS}
    pipeline(texts[:8])
    for way in ways.values():
        way.classify(articles[:64])
    results: dict[str, list[TopicResult]] = {reading: [] for reading in READINGS}
    logits: list[Floats] = []
    took: dict[str, list[float]] = {name: [] for name in ("pipeline", *READINGS)}
    for start in range(0, len(texts), PART):
        for name, turns in took.items():
            before = time.perf_counter()
            if name == "pipeline":
                logits += pipeline(texts[start : start + PART])
            else:
                part = articles[start : start + PART]
                for at in range(0, len(part), CHUNK):
                    results[name] += ways[name].classify(part[at : at + CHUNK])  # type: ignore[index]
            turns.append(time.perf_counter() - before)
            time.sleep(rest())
    cut = decided(base, articles, logits)
    whole = [frozenset(r.labels) for r in results["whole"]]
    with capsys.disabled():
        load = os.getloadavg()[0]
        print(f"\n{len(texts)} articles, {threads()} thread(s) each, load {load:.1f}, turns of {PART}")
        print(f"{'pipeline':10} {len(texts) / sum(took['pipeline']):8.1f} a second")
        for reading in READINGS:
            ratio = statistics.median(p / t for p, t in zip(took["pipeline"], took[reading], strict=True))
            sets = [frozenset(r.labels) for r in results[reading]]
            print(f"{reading:10} {len(texts) / sum(took[reading]):8.1f} a second, {ratio:5.2f} times the pipeline; "
                  f"labels as whole {share(sets, whole):.4f}, as the pipeline {share(sets, cut):.4f}; "
                  f"read by the encoder {sum(r.windows > 0 for r in results[reading]) / len(texts):.3f}; "
                  f"review {sum(r.needs_review for r in results[reading]) / len(texts):.3f}")  # fmt: skip
    ratios = {r: statistics.median(p / t for p, t in zip(took["pipeline"], took[r], strict=True)) for r in READINGS}
    assert ratios["cascade"] >= 10
    if threads() > 1 and "avx512_vnni" in Path("/proc/cpuinfo").read_text("utf-8"):
        assert ratios["exact"] >= 3
    assert ratios["exact"] >= 1.3 * ratios["whole"]
    for reading in ("exact", "cascade"):
        assert share([frozenset(r.labels) for r in results[reading]], whole) >= 0.995


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.skipif(not PAIRS.exists(), reason="../shared/data is not there")
def test_tagging_against_the_loops(base: BundleClassifier, capsys: pytest.CaptureFixture[str]) -> None:
    """Topics and a headline as `tag --exact` gives them, against pipeline and `generate` one by one; and `--exact` without
    headlines against a BERT of usual size. Turns of one chunk.
    """
    from eval.speed_torch import load_bert_base, load_generate
    from models.summarizer import BundleSummarizer

    pipeline, topics = obvious(base), QuickClassifier(base, "exact", threads())
    generate = load_generate(default_bundle("summaries"), threads())
    ours = BundleSummarizer.load(default_bundle("summaries"), threads())
    usual = load_bert_base(default_bundle("topics"), threads())

    def tag(some: list[str]) -> int:
        articles = [Article(body=text) for text in some]
        topics.classify(articles)
        return len(ours.summarize(articles, "headline"))

    ways: dict[str, tuple[int, Callable[[list[str]], int]]] = {  # the two slow ones read every eighth by length
        "exact": (1, lambda some: len(topics.classify([Article(body=text) for text in some]))),
        "tag": (1, tag),
        "pipeline and generate": (8, lambda some: len(pipeline(some)) and len(generate(some))),
        "bert-base": (8, lambda some: len(usual([{"text": text} for text in some]))),
    }
    texts = bodies(CHUNK * int(os.environ.get("SPEED_CHUNKS", "6")))
    took: dict[str, list[float]] = {name: [] for name in ways}
    for start in range(0, len(texts), CHUNK):
        part = sorted(texts[start : start + CHUNK], key=len)
        for name, (step, way) in ways.items():
            some = part[step // 2 :: step]
            if not start:
                way(some)  # nothing is timed cold
            before = time.perf_counter()
            read = way(some)
            took[name].append((time.perf_counter() - before) / read)
            time.sleep(rest())
    tagging = statistics.median(a / b for a, b in zip(took["pipeline and generate"], took["tag"], strict=True))
    large = statistics.median(a / b for a, b in zip(took["bert-base"], took["exact"], strict=True))
    with capsys.disabled():
        print(f"\n{len(texts)} articles, {threads()} thread(s) each, load {os.getloadavg()[0]:.1f}, turns of {CHUNK}")
        for name, turns in took.items():
            print(f"{name:22} {1 / statistics.median(turns):8.1f} a second")
        print(
            f"tag --exact with headlines {tagging:.2f} times pipeline and generate; --exact {large:.2f} times bert-base"
        )
    assert tagging >= 3
    assert large >= 15


def share(some: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> float:
    return sum(a == b for a, b in zip(some, others, strict=True)) / len(some)
