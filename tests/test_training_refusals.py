"""Whatever is wrong with a config or with data ends a training command with one sentence and exit code 1.

Rows that cannot be used end it with a list of them and exit code 2.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.topics import read_taxonomy
from tests.tiny import base_folder
from training.__main__ import main
from training.config import DataSettings, TopicsConfig
from training.labelled import read_labelled

TAXONOMY = read_taxonomy()
Rows = list[dict[str, object]]
Refused = Callable[..., str]


def rows(count: int = 24) -> Rows:
    topics = [*TAXONOMY.names, None]
    return [
        {
            "id": f"r{i}",
            "headline": f"工会{i}",
            "body": f"近日，市总工会第{i * 37}次举办{chr(0x4E00 + i) * 30}活动。",
            "labels": [t] if (t := topics[i % 5]) else [],
        }
        for i in range(count)
    ]


def write(path: Path, some: Rows) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in some), "utf-8")
    return path


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a task with this config text and data; what it said on stderr after `error:`, when it ended as it should."""
    base_folder(tmp_path / "base")
    write(tmp_path / "train.jsonl", rows())
    write(tmp_path / "dev.jsonl", rows()[:5])
    tables = {
        "base": f'model = "{tmp_path / "base"}"\nencoder_layers = [0]\n',
        "data": f'train = "{tmp_path / "train.jsonl"}"\ndev = "{tmp_path / "dev.jsonl"}"\nmax_source_tokens = 64\n',
        "train": "precision = 'fp32'\n",
    }

    def run(task: str, *options: str, top: str = "", **more: str) -> str:
        text = top + "".join(
            f"\n[{n}]\n{body}{more.get(n, '')}" for n, body in tables.items() if not top.startswith((n, f"[{n}]"))
        )
        (tmp_path / "c.toml").write_text(text, "utf-8")
        capsys.readouterr()
        code = main([task, "--config", str(tmp_path / "c.toml"), "--out", str(tmp_path / "run"), *options])
        said = capsys.readouterr().err.splitlines()
        first = next(i for i, x in enumerate(said) if x.startswith("error: "))
        if "rows cannot be used" in said[first]:
            assert code == 2
            assert all(x.startswith("  ") for x in said[first + 1 :]), "the rows, and they are the last"
            assert not list((tmp_path / "run").glob("*.pt"))
            return "\n".join(said[first:])
        assert code == 1
        assert first == len(said) - 1, "one sentence, and it is the last"
        return said[first]

    return run


@pytest.mark.parametrize("task", ["topics", "summaries"])
@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"top": "train = 3"}, "[train] must be a table"),
        ({"top": "base = 'x'"}, "[base] must be a table"),
        ({"base": "decoder_layers = ['a']"}, "decoder_layers must be a list of int"),
        ({"base": "vocabulary = -1"}, "vocabulary must be at least 0"),
        ({"data": "batch = 0"}, "batch must be at least 1"),
        ({"train": "steps = 0"}, "steps must be at least 1"),
        ({"train": "learning_rate = nan"}, "learning_rate must be at least 0"),
        ({"data": "early_steps = true"}, "early_steps must be int"),
    ],
)
def test_configs_that_cannot_work(refused: Refused, task: str, config: dict[str, str], says: str) -> None:
    assert says in refused(task, **config)


@pytest.mark.parametrize("task", ["topics", "summaries"])
def test_a_base_that_cannot_be_used(refused: Refused, task: str, tmp_path: Path) -> None:
    assert "there is no 9" in refused(task, top=f"[base]\nmodel = '{tmp_path / 'base'}'\nencoder_layers = [9]\n")
    assert "cannot be loaded" in refused(task, top=f"[base]\nmodel = '{tmp_path / 'dev.jsonl'}'\n")
    assert "names no base" in refused(task, top="[base]\nvocabulary = 0\n")
    assert "300 tokens at most" in refused(task, top=data_table(tmp_path, 512))


@pytest.mark.parametrize("task", ["topics", "summaries"])
def test_two_trainings_never_write_in_one_folder(refused: Refused, task: str, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    other = os.open(tmp_path / "run", os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "another training writes in" in refused(task)
        assert not list((tmp_path / "run").iterdir())
    finally:
        os.close(other)
    assert "names no base" in refused(task, top="[base]\nvocabulary = 0\n"), "free again when the other ended"


def data_table(tmp_path: Path, tokens: int) -> str:
    return f"[data]\ntrain = '{tmp_path / 'train.jsonl'}'\ndev = '{tmp_path / 'dev.jsonl'}'\nmax_source_tokens = {tokens}\n"


@pytest.mark.parametrize("task", ["topics", "summaries"])
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.jsonl", None, "no data file"),
        ("rows.doc", "x", "data files end in"),
        ("few.jsonl", '{"id": "1"}\n', "no column"),
        ("empty.jsonl", "", "is empty"),
        ("empty.csv", "", "is empty"),
        ("heads.csv", "id,headline,body,labels\n", "no rows"),
        ("broken.jsonl", '{"id": "1", \n', "broken.jsonl line 1: is no JSON"),
        ("blank.jsonl", "\n\n", "cannot be read"),
    ],
)
def test_data_that_cannot_be_used(
    refused: Refused, tmp_path: Path, task: str, name: str, content: str | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, "utf-8")
    assert says in refused(task, "--data", str(tmp_path / name))


def test_rows_without_any_text_are_no_pairs(refused: Refused, tmp_path: Path) -> None:
    empty: Rows = [{"id": "1", "headline": " ", "body": "x"}, {"id": "2", "headline": "y", "body": None}]
    assert "no row is left" in refused("summaries", "--data", str(write(tmp_path / "x.jsonl", empty)))


def test_unknown_labels_are_named(refused: Refused, tmp_path: Path) -> None:
    bad = write(tmp_path / "x.jsonl", [{"id": "1", "headline": "工会", "body": "活动", "labels": ["sports"]}])
    assert "x.jsonl line 1: unknown label 'sports'; known are" in refused("topics", "--data", str(bad))


@pytest.mark.parametrize("labels", [[], ["wellbeing"]])
def test_one_class_only_is_refused(refused: Refused, tmp_path: Path, labels: list[str]) -> None:
    one = [r | {"labels": labels} for r in rows()]
    assert "each topic needs rows with it and rows without it" in refused(
        "topics", "--data", str(write(tmp_path / "x.jsonl", one))
    )


def test_steps_are_refused_for_topics(refused: Refused) -> None:
    assert "--steps is for summaries" in refused("topics", "--steps", "5")
    assert "steps must be at least 1" in refused("summaries", "--steps", "0")


@pytest.mark.parametrize("task", ["topics", "summaries"])
def test_a_loss_that_is_no_number_ends_the_run(refused: Refused, task: str) -> None:
    said = refused(task, train="learning_rate = 1e30\nclip = 1e30\nsteps = 40\nwarmup = 1\n", top="epochs = 20\nfolds = 2\n"
                   if task == "topics" else "")  # fmt: skip
    assert "is no number: lower learning_rate" in said


def labels_of(path: Path, dev: Path) -> list[Any]:
    config = TopicsConfig(data=DataSettings(train=str(path), dev=str(dev)))
    return list(read_labelled(config, TAXONOMY)[0]["labels"])


def test_labels_in_csv_are_read_as_eval_reads_them(tmp_path: Path) -> None:
    dev = write(tmp_path / "dev.jsonl", [{"id": "d", "headline": "", "body": "无关的一段话。", "labels": []}])
    wanted: list[list[str]] = [[t] for t in TAXONOMY.names] + [["wellbeing", "skills_contest"], []]
    bodies = [f"{chr(0x4E00 + i) * 12}。" for i in range(len(wanted))]
    plain, listed = ["id,headline,body,labels"], ["id,headline,body,labels"]
    for i, (labels, body) in enumerate(zip(wanted, bodies, strict=True)):
        plain.append(f"{i},工会,{body},{'|'.join(labels)}")
        quoted = json.dumps(labels).replace('"', '""')
        listed.append(f'{i},工会,{body},"{quoted}"')
    for name, lines in (("plain.csv", plain), ("listed.csv", listed)):
        (tmp_path / name).write_text("\n".join(lines) + "\n", "utf-8")
        assert labels_of(tmp_path / name, dev) == wanted


def test_a_label_list_that_is_cut_short_is_named(refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text('id,headline,body,labels\n1,工会,活动,"[""wellbeing"""\n', "utf-8")
    assert "x.csv line 2: the labels" in refused("topics", "--data", str(tmp_path / "x.csv"))


def test_a_folder_that_nothing_was_written_in_goes_again_if_it_was_made_here(tmp_path: Path) -> None:
    def add(out: Path) -> int:
        return main(
            ["topics", "--add", "x", "--examples", str(tmp_path / "none.jsonl"), "--head-only", "--out", str(out)]
        )

    (tmp_path / "mine").mkdir()
    assert add(tmp_path / "mine") == add(tmp_path / "new") == 1
    assert (tmp_path / "mine").exists()
    assert not (tmp_path / "new").exists()
