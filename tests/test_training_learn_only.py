"""Rows that are learned from and never measured on: in every fold, in the linear part, in no threshold; never a protected text."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from models.errors import BadInput
from models.topics import read_taxonomy
from tests.test_training_runs import topic_rows, topics_config, write
from training.__main__ import main
from training.config import TopicsConfig, read_config
from training.cross_fitting import NO_WORDS, Words
from training.labelled import learn_only, protected_rows, read_labelled
from training.topic_examples import articles_of

__all__ = ["topics_config"]  # a fixture
INVENTED: list[dict[str, object]] = [
    {"id": f"n{i}", "headline": f"灯塔{i}", "body": f"守塔人第{i}年守着海上的灯，{word}。" * 3, "labels": ["wellbeing"]}
    for i, word in enumerate(("风大浪急", "补给船来了", "孩子上学", "雾里敲钟", "油漆剥落", "海鸟归巢"))
]


def told(path: Path, **lists: list[str]) -> Path:
    """The config with these keys in [data]."""
    keys = "\n".join(f"{name} = {json.dumps(files)}" for name, files in lists.items())
    path.write_text(path.read_text("utf-8").replace("[data]", f"[data]\n{keys}"), "utf-8")
    return path


def test_they_are_learned_from_and_measured_on_nowhere(topics_config: Path, tmp_path: Path) -> None:
    told(topics_config, learn_only=[str(write(tmp_path / "invented.jsonl", INVENTED))])
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    record = json.loads((run / "record.json").read_text("utf-8"))
    assert record["learn_only"] == len(INVENTED)
    with np.load(run / "out_of_fold.npz") as kept:
        assert len(kept["gold"]) == len(kept["linear"]) == record["rows"]


def test_the_linear_part_learns_their_words(topics_config: Path, tmp_path: Path) -> None:
    told(topics_config, learn_only=[str(write(tmp_path / "invented.jsonl", INVENTED))])
    config, taxonomy = read_config(topics_config, TopicsConfig), read_taxonomy()
    train, dev, _ = read_labelled(config, taxonomy)
    gold = np.array([[t in labels for t in taxonomy.names] for labels in train["labels"]])
    more = learn_only(config, taxonomy, [dev, train])
    assert more is not None
    words = Words(articles_of(more), np.array([[t == "wellbeing" for t in taxonomy.names]] * len(more)))
    place = taxonomy.names.index("wellbeing")
    known, plain = (w.fit_with(articles_of(train), gold).score(articles_of(more))[:, place] for w in (words, NO_WORDS))
    assert (known > plain).all()


def test_what_is_near_a_protected_row_is_left_out(topics_config: Path, tmp_path: Path) -> None:
    taxonomy = read_taxonomy()
    told(
        topics_config,
        learn_only=[str(write(tmp_path / "invented.jsonl", INVENTED))],
        protected=[str(write(tmp_path / "protected.jsonl", INVENTED[:2]))],
    )
    config = read_config(topics_config, TopicsConfig)
    _, dev, _ = read_labelled(config, taxonomy)
    kept = learn_only(config, taxonomy, [dev, *protected_rows(config)])
    assert kept is not None
    assert kept["id"] == [row["id"] for row in INVENTED[2:]]
    run = tmp_path / "run"
    assert main(["topics", "--config", str(topics_config), "--out", str(run)]) == 0
    assert json.loads((run / "record.json").read_text("utf-8"))["learn_only"] == len(INVENTED) - 2


def test_labels_without_texts_need_the_texts(topics_config: Path, tmp_path: Path) -> None:
    labels = write(tmp_path / "labels.jsonl", [{"id": "r1", "labels": []}])
    told(topics_config, learn_only=[str(labels)])
    config = read_config(topics_config, TopicsConfig)
    with pytest.raises(BadInput, match=r"learn_only names rows of data\.unlabelled"):
        learn_only(config, read_taxonomy(), [])
    texts = dataclasses.replace(config.data, unlabelled=(str(write(tmp_path / "texts.jsonl", topic_rows())),))
    found = learn_only(dataclasses.replace(config, data=texts), read_taxonomy(), [])
    assert found is not None
    assert found["headline"] == [topic_rows()[1]["headline"]]
