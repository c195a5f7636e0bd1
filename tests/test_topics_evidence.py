"""The deletion test: evidence that carries a label is told from evidence that does not; what evidence adds up is the score."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from opencc import OpenCC

from eval import evidence
from eval.__main__ import main
from eval.significance import paired
from models.article import Article, Evidence, TopicResult
from models.classifier import BundleClassifier
from models.linear import BUCKETS, LinearTopics
from models.registry import default_bundle, load_classifier
from models.text import to_simplified
from models.topics import read_taxonomy

INVENTED = Path(__file__).parent / "data" / "articles.jsonl"
ARTICLES = [Article(r["headline"], r["body"]) for r in map(json.loads, INVENTED.read_text("utf-8").splitlines())]
WORD = "工资"


class Reader:
    """Says wellbeing of what has the word, and names the sentence `place` as evidence."""

    bundle, taxonomy = "reader@1", read_taxonomy()

    def __init__(self, place: int) -> None:
        self.place = place

    def classify(self, articles: Sequence[Article]) -> list[TopicResult]:
        out = []
        for article in articles:
            p = 0.9 if WORD in article.body else 0.2
            units = [u for u in evidence.sentences(article) if u[0] == "body"]
            found = [
                Evidence("wellbeing", "body", a, b, article.body[a:b], 1.0)
                for _, a, b in units[self.place : self.place + 1]
            ]
            labels = ("wellbeing",) if p > 0.5 else ()
            scores = dict.fromkeys(self.taxonomy.names, 0.1) | {"wellbeing": p}
            out.append(TopicResult(labels, "wellbeing", scores, False, tuple(found) if labels else (), 1, self.bundle))
        return out


def test_evidence_that_carries_the_label_is_told_from_evidence_that_does_not() -> None:
    texts = [Article("", "".join(f"青禾县今天有风，{'工资到账' if j == 2 else '云朵很低'}，第{i}回{j}。" for j in range(6)))
             for i in range(12)]  # fmt: skip
    for place, ratio in ((2, None), (0, 0.0)):
        reader = Reader(place)
        falls, given, alone = evidence.measure(reader, texts, reader.classify(texts), draws=3)
        assert (len(falls), given, alone) == (12, 12, 0)
        own, other = evidence._rows(falls, 1)
        if ratio is None:
            assert own[:, 0] == pytest.approx(np.full(12, 0.7))
            assert other[:, 0] == pytest.approx(np.zeros(12))
            assert evidence._ratio(own, other) == (None, None), "nothing falls without other sentences: no ratio"
        else:
            assert own[:, 0] == pytest.approx(np.zeros(12))
            assert other[:, 0].mean() > 0.05
            assert evidence._ratio(own, other)[0] == pytest.approx(0.0)
        assert (evidence.beyond(own, other).delta > 0) == (ratio is None)


@pytest.mark.parametrize(("control", "holds"), [(0.45, False), (0.2, True), (-0.3, True)])
def test_falling_further_is_not_falling_twice_as_far(control: float, holds: bool) -> None:
    noise = np.random.default_rng(0).normal(0, 0.05, (2, 40))
    own, other = (np.column_stack([mean + part, np.ones(40)]) for mean, part in zip((0.6, control), noise, strict=True))
    assert paired(other, own, evidence._mean, "fall").delta > 0
    found = evidence.beyond(own, other)
    assert (found.delta > 0 and found.p < 0.01) == holds


def test_others_are_as_long_as_the_evidence_and_never_it() -> None:
    article = ARTICLES[0]
    units = evidence.sentences(article)
    assert "".join(getattr(article, "headline" if p == "headline" else "body")[a:b] for p, a, b in units) == "".join(
        (article.headline + article.body).split("\n")
    )
    own = {units[1]}
    size = units[1][2] - units[1][1]
    drawn = evidence.draw_others(units, own, 20, "x")
    assert drawn == evidence.draw_others(units, own, 20, "x"), "seeded"
    for others in drawn:
        assert not others & own
        assert evidence.SHORTER * size <= sum(b - a for _, a, b in others) <= evidence.LONGER * size
    assert evidence.draw_others(units[:2], set(units[:2]), 5, "x") == []


def test_what_is_removed_is_gone_and_the_rest_stays() -> None:
    article = Article("标题", "第一句。第二句。第三句。")
    left = evidence.remove(article, {("body", 4, 8), ("headline", 0, 2)})
    assert (left.headline, left.body) == ("", "第一句。第三句。")


def test_parts_of_the_linear_score_add_up_to_it() -> None:
    rng = np.random.default_rng(0)
    linear = LinearTopics(
        rng.normal(size=(BUCKETS, 3)).astype(np.float32),
        rng.random(BUCKETS).astype(np.float32) + 1,
        np.zeros(3, np.float32),
    )
    for article in [*ARTICLES[:5], Article("ＡＢ　Ｃ", "x\r\ny" * 9), Article()]:
        parts = linear.spread(article)
        total = sum(values.sum(axis=0) for _, _, values in parts)
        np.testing.assert_allclose(total, linear.score([article])[0], atol=1e-3)
        for name, places, values in parts:
            assert len(places) == len(values)
            assert (places < max(1, len(article.headline if name == "headline" else article.body))).all()


def test_log_odds_are_the_scores_before_rounding() -> None:
    classifier = BundleClassifier.load(default_bundle("topics"), 1)
    texts = [*ARTICLES[:4], Article("", ARTICLES[0].body * 3)]
    said = [list(r.scores.values()) for r in classifier.classify(texts)]
    np.testing.assert_allclose(1 / (1 + np.exp(-classifier.log_odds(texts))), said, atol=1e-4)
    assert classifier.log_odds([]).shape == (0, 4)


def test_the_command_tells_what_it_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "e.json"
    assert main(["evidence", str(INVENTED), "--limit", "16", "--draws", "2", "--json", str(out)]) == 0
    told = json.loads(out.read_text("utf-8"))
    assert told["tested"] + told["alone"] == told["labels"] >= 8
    assert told["probability_fall"] > told["probability_control"]
    fall, control = told["log_odds_fall"], told["log_odds_control"]
    assert told["log_odds_ratio"] == (pytest.approx(fall / control, abs=2e-3) if control > 0 else None)
    assert told["log_odds_beyond"] <= fall - 2 * max(0, control) + 1e-3 and told["log_odds_beyond_p"] > 0
    assert "| log_odds" in capsys.readouterr().out
    assert main(["evidence", str(INVENTED), "--draws", "0"]) == 2
    assert main(["evidence", str(INVENTED), "--limit", "1", "--bundle", "keywords"]) == 2
    assert "at least two are needed" in capsys.readouterr().err


def test_both_scripts_are_read_alike_and_answered_in_their_own() -> None:
    classifier = load_classifier()
    converter: Any = OpenCC("s2t")
    traditional = [Article(converter.convert(a.headline), converter.convert(a.body)) for a in ARTICLES[:12]]
    again = [Article(to_simplified(a.headline), to_simplified(a.body)) for a in traditional]
    found = classifier.classify(traditional)
    assert [(r.scores, r.labels) for r in found] == [(r.scores, r.labels) for r in classifier.classify(again)]
    shown = [(e, a) for r, a in zip(found, traditional, strict=True) for e in r.evidence]
    assert shown
    for e, article in shown:
        assert (article.headline if e.where == "headline" else article.body)[e.start : e.end] == e.text
