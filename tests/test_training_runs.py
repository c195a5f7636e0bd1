"""Whole runs on tiny models: both tasks from files to a published bundle that the service's own loader answers with."""

from __future__ import annotations

import dataclasses
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from torch import Tensor, nn
from transformers import BertModel, BertTokenizerFast

from models.analyzer import load_analyzer
from models.article import Article
from models.errors import BadInput
from models.registry import Places, history, load_classifier, load_summarizer
from tests.tiny import CHARS, base_folder, bert_config, copy_bart, tokenizer
from training.__main__ import main
from training.config import DataSettings, SummariesConfig
from training.loop import Batch, LoopSettings, TrainingStopped, fit
from training.publish import publish
from training.record import open_run, read_metrics, update_record
from training.summaries import evaluator

ROOT = Path(__file__).parent.parent
HEADLINES = {
    "rights_protection": "工会维权",
    "skills_contest": "技能竞赛",
    "digital_services": "线上平台",
    "wellbeing": "关爱职工",
}


def topic_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for i in range(48):
        topic = [*HEADLINES, None][i % 5]
        headline = HEADLINES.get(topic or "", "大会举办")
        body = f"近日，市总工会第{i}次{headline}活动。企业职工{i * 37}人。{'一中大上' * (i % 7)}"
        rows.append(
            {
                "id": f"r{i}",
                "headline": f"{headline}{i}",
                "body": body,
                "labels": [topic] if topic else [],
                "sure": i % 3 > 0,
            }
        )
    return rows


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


@pytest.fixture
def topics_config(tmp_path: Path) -> Path:
    base_folder(tmp_path / "base")
    rows = topic_rows()
    train, dev = write(tmp_path / "train.jsonl", rows[:38]), write(tmp_path / "dev.jsonl", rows[38:])
    path = tmp_path / "topics.toml"
    path.write_text(f"""
        epochs = 2
        folds = 2
        [base]
        model = "{tmp_path / "base"}"
        encoder_layers = [0]
        [data]
        train = "{train}"
        dev = "{dev}"
        max_source_tokens = 80
        batch = 8
        [train]
        average = 0.9
        evaluate_every = 5
    """)
    return path


@pytest.fixture
def summaries_config(tmp_path: Path) -> Path:
    base_folder(tmp_path / "base")
    rows = topic_rows()
    train, dev = write(tmp_path / "train.jsonl", rows[:38]), write(tmp_path / "dev.jsonl", rows[38:])
    path = tmp_path / "summaries.toml"
    path.write_text(f"""
        [base]
        model = "{tmp_path / "base"}"
        encoder_layers = [0, 1]
        decoder_layers = [0]
        [data]
        train = "{train}"
        dev = "{dev}"
        max_source_tokens = 60
        max_target_tokens = 20
        batch = 8
        [train]
        steps = 6
        warmup = 2
        decay = 2
        average = 0.9
        evaluate_every = 3
    """)
    return path


def test_topics_from_rows_to_a_published_bundle(topics_config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    record = json.loads((run / "record.json").read_text("utf-8"))
    assert record["rows"] <= 38
    assert record["data_fingerprint"]
    assert record["folds"] == 2
    assert (run / "curve.png").stat().st_size > 1000
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0, (
        "a finished run may be called again"
    )
    bundle = publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    classifier = load_classifier(bundle.path, 1)
    articles = [Article("工会维权", "职工工资" * 200), Article(), Article("技能竞赛", "开展竞赛。")]
    together = classifier.classify(articles)
    alone = [classifier.classify([a])[0] for a in articles]
    assert [r.scores for r in together] == [r.scores for r in alone]
    assert together[0].windows > 1
    assert together[1].needs_review
    assert history("topics", Places(tmp_path / "bundles", tmp_path / "kept"))[0]["bundle"] == classifier.bundle


def test_summaries_from_rows_to_a_published_bundle(summaries_config: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert main(["summaries", "--config", str(summaries_config), "--out", str(run)]) == 0
    assert (run / "samples.txt").exists()
    bundle = publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    summarizer = load_summarizer(bundle.path, 1)
    results = summarizer.summarize(
        [Article(body="近日，市总工会举办技能竞赛活动。" * 20), Article(body="")], "headline"
    )
    assert results[1].checks == {"ok": False, "empty": True}
    assert results[0].checks["ok"] in (True, False)
    analyzer = load_analyzer("keywords", bundle.path, 1)
    assert analyzer.analyze([Article("工会", "近日举办活动。")], length="headline")[0].summary is not None


def wordpiece_base(path: Path) -> Path:
    """A base like bert-base-chinese: WordPiece over single characters, [CLS] and [SEP]."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARS]
    path.mkdir()
    (path / "vocab.txt").write_text("\n".join(vocabulary), "utf-8")
    BertTokenizerFast(vocab=str(path / "vocab.txt")).save_pretrained(path)
    BertModel(bert_config(vocab_size=len(vocabulary), pad_token_id=0)).save_pretrained(path)
    return path


def test_a_long_target_does_not_shift_the_rows_that_are_compared(tmp_path: Path) -> None:
    tok, config = tokenizer(), SummariesConfig(data=DataSettings(max_target_tokens=6))
    targets = ["工会" * 30, "技能竞赛", "关爱职工"]
    dev = Dataset.from_list([{"body": t, "target": t} for t in targets])
    model = copy_bart(vocab_size=tok.get_vocab_size())
    model.generate = lambda input_ids, **_: input_ids
    assert evaluator(dev, tok, config, tmp_path)(model, 3) == {"dev_rouge_l": 1.0}
    samples = [line.split("\t")[1:] for line in (tmp_path / "samples.txt").read_text("utf-8").splitlines()]
    assert [made for made, _ in samples] == [wanted for _, wanted in samples] == targets


def test_summaries_take_the_whole_base_and_split_their_own_dev_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: list[dict[str, object]] = [
        {"body": f"近日，市总工会第{i}次举办{'一中大上' * (i % 9)}竞赛。", "headline": f"举办竞赛{i}"}
        for i in range(120)
    ]
    write(tmp_path / "train.jsonl", rows)
    base = wordpiece_base(tmp_path / "base")
    (tmp_path / "c.toml").write_text(f"""
        [base]
        model = "{base}"
        [data]
        train = "{tmp_path / "train.jsonl"}"
        batch = 8
        [train]
        steps = 2
    """)
    run = tmp_path / "run"
    assert main(["summaries", "--config", str(tmp_path / "c.toml"), "--out", str(run)]) == 0
    assert "2 of" in capsys.readouterr().err
    record = json.loads((run / "record.json").read_text("utf-8"))
    assert record["figures"]["dev_rouge_l"] >= 0
    bart = json.loads((run / "model" / "config.json").read_text("utf-8"))
    assert (bart["encoder_layers"], bart["decoder_layers"]) == (2, 2)
    assert (bart["bos_token_id"], bart["eos_token_id"], bart["pad_token_id"]) == (2, 3, 0)


def test_a_run_refuses_another_config(topics_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.json").write_text('{"name": "other", "train": {}}', "utf-8")
    (run / "record.json").write_text("{}", "utf-8")
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 1
    assert "another config" in capsys.readouterr().err


def test_a_run_goes_on_though_options_were_added_since(tmp_path: Path) -> None:
    started = SummariesConfig(data=DataSettings(train="a.jsonl"))
    open_run(tmp_path, SummariesConfig())
    open_run(tmp_path, started)  # nothing was made yet, so the config may be mended
    update_record(tmp_path, task="summaries")
    written = json.loads((tmp_path / "config.json").read_text("utf-8"))
    del written["data"]["labels"], written["evaluate_on"]
    (tmp_path / "config.json").write_text(json.dumps(written), "utf-8")
    open_run(tmp_path, dataclasses.replace(started, train=LoopSettings(steps=7)))
    (tmp_path / "config.json").write_text(json.dumps(written), "utf-8")
    with pytest.raises(BadInput, match="another config"):
        open_run(tmp_path, dataclasses.replace(started, data=DataSettings(train="a.jsonl", labels=("b.jsonl",))))


def test_publish_refuses_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no run"):
        publish(tmp_path, Places(tmp_path / "bundles", tmp_path / "kept"))


def linear_run(
    run: Path, steps: int, *, stop_at: int | None = None, save_until: int | None = None
) -> dict[str, Tensor]:
    """A small fit with dropout, so that random state matters; `stop_at` raises in the middle like a kill would.

    There is a checkpoint a step; one of `save_until` is put back at the stop, as if later ones had not been written yet.
    """
    torch.manual_seed(7)
    model = nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.3), nn.Linear(6, 1))
    made = torch.Generator().manual_seed(1)
    x = torch.randn(40, 6, generator=made)

    def batch_at(step: int) -> Batch:
        if step == save_until:
            shutil.copy(run / "checkpoint.pt", run / "kept")
        if step == stop_at:
            if save_until is not None:
                (run / "kept").replace(run / "checkpoint.pt")
            raise KeyboardInterrupt
        rows = x[(step * 8) % 32 : (step * 8) % 32 + 8]
        return {"x": rows, "y": rows.sum(1, keepdim=True)}

    settings = LoopSettings(
        steps=steps, warmup=3, decay=5, learning_rate=1e-2, average=0.9, precision="fp32", checkpoint_minutes=0
    )
    return fit(model, batch_at, settings, run, lambda m, b: nn.functional.mse_loss(m(b["x"]), b["y"]))


def test_a_stopped_run_ends_where_an_uninterrupted_one_ends(tmp_path: Path) -> None:
    whole = linear_run(tmp_path / "whole", 30)
    with pytest.raises(KeyboardInterrupt):
        linear_run(tmp_path / "cut", 30, stop_at=17)
    resumed = linear_run(tmp_path / "cut", 30)
    assert all(torch.equal(whole[k], resumed[k]) for k in whole)


def test_a_resumed_run_has_the_lines_of_a_whole_one(tmp_path: Path) -> None:
    linear_run(tmp_path / "whole", 60)
    with pytest.raises(KeyboardInterrupt):
        linear_run(tmp_path / "cut", 60, stop_at=50, save_until=30)
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as out:
        out.write('{"step": 5')  # cut short by the kill
    linear_run(tmp_path / "cut", 60)
    steps = [[x["step"] for x in read_metrics(tmp_path / name)] for name in ("whole", "cut")]
    assert steps[0] == steps[1] == [20, 40, 60]


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        linear_run(tmp_path, 30, stop_at=10)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (len(before) // 2, hard)
    )  # what is written beyond it fails, as on a full disk
    try:
        with pytest.raises(TrainingStopped, match=r"checkpoint.pt cannot be written at step 11 .*make room"):
            linear_run(tmp_path, 30)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert [p.name for p in tmp_path.glob("*.part")] == []
    linear_run(tmp_path, 30)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"x")
    with pytest.raises(TrainingStopped, match=r"checkpoint.pt is damaged .*delete it"):
        linear_run(tmp_path, 3)


def test_a_loss_that_is_no_number_stops_with_advice(tmp_path: Path) -> None:
    model = nn.Linear(2, 1)
    with pytest.raises(TrainingStopped, match="learning_rate"):
        fit(model, lambda s: {"x": torch.full((1, 2), float("nan"))}, LoopSettings(steps=2, precision="fp32"), tmp_path,
            lambda m, b: m(b["x"]).mean())  # fmt: skip


def test_help_is_quick_and_loads_no_torch() -> None:
    code = "import sys; sys.argv = ['t', '--help']\ntry:\n import runpy; runpy.run_module('training', run_name='__main__')\n"
    code += "except SystemExit: pass\nassert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
