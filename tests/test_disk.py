"""A disk that is full, a folder that cannot be made: every command line ends with one sentence and exit code 1."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from eval.__main__ import main as evaluate
from service.cli import main as service
from tests.tiny import base_folder
from training.__main__ import main as train

ROWS = '{"id": "a", "headline": "工会送清凉", "body": "工会送清凉到工地。", "labels": ["wellbeing"]}\n'


def sentence(capsys: pytest.CaptureFixture[str], begin: str) -> str:
    """What was said last; nothing of it is a traceback."""
    said = capsys.readouterr().err.splitlines()
    assert not any("Traceback" in line for line in said)
    assert said[-1].startswith(begin), said
    return said[-1]


@pytest.mark.parametrize("task", ["topics", "summaries"])
@pytest.mark.parametrize("out", ["/proc/nope", "/dev/null/run"])
def test_training_into_a_place_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], task: str, out: str
) -> None:
    config = tmp_path / "c.toml"
    base = base_folder(tmp_path / "base")
    (tmp_path / "rows.jsonl").write_text(ROWS, "utf-8")
    config.write_text(
        f'[base]\nmodel = "{base}"\n[data]\ntrain = "{tmp_path}/rows.jsonl"\ndev = "{tmp_path}/rows.jsonl"\n'
    )
    assert train([task, "--config", str(config), "--out", out]) == 1
    assert "--out" in sentence(capsys, "error: ")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "runs/a/model.pt"),
        PermissionError(errno.EACCES, "Permission denied", "runs/a"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 704 vs 598\nmore"),
        type("SafetensorError", (Exception,), {})("Error while serializing: I/O error: No space left (os error 28)"),
    ],
)
def test_training_and_a_full_disk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    def full(_: Path, **_options: str) -> None:
        raise error

    monkeypatch.setattr("training.publish.publish", full)
    assert train(["publish", "runs/a"]) == 1
    assert "Make room" in sentence(capsys, "error: ")


def test_what_is_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(_: Path, **_options: str) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr("training.publish.publish", bug)
    with pytest.raises(RuntimeError, match="shapes"):
        train(["publish", "runs/a"])


@pytest.mark.parametrize("option", ["--json", "--predictions", "--out"])
def test_eval_and_a_place_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(ROWS.replace('"a"', f'"{n}"') for n in range(5)), "utf-8")
    where = "/proc/nope" if option == "--out" else str(tmp_path)
    assert evaluate(["topics", str(data), "--bundle", "keywords", option, where]) == 1
    sentence(capsys, "eval: ")


def test_tag_and_a_place_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAIBIAN_TOPICS_BUNDLE", "keywords")
    monkeypatch.setenv("CAIBIAN_SUMMARIES_BUNDLE", "lead")
    (tmp_path / "a.jsonl").write_text(ROWS, "utf-8")
    assert service(["tag", str(tmp_path / "a.jsonl"), "-o", "/proc/out.jsonl"]) == 1
    assert "[Errno" not in sentence(capsys, "error: ")
