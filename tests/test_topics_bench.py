"""Public single-label sets: what is fitted on one split and measured on another, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main

WORDS = {"工会": "职工代表大会讨论工资协商", "天气": "今天有风云朵很低夜里有雨", "足球": "前锋射门得分守门员扑救"}


def rows(name: str, count: int) -> list[dict[str, str]]:
    return [
        {"split": name, "text": f"{text[i % 4 :]}第{i}回", "label": label}
        for i in range(count)
        for label, text in WORDS.items()
    ]


def write(path: Path, some: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in some), "utf-8")
    return path


def test_both_systems_learn_one_split_and_answer_the_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "set.jsonl", rows("few", 8) + rows("dev", 2) + rows("test", 5))
    out = tmp_path / "b.json"
    assert main(["bench", str(data), "--train-split", "few", "--json", str(out)]) == 0
    told = json.loads(out.read_text("utf-8"))
    assert (told["train"], told["test"], told["classes"]) == (24, 15, 3)
    assert told["tfidf_accuracy"] == told["encoder_accuracy"] == 1.0
    assert told["difference"] == 0.0
    assert "3 classes, 24 training rows" in capsys.readouterr().out
    mixed = [r | {"label": "工会"} if r["split"] == "test" else r for r in rows("few", 8) + rows("test", 5)]
    assert main(["bench", str(write(data, mixed)), "--train-split", "few", "--json", str(out)]) == 0
    assert json.loads(out.read_text("utf-8"))["tfidf_accuracy"] == pytest.approx(1 / 3)


def test_what_cannot_be_measured_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = write(tmp_path / "set.jsonl", rows("few", 8) + rows("test", 5))
    assert main(["bench", str(data)]) == 2
    assert "has no split train, it has few" in capsys.readouterr().err
    assert main(["bench", str(write(data, [{"split": "train", "text": "x"}, {"split": "test", "text": "y"}]))]) == 2
    assert "has no column 'label'" in capsys.readouterr().err
