"""The cascade: what the linear part answers alone, what is never computed, and that neither changes a decision."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.article import Article
from models.bundle import seal_bundle
from models.cascade import READINGS, QuickClassifier
from models.classifier import GRAPH_INT8, BundleClassifier, pool
from models.decision import Cascade, Decision
from models.registry import default_bundle
from models.windows import Window, plan_batches
from tests.service_client import ARTICLES
from training.calibration import TARGET_EXACT, fit_decisions, probabilities
from training.cascade import MOST_OTHER, MOST_UNSEEN, decide, fit_cascade

SCORES = tuple[np.ndarray, np.ndarray, np.ndarray]


def out_of_fold(n: int = 3000, topics: int = 3, *, noise: float = 1.0, seed: int = 0) -> SCORES:
    """Logits, linear scores and gold as cross-fitting gives them: both parts see the truth through noise of their own."""
    draw = np.random.default_rng(seed)
    gold = draw.random((n, topics)) < 0.1
    truth = np.where(gold, 3.0, -3.0)
    return truth + draw.normal(0, 1.5, truth.shape), truth + draw.normal(0, noise, truth.shape), gold


def test_what_the_linear_part_answers_agrees_with_the_whole() -> None:
    logits, linear, gold = out_of_fold()
    whole = fit_decisions(logits, linear, gold)
    fitted = fit_cascade(logits, linear, gold, whole.topics, whole.min_confidence)
    assert fitted
    measured = fitted["measured"]
    assert measured["answered"] > 0.5
    assert measured["other_labels"] <= 2 * MOST_OTHER
    assert measured["other_labels"] < measured["other_labels_at_most"] < 0.02
    assert measured["reviews_unseen"] <= 2 * MOST_UNSEEN
    assert measured["exactly_right"] >= TARGET_EXACT - 0.02
    assert fitted["logits"] == [[round(x.min(), 3), round(x.max(), 3)] for x in logits.T]
    # By hand, on rows that nothing was fitted on.
    logits, linear, gold = out_of_fold(seed=1)
    labels = decide(probabilities(logits, linear, whole.topics), whole.topics, whole.min_confidence).labels
    p = probabilities(np.zeros_like(linear), linear, fitted["topics"])
    given = p >= np.array([d.threshold for d in fitted["topics"]])
    sure = np.where(given, p, 1 - p).prod(axis=1) >= fitted["least_confidence"]
    assert sure.mean() == pytest.approx(measured["answered"], abs=0.05)
    assert (given != labels).any(axis=1)[sure].mean() <= 2 * MOST_OTHER


def test_a_linear_part_that_knows_nothing_answers_nothing() -> None:
    logits, linear, gold = out_of_fold(noise=30.0)
    whole = fit_decisions(logits, linear, gold)
    assert fit_cascade(logits, linear, gold, whole.topics, whole.min_confidence) is None


def test_batches_hold_every_window_once_within_the_budget_and_with_little_padding() -> None:
    draw = np.random.default_rng(3)
    windows = [Window([1] * int(n), [("", 0, 0)] * int(n)) for n in draw.integers(3, 129, 200)]
    batches = plan_batches(windows, 512)
    assert sorted(i for batch in batches for i in batch) == list(range(200))
    for batch in batches:
        sizes = [len(windows[i].ids) for i in batch]
        assert len(batch) * max(sizes) <= 512 or len(batch) == 1
        assert min(sizes) >= 0.9 * max(sizes)
    assert plan_batches([], 512) == []


def long_articles() -> list[Article]:
    """From one window to many."""
    bodies = [a["body"] for a in ARTICLES]
    out = [Article(body=b) for b in bodies]
    out += [Article(a.get("headline", ""), a["body"] * n) for n, a in zip((2, 4, 9), ARTICLES, strict=False)]
    out += [Article(body="".join(bodies[i:] + bodies[:i]) * 3) for i in range(len(bodies))]
    return [*out, Article("只有标题"), Article(body="。。。"), Article(body="English only, no Han at all."), Article()]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped bundle with a cascade, whichever one it ships with, in fp32 (int8: test_int8.py)."""
    source, path = default_bundle("topics"), tmp_path_factory.mktemp("bundle") / "topics"
    path.mkdir()
    manifest = json.loads((source / "manifest.json").read_text("utf-8"))
    for name in manifest["files"]:
        (path / name).write_bytes((source / name).read_bytes())
    (path / GRAPH_INT8).unlink()
    del manifest["graphs"][GRAPH_INT8]
    names = [t["name"] for t in manifest["taxonomy"]["topics"]]
    alone = dataclasses.asdict(Decision(0.0, 2.0, 1.0, 0.35))
    manifest["cascade"] = {"topics": dict.fromkeys(names, alone), "least_confidence": 0.9,
                           "logits": {key: [-8.0, 4.0] for key in names}}  # fmt: skip
    seal_bundle(path, {k: v for k, v in manifest.items() if k not in ("format", "files")})
    return path


def test_whole_gives_the_scores_of_http_and_exact_its_decisions(bundle: Path) -> None:
    rows = (Path(__file__).parent / "data/articles.jsonl").read_text("utf-8").splitlines()[:30]
    clear = [Article(r["headline"], r["body"] * 2) for r in map(json.loads, rows)]  # what one window settles
    base, articles = BundleClassifier.load(bundle, 1), long_articles() + clear
    http = base.classify(articles)
    whole = QuickClassifier(base, "whole").classify(articles)
    assert [dataclasses.replace(r, evidence=()) for r in http] == whole
    exact = QuickClassifier(base, "exact").classify(articles)
    assert [(r.labels, r.needs_review) for r in exact] == [(r.labels, r.needs_review) for r in whole]
    assert sum(r.windows for r in exact) < sum(r.windows for r in whole)
    assert all(e.scores == w.scores for e, w in zip(exact, whole, strict=True) if e.windows == w.windows)


def test_a_later_window_that_could_change_a_label_is_read(bundle: Path) -> None:
    base = BundleClassifier.load(bundle, 1)
    assert base.cascade
    articles = [a for a in long_articles() if len(base.windows(a)) > 1]
    far = tuple((-1e6, 1e6) for _ in base.cascade.logits)  # an encoder that may say anything
    base.cascade = dataclasses.replace(base.cascade, logits=far)
    assert all(r.windows > 1 for r in QuickClassifier(base, "exact").classify(articles))


@pytest.mark.parametrize("fading", [0.0, 1.0, 2.0])
def test_what_is_settled_stays_so_also_where_the_first_window_lies_outside_the_range(
    bundle: Path, fading: float
) -> None:
    base = BundleClassifier.load(bundle, 1)
    base.settings = dataclasses.replace(base.settings, fading=fading)
    quick, topics = QuickClassifier(base, "exact"), len(base.decisions)
    assert base.cascade
    ends, rng = np.array(base.cascade.logits, np.float32).T, np.random.default_rng(7)
    window, settled = base.windows(long_articles()[0])[0], 0
    thresholds = [d.threshold for d in base.decisions]

    def said(logits: Any, linear: Any) -> list[int]:
        scores = base.probabilities(logits, linear, base.decisions)
        return [
            i for _, i in sorted((-p, i) for i, (p, t) in enumerate(zip(scores, thresholds, strict=True)) if p >= t)
        ]

    for _ in range(3000):
        first = rng.uniform(ends[0] - 2, ends[1] + 3).astype(np.float32)
        linear = rng.uniform(-6, 6, topics).astype(np.float32)
        if not quick._settled(first, [window] * 2, linear):
            continue
        settled += 1
        for _ in range(10):
            later = rng.uniform(ends[0], ends[1]).astype(np.float32)
            assert said(pool([first, later], base.settings), linear) == said(first, linear)
    assert settled > 20


def test_cascade_answers_the_sure_ones_alone_and_the_rest_as_exact_does(bundle: Path) -> None:
    base, articles = BundleClassifier.load(bundle, 1), long_articles()
    exact, cascade = (QuickClassifier(base, r).classify(articles) for r in ("exact", "cascade"))
    alone = [r.windows == 0 for r in cascade]
    assert any(alone) and not all(alone)
    assert all(c == e for c, e, a in zip(cascade, exact, alone, strict=True) if not a)
    assert all(set(r.scores) == set(base.taxonomy.names) for r in cascade)
    assert "empty" in cascade[-1].reasons and "not_chinese" in cascade[-2].reasons


@pytest.mark.parametrize("reading", READINGS)
def test_an_answer_depends_neither_on_threads_nor_on_its_neighbours(bundle: Path, reading: str) -> None:
    base, articles = BundleClassifier.load(bundle, 1), long_articles()
    one = QuickClassifier(base, reading, 1)  # type: ignore[arg-type]
    two = QuickClassifier(base, reading, 2)  # type: ignore[arg-type]
    together = one.classify(articles)
    assert two.classify(articles) == together
    assert [one.classify([a])[0] for a in articles] == together


def test_a_bundle_without_a_cascade_is_read_whole(bundle: Path) -> None:
    base, articles = BundleClassifier.load(bundle, 1), long_articles()
    base.cascade = None
    quick = QuickClassifier(base, "cascade")
    assert quick.reading == "whole"
    assert [r.windows for r in quick.classify(articles)] == [len(base.windows(a)) for a in articles]


@pytest.mark.parametrize("spoil", ["topics", "logits", "least_confidence"])
def test_a_damaged_cascade_is_refused(bundle: Path, spoil: str) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    names = [t["name"] for t in manifest["taxonomy"]["topics"]]
    assert Cascade.from_manifest(manifest, names)
    manifest["cascade"][spoil] = "x" if spoil == "least_confidence" else {}
    with pytest.raises((ValueError, KeyError)):
        Cascade.from_manifest(manifest, names)
