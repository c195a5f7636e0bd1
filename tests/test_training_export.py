"""Finished runs, made by hand, to bundles: sizes, torch models out of them, and refusals that leave nothing behind."""

from __future__ import annotations

import dataclasses
import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import BartConfig, BertConfig, BertModel

from models.bundle import Bundle
from models.copy_bart import CopyBartForConditionalGeneration
from models.errors import BadInput
from models.linear import LinearTopics
from models.registry import Places, load_classifier
from models.runtime import open_sessions
from models.topic_encoder import TopicEncoder
from models.topics import read_taxonomy
from models.weights import read_weights
from tests.tiny import bert_config, copy_bart, tokenizer
from training.charsmap import prune_charsmap, read_charsmap, write_charsmap
from training.config import BaseSettings, DataSettings, SummariesConfig, TopicsConfig
from training.export import SPARE, export_run
from training.publish import publish
from training.record import write_json

TOPICS = read_taxonomy()


def topics_run(run: Path, notice: str = "", **encoder: Any) -> Path:
    """What a topics run leaves, of random weights."""
    config = bert_config(**encoder)
    torch.manual_seed(0)
    model = TopicEncoder(BertModel(config, add_pooling_layer=False), len(TOPICS.names))
    torch.nn.init.normal_(model.head.weigh)
    base = BaseSettings(model="some/base", notice=notice)
    start(run, "topics", TopicsConfig(base=base, data=DataSettings(max_source_tokens=80)))
    config.save_pretrained(run / "encoder")
    torch.save(model.state_dict(), run / "model.pt")
    np.savez(run / "linear.npz", weights=np.ones((1 << 12, 4)), idf=np.ones(1 << 12), bias=np.zeros(4))
    decision = {"scale": 1.0, "linear": 0.5, "shift": 0.0, "threshold": 0.5}
    write_json(run / "decisions.json", {"topics": [decision] * 4, "min_confidence": 0.5})
    return run


def summaries_run(run: Path) -> Path:
    """What a summaries run leaves, of random weights."""
    start(run, "summaries", SummariesConfig(data=DataSettings(max_source_tokens=60, max_target_tokens=20)))
    model = copy_bart(vocab_size=tokenizer().get_vocab_size(), max_position_embeddings=300)
    model.save_pretrained(run / "model")
    return run


def start(run: Path, task: str, config: Any) -> None:
    run.mkdir(parents=True)
    write_json(run / "config.json", dataclasses.asdict(config))
    record = {"task": task, "base": "some/base", "data_fingerprint": "0", "code": "1", "rows": 3, "seed": 0}
    write_json(run / "record.json", record)
    tokenizer().save(str(run / "tokenizer.json"))


def test_torch_rebuilds_the_topics_model_of_a_bundle(tmp_path: Path) -> None:
    bundle = export_run(topics_run(tmp_path / "run"))
    config = BertConfig.from_dict(bundle.manifest["config"])
    assert config.max_position_embeddings == 80 + SPARE
    model = TopicEncoder(BertModel(config, add_pooling_layer=False), len(TOPICS.names)).eval()
    weights = {k: torch.tensor(v) for k, v in stored(bundle).items() if not k.startswith("linear.")}
    model.load_state_dict(weights)
    ids = torch.randint(5, 60, (2, 80))
    with torch.no_grad():
        wanted, _ = model(ids, torch.ones_like(ids))
    (session,) = open_sessions(bundle, ["encoder.onnx"], 1)
    got = session.run(["logits"], {"input_ids": ids.numpy(), "mask": np.ones((2, 80), np.int64)})[0]
    assert np.abs(got - wanted.numpy()).max() < 1e-4


def test_torch_rebuilds_the_summarizer_of_a_bundle(tmp_path: Path) -> None:
    bundle = export_run(summaries_run(tmp_path / "run"))
    config = BartConfig.from_dict(bundle.manifest["config"])
    assert config.max_position_embeddings == 60
    model = CopyBartForConditionalGeneration(config).eval()
    lost = model.load_state_dict({k: torch.tensor(v) for k, v in stored(bundle).items()}, strict=False)
    halves = {f"model.{half}.embed_tokens.weight" for half in ("encoder", "decoder")}
    assert set(lost.missing_keys) == {"lm_head.weight", *halves}
    assert not lost.unexpected_keys
    model.tie_weights()
    source = torch.randint(5, 60, (1, 60))
    (encoder,) = open_sessions(bundle, ["encoder.onnx"], 1)
    states = encoder.run(["states"], {"source": source.numpy(), "mask": np.ones((1, 60), np.int64)})[0]
    with torch.no_grad():
        wanted = model.get_encoder()(source).last_hidden_state
        longest = model.generate(input_ids=source, source_ids=source, num_beams=1, min_new_tokens=20, max_new_tokens=20)
    assert np.abs(states - wanted.numpy()).max() < 1e-4
    assert longest.shape[1] == 21


def stored(bundle: Bundle) -> dict[str, Any]:
    return read_weights(bundle.path / "weights.safetensors")


def test_the_bundles_tokenizer_is_compact_and_the_same(tmp_path: Path) -> None:
    run = topics_run(tmp_path / "run")
    bundle = export_run(run)
    small = (bundle.path / "tokenizer.json").read_text("utf-8")
    assert "\n" not in small
    assert len(small) < 0.7 * len((run / "tokenizer.json").read_text("utf-8"))
    text = "近日，市总工会举办（２０２６）竞赛。𠮷"
    assert Tokenizer.from_str(small).encode(text).ids == tokenizer().encode(text).ids


def test_a_bundle_counts_the_linear_buckets_that_it_was_trained_with(tmp_path: Path) -> None:
    classifier = load_classifier(export_run(topics_run(tmp_path / "run")).path, 1)
    linear: LinearTopics = classifier.linear  # type: ignore[attr-defined]
    assert len(linear.idf) == 1 << 12


def test_the_notice_names_the_base_unless_the_config_has_another(tmp_path: Path) -> None:
    assert export_run(topics_run(tmp_path / "a")).manifest["notices"] == ["Weights derive from some/base."]
    own = export_run(topics_run(tmp_path / "b", notice="From elsewhere (MIT)."))
    assert own.manifest["notices"] == ["From elsewhere (MIT)."]


def test_an_architecture_without_a_graph_is_refused(tmp_path: Path) -> None:
    run = topics_run(tmp_path / "run")
    kind = json.loads((run / "encoder" / "config.json").read_text("utf-8"))
    write_json(run / "encoder" / "config.json", kind | {"model_type": "xlm-roberta"})
    with pytest.raises(BadInput, match="xlm-roberta"):
        publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    assert not (tmp_path / "bundles").exists()


@pytest.mark.parametrize("lost", ["tokenizer.json", "model.pt", "linear.npz", "decisions.json", "encoder/config.json"])
def test_an_unfinished_run_is_named_and_nothing_is_written(tmp_path: Path, lost: str) -> None:
    run = topics_run(tmp_path / "run")
    (run / lost).unlink()
    with pytest.raises(BadInput, match=f"not finished, it lacks {lost}"):
        publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    assert not any(p.name.startswith("bundle") for p in [*run.iterdir(), *tmp_path.iterdir()])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("record.json", b"{"),
        ("record.json", b'{"task": "topics"}'),
        ("record.json", b'{"task": "pages", "base": "", "data_fingerprint": "", "code": ""}'),
        ("config.json", b"{}"),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b"{"),
        ("encoder/config.json", b"["),
        ("model.pt", b"x"),
        ("model.pt", b""),
        ("linear.npz", b"PK"),
        ("decisions.json", b'{"topics": []}'),
    ],
)
def test_a_broken_run_is_a_sentence_and_nothing_is_written(tmp_path: Path, name: str, content: bytes) -> None:
    run = topics_run(tmp_path / "run")
    (run / name).write_bytes(content)
    with pytest.raises(BadInput, match=r"is broken|cannot be exported") as error:
        publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    assert "\n" not in error.value.message
    assert not any(p.name.startswith("bundle") for p in [*run.iterdir(), *tmp_path.iterdir()])


def test_a_broken_summaries_run_is_a_sentence(tmp_path: Path) -> None:
    run = summaries_run(tmp_path / "run")
    (run / "model" / "model.safetensors").write_bytes(b"x" * 50)
    with pytest.raises(BadInput, match="cannot be exported"):
        publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))


NFKC = {
    c.encode(): form
    for c in map(chr, [*range(0xA0, 0xD800), *range(0xE000, 0x20000)])
    if (form := unicodedata.normalize("NFKC", c)) != c
}


def mapped(entries: dict[bytes, str]) -> Tokenizer:
    """The tiny tokenizer with a SentencePiece character map, as the base has one."""
    state = json.loads(tokenizer().to_str())
    state["normalizer"]["normalizers"][0] = {
        "type": "Precompiled", "precompiled_charsmap": write_charsmap(entries)
    }  # fmt: skip
    return Tokenizer.from_str(json.dumps(state))


def test_a_character_map_survives_writing_and_is_what_the_tokenizer_does() -> None:
    state = json.loads(mapped(NFKC).to_str())
    assert read_charsmap(state["normalizer"]["normalizers"][0]["precompiled_charsmap"]) == NFKC
    normalizer = mapped(NFKC).normalizer
    assert all(
        normalizer.normalize_str(k.decode()) == " ".join(v.split("  ")) for k, v in NFKC.items() if "  " not in v
    )


WHOLE = mapped(NFKC)
PRUNED = Tokenizer.from_str(json.dumps(prune_charsmap(json.loads(WHOLE.to_str()))))
ODD = st.one_of(
    st.sampled_from([k.decode() for k in NFKC]),
    st.characters(categories=["Mn", "Mc", "Me", "Cf"]),
    st.characters(exclude_categories=["Cs"]),
    st.sampled_from("工会企业 \u3000\r\n１2％"),
)


@given(st.lists(ODD, max_size=12).map("".join))
@hypothesis_settings(max_examples=500, deadline=None)
def test_a_pruned_character_map_gives_the_same_ids(text: str) -> None:
    assert PRUNED.encode(text).ids == WHOLE.encode(text).ids


def test_pruning_a_character_map_leaves_out_most_of_it() -> None:
    sizes = [
        len(json.loads(t.to_str())["normalizer"]["normalizers"][0]["precompiled_charsmap"]) for t in (WHOLE, PRUNED)
    ]
    assert sizes[1] < 0.6 * sizes[0]
    plain = json.loads(tokenizer().to_str())
    assert prune_charsmap(plain) is plain
