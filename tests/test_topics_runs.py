"""What a topics run leaves and how it may be trained: description, card, plots, LoRA, early stopping, seeds, corrections."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from torch import Tensor, nn

from models.article import Article
from models.classifier import ENCODER_ALONE, BundleClassifier, pool
from models.errors import BadInput
from models.registry import Places, load_classifier
from models.topic_encoder import TopicEncoder
from models.topics import read_taxonomy
from models.windows import WindowSettings
from tests.test_training_runs import topic_rows, topics_config, write
from tests.tiny import base_folder, tokenizer
from training import corrections, cross_fitting
from training.__main__ import main
from training.card import figures_of, scored
from training.config import BaseSettings, TopicsConfig, read_config
from training.describe import describe_rows, tell_rows
from training.distill import open_teacher
from training.export import export_run
from training.loop import Batch, LoopSettings, Watch, fit
from training.methods import merged, prepare
from training.plots import confusion
from training.publish import publish
from training.record import read_metrics
from training.seeds import spread
from training.sources import read_rows
from training.topic_examples import articles_of, encode, predict, predict_articles, window_settings
from training.topics import start_encoder

__all__ = ["topics_config"]  # a fixture
TOPICS = ("rights_protection", "skills_contest", "digital_services", "wellbeing")


def told(path: Path, top: str = "", **tables: str) -> Path:
    """The config with further keys."""
    text = top + "\n" + path.read_text("utf-8")
    for name, keys in tables.items():
        text = text.replace(f"[{name}]", f"[{name}]\n{keys}")
    path.write_text(text, "utf-8")
    return path


def test_a_run_says_draws_and_explains_what_it_is(
    topics_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    said = capsys.readouterr().err
    assert "train: 38 rows; rights_protection 8 (21.1%), skills_contest 8 (21.1%)" in said
    assert "characters: 5% under" in said
    for name in ("curve.png", "data.png", "reliability.png", "confusion.png"):
        assert (run / name).read_bytes().startswith(b"\x89PNG"), name
    assert not list(run.glob("*.part*"))
    record, figures = (json.loads((run / f"{n}.json").read_text("utf-8")) for n in ("record", "card"))
    assert record["described_train"]["positives"]["wellbeing"] == 7
    assert record["figures"]["dev_macro_f1"] == pytest.approx(figures["dev"]["macro_f1"][0], abs=1e-4)
    assert record["cross_fitted_macro_f1"] == pytest.approx(figures["cross_fitted"]["macro_f1"][0], abs=1e-4)
    card = (run / "card.md").read_text("utf-8")
    shown, interval = figures["cross_fitted"]["macro_f1"]
    assert f"| macro_f1 | {shown:.3f} | [{interval[0]:.3f}, {interval[1]:.3f}] |" in card
    assert card.count(record["data_fingerprint"][:16]) == 2, "in Chinese and in English"
    assert "# 主题模型说明" in card and "# Model card" in card and "seed: 0" in card
    bundle = publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    assert (bundle.path / "card.md").read_text("utf-8") == card
    assert "card.md" in bundle.manifest["files"]


def test_decisions_are_fitted_on_whole_articles_as_they_are_served(topics_config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    told(topics_config, "fading = 2.0")
    topics_config.write_text(topics_config.read_text("utf-8").replace("tokens = 80", "tokens = 24"), "utf-8")
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    config = read_config(topics_config, TopicsConfig)
    rows = read_rows(config.data.train)
    folds = np.array(json.loads((run / "folds.json").read_text("utf-8")))
    fold, whole = open_teacher(run, 4, 1), open_teacher(run, 4)
    examples, settings = encode(rows, whole.tokenizer, read_taxonomy(), config), window_settings(config)
    assert min(len(windows) for windows in examples.windows) > 1
    out = np.flatnonzero(folds == 1).tolist()
    wanted = predict_articles(fold.model, [examples.windows[i] for i in out], settings)
    with np.load(run / "fold1" / "articles.npz") as kept, np.load(run / "out_of_fold.npz") as together:
        np.testing.assert_allclose(kept["logits"], wanted.logits, atol=1e-5)
        np.testing.assert_allclose(kept["ends"], wanted.ends, atol=1e-5)
        np.testing.assert_allclose(together["logits"][out], wanted.logits, atol=1e-5)
        assert (together["ends"][0] <= wanted.ends[0] + 1e-5).all() and (
            together["ends"][1] >= wanted.ends[1] - 1e-5
        ).all()
        assert (wanted.ends[0] < wanted.logits.min(0)).any(), "a single window goes further than any article"
    classifier = BundleClassifier.load(export_run(run).path)
    classifier.decisions = [ENCODER_ALONE] * 4
    served = classifier.log_odds(articles_of(rows))
    first = np.abs(served - predict(whole.model, examples.firsts())).max()
    pooled = np.abs(served - predict_articles(whole.model, examples.windows, settings).logits).max()
    assert pooled < min(0.02, first / 5), "weights are stored in int8"


def test_a_fold_that_was_judged_by_first_windows_is_judged_again_and_not_trained(
    topics_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    before = {n: (run / n).read_bytes() for n in ("decisions.json", "fold0/model.pt", "fold1/model.pt")}
    for fold in ("fold0", "fold1"):
        (run / fold / "articles.npz").unlink()
    monkeypatch.setattr(cross_fitting, "train_on", None)
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    assert {n: (run / n).read_bytes() for n in before} == before


def test_rows_in_doubt_are_learned_with_doubt(tmp_path: Path) -> None:
    rows = read_rows(str(write(tmp_path / "rows.jsonl", [
        {"id": f"{i}", "headline": "市总工会办夜校", "body": f"第{i}期夜校昨晚开课。", "labels": labels, "sure": sure}
        for i, (labels, sure) in enumerate([(["wellbeing"], True), (["wellbeing"], False), ([], False), ([], None)])
    ])))  # fmt: skip
    config = TopicsConfig(unsure_weight=0.5, unsure_given=0.8, unsure_other=0.1)
    examples = encode(rows, tokenizer(), read_taxonomy(), config)
    np.testing.assert_allclose(examples.targets[:, TOPICS.index("wellbeing")], [1.0, 0.8, 0.1, 0.0])
    np.testing.assert_allclose(examples.targets[:, TOPICS.index("rights_protection")], [0.0, 0.1, 0.1, 0.0])
    assert examples.weights.tolist() == [1.0, 0.5, 0.5, 1.0]


def test_further_windows_count_less() -> None:
    np.testing.assert_allclose(WindowSettings(fading=2.0).shares(3), np.array([36, 9, 4]) / 49, rtol=1e-6)
    np.testing.assert_allclose(WindowSettings().shares(2), [2 / 3, 1 / 3], rtol=1e-6)
    np.testing.assert_allclose(WindowSettings(fading=0.0).shares(4), [0.25] * 4, rtol=1e-6)
    logits = [np.array([6.0, 0.0], np.float32), np.array([0.0, -3.0], np.float32)]
    np.testing.assert_allclose(pool(logits, WindowSettings()), [4.0, -1.0], rtol=1e-6)


def test_rows_are_described() -> None:
    rows = Dataset.from_list([
        {"headline": "一", "body": "二三四", "labels": ["wellbeing", "skills_contest"], "sure": True},
        {"headline": "一", "body": "二三四", "labels": ["wellbeing"], "sure": False},
        {"headline": "五", "body": "六", "labels": [], "sure": True},
    ])  # fmt: skip
    found = describe_rows(rows, TOPICS, "x.jsonl")
    assert (found["rows"], found["copies"], found["none"], found["several"], found["unsure"]) == (3, 1, 1, 1, 1)
    assert found["together"] == [[0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0], [0, 1, 0, 2]]
    assert found["characters"]["max"] == 4
    assert "skills_contest + wellbeing 1" in tell_rows(found, "train")
    with pytest.raises(BadInput, match="all 2 rows have the same text"):
        describe_rows(rows.select([0, 1]), TOPICS, "x.jsonl")


def test_figures_of_a_card_are_those_of_eval() -> None:
    gold = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
    p = np.array([[0.9, 0.1], [0.2, 0.1], [0.6, 0.8], [0.1, 0.2]])
    found = figures_of(scored(("a", "b"), p, p >= 0.5, gold, np.array([False, True, True, False])), ("a", "b"))
    assert found["precision:a"][0] == found["recall:a"][0] == found["f1:a"][0] == 0.5
    assert found["coverage"][0] == 0.5
    assert found["auto_precision"][0] == 1.0
    assert confusion(p[:, 0] >= 0.5, gold[:, 0]).tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("method", ["lora", "frozen"])
def test_what_a_method_leaves_alone_stays_as_it_was(method: str, topics_config: Path, tmp_path: Path) -> None:
    told(topics_config, f"method = '{method}'\nlora_rank = 2")
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    config = read_config(topics_config, TopicsConfig)
    (tmp_path / "again").mkdir()
    _, make = start_encoder(config, Dataset.from_list([{"headline": "", "body": ""}]), 4, tmp_path / "again")
    began = make().state_dict()
    ended = torch.load(run / "model.pt", weights_only=True)
    assert set(ended) == set(began), "a plain encoder, whatever the method"
    moved = {k for k in began if not torch.equal(began[k], ended[k])}
    assert "head.weigh" in moved
    matrices = {k for k in began if k.startswith("encoder.encoder.layer.") and k.endswith((
        "query.weight", "key.weight", "value.weight", "dense.weight"))}  # fmt: skip
    assert moved - {k for k in began if k.startswith("head.")} == (matrices if method == "lora" else set())
    if method == "lora":
        change = ended[k := min(matrices)] - began[k]
        assert torch.linalg.matrix_rank(change, atol=1e-6) <= 2
    assert load_classifier(export_run(run).path, 1).classify([]) == []


def test_a_merged_change_answers_as_it_did_unmerged(tmp_path: Path) -> None:
    config = TopicsConfig(base=BaseSettings(model=str(base_folder(tmp_path / "base"))), method="lora", lora_rank=3)
    _, make = start_encoder(config, Dataset.from_list([{"headline": "", "body": ""}]), 2, tmp_path)
    model: TopicEncoder = make()
    trains = prepare(model, config)
    assert trains is not None
    for name, parameter in model.named_parameters():
        if trains(name):
            nn.init.normal_(parameter, std=0.2)
    ids, mask = torch.randint(5, 40, (3, 9)), torch.ones(3, 9, dtype=torch.long)
    model.eval()
    with torch.no_grad():
        before = model(ids, mask)[0]
        after = merged(model)(ids, mask)[0]
    assert not any("lora" in name for name, _ in model.named_parameters())
    torch.testing.assert_close(before, after, atol=1e-4, rtol=1e-4)


def small_fit(run: Path, loss: Callable[[int], float] | None = None, **settings: Any) -> dict[str, Tensor]:
    """Forty rows in batches of four, in order; `loss` is what the rows that are kept out are said to lose at each asking."""
    torch.manual_seed(5)
    model = nn.Linear(3, 1)
    x = torch.randn(40, 3, generator=torch.Generator().manual_seed(2))
    asked = iter(range(99))
    size = settings.pop("size", 4)

    def batch_at(step: int) -> Batch:
        rows = x[(step * size) % 40 : (step * size) % 40 + size]
        return {"x": rows, "y": rows.sum(1, keepdim=True)}

    values = {"warmup": 1, "decay": 1, "learning_rate": 1e-2, "precision": "fp32", "evaluate_every": 2, **settings}
    watch = None if loss is None else Watch(lambda m: loss(next(asked)), 2)
    return fit(
        model,
        batch_at,
        LoopSettings(**values),
        run,
        lambda m, b: nn.functional.mse_loss(m(b["x"]), b["y"]),
        watch=watch,
    )


def test_gradients_of_several_batches_make_the_step_of_one_large_batch(tmp_path: Path) -> None:
    one = small_fit(tmp_path / "one", size=8, steps=5)
    two = small_fit(tmp_path / "two", size=4, steps=5, accumulate=2)
    for name, value in one.items():
        torch.testing.assert_close(two[name], value)
    plain = small_fit(tmp_path / "plain", size=4, steps=5)
    assert any(not torch.allclose(plain[name], one[name]) for name in one)


def test_a_run_that_gets_no_better_ends_with_its_best_weights(tmp_path: Path) -> None:
    losses = [3.0, 1.0, 2.0, 1.5, 0.1]
    best = small_fit(tmp_path / "run", lambda i: losses[i], steps=20)
    steps = [x["step"] for x in read_metrics(tmp_path / "run") if "held_out_loss" in x]
    assert steps == [2, 4, 6, 8], "two askings after the best one it ends, and never asks a fifth time"
    until = small_fit(tmp_path / "until", steps=20, evaluate_every=99)
    assert any(not torch.equal(best[k], until[k]) for k in best)
    again = small_fit(tmp_path / "run", lambda i: 0.0, steps=20)
    assert all(torch.equal(best[k], again[k]) for k in best), "a run that ended early is not gone on with"
    assert [x["step"] for x in read_metrics(tmp_path / "run") if "held_out_loss" in x] == steps


def test_early_stopping_keeps_rows_of_the_training_set_out(topics_config: Path, tmp_path: Path) -> None:
    told(topics_config, "patience = 1\nhold_out = 0.2")
    assert main(["topics", "--config", str(topics_config), "--out", str(tmp_path / "run")]) == 0
    losses = [x["held_out_loss"] for x in read_metrics(tmp_path / "run") if "held_out_loss" in x]
    assert losses and all(0 < x < 4 for x in losses)


def test_seeds_are_runs_of_their_own_and_the_first_is_the_run(topics_config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    first = (run / "model.pt").read_bytes()
    assert main(["topics", "--config", str(topics_config), "--out", str(run), "--seeds", "2"]) == 0, (
        "more seeds, same run"
    )
    assert (run / "model.pt").read_bytes() == first
    other = json.loads((run / "seeds" / "1" / "record.json").read_text("utf-8"))
    assert other["seed"] == 1
    table = json.loads((run / "seeds.json").read_text("utf-8"))
    assert table["seeds"] == [0, 1]
    values = [json.loads((r / "card.json").read_text("utf-8"))["dev"]["ece"][0] for r in (run, run / "seeds" / "1")]
    assert table["dev"]["ece"]["mean"] == pytest.approx(np.mean(values), abs=1e-4)
    assert "| 2 seeds | rows | mean |" in (run / "seeds.md").read_text("utf-8")


def test_spread_of_figures() -> None:
    found = spread([{"dev": {"ece": [x, None], "f1:a": [None, None]}} for x in (0.1, 0.2, 0.3)])["dev"]
    assert found == {"ece": {"mean": 0.2, "sd": 0.1, "least": 0.1, "most": 0.3}}


def test_labels_by_other_names_are_mapped(
    topics_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        r | {"labels": ["关爱", "体育"] if r["labels"] == ["wellbeing"] else r["labels"]} for r in topic_rows()[:38]
    ]
    path = write(tmp_path / "theirs.jsonl", rows)
    command = ["topics", "--config", str(topics_config), "--out", str(tmp_path / "run"), "--data", str(path)]
    assert main(command) == 2
    assert "unknown label '体育'" in capsys.readouterr().err
    told(topics_config, "label_map = ['关爱=wellbeing', '体育=']")
    assert main(command) == 0
    assert "wellbeing 7 (18.4%)" in capsys.readouterr().err
    told(topics_config.with_name("topics.toml"), "")
    text = topics_config.read_text("utf-8").replace("关爱=wellbeing", "关爱=sports")
    topics_config.write_text(text, "utf-8")
    assert main([*command[:-4], "--out", str(tmp_path / "other"), "--data", str(path)]) == 1
    assert "label_map: '关爱=sports' must be 'theirs=ours'" in capsys.readouterr().err


def corrected() -> list[dict[str, object]]:
    """Eighty corrections by two editors; what both say is the headline's topic."""
    rows = []
    for i, row in enumerate([*topic_rows(), *topic_rows()[:32]]):
        words = chr(0x4E00 + 7 * i) * 40
        rows.append(row | {"id": f"c{i}", "body": f"{row['headline']}{words}", "editor": ("林", "许")[i % 2]})
    return rows


def test_corrections_come_home(topics_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serving = Places(tmp_path / "bundles", tmp_path / "kept")
    monkeypatch.setattr(corrections, "default_bundle", lambda task: serving.serving / task)
    first = tmp_path / "first"
    assert main(["topics", "--config", str(topics_config), "--out", str(first)]) == 0
    publish(first, serving)
    file = write(tmp_path / "corrections.jsonl", corrected())
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run), "--corrections", str(file)]) == 0
    record = json.loads((run / "record.json").read_text("utf-8"))
    held_out = [r for r in corrected() if corrections.is_held_out(str(r["id"]))]
    bought = record["bought"]
    assert bought["held_out"] == len(held_out) >= 10
    assert record["rows"] == 38 + 80 - len(held_out)
    old, new = load_classifier(serving.serving / "topics", 1), load_classifier(run / "bundle", 1)
    assert bought["served"] == old.bundle != new.bundle
    for name, score in (("before", old), ("after", new)):
        said = score.classify([Article(str(r["headline"]), str(r["body"])) for r in held_out])
        right = np.mean([set(s.labels) == set(r["labels"]) for s, r in zip(said, held_out, strict=True)])  # type: ignore[call-overload]
        assert bought["subset_accuracy"][name] == pytest.approx(right, abs=1e-4)
    assert {who: n["corrections"] for who, n in bought["disagreement"].items()} == {
        who: sum(r["editor"] == who for r in held_out) for who in ("林", "许")
    }  # fmt: skip
    card = (run / "card.md").read_text("utf-8")
    assert "## 编辑更正带来了什么" in card and "## What the corrections bought" in card
    assert (publish(run, serving, force="test").path / "card.md").read_text("utf-8") == card


def test_corrections_that_are_measured_on_are_never_learned_from() -> None:
    rows = Dataset.from_list([{k: r[k] for k in ("id", "headline", "body", "labels")} for r in corrected()])
    dev = rows.select([3, 4])
    found = corrections.split_corrections(rows, [dev], "c.jsonl")
    assert found.dropped == 2
    learned, kept = set(found.learn["id"]), set(found.held_out["id"])
    assert not learned & (kept | set(dev["id"]))
    assert len(learned) + len(kept) == 78
    more = corrections.split_corrections(rows.select(range(77)), [dev], "c.jsonl")
    assert set(more.held_out["id"]) <= kept, "an article stays on its side when more corrections come"
    with pytest.raises(BadInput, match="wait for about 50 corrections"):
        corrections.split_corrections(rows.select(range(12)), [], "c.jsonl")


@pytest.mark.parametrize(
    ("top", "says"),
    [
        ("method = 'adapters'", "method must be full, lora, frozen, not 'adapters'"),
        ("patience = 2\nhold_out = 0", "patience needs a hold_out between 0 and 1"),
        ("seeds = 0", "seeds must be at least 1"),
        ("lora_rank = 0", "lora_rank must be at least 1"),
        ("fading = -0.5", "fading must be at least 0"),
        ("unsure_given = 0.4", "unsure_given must be between 0.5 and 1.0"),
        ("unsure_other = 0.5", "unsure_other must be between 0.0 and 0.49"),
        ("label_map = ['x']", "label_map: 'x' must be 'theirs=ours'"),
    ],
)
def test_options_that_cannot_work(
    topics_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], top: str, says: str
) -> None:
    assert main(["topics", "--config", str(told(topics_config, top)), "--out", str(tmp_path / "run")]) == 1
    assert says in capsys.readouterr().err


def test_rows_that_are_all_the_same_are_refused(
    topics_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [r | {"headline": "工会", "body": "市总工会举办活动。"} for r in topic_rows()[:38]]
    same = write(tmp_path / "same.jsonl", rows)
    assert main(["topics", "--config", str(topics_config), "--out", str(tmp_path / "run"), "--data", str(same)]) == 1
    assert "all 38 rows have the same text" in capsys.readouterr().err
    assert not (tmp_path / "run" / "model.pt").exists()


def test_the_mean_of_runs_is_a_run_of_its_own(
    topics_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told(topics_config, "data_seed = 0")
    runs = [tmp_path / "a", tmp_path / "b"]
    for seed, run in enumerate(runs):
        text = topics_config.read_text("utf-8")
        (one := tmp_path / f"{seed}.toml").write_text(text.replace("[train]", f"[train]\nseed = {seed}"), "utf-8")
        assert main(["topics", "--config", str(one), "--out", str(run)]) == 0
    mean = tmp_path / "mean"
    assert main(["topics", "--mean-of", *map(str, runs), "--out", str(mean)]) == 0
    for part in ("", "fold0", "fold1"):
        a, b, found = (torch.load(run / part / "model.pt") for run in (*runs, mean))
        assert any(not torch.equal(a[k], b[k]) for k in a), "two seeds learned the same"
        for k, v in found.items():
            assert torch.allclose(v, (a[k] + b[k]) / 2, atol=1e-6)
    out_of_fold = [np.load(run / "out_of_fold.npz") for run in (*runs, mean)]
    assert not np.allclose(out_of_fold[2]["logits"], out_of_fold[0]["logits"])
    assert (out_of_fold[2]["gold"] == out_of_fold[0]["gold"]).all()
    bundle = export_run(mean)
    assert bundle.manifest["training"]["mean_of"] == [str(run) for run in runs]
    assert not (mean / "curve.png").exists()
    assert "curve.png" not in (mean / "card.md").read_text("utf-8")
    assert f"--mean-of {runs[0]} {runs[1]}" in (mean / "card.md").read_text("utf-8")
    capsys.readouterr()
    other = tmp_path / "other.toml"
    other.write_text(text.replace("data_seed = 0", "data_seed = 1"), "utf-8")
    assert main(["topics", "--config", str(other), "--out", str(tmp_path / "c")]) == 0
    for bad, said in (([runs[0]], "two runs or more"), ([runs[0], tmp_path / "c"], "one data_seed"),
                      ([runs[0], runs[0]], "each once"), ([runs[0], tmp_path / "none"], "is no run")):  # fmt: skip
        capsys.readouterr()
        assert main(["topics", "--mean-of", *map(str, bad), "--out", str(tmp_path / "refused")]) == 1
        assert said in capsys.readouterr().err
        assert not (tmp_path / "refused").exists()
    assert main(["topics", "--mean-of", *map(str, runs), "--config", str(other)]) == 1
    assert "no other option" in capsys.readouterr().err
    rows = tmp_path / "train.jsonl"
    rows.write_text("\n".join(rows.read_text("utf-8").splitlines()[:-1]) + "\n", "utf-8")
    assert main(["topics", "--mean-of", *map(str, runs), "--out", str(tmp_path / "later")]) == 1
    assert "the rows that stand there now" in capsys.readouterr().err
