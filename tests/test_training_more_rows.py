"""Rows beyond the labelled file: label files without text, and a teacher's soft labels; what is measured stays out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from models.errors import BadInput
from models.topics import read_taxonomy
from tests.tiny import base_folder
from training.__main__ import main
from training.config import TopicsConfig, read_config
from training.distill import open_teacher, same_folds, unlabelled_rows, worth_labelling
from training.duplicates import near_duplicates
from training.labelled import read_labelled
from training.soft_labels import SoftLabels, read_soft_labels, texts_of
from training.sources import read_rows
from training.topic_examples import cut, predict_articles

TOPICS = list(read_taxonomy().names)
PLACES = [
    "青禾县",
    "云岭市",
    "河滨区",
    "东屏省",
    "澄江镇",
    "白沙港",
    "梧桐里",
    "石桥坝",
    "南浦市",
    "永丰县",
    "乌岭乡",
    "新浦区",
]
SUBJECTS = [
    "律师为农民工追回工资",
    "焊工在车间同台比武",
    "职工用手机办理入会",
    "工会为环卫工人送清凉",
    "省长会见来访客人",
]


def body(i: int) -> str:
    """A text that shares few stretches with any other."""
    return (
        f"{PLACES[i % 12]}{SUBJECTS[i % 5]}，共有{i * 37 + 11}人参加，历时{i * 13 + 5}天，花费{i * 91 + 7}元，第{i}次举行。"
        * 2
    )


def rows(start: int, count: int) -> list[dict[str, object]]:
    return [
        {
            "id": f"r{i}",
            "headline": SUBJECTS[i % 5] + str(i),
            "body": body(i),
            "labels": TOPICS[i % 5 : i % 5 + 1],
            "sure": True,
        }
        for i in range(start, start + count)
    ]


def write(path: Path, lines: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def without_labels(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{k: v for k, v in line.items() if k not in ("labels", "sure")} for line in lines]


def config_file(folder: Path, more: str = "", head: str = "") -> Path:
    if not (folder / "base").exists():
        base_folder(folder / "base")
    write(folder / "train.jsonl", rows(0, 30))
    write(folder / "dev.jsonl", rows(100, 10))
    # One of the unlabelled rows is a dev row again, in other words only at its end.
    again = {**rows(103, 1)[0], "id": "again", "body": body(103) + "报道说。"}
    write(folder / "unlabelled.jsonl", without_labels([*rows(200, 12), again]))
    path = folder / "topics.toml"
    path.write_text(f"""
        epochs = 1
        folds = 2
        {head}
        [base]
        model = "{folder / "base"}"
        encoder_layers = [0]
        [data]
        train = "{folder / "train.jsonl"}"
        dev = "{folder / "dev.jsonl"}"
        unlabelled = ["{folder / "unlabelled.jsonl"}"]
        max_source_tokens = 64
        batch = 8
        {more}
    """)
    return path


def test_a_label_file_adds_rows_and_what_is_measured_stays_out(tmp_path: Path) -> None:
    given: list[dict[str, object]] = [
        {"id": "r200", "labels": ["wellbeing"], "sure": False},
        {"id": "r201", "labels": [], "sure": True},
        {"id": "again", "labels": ["wellbeing"], "sure": True},
    ]
    labels = write(tmp_path / "more.jsonl", given)
    config = read_config(config_file(tmp_path, f'labels = ["{labels}"]'), TopicsConfig)
    train, dev, dropped = read_labelled(config, read_taxonomy())
    assert train["id"] == [*(f"r{i}" for i in range(30)), "r200", "r201"]
    assert train[30]["labels"] == ["wellbeing"]
    assert train[30]["sure"] is False
    assert dropped == 1
    assert len(dev) == 10


def test_a_label_file_that_names_an_unknown_row_is_refused(tmp_path: Path) -> None:
    labels = write(tmp_path / "more.jsonl", [{"id": "nowhere", "labels": []}])
    config = read_config(config_file(tmp_path, f'labels = ["{labels}"]'), TopicsConfig)
    with pytest.raises(BadInput, match="nowhere"):
        read_labelled(config, read_taxonomy())


def test_labels_without_unlabelled_files_are_refused(tmp_path: Path) -> None:
    labels = write(tmp_path / "more.jsonl", [{"id": "r200", "labels": []}])
    path = config_file(tmp_path, f'labels = ["{labels}"]')
    path.write_text(path.read_text("utf-8").replace(f'["{tmp_path / "unlabelled.jsonl"}"]', "[]"), "utf-8")
    with pytest.raises(BadInput, match=r"data\.unlabelled, which is empty"):
        read_labelled(read_config(path, TopicsConfig), read_taxonomy())


def test_a_teacher_labels_rows_that_are_no_copies_of_measured_or_labelled_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    teacher, student = tmp_path / "teacher", tmp_path / "student"
    assert main(["topics", "--config", str(config_file(tmp_path)), "--out", str(teacher)]) == 0
    path = config_file(tmp_path, head=f'teacher = "{teacher}"')
    assert main(["topics", "--config", str(path), "--out", str(student)]) == 0
    assert "texts for fold 2" in capsys.readouterr().err
    soft = read_soft_labels(student / "soft.npz", len(TOPICS))
    folds = len(set(json.loads((student / "folds.json").read_text("utf-8"))))
    assert soft.targets.shape == (folds + 1, 12, len(TOPICS))  # the copy of a dev row is not among them
    assert ((soft.targets > 0) & (soft.targets < 1)).all()
    config = read_config(path, TopicsConfig)
    articles, found = texts_of(config, soft, [read_rows(str(tmp_path / name)) for name in ("dev.jsonl", "train.jsonl")])
    assert found == list(range(12))
    for fold, targets in zip([*range(folds), None], soft.targets, strict=True):
        one = open_teacher(teacher, len(TOPICS), fold)
        logits = predict_articles(one.model, cut(articles, one.tokenizer, one.settings), one.settings).logits
        said = one.probabilities(logits, one.linear.score(articles).astype(np.float64))
        assert np.allclose(said, targets, atol=1e-3), "a fold hears of the teacher that did not see its rows either"
    assert not np.allclose(soft.targets[0], soft.targets[-1], atol=1e-3)
    assert json.loads((student / "record.json").read_text("utf-8"))["teacher_folds_apart"]

    # The file alone teaches the same; it goes with its texts or not at all.
    again, lone = tmp_path / "again", tmp_path / "lone.npz"
    shutil.copy(student / "soft.npz", lone)
    path = config_file(tmp_path, head=f'teacher = "{lone}"')
    assert main(["topics", "--config", str(path), "--out", str(again)]) == 0
    ours, theirs = (torch.load(run / "model.pt", weights_only=True) for run in (student, again))
    assert all(torch.equal(ours[k], theirs[k]) for k in ours)
    with pytest.raises(BadInput, match="1 of 13 texts"):
        texts_of(config, SoftLabels([*soft.texts, "0" * 12], soft.targets, []), [])
    lone.write_bytes(lone.read_bytes()[:100])
    with pytest.raises(BadInput, match="no whole file"):
        read_soft_labels(lone, len(TOPICS))


def test_a_fold_hears_of_no_teacher_that_saw_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    teacher, student = tmp_path / "teacher", tmp_path / "student"
    assert main(["topics", "--config", str(config_file(tmp_path)), "--out", str(teacher)]) == 0
    folds = json.loads((teacher / "folds.json").read_text("utf-8"))
    record = json.loads((teacher / "record.json").read_text("utf-8"))
    rows = record["rows_fingerprint"]
    assert same_folds(teacher, folds, rows)
    assert not same_folds(teacher, folds[::-1], rows)
    assert not same_folds(teacher, folds, "of other rows")
    config = json.loads((teacher / "config.json").read_text("utf-8"))
    for apart in (True, False):  # a teacher that was itself taught
        (teacher / "config.json").write_text(json.dumps({**config, "teacher": "one"}), "utf-8")
        (teacher / "record.json").write_text(json.dumps({**record, "teacher_folds_apart": apart}), "utf-8")
        assert same_folds(teacher, folds, rows) is apart
    (teacher / "config.json").write_text(json.dumps(config), "utf-8")
    (teacher / "fold1/model.pt").unlink()
    path = config_file(tmp_path, head=f'teacher = "{teacher}"')
    assert main(["topics", "--config", str(path), "--out", str(student)]) == 0
    assert "cross-fitted figures are flattered" in capsys.readouterr().err
    assert not json.loads((student / "record.json").read_text("utf-8"))["teacher_folds_apart"]
    assert "flattered" in (student / "card.md").read_text("utf-8")
    targets = read_soft_labels(student / "soft.npz", len(TOPICS)).targets
    assert all((one == targets[-1]).all() for one in targets)


def test_a_teacher_answers_in_full_precision_whatever_its_base_says(tmp_path: Path) -> None:
    teacher = tmp_path / "teacher"
    assert main(["topics", "--config", str(config_file(tmp_path)), "--out", str(teacher)]) == 0
    config = teacher / "encoder/config.json"
    config.write_text(json.dumps({**json.loads(config.read_text("utf-8")), "dtype": "float16"}), "utf-8")
    assert {p.dtype for p in open_teacher(teacher, len(TOPICS)).model.parameters()} == {torch.float32}


def test_text_that_only_repeats_is_refused(tmp_path: Path) -> None:
    copies = write(tmp_path / "copies.jsonl", without_labels(rows(0, 5)))
    with pytest.raises(BadInput, match="repeats a labelled"):
        unlabelled_rows([str(copies)], [read_rows(str(write(tmp_path / "train.jsonl", rows(0, 30))))], 10, 0)


def test_half_of_what_a_teacher_labels_is_the_likeliest_of_each_topic() -> None:
    scores = np.full((40, 2), -5.0)
    scores[7, 0], scores[31, 0], scores[12, 1], scores[39, 1] = 3.0, 2.0, 1.0, 0.5
    assert worth_labelling(scores, 8) == [0, 1, 2, 3, 7, 12, 31, 39]
    assert worth_labelling(scores[:3], 8) == [0, 1, 2]


def test_an_unfinished_teacher_and_a_lack_of_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no finished topics run"):
        open_teacher(tmp_path, len(TOPICS))
    with pytest.raises(BadInput, match=r"data\.unlabelled"):
        unlabelled_rows((), [], 10, 0)
    config_file(tmp_path)
    kept = unlabelled_rows((str(tmp_path / "unlabelled.jsonl"),), [read_rows(str(tmp_path / "dev.jsonl"))], 5, 0)
    assert len(kept) == 5


@pytest.mark.shared
def test_rows_that_we_labelled_are_no_copies_of_dev_or_test() -> None:
    root = Path(__file__).parents[1]
    data = root.parent / "shared/data"
    if not data.exists():
        pytest.skip("../shared/data is absent")
    pairs, dev = data / "news_pairs.parquet", read_rows(str(data / "topics_dev.jsonl"))
    text = {r["id"]: r["body"] for f in (pairs, data / "topics_unlabelled.jsonl") for r in read_rows(str(f))}
    named = [
        i
        for labels in ("topics_more.jsonl.gz", "topics_keyword.jsonl.gz")
        for i in read_rows(str(root / "training/labels" / labels))["id"]
    ]
    assert not set(named) & set(dev["id"])
    measured = [str(b) for b in [*dev["body"], *read_rows(str(pairs), "test")["body"]]]
    assert near_duplicates([str(text[i]) for i in named], measured) == []
