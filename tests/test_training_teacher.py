"""Sequence-level distillation: a teacher's beams as targets, asked once, mixed in by a share."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from datasets import Dataset

from models.errors import BadInput
from models.faithfulness import checks
from models.registry import Places
from tests.seq2seq_bases import BASES
from tests.tiny import base_folder
from training import teacher as teaching
from training.__main__ import main
from training.config import DataSettings, SummariesConfig
from training.publish import publish
from training.record import read_metrics
from training.teacher import FILE, Teacher, with_taught

ROWS = [
    {"body": f"近日，市总工会第{i}次举办{'一中大上' * (i % 9)}竞赛。企业职工{i * 3}人。", "target": f"举办竞赛{i}"}
    for i in range(30)
]


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The text of a summaries config over those rows, without its end."""
    lines = [json.dumps({"body": r["body"], "summary": r["target"]}, ensure_ascii=False) for r in ROWS]
    (tmp_path / "pairs.jsonl").write_text("\n".join(lines), "utf-8")
    base_folder(tmp_path / "base")
    return f"""
        [base]
        model = "{tmp_path / "base"}"
        decoder_layers = [0]
        [data]
        train = "{tmp_path / "pairs.jsonl"}"
        max_source_tokens = 60
        max_target_tokens = 12
        batch = 8
        [train]
        steps = 4
        evaluate_every = 2
    """


def fit(tmp_path: Path, config: str, out: str) -> Path:
    (tmp_path / "c.toml").write_text(config, "utf-8")
    assert main(["summaries", "--config", str(tmp_path / "c.toml"), "--out", str(tmp_path / out)]) == 0
    return tmp_path / out


def settings(teacher: Path, share: float = 0.5) -> SummariesConfig:
    return SummariesConfig(teacher=str(teacher), teacher_share=share, data=DataSettings(max_target_tokens=12))


def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiny random models say nothing true: let it pass, so that there is something to learn from."""
    monkeypatch.setattr(teaching, "checks", lambda text, source: {"ok": bool(text)})


def test_a_student_learns_from_a_run_and_its_record_says_so(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    always(monkeypatch)
    teacher = fit(tmp_path, config, "teacher")
    student = fit(tmp_path, f'teacher = "{teacher}"\nteacher_share = 0.4\n{config}', "student")
    record = json.loads((student / "record.json").read_text("utf-8"))
    assert record["teacher"] == str(teacher)
    assert 0 < record["taught"] <= 12
    assert " s left" in capsys.readouterr().err
    lines = (student / FILE).read_text("utf-8").splitlines()
    assert len(lines) - 1 == json.loads(lines[0])["rows"] == round(0.4 * record["rows"])
    assert [x["step"] for x in read_metrics(student) if "dev_rouge_l" in x] == [2, 4]
    assert (student / "samples.txt").read_text("utf-8").startswith("2\t")
    bundle = publish(student, Places(tmp_path / "bundles", tmp_path / "kept"))
    assert Teacher(str(bundle.path), 12).longest == 60


def test_a_share_of_the_targets_is_the_teachers(config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    always(monkeypatch)
    teacher = fit(tmp_path, config, "teacher")
    rows = Dataset.from_list(ROWS)
    mixed, count = with_taught(rows, settings(teacher, 0.5), tmp_path)
    changed = [a != b for a, b in zip(mixed["target"], rows["target"], strict=True)]
    assert sum(changed) == count == 15
    assert list(mixed["body"]) == list(rows["body"])
    (tmp_path / FILE).unlink()
    assert with_taught(rows, settings(teacher, 1.0), tmp_path)[1] == len(rows)


def test_a_stopped_teacher_goes_on_behind_its_last_line(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    always(monkeypatch)
    monkeypatch.setattr(teaching, "CHUNK", 4)
    teacher = fit(tmp_path, config, "teacher")
    rows = Dataset.from_list(ROWS)
    whole, _ = with_taught(rows, settings(teacher), tmp_path)
    text = (tmp_path / FILE).read_text("utf-8")
    lines = text.splitlines(keepends=True)
    (tmp_path / FILE).write_text("".join(lines[:9]) + lines[9][:7], "utf-8")  # killed while it wrote the tenth
    asked: list[int] = []
    write = Teacher.write

    def counted(self: Teacher, bodies: Sequence[str]) -> list[str | None]:
        asked.append(len(bodies))
        return write(self, bodies)

    monkeypatch.setattr(Teacher, "write", counted)
    again, _ = with_taught(rows, settings(teacher), tmp_path)
    assert list(again["target"]) == list(whole["target"])
    assert (tmp_path / FILE).read_text("utf-8") == text
    assert sum(asked) == 15 - 8
    with pytest.raises(BadInput, match="another teacher"):
        with_taught(rows, settings(tmp_path / "base"), tmp_path)


def test_what_the_teacher_says_wrongly_is_not_learned(config: str, tmp_path: Path) -> None:
    teacher = fit(tmp_path, config, "teacher")
    rows = Dataset.from_list(ROWS)
    mixed, count = with_taught(rows, settings(teacher, 1.0), tmp_path)
    changed = [(r["body"], t) for r, t in zip(ROWS, mixed["target"], strict=True) if t != r["target"]]
    assert len(changed) == count
    assert all(checks(text, body)["ok"] for body, text in changed)


@pytest.mark.parametrize("name", ["bart_base_chinese", "mengzi_t5"])
def test_a_folder_of_the_hub_teaches_too(name: str, tmp_path: Path) -> None:
    found = Teacher(str(BASES[name](tmp_path / name)), 8)
    texts = found.write([str(r["body"]) for r in ROWS[:3]])
    assert len(texts) == 3
    assert found.longest == (128 if name == "bart_base_chinese" else 512)


def test_what_cannot_teach_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no finished summaries run"):
        Teacher(str(base_folder(tmp_path / "encoder")), 8)
    for share in (0.0, 1.5):
        with pytest.raises(BadInput, match="teacher_share"):
            with_taught(Dataset.from_list(ROWS), dataclasses.replace(settings(tmp_path), teacher_share=share), tmp_path)
