"""Every base that has a config: train, publish, classify, on a tiny random model of its architecture with its kind of tokenizer."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import WordPiece
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from models.article import Article
from models.errors import BadInput
from models.registry import Places, load_classifier
from tests.test_training_runs import topic_rows, write
from tests.tiny import CHARS, tokenizer
from training.config import TopicsConfig, read_config
from training.distill import open_teacher
from training.publish import publish
from training.topic_examples import first_windows, predict
from training.topics import fit_topics

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "training" / "configs"
WORDPIECE = {
    "topics_macbert": "hfl/chinese-macbert-base",
    "topics_bert_base_chinese": "google-bert/bert-base-chinese",
    "topics_roberta_wwm_ext": "hfl/chinese-roberta-wwm-ext",
    "topics_rbt3": "hfl/rbt3",
}
ARTICLES = [Article("工会维权", "职工工资" * 300), Article("技能竞赛", "开展竞赛。"), Article("", "大会举办。")]


def bert(path: Path, layers: int, pieces: int, padding: int, places: int) -> None:
    """A BERT with pooler and dropout, as the hub has them."""
    torch.manual_seed(1)
    config = BertConfig(vocab_size=pieces, hidden_size=32, num_hidden_layers=layers, num_attention_heads=4,
                        intermediate_size=64, max_position_embeddings=places, pad_token_id=padding)  # fmt: skip
    BertModel(config).save_pretrained(path)


def wordpiece_base(path: Path, layers: int) -> None:
    """WordPiece over single characters, saved as the Chinese BERTs are: BertTokenizer, [CLS] and [SEP]."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {piece: i for i, piece in enumerate([*special, *CHARS])}
    made = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "mask_token": "[MASK]",
    }
    PreTrainedTokenizerFast(tokenizer_object=made, **names).save_pretrained(path)
    called(path, "BertTokenizer")
    (path / "vocab.txt").write_text("\n".join(vocabulary) + "\n", "utf-8")
    bert(path, layers, len(vocabulary), padding=0, places=512)


def unigram_base(path: Path, layers: int) -> None:
    """A BERT over XLM-R's kind of tokenizer, as multilingual-e5 is."""
    names = {"bos_token": "<s>", "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>",
             "unk_token": "<unk>", "mask_token": "<mask>"}  # fmt: skip
    PreTrainedTokenizerFast(tokenizer_object=tokenizer(), **names).save_pretrained(path)
    called(path, "XLMRobertaTokenizer")
    bert(path, layers, tokenizer().get_vocab_size(), padding=1, places=512)


def called(path: Path, name: str) -> None:
    """Name the tokenizer's class as the hub's folders do."""
    file = path / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"tokenizer_class": name}), "utf-8")


def prepared(name: str, tmp_path: Path) -> TopicsConfig:
    """The config as it is, over a tiny base and invented rows."""
    given = read_config(CONFIGS / f"{name}.toml", TopicsConfig)
    rows = topic_rows()
    train, dev = write(tmp_path / "train.jsonl", rows[:38]), write(tmp_path / "dev.jsonl", rows[38:])
    return dataclasses.replace(
        given, epochs=1.0, folds=2, base=dataclasses.replace(given.base, model=str(tmp_path / "base")),
        data=dataclasses.replace(given.data, train=str(train), dev=str(dev), unlabelled=(), labels=(), learn_only=()),
    )  # fmt: skip


@pytest.mark.parametrize("name", [*WORDPIECE, "topics_e5_small"])
def test_a_base_goes_from_its_config_to_a_bundle_that_answers_without_torch(name: str, tmp_path: Path) -> None:
    layers = 3 if name == "topics_rbt3" else 2
    (wordpiece_base if name in WORDPIECE else unigram_base)(tmp_path / "base", layers)
    config = prepared(name, tmp_path)
    run = fit_topics(config, tmp_path / "run")
    bundle = publish(run, Places(tmp_path / "bundles", tmp_path / "kept"))
    assert bundle.manifest["config"]["num_hidden_layers"] == layers
    assert bundle.manifest["notices"] == [read_config(CONFIGS / f"{name}.toml", TopicsConfig).base.notice]
    results = load_classifier(bundle.path, 1).classify(ARTICLES)
    assert results[0].windows > 1
    trained = open_teacher(run, len(bundle.manifest["decisions"]))
    logits = predict(trained.model, first_windows(ARTICLES[1:], trained.tokenizer, trained.settings.max_tokens))
    linear = trained.linear.score(ARTICLES[1:]).astype(np.float64)
    said = [list(result.scores.values()) for result in results[1:]]
    np.testing.assert_allclose(said, trained.probabilities(logits, linear), atol=0.01)  # what storing in int8 moves
    code = (
        "import sys, json\nfrom models.registry import load_classifier\nfrom models.article import Article\n"
        f"r = load_classifier({str(bundle.path)!r}, 1).classify([Article('技能竞赛', '开展竞赛。')])[0]\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules\nprint(json.dumps(r.scores))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == results[1].scores


@pytest.mark.parametrize(("name", "base"), [*WORDPIECE.items(), ("topics_e5_small", "intfloat/multilingual-e5-small")])
def test_a_config_names_its_base_and_what_follows_from_it(name: str, base: str) -> None:
    config = read_config(CONFIGS / f"{name}.toml", TopicsConfig)
    assert config.base.model == base
    assert base in config.base.notice
    assert config.name == name


def test_a_bundle_over_the_limit_is_published_where_more_is_allowed(tmp_path: Path) -> None:
    unigram_base(tmp_path / "base", 1)
    run, places = (
        fit_topics(prepared("topics_e5_small", tmp_path), tmp_path / "run"),
        Places(tmp_path / "b", tmp_path / "k"),
    )
    with pytest.raises(BadInput, match=r"at most 0 MiB may be published.*--max-mib"):
        publish(run, places, max_mib=0.01)
    assert not (tmp_path / "b" / "topics").exists()
    assert publish(run, places, max_mib=5).path == tmp_path / "b" / "topics"
