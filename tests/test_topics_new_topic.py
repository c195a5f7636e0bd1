"""A further topic from fifty examples: the old topics keep every bit, the figures are cross-validated, what is missing is named.

Tests run on a tiny bundle with random weights; one, marked long, on the bundle that ships.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.article import Article
from models.bundle import WEIGHTS, open_bundle
from models.cascade import QuickClassifier
from models.classifier import BundleClassifier
from models.registry import Places, default_bundle, history, load_classifier
from models.weights import read_weights
from tests.invented import read
from tests.test_training_runs import topic_rows, write
from tests.tiny import base_folder
from training.__main__ import main
from training.duplicates import near_duplicate_groups
from training.export import export_run
from training.new_topic_head import CrossFit, States, deal_folds, fit_head, say_honestly, say_logits
from training.publish import publish

DATA = Path(__file__).parent / "data"
EXAMPLES = DATA / "new_topic.jsonl.gz"
NEWS = [Article(row["headline"], row["body"]) for row in read("articles.jsonl")]
OLD = ("rights_protection", "skills_contest", "digital_services", "wellbeing")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny bundle of the four topics."""
    folder = tmp_path_factory.mktemp("source")
    base_folder(folder / "base")
    write(folder / "train.jsonl", topic_rows()[:38])
    write(folder / "dev.jsonl", topic_rows()[38:])
    (folder / "topics.toml").write_text(f"""
        epochs = 1
        folds = 2
        [base]
        model = "{folder / "base"}"
        [data]
        train = "{folder / "train.jsonl"}"
        dev = "{folder / "dev.jsonl"}"
        max_source_tokens = 80
    """)
    assert main(["topics", "--config", str(folder / "topics.toml"), "--out", str(folder / "first")]) == 0
    return export_run(folder / "first").path


@pytest.fixture(scope="module")
def run(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A topic added to it."""
    made = tmp_path_factory.mktemp("added") / "run"
    assert add(source, made, "--zh", "安全生产", "--en", "Work safety") == 0
    return made


def add(source: Path, out: Path, *options: str, examples: Path = EXAMPLES, topic: str = "work_safety") -> int:
    return main(["topics", "--add", topic, "--examples", str(examples), "--head-only", "--bundle", str(source),
                 "--out", str(out), *options])  # fmt: skip


def test_a_topic_is_added_and_the_others_keep_every_bit(source: Path, run: Path, tmp_path: Path) -> None:
    record = json.loads((run / "record.json").read_text("utf-8"))
    assert (record["added"], record["rows"], record["positives"]) == ("work_safety", 90, {"work_safety": 50})
    assert record["unchanged_on"] == 90
    figures = record["figures"]
    assert figures["f1_ci"][0] < figures["f1"] < figures["f1_ci"][1]
    assert figures["f1"] > 0.8, "the linear part alone knows the words of a safety inspection"
    assert figures["ece"] < 0.2
    places = Places(tmp_path / "bundles", tmp_path / "kept")
    publish(source.parent, places)
    made = publish(run, places)
    assert [t["zh"] for t in made.manifest["taxonomy"]["topics"]][-1] == "安全生产"
    before, after = BundleClassifier.load(source, 1), BundleClassifier.load(made.path, 1)
    articles = [*NEWS[:30], Article("", "职工工资" * 300), Article()]
    for old, new in zip(before.classify(articles), after.classify(articles), strict=True):
        assert {t: new.scores[t] for t in OLD} == old.scores
        assert tuple(n for n in new.labels if n in OLD) == old.labels
        assert tuple(e for e in new.evidence if e.topic in OLD) == old.evidence
    for a, b in zip(*(c._run([w for x in articles for w in c.windows(x)]) for c in (before, after)), strict=True):
        assert np.array_equal(a[0], b[0][:4])
        assert np.array_equal(a[1], b[1][:4])
    assert np.array_equal(before.linear.score(articles), after.linear.score(articles)[:, :4])
    found = [
        r.scores["work_safety"]
        for r in after.classify([Article("矿井查隐患", "煤矿开展安全生产检查，整改隐患。"), NEWS[0]])
    ]
    assert found[0] > found[1]
    told = history("topics", places)[-1]
    assert "bit for bit, on 90 articles" in str(told["compared"])


def test_a_second_topic_goes_on_the_first(run: Path, tmp_path: Path) -> None:
    one = run / "bundle"
    assert add(one, tmp_path / "two", topic="安全") == 1, "the examples' labels do not know that name"
    rows = [row | {"labels": ["安全"] if i < 50 else []} for i, row in enumerate(read(EXAMPLES.name))]
    assert add(one, tmp_path / "two", topic="安全", examples=write(tmp_path / "x.jsonl", rows)) == 0
    two = open_bundle(tmp_path / "two" / "bundle", "topics")
    assert two.manifest["groups"] == [4, 1, 1]
    before, after = load_classifier(one, 1).classify(NEWS[:12]), load_classifier(two.path, 1).classify(NEWS[:12])
    assert [{t: r.scores[t] for t in (*OLD, "work_safety")} for r in after] == [r.scores for r in before]


def test_stored_bytes_are_copied(source: Path, run: Path) -> None:
    old, new = (read_weights(path / WEIGHTS) for path in (source, run / "bundle"))
    assert set(old) == set(new)
    for name, value in old.items():
        assert np.array_equal(new[name][: len(value)], value), name
    assert {n for n in old if old[n].shape != new[n].shape} == {
        "head.look", "head.weigh", "head.bias", "linear.weights", "linear.bias",
    }  # fmt: skip


def test_archives_read_with_the_new_topic_too(run: Path) -> None:
    base = BundleClassifier.load(run / "bundle", 1)
    whole = QuickClassifier(base, "whole").classify(NEWS[:20])
    assert [r.scores for r in whole] == [r.scores for r in base.classify(NEWS[:20])]
    quick = QuickClassifier(base).classify(NEWS[:20])
    assert all(set(r.scores) == {*OLD, "work_safety"} for r in quick)


def test_rows_of_the_newspaper_count_as_not_about_it_and_doubts_are_listed(source: Path, tmp_path: Path) -> None:
    rows = read(EXAMPLES.name)
    own = write(tmp_path / "own.jsonl", [r for r in rows[:40] if r["labels"] == ["work_safety"]])
    forgotten = [r | {"labels": []} for r in rows[40:50]]
    repeated = [rows[0] | {"labels": []}]
    ordinary: list[dict[str, object]] = [{"headline": a.headline, "body": a.body} for a in NEWS[:60]]
    news = write(tmp_path / "news.jsonl", [*forgotten, *repeated, *ordinary])
    assert add(source, tmp_path / "run", "--data", str(news), examples=own) == 0
    record = json.loads((tmp_path / "run" / "record.json").read_text("utf-8"))
    assert (record["rows"], record["dropped_near_duplicates"]) == (40 + 10 + 60, 1)
    doubts = [json.loads(line) for line in (tmp_path / "run" / "look_at.jsonl").read_text("utf-8").splitlines()]
    assert record["suspects"] == len(doubts) > 3
    missed = {r["headline"] for r in forgotten}
    assert sum(d["headline"] in missed for d in doubts) >= 0.6 * len(doubts)


Told = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """What --add says on stderr when it ends with 1 (2 for rows that cannot be used), on the bundle that ships."""

    def run(*options: str, rows: list[dict[str, Any]] | None = None, topic: str = "work_safety") -> str:
        examples = EXAMPLES if rows is None else write(tmp_path / "rows.jsonl", rows)
        capsys.readouterr()
        code = add(default_bundle("topics"), tmp_path / "none", *options, examples=examples, topic=topic)
        assert not (tmp_path / "none" / "bundle").exists()
        said = capsys.readouterr().err
        assert code == (2 if "rows cannot be used" in said else 1)
        return said

    return run


def test_what_cannot_be_added_is_said(refused: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = read(EXAMPLES.name)
    assert "has the topic wellbeing already" in refused(topic="wellbeing")
    assert "needs the name of a topic" in refused(topic="other")
    assert "unknown label 'sports'; known are" in refused(rows=[*rows, {"body": "球赛", "labels": ["sports"]}])
    assert "5 different articles about work_safety, at least 10" in refused(rows=[*rows[:5], *rows[50:]])
    assert "0 articles that are not about work_safety" in refused(rows=rows[:50])
    assert "0 articles that are not" in refused(rows=[{"body": r["body"]} for r in rows[:50]])
    assert "repeats an earlier row" in refused(rows=[*rows, rows[0] | {"labels": []}])
    assert "5 different articles" in refused(rows=[*rows[:5] * 10, *rows[50:]]), "copies are one article"
    same = [
        {"headline": f"第{i}条", "body": "隐患排查。", "labels": ["work_safety"] if i % 2 else []} for i in range(40)
    ]
    assert "have the same body" in refused(rows=same)
    assert "no data file" in refused("--data", str(tmp_path / "none.jsonl"))
    for options, says in (
        (["--examples", "x.jsonl"], "say --head-only"),
        (["--head-only"], "needs --examples"),
        (["--head-only", "--examples", "x", "--config", "c.toml"], "takes neither --config"),
    ):
        assert main(["topics", "--add", "work_safety", *options]) == 1
        assert says in capsys.readouterr().err
    assert main(["topics"]) == 1
    assert "needs --config FILE, or --add TOPIC" in capsys.readouterr().err


def test_figures_come_from_folds_that_chose_nothing() -> None:
    """Scores that say nothing get figures that say so, though thresholds on all rows would find something."""
    rng = np.random.default_rng(3)
    gold = np.arange(100) < 30
    folds = deal_folds(gold, list(range(100)))
    assert [int(gold[folds == k].sum()) for k in range(5)] == [6] * 5
    p, said = say_honestly(CrossFit(rng.normal(size=(100, 1)), rng.normal(size=(100, 1)), folds), gold)
    assert 2 * (said & gold).sum() / (said.sum() + gold.sum()) < 0.55
    assert np.abs(p - 0.3).max() < 0.35
    clear, right = say_honestly(CrossFit(np.where(gold, 3.0, -3.0)[:, None], rng.normal(size=(100, 1)), folds), gold)
    assert (right == gold).all()
    assert clear[gold].min() > clear[~gold].max()


def test_near_duplicates_stay_in_one_fold() -> None:
    texts = ["守塔人每年守着海上的灯，补给船来了又走。", "矿井里的风一直在吹，灯光照着前面的路。"]
    groups = near_duplicate_groups([*texts, texts[0] + "风大浪急。", "", ""])
    assert groups[0] == groups[2] != groups[1]
    assert len(set(groups)) == 4
    folds = deal_folds(np.array([True, True, True, False, False]), groups)
    assert folds[0] == folds[2]


def test_the_head_finds_the_token_that_tells() -> None:
    """One token in six carries the topic: the attention has to look at it, the mean would drown it."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(80, 6, 8)).astype(np.float16)
    gold = np.arange(80) % 2 == 0
    values[gold, 2, 0] += 6
    mask = np.ones((80, 6), np.int64)
    mask[:, 5:] = 0
    values[:, 5:] = 100  # padding is not read
    logits = say_logits(fit_head(States(values, mask), gold), States(values, mask))[:, 0]
    assert (logits[gold].min(), logits[~gold].max()) > (0, 0) > (logits[~gold].max(), 0)


@pytest.mark.long
def test_fifty_examples_on_the_bundle_that_ships(tmp_path: Path) -> None:
    began = time.monotonic()
    assert add(default_bundle("topics"), tmp_path / "run", "--data", str(DATA / "articles.jsonl")) == 0
    took = time.monotonic() - began
    figures = json.loads((tmp_path / "run" / "record.json").read_text("utf-8"))["figures"]
    print(f"\n{took:.0f} s, {figures}")
    assert took < 600
    assert figures["f1"] > 0.8
    assert figures["ece"] < 0.1
