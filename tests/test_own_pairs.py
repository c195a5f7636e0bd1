"""A newsroom's own pairs: the walk-through of docs/training.md as it stands there, and what is said of few rows."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from eval.__main__ import main as evaluate
from eval.sets import read_summaries
from models import registry
from models.bundle import open_bundle
from models.errors import BadInput
from models.registry import Places, history, rollback
from tests.seq2seq_bases import BASES
from tests.test_docs import DOCUMENTS, FENCE, PACKAGES, ROOT, anchors, commands, read, shell_lines
from training import teacher as teaching
from training.__main__ import main as training
from training.gate import Comparison
from training.set_aside import keep_dev, split_off
from training.sources import read_rows

RUN = {"training": training, "eval": evaluate}
TOWNS, DEEDS = (
    ("青禾县", "河滨区", "云岭市", "白塔镇", "柳溪乡"),
    ("送清凉", "办夜校", "讨回工资", "比技能", "修好水渠", "开通热线"),
)


def pairs(count: int) -> list[dict[str, str]]:
    """Invented bodies with a headline each; no two alike."""
    made = []
    for i in range(count):
        town, deed = TOWNS[i % 5], DEEDS[i % 6]
        told = "".join(chr(0x4E00 + (i * 131 + k * 37) % 2000) for k in range(24))
        made.append(
            {
                "body": f"7月{i % 28 + 1}日，{town}总工会为{i + 12}名职工{deed}。{told}。",
                "summary": f"{town}为{i + 12}名职工{deed}",
            }
        )
    return made


def section(title: str, name: str = "training.md") -> str:
    """A section of a document with its heading, to the next heading."""
    text = read(ROOT / "docs" / name)
    rest: str = text.split(f"\n{title}\n", 1)[1]
    return rest[: found.start()] if (found := re.search(r"\n#+ ", rest)) else rest


def config_of(text: str, **values: Any) -> str:
    """The TOML block of a section, with other values for some of its keys."""
    block: str = next(body for kind, body in FENCE.findall(text) if kind == "toml")
    for key, value in values.items():
        block, count = re.subn(rf"^{key} = .*$", f"{key} = {json.dumps(value)}", block, flags=re.MULTILINE)
        assert count == 1, key
    return block


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the shipped summarizer and sixty pairs, in which commands run."""
    shutil.copytree(registry.ROOT / "summaries", tmp_path / "models" / "bundles" / "summaries")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in pairs(60)]
    (tmp_path / "my_pairs.jsonl").write_text("".join(lines), "utf-8")
    serving = tmp_path / "models" / "bundles"
    monkeypatch.setattr(registry, "ROOT", serving)
    monkeypatch.setattr(Places.__init__, "__defaults__", (serving, tmp_path / "var" / "bundles"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def serves(newsroom: Path) -> str:
    return open_bundle(newsroom / "models" / "bundles" / "summaries", "summaries").name


def test_the_walk_through_works_as_it_is_written(newsroom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = section("### Summaries of your own pairs")
    short = {"steps": 2, "warmup": 1, "decay": 1, "evaluate_every": 2}
    (newsroom / "my_summaries.toml").write_text(config_of(text, **short), "utf-8")
    before = serves(newsroom)
    said = {}
    for words in shell_lines(text):
        (package, arguments), *_ = commands(words)
        assert RUN[package](arguments) == 0, words
        said[arguments[0]] = capsys.readouterr()
        if arguments[0] == "publish":
            assert serves(newsroom) != before
    assert list(said) == ["summaries", "publish", "history", "rollback"]
    assert serves(newsroom) == before
    told = [x["compared"] for x in history("summaries") if x["action"] == "publish"]
    assert [(x["n"], x["rows"]) for x in told] == [(6, "runs/my_summaries/dev.jsonl")]
    assert "it rests on 6 rows, and fewer than 50" in said["publish"].err
    assert "lead-sentence" in said["summaries"].out, "the table of eval, which has the same name"


def test_the_teacher_of_the_documents_teaches_the_shipped_model(
    newsroom: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A tiny random BART; it says nothing true, which is let pass."""
    text = section("## A teacher for summaries")
    (newsroom / "runs").mkdir()
    BASES["bart_base_chinese"](newsroom / "runs" / "bart_teacher")
    monkeypatch.setattr(teaching, "checks", lambda text, source: {"ok": bool(text)})
    short = {"steps": 1, "warmup": 1, "decay": 1, "evaluate_every": 1, "max_source_tokens": 32, "batch": 2}
    (newsroom / "my_student.toml").write_text(config_of(text, **short), "utf-8")
    for words in shell_lines(text):
        assert [training(arguments) for _, arguments in commands(words)] == [0]
    run = newsroom / "runs" / "my_student"
    record = json.loads((run / "record.json").read_text("utf-8"))
    head, *lines = map(json.loads, (run / "teacher.jsonl").read_text("utf-8").splitlines())
    assert record["teacher"] == head["teacher"] == "runs/bart_teacher"
    assert head["rows"] == len(lines) == round(0.5 * record["rows"]) == 27
    assert record["taught"] == sum(line["target"] is not None for line in lines) > 0
    kept = [json.loads(line)["summary"] for line in (run / "dev.jsonl").read_text("utf-8").splitlines()]
    assert set(kept) <= {row["summary"] for row in pairs(60)}, "development rows keep their own"
    shutil.rmtree(newsroom / "runs" / "bart_teacher")  # it has written: the run may be called again without it
    capsys.readouterr()
    assert training(["summaries", "--config", "my_student.toml", "--out", str(run)]) == 0


@pytest.mark.parametrize(("rows", "dev"), [(2, 1), (19, 1), (60, 6), (400, 40), (1000, 50), (5000, 100), (90000, 1000)])
def test_as_many_rows_are_set_aside_as_tell_something(rows: int, dev: int) -> None:
    train, aside = split_off(Dataset.from_dict({"n": list(range(rows))}), 3)
    assert (len(aside), len(train)) == (dev, rows - dev)
    assert not set(train["n"]) & set(aside["n"])


def test_few_rows_are_said_to_be_few() -> None:
    assert "rests on 49 rows" in Comparison("rougeL", "x", 49, 0.5, 0.4, -0.1, 0.2).caution
    assert Comparison("rougeL", "x", 50, 0.5, 0.4, -0.1, 0.2).caution == ""


def test_a_config_that_is_not_ones_own_is_said_to_be_so(newsroom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = read(ROOT / "training" / "configs" / "summaries.toml").replace('"runs/base"', '"models/bundles/summaries"')
    for left_out in ("", "split"):
        kept = [x for x in config.splitlines() if not left_out or left_out not in x]
        (newsroom / "c.toml").write_text("\n".join(kept), "utf-8")
        assert training(["summaries", "--config", "c.toml", "--data", "my_pairs.jsonl", "--out", "run"]) == 1
        said = capsys.readouterr().err
        assert "config of your own" in said
        assert "docs/training.md#a-config-of-your-own" in said
    assert "no data file ../shared/data/topics_dev.jsonl" in said
    with pytest.raises(BadInput, match="no column 'split', so no rows of split 'train'"):
        read_rows("my_pairs.jsonl", "train")


def test_the_other_way_back_is_named(tmp_path: Path) -> None:
    places = Places(tmp_path / "serving", tmp_path / "kept")
    with pytest.raises(BadInput, match=r"git checkout COMMIT -- .*serving/summaries"):
        rollback("summaries", places)
    places.serving.mkdir(parents=True, exist_ok=True)
    line = {"task": "summaries", "action": "publish", "bundle": "b@2", "replaced": "b@1"}
    (places.serving / "history.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    with pytest.raises(BadInput, match=r"another machine.*Publish its run again.*git checkout COMMIT -- "):
        rollback("summaries", places)


def test_every_place_of_the_documents_that_a_message_names_exists() -> None:
    named = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            named |= set(re.findall(r"(docs/\w+\.md)#([\w-]+)", read(file)))
    assert ("docs/training.md", "a-config-of-your-own") in named
    for name, anchor in sorted(named):
        assert ROOT / name in DOCUMENTS
        assert anchor in anchors(read(ROOT / name)), (name, anchor)


def test_a_refused_call_leaves_the_rows_that_were_set_aside(newsroom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = {"steps": 1, "warmup": 1, "decay": 1, "evaluate_every": 1}
    text = config_of(section("### Summaries of your own pairs"), **short)
    (newsroom / "c.toml").write_text(text, "utf-8")
    call = ["summaries", "--config", "c.toml", "--out", "run"]
    assert training(call) == 0
    aside = newsroom / "run" / "dev.jsonl"
    before = aside.read_text("utf-8")
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in pairs(80)]  # another tenth of them would be chosen
    (newsroom / "my_pairs.jsonl").write_text("".join(lines), "utf-8")
    assert training(call) == 1
    assert "was started with other training rows" in capsys.readouterr().err
    assert aside.read_text("utf-8") == before


def test_rows_that_are_set_aside_are_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Dataset.from_list([{"id": "a", "body": "乙", "target": "甲"}])
    keep_dev(rows, tmp_path)
    before = (tmp_path / "dev.jsonl").read_text("utf-8")
    write = Path.write_text

    def killed(self: Path, text: str, *more: Any, **named: Any) -> int:
        write(self, text[:9], *more, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        keep_dev(rows, tmp_path)
    assert (tmp_path / "dev.jsonl").read_text("utf-8") == before


@pytest.mark.parametrize(
    ("ids", "kept"),
    [
        (["a", None, "row-2", None, " "], ["a", "row-2_", "row-2", "row-4", "row-5"]),
        ([7.0, None, float("nan"), None, None], ["7.0", "row-2", "row-3", "row-4", "row-5"]),
        ([None] * 5, ["row-1", "row-2", "row-3", "row-4", "row-5"]),
    ],
)
def test_rows_without_an_id_are_set_aside_under_ids_of_their_own(
    tmp_path: Path, ids: list[Any], kept: list[str]
) -> None:
    rows = [{"id": i, "body": f"第{n}条消息。", "target": f"消息{n}"} for n, i in enumerate(ids)]
    keep_dev(Dataset.from_list(rows), tmp_path)
    assert [item.id for item in read_summaries(tmp_path / "dev.jsonl").items] == kept
