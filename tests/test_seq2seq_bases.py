"""Bases that write already, each with its own config: trained, published and served; the graphs say what torch says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    BartConfig,
    PegasusConfig,
    PegasusForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
)
from transformers.models.t5.modeling_t5 import T5Attention

from models.analyzer import Analyzer
from models.article import Article
from models.bundle import Bundle, seal_bundle
from models.errors import BadInput, BundleError
from models.registry import Places, load_classifier, load_summarizer
from models.rendering import in_the_sources_case, joined, set_in_chinese
from models.runtime import open_sessions
from models.weights import read_weights, write_weights
from tests.seq2seq_bases import BASES, T5_SIZES
from tests.service_client import ready_client
from training.__main__ import main
from training.config import SummariesConfig, read_config
from training.export import write_graphs
from training.publish import publish
from training.seq2seq import (
    build_model,
    decoder_sizes,
    graphs_of,
    read_seq2seq,
    take_vocabulary,
    weights_of,
)
from training.t5_graphs import bucket

CONFIGS = Path(__file__).parents[1] / "training" / "configs"
BODIES = ["近日，市总工会举办技能竞赛活动。" * 5, "市总工会为128名职工送清凉，关爱健康。企业开展线上服务。", "工资"]
Train = Callable[..., Path]


@pytest.fixture
def train(tmp_path: Path) -> Train:
    """Runs the shipped config of a base on a tiny model of its class and a few pairs; the run's folder."""
    rows = [
        {"body": f"近日，市总工会第{i}次举办{'一中大上' * (i % 9)}竞赛。企业职工{i * 3}人。", "summary": f"举办竞赛{i}"}
        for i in range(40)
    ]
    data = tmp_path / "pairs.jsonl"
    data.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")

    def run(name: str, *, base: Path | None = None, out: str = "run", more: str = "", code: int = 0) -> Path:
        base = base or BASES[name](tmp_path / name)
        config = (CONFIGS / f"summaries_{name}.toml").read_text("utf-8")
        wanted = read_config(CONFIGS / f"summaries_{name}.toml", SummariesConfig)
        changes = {
            f'model = "{wanted.base.model}"': f'model = "{base}"',
            f"vocabulary = {wanted.base.vocabulary}": "vocabulary = 100",
            f"steps = {wanted.train.steps}": f"steps = 3{more}",
            f"max_source_tokens = {wanted.data.max_source_tokens}": "max_source_tokens = 60",
            f"max_target_tokens = {wanted.data.max_target_tokens}": "max_target_tokens = 16",
            'train = "../shared/data/news_pairs.parquet"': f'train = "{data}"',
        }
        for old, new in changes.items():
            config = config.replace(old, new)
        kept = [x for x in config.splitlines() if not x.startswith(("train_split", "dev_split", "protected"))]
        (tmp_path / "c.toml").write_text("\n".join(kept), "utf-8")
        assert main(["summaries", "--config", str(tmp_path / "c.toml"), "--out", str(tmp_path / out)]) == code
        return tmp_path / out

    return run


@pytest.mark.parametrize("name", BASES)
def test_from_the_config_to_a_summary_over_http(train: Train, name: str, tmp_path: Path) -> None:
    run = train(name)
    train(name, base=tmp_path / name)  # a finished run may be called again
    assert (run / "samples.txt").read_text("utf-8").count("\n") >= 1
    assert json.loads((run / "record.json").read_text("utf-8"))["figures"]["step"] == 3
    bundle = publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    assert bundle.manifest["runtime"] == "onnxruntime"
    assert bundle.manifest["marks"]["begin"] == (2 if name == "bart_base_chinese" else None)
    summarizer = load_summarizer(bundle.path, 1)
    articles = [Article(body=b) for b in BODIES]
    together = summarizer.summarize(articles, "headline")
    assert [summarizer.summarize([a], "headline")[0] for a in articles] == together
    assert all(r.summary and r.evidence and len(r.summary) <= 40 for r in together)
    with ready_client(Analyzer(load_classifier("keywords"), summarizer)) as client:
        for length in ("headline", "brief"):
            answer = client.post("/v1/summarize", json={"articles": [{"body": b} for b in BODIES], "length": length})
            assert answer.status_code == 200
            assert [r["bundle"] for r in answer.json()["results"]] == [bundle.name] * 3


@pytest.mark.parametrize("name", BASES)
def test_the_model_of_a_run_and_of_its_bundle_are_trained_further(train: Train, name: str, tmp_path: Path) -> None:
    run = train(name)
    bundle = publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    whole = name != "mt5_small"  # a vocabulary was taken already
    if whole:
        train(name, base=run, out="further")
        train(name, base=bundle.path, out="again")
        assert (tmp_path / "again" / "model" / "config.json").is_file()
    state = {k: torch.tensor(v) for k, v in read_weights(bundle.path / "weights.safetensors").items()}
    model = build_model(dict(bundle.manifest["config"]), state)
    assert set(weights_of(model)) == set(state)
    assert all(np.array_equal(weights_of(model)[k], v) for k, v in state.items())


def parity(folder: Path, model: Any, vocabulary: int) -> None:
    """Every next-token log probability of the step graph is torch's, beams and padding included."""
    folder.mkdir()
    graphs = graphs_of(model, 24, 8)
    write_weights(folder / "weights.safetensors", weights_of(model))
    state = {k: torch.tensor(v) for k, v in read_weights(folder / "weights.safetensors").items()}
    model.load_state_dict(state, strict=False)
    bundle: Bundle = seal_bundle(
        folder, {"task": "summaries", "name": "tiny", "version": "1", "graphs": write_graphs(folder, graphs)}
    )
    encoder, step = open_sessions(bundle, list(graphs), 1)
    ids = torch.randint(4, vocabulary, (3, 20))
    mask = torch.ones_like(ids)
    mask[1, 13:] = 0
    targets = torch.randint(4, vocabulary, (3, 6))
    with torch.no_grad():
        wanted = model(input_ids=ids, attention_mask=mask, decoder_input_ids=targets).logits.log_softmax(-1).numpy()
    names = [o.name for o in encoder.get_outputs()]
    encoded = dict(zip(names, encoder.run(None, {"source": ids.numpy(), "mask": mask.numpy()}), strict=True))
    sizes = decoder_sizes(model.config)
    caches = [f"{k}_{i}" for k in ("key", "value") for i in range(sizes["layers"])]
    past = {c: np.zeros((6, sizes["heads"], 0, sizes["size"]), np.float32) for c in caches}
    asked = {i.name for i in step.get_inputs()}
    for t in range(6):
        feed = {**encoded, "mask": mask.numpy(), **{f"past_{c}": v for c, v in past.items()},
                "tokens": np.repeat(targets[:, t : t + 1].numpy(), 2, 0), "position": np.array([t]),
                "k": np.array([model.config.vocab_size])}  # fmt: skip
        said = step.run(None, {k: v for k, v in feed.items() if k in asked})
        got = dict(zip([o.name for o in step.get_outputs()], said, strict=True))
        past = {c: got[c] for c in caches}
        for beam in range(2):
            logs = np.zeros((3, model.config.vocab_size), np.float32)
            np.put_along_axis(logs, got["ids"][:, beam], got["values"][:, beam], 1)
            assert np.abs(logs - wanted[:, t]).max() < 1e-4


@pytest.mark.parametrize("name", BASES)
def test_the_graphs_say_what_torch_says(name: str, tmp_path: Path) -> None:
    found = read_seq2seq(str(BASES[name](tmp_path / name)))
    assert found is not None
    torch.manual_seed(0)
    parity(tmp_path / "b", found[0].eval(), found[1].get_vocab_size())


def test_the_first_t5_too_whose_outputs_are_scaled(tmp_path: Path) -> None:
    torch.manual_seed(7)
    parity(tmp_path / "b", T5ForConditionalGeneration(T5Config(vocab_size=90, **T5_SIZES)).eval(), 90)


@pytest.mark.parametrize("both_sides", [True, False])
def test_buckets_of_distances_are_those_of_transformers(both_sides: bool) -> None:
    config = T5Config()
    apart = torch.arange(-1100, 1101)
    wanted = T5Attention._relative_position_bucket(apart, both_sides, 32, 128)
    assert [bucket(int(d), config, both_sides=both_sides) for d in apart] == wanted.tolist()


def test_a_part_of_a_vocabulary_writes_the_same(tmp_path: Path) -> None:
    found = read_seq2seq(str(BASES["mt5_small"](tmp_path / "base")))
    assert found is not None
    model = found[0].eval()
    rows = [0, 1, 2, *range(10, 80)]
    small = take_vocabulary(model, rows).eval()
    ids, targets = torch.tensor([[5, 9, 30, 1]]), torch.tensor([[0, 7, 8]])
    old = torch.tensor(rows)
    with torch.no_grad():
        wanted = model(input_ids=old[ids], decoder_input_ids=old[targets]).logits[..., old]
        assert torch.allclose(small(input_ids=ids, decoder_input_ids=targets).logits, wanted, atol=1e-5)
    assert len(small.shared.weight) == len(small.lm_head.weight) == small.config.vocab_size == len(rows)


def test_what_cannot_be_published_is_refused_before_it_is_trained(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16,
             "encoder_attention_heads": 2, "decoder_attention_heads": 2, "vocab_size": 50}  # fmt: skip
    PegasusForConditionalGeneration(PegasusConfig(**sizes)).save_pretrained(tmp_path / "pegasus")
    train("bart_base_chinese", base=tmp_path / "pegasus", code=1)
    assert "is a pegasus" in capsys.readouterr().err
    BartConfig(**sizes, activation_function="relu").save_pretrained(tmp_path / "relu")
    with pytest.raises(BadInput, match="bart with relu"):
        read_seq2seq(str(tmp_path / "relu"))
    base = BASES["mengzi_t5"](tmp_path / "t5")
    (base / "spiece.model").unlink()
    train("mengzi_t5", base=base, code=1)
    assert "no fast tokenizer" in capsys.readouterr().err
    assert read_seq2seq(str(tmp_path / "nothing")) is None


def test_layers_and_briefs_are_of_copy_head_models(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train("mengzi_t5", more="\n[x]", code=1)
    assert "unknown key" in capsys.readouterr().err
    base = tmp_path / "mengzi_t5"
    (tmp_path / "b.toml").write_text(
        f'adapter_rank = 2\n[base]\nmodel = "{base}"\n[data]\ntrain = "{tmp_path / "pairs.jsonl"}"'
    )
    assert main(["summaries", "--config", str(tmp_path / "b.toml"), "--out", str(tmp_path / "b")]) == 1
    assert "copy-head model only" in capsys.readouterr().err
    (tmp_path / "b.toml").write_text(
        f'[base]\nmodel = "{base}"\nencoder_layers = [0]\n[data]\ntrain = "{tmp_path / "pairs.jsonl"}"'
    )
    assert main(["summaries", "--config", str(tmp_path / "b.toml"), "--out", str(tmp_path / "b")]) == 1
    assert "leave its layers" in capsys.readouterr().err


def test_a_bundle_that_needs_another_runtime_is_named(train: Train, tmp_path: Path) -> None:
    bundle = publish(train("bart_base_chinese"), Places(tmp_path / "bundles", tmp_path / "kept"))
    for changed, says in (
        ({"runtime": "ctranslate2"}, "runs on 'ctranslate2'"),
        ({"marks": {"end": 1}}, "cannot be used"),
    ):
        seal_bundle(bundle.path, {k: v for k, v in bundle.manifest.items() if k != "files"} | changed)
        with pytest.raises(BundleError, match=says):
            load_summarizer(bundle.path, 1)


@pytest.mark.parametrize(
    ("pieces", "words", "wanted"),
    [
        (["工", "会", "12", ".", "5", "%", "增", "长"], True, "工会12.5%增长"),
        (["gdp", "增", "长", "3", "##0", "%"], True, "gdp增长30%"),
        (["new", "york", "app", "##s"], True, "new york apps"),
        (["\u2581工会", "送", "\u2581清凉"], False, " 工会送 清凉"),
        (["<0xF0>", "<0xA0>", "<0xAE>", "<0xB7>", "县", "<0xF0>"], False, "𠮷县"),
    ],
)
def test_pieces_are_joined_as_their_vocabulary_means_it(pieces: list[str], words: bool, wanted: str) -> None:
    assert joined(pieces, words=words) == wanted


def test_latin_words_are_written_as_the_source_writes_them() -> None:
    assert in_the_sources_case("gdp增长3%，app上线", "全县GDP增长3%，App上线。") == "GDP增长3%，App上线"
    assert in_the_sources_case("gdp增长", "全县经济增长") == "gdp增长"
    assert set_in_chinese(" 工会,送 清凉 (3:2)") == "工会，送 清凉（3:2）"
