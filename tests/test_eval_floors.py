"""The systems beside the model: TextRank against networkx, the oracle's bound, and the frozen encoder against torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eval import floors, topics
from eval.encoder import embed_with_base, embed_with_bundle
from eval.metrics.rouge import rouge_l
from eval.sets import SummaryItem, read_summaries
from eval.textrank import best_sentence, page_rank, votes
from models.article import Article
from models.bundle import open_bundle
from models.errors import BadInput
from models.registry import default_bundle
from models.text import split_sentences
from models.weights import read_weights
from models.windows import WindowSettings, cut_windows, find_marks

DATA = Path(__file__).parent / "data/articles.jsonl"
SENTENCES = [
    "县总工会为建筑工人送去绿豆汤和防暑药品。",
    "绿豆汤每天两次送到河滨大桥工地。",
    "建筑工人说防暑药品很实用。",
    "县总工会还将走进二十个工地送清凉。",
    "天气预报说下周有雨。",
]


def test_page_rank_is_networkxs() -> None:
    import networkx as nx

    weights = votes(SENTENCES)
    assert np.array_equal(weights, weights.T)
    assert not weights.diagonal().any()
    theirs = nx.pagerank(nx.from_numpy_array(weights), alpha=0.85, tol=1e-9)
    assert page_rank(weights) == pytest.approx([theirs[i] for i in range(len(SENTENCES))], abs=1e-5)


def test_votes_by_hand() -> None:
    # 甲乙 乙丙 / 乙丙 丙丁 丁戊: one bigram in common, of two and three.
    assert votes(["甲乙丙", "乙丙丁戊"])[0, 1] == pytest.approx(1 / (np.log(3) + np.log(4)))
    assert votes(["甲乙", "丙丁"])[0, 1] == 0
    assert votes(["。", ""]).tolist() == [[0, 0], [0, 0]]


def test_the_sentence_that_others_repeat_speaks_for_the_text() -> None:
    assert best_sentence(SENTENCES) != SENTENCES[4]
    assert best_sentence(["甲乙丙丁。", "戊己庚辛。"]) == "甲乙丙丁。"  # no votes at all: the first
    assert best_sentence([]) == ""


def test_no_sentence_beats_the_oracle() -> None:
    for item in read_summaries(DATA).items:
        best = rouge_l(floors.oracle_sentence(item).summary, item.summary)
        pieces = [item.body[a:b].strip() for a, b in split_sentences(item.body)]
        assert best >= max(rouge_l(piece, item.summary) for piece in pieces)
        for name in ("first-sentence", "lead-sentence", "textrank"):
            assert best >= rouge_l(floors.SUMMARY_FLOORS[name](item).summary, item.summary) - 1e-12, name


def test_floors_of_a_text_without_sentences() -> None:
    item = SummaryItem("a", " \n", "题")
    assert {make(item).summary for make in floors.SUMMARY_FLOORS.values()} == {""}


def articles() -> list[Article]:
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    return [Article(r["headline"], r["body"], r["id"]) for r in rows[:5]]


def test_the_bundles_encoder_gives_what_torch_gives() -> None:
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    some = articles()
    vectors, told = embed_with_bundle(some, None)
    bundle = open_bundle(default_bundle("topics"), "topics")
    assert bundle.name in told
    config: Any = BertConfig(**bundle.manifest["config"])
    model = BertModel(config, add_pooling_layer=False).eval()
    weights = read_weights(bundle.file("weights.safetensors"))
    state = {n.removeprefix("encoder."): torch.from_numpy(w) for n, w in weights.items() if n.startswith("encoder.")}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected
    assert not [name for name in missing if "position_ids" not in name]
    tokenizer = Tokenizer.from_file(str(bundle.file("tokenizer.json")))
    settings = WindowSettings(**bundle.manifest["windows"])
    for article, vector in zip(some, vectors, strict=True):
        ids = cut_windows(article, tokenizer, find_marks(tokenizer), settings)[0].ids
        with torch.inference_mode():
            states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
        assert vector == pytest.approx(states.mean(dim=0).double().numpy(), abs=1e-3)


def test_a_vector_does_not_depend_on_its_neighbours() -> None:
    some = articles()
    together, alone = embed_with_bundle(some, None)[0], embed_with_bundle(some[2:3], None)[0]
    assert together[2] == pytest.approx(alone[0], abs=1e-4)


def test_a_base_by_name(tmp_path: Path) -> None:
    from transformers import BertConfig, BertModel, BertTokenizer

    signs = sorted({c for article in articles() for c in article.headline + article.body if c.strip()})
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *signs]), "utf-8")
    BertTokenizer(str(tmp_path / "vocab.txt")).save_pretrained(tmp_path)
    config: Any = BertConfig(vocab_size=len(signs) + 5, hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                             intermediate_size=16)  # fmt: skip
    BertModel(config).save_pretrained(tmp_path)
    vectors, told = embed_with_base(articles(), str(tmp_path))
    assert vectors.shape == (5, 16)
    assert "torch" in told
    again = embed_with_base(articles()[3:4], str(tmp_path))[0]
    assert vectors[3] == pytest.approx(again[0], abs=1e-5)
    with pytest.raises(BadInput, match="no encoder that transformers can load"):
        embed_with_base(articles(), str(tmp_path / "absent"))


def test_every_floor_stands_in_the_table_and_says_what_it_ran_on(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    for name, part in (("test", rows[::3]), ("train", rows[1::3] + rows[2::3])):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in part)
        (tmp_path / f"{name}.jsonl").write_text(text, "utf-8")
    result = topics.run(tmp_path / "test.jsonl", floor_train=tmp_path / "train.jsonl")
    assert [system.name for system in result.systems[1:]] == ["majority", "keywords", "tfidf", "encoder"]
    assert not result.absent
    assert any("encoder floor: the encoder of" in note for note in result.notes)
    assert result.systems[4].scores["macro_f1"] > result.systems[1].scores["macro_f1"]
