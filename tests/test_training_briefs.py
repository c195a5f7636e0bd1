"""Briefs: kept as pieces of their texts, trained beside headlines, written by the bundle when `brief` is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from models.adapter import adapted
from models.article import Article
from models.errors import BadInput
from models.registry import load_summarizer
from tests.test_training_runs import summaries_config, write
from tests.tiny import copy_bart
from training.__main__ import main
from training.adapter import adapter_weights, add_adapter, is_trained
from training.bases import read_summarizer
from training.briefs import as_parts, from_parts, read_briefs
from training.config import DataSettings
from training.export import export_run
from training.pairs import batches

__all__ = ["summaries_config"]  # a fixture

BODY = "青禾县总工会7月12日走进三处工地，为320名建筑工人送去凉茶和药品。县总工会主席说，活动持续到8月底。"
TEXTS = st.text("工会送清凉，。12县", max_size=30)


@given(brief=TEXTS, body=TEXTS)
def test_parts_give_the_brief_again(brief: str, body: str) -> None:
    parts = as_parts(brief, body)
    assert from_parts(parts, body) == brief
    for part in parts:
        if isinstance(part, str):
            assert not any(part[i : i + 2] in body for i in range(len(part) - 1)), (
                "a piece of the text is not kept as text"
            )


def test_what_is_kept_holds_no_sentence_of_the_text() -> None:
    parts = as_parts("青禾县总工会为320名建筑工人送凉茶，活动到8月底。", BODY)
    assert "".join(p for p in parts if isinstance(p, str)) in ("，", "")
    with pytest.raises(ValueError, match="no piece"):
        from_parts([[0, 400]], BODY)


def test_bad_lines_are_named(tmp_path: Path) -> None:
    rows = Dataset.from_dict({"id": ["a"], "body": [BODY]})
    good = write(tmp_path / "good.jsonl", [{"id": "a", "parts": [[0, 6], "送凉茶。"]}, {"body": "一", "summary": "二"}])
    assert read_briefs([str(good)], rows)["target"] == ["青禾县总工会送凉茶。", "二"]
    wrong: list[dict[str, object]] = [
        {"id": "b", "parts": []},
        {"id": "a"},
        {"id": "a", "parts": [[3, 3]]},
        {"id": "a", "parts": 7},
    ]
    for bad in wrong:
        file = write(tmp_path / "bad.jsonl", [{"id": "a", "parts": []}, bad])
        with pytest.raises(BadInput, match=r"bad\.jsonl:2"):
            read_briefs([str(file)], rows)
    with pytest.raises(BadInput, match="no brief"):
        read_briefs([str(write(tmp_path / "none.jsonl", []))], rows)
    with pytest.raises(BadInput, match="no file"):
        read_briefs([str(tmp_path / "lost.jsonl")], rows)


def test_one_step_in_so_many_is_of_briefs_and_starts_otherwise() -> None:
    class Model:
        pad_token_id, eos_token_id, decoder_start_token_id = 1, 2, 0

    data = DataSettings(batch=2, brief_every=3, early_steps=9, early_source_tokens=4, max_source_tokens=16)
    pairs = [([0, 5, 6, 7, 8, 9, 2], [5, 2]), ([0, 6, 2], [6, 2])]
    briefs = [([0, 9, 9, 9, 9, 9, 2], [9, 9, 2])] * 2
    at = batches(pairs, briefs, data, Model, 0)
    starts = [at(step)["decoder"][:, 0].tolist() for step in range(6)]
    assert starts == [[0, 0], [0, 0], [2, 2]] * 2
    assert at(0)["source"].shape[1] == 4
    assert at(2)["source"].shape[1] == 7, "a brief sums up the whole"
    assert at(2)["decoder"].tolist() == [[2, 9, 9]] * 2
    assert at(2)["target"].tolist() == [[9, 9, 2]] * 2


def test_a_run_with_briefs_serves_briefs_and_is_trained_further(summaries_config: Path, tmp_path: Path) -> None:
    text = summaries_config.read_text("utf-8")
    train = tmp_path / "train.jsonl"
    bodies = {r["id"]: r["body"] for r in map(json.loads, train.read_text("utf-8").splitlines())}
    briefs = [{"id": i, "parts": as_parts(body[:12] + "。", body)} for i, body in list(bodies.items())[:6]]
    told = f'briefs = ["{write(tmp_path / "briefs.jsonl", briefs)}"]\nbrief_every = 2\nbrief_tokens = 30\n'
    told += f'brief_dev = ["{write(tmp_path / "dev_briefs.jsonl", briefs[:2])}"]\n'
    summaries_config.write_text(text.replace("batch = 8", f"batch = 4\n{told}"), "utf-8")
    run = tmp_path / "run"
    assert main(["summaries", "--config", str(summaries_config), "--out", str(run)]) == 0
    record = json.loads((run / "record.json").read_text("utf-8"))
    assert "dev_brief_rouge_l" in record["figures"]
    assert record["briefs"] + 2 <= 6, "a brief that is measured on is not trained on"
    bundle = export_run(run)
    assert bundle.manifest["brief"] == {
        "start": 2,
        "beam": {
            "beams": 4,
            "max_tokens": 30,
            "min_tokens": 20,
            "no_repeat": 3,
            "number_lift": 0.0,
            "least_salience": 0.0,
            "number_odds": 0.0,
        },
    }
    summarizer = load_summarizer(bundle.path, 1)
    found = summarizer.summarize([Article(body=BODY), Article(body="短。")], "brief")
    assert found[1].method == "extractive"
    assert all(r.summary for r in found)
    for base in (run, bundle.path):
        further = text.replace(str(tmp_path / "base"), str(base))
        further = further.replace("encoder_layers = [0, 1]", "").replace("decoder_layers = [0]", "")
        config = tmp_path / "further.toml"
        config.write_text(further, "utf-8")
        out = tmp_path / f"further-{base.name}"
        assert main(["summaries", "--config", str(config), "--out", str(out)]) == 0
        assert (out / "tokenizer.json").is_file()
    config.write_text(text.replace(str(tmp_path / "base"), str(run)), "utf-8")
    assert main(["summaries", "--config", str(config), "--out", str(tmp_path / "refused")]) == 1


def test_an_adapter_writes_briefs_and_leaves_headlines_alone(summaries_config: Path, tmp_path: Path) -> None:
    text = summaries_config.read_text("utf-8")
    base = tmp_path / "run"
    assert main(["summaries", "--config", str(summaries_config), "--out", str(base)]) == 0
    bodies = {r["id"]: r["body"] for r in map(json.loads, (tmp_path / "train.jsonl").read_text("utf-8").splitlines())}
    briefs = [{"id": i, "parts": as_parts(body[:12] + "。", body)} for i, body in list(bodies.items())[:12]]
    told = f'briefs = ["{write(tmp_path / "briefs.jsonl", briefs)}"]\n'
    config = tmp_path / "adapter.toml"
    text = text.replace("encoder_layers = [0, 1]", "").replace("decoder_layers = [0]", "")
    text = text.replace(str(tmp_path / "base"), str(base)).replace("batch = 8", f"batch = 4\n{told}")
    text = text.replace("steps = 6", "steps = 30\nlearning_rate = 0.05").replace(
        "evaluate_every = 3", "evaluate_every = 30"
    )
    config.write_text(f"adapter_rank = 2\n{text}", "utf-8")
    run = tmp_path / "adapter"
    assert main(["summaries", "--config", str(config), "--out", str(run)]) == 0
    plain, bundle = export_run(base), export_run(run)
    before, after = load_summarizer(plain.path, 1), load_summarizer(bundle.path, 1)
    articles = [Article(body=b) for b in list(bodies.values())[:8]]
    headlines = before.summarize(articles, "headline")
    assert [r.summary for r in after.summarize(articles, "headline")] == [r.summary for r in headlines]
    assert [r.checks for r in after.summarize(articles, "headline")] == [r.checks for r in headlines]
    sources = [after._source(a.body) for a in articles]  # type: ignore[attr-defined]
    sessions = after._brief_step, after._step  # type: ignore[attr-defined]
    assert sessions[0] is not sessions[1]
    after._brief_step = after._step  # type: ignore[attr-defined]
    without = [h[0] for h in after._search(sources, "brief")]  # type: ignore[attr-defined]
    after._brief_step = sessions[0]  # type: ignore[attr-defined]
    with_it = [h[0] for h in after._search(sources, "brief")]  # type: ignore[attr-defined]
    assert [h.score for h in with_it] != [h.score for h in without], "the adapter changes what a brief is worth"
    assert read_summarizer(str(bundle.path)) is not None, "the bundle's headline model is trained further without it"
    (run / "adapter.safetensors").unlink()
    with pytest.raises(BadInput, match="adapter"):
        export_run(run)


def test_stored_changes_are_those_that_torch_trained() -> None:
    model = copy_bart()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    add_adapter(model, 3)
    for name, parameter in model.named_parameters():
        if is_trained(name):
            torch.nn.init.normal_(parameter, std=0.3)
    stored = {k: v.numpy() for k, v in adapter_weights(model.state_dict()).items()}
    merged = adapted({k: v.numpy() for k, v in before.items()} | stored)
    assert merged is not None
    changed = {name for name in merged if not np.array_equal(merged[name], before[name].numpy())}
    assert any("fc1.weight" in name for name in changed)
    assert any("_norm.bias" in name for name in changed)
    assert not any(
        "encoder_attn.k_proj" in name or "encoder_attn.v_proj" in name or "model.encoder" in name for name in changed
    )
    for name, value in merged.items():
        owner, _, part = name.rpartition(".")
        now = getattr(model.get_submodule(owner), part) if owner else getattr(model, part)
        np.testing.assert_allclose(value, now.detach().numpy(), atol=1e-5)
    assert adapted({k: v.numpy() for k, v in before.items()}) is None
