"""What measuring costs beside what is measured: metrics, floors and 1,000 bootstrap samples against inference."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from eval import topics
from eval.speed_texts import invent
from models.article import Article, TopicResult
from models.classifier import BundleClassifier
from models.registry import load_classifier
from models.topics import read_taxonomy
from tests.figures import Figure


@pytest.mark.long
def test_a_thousand_articles_cost_at_most_a_tenth_more_than_their_inference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    rng = random.Random(3)
    names = read_taxonomy().names
    articles = [a for seed in range(3) for a in invent(400, seed)][:1000]
    data = tmp_path / "thousand.jsonl"
    rows = (
        {"id": str(n), "headline": a.headline, "body": a.body, "labels": rng.sample(names, rng.choice([0, 0, 0, 1, 2]))}
        for n, a in enumerate(articles)
    )
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    spent = {"load": 0.0, "inference": 0.0}
    classify = BundleClassifier.classify

    def timed_load(bundle: str | None) -> object:
        began = time.perf_counter()
        try:
            return load_classifier(bundle)
        finally:
            spent["load"] += time.perf_counter() - began

    def timed_classify(self: BundleClassifier, asked: Sequence[Article]) -> list[TopicResult]:
        began = time.perf_counter()
        try:
            return classify(self, asked)
        finally:
            spent["inference"] += time.perf_counter() - began

    monkeypatch.setattr(topics, "load_classifier", timed_load)
    monkeypatch.setattr(BundleClassifier, "classify", timed_classify)
    began = time.perf_counter()
    found = topics.run(data)
    rest = time.perf_counter() - began - spent["load"] - spent["inference"]
    assert found.flat["n"] == 1000
    assert found.flat["macro_f1_ci"] is not None
    figure("eval topics: seconds beside inference", {"inference": round(spent["inference"], 1), "rest": round(rest, 2)})
    assert rest <= 0.1 * spent["inference"]
