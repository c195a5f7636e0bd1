"""A base or a teacher that is not there: said in one sentence, at once, before any row is read, with what to do."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import huggingface_hub.constants as hub
import pytest
from transformers import BartConfig, GPT2Config

from models.errors import BadInput
from tests.tiny import base_folder
from training.__main__ import main
from training.config import SummariesConfig
from training.hub import check_place
from training.teacher import FILE, Teacher, check_teacher

Said = Callable[..., str]


def listens_at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """What HF_ENDPOINT sets when the library is imported."""
    monkeypatch.setattr(hub, "ENDPOINT", address)
    monkeypatch.setattr(hub, "HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody listens there, and nothing was downloaded before."""
    listens_at(monkeypatch, "http://127.0.0.1:9")
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_ENDPOINT", raising=False)


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Said:
    """What a training says whose rows cannot be read either: the base comes first."""

    def run(task: str, base: str, top: str = "") -> str:
        config = f'{top}\n[base]\nmodel = "{base}"\n[data]\ntrain = "none.jsonl"\ndev = "none.jsonl"\n'
        (tmp_path / "c.toml").write_text(config, "utf-8")
        began = time.monotonic()
        assert main([task, "--config", str(tmp_path / "c.toml"), "--out", str(tmp_path / "run")]) == 1
        assert time.monotonic() - began < 30  # asked again and again it took over a minute
        err = capsys.readouterr().err
        assert "Retrying" not in err
        return err

    return run


@pytest.mark.parametrize("task", ["topics", "summaries"])
def test_a_hub_that_cannot_be_reached_is_asked_once(said: Said, task: str) -> None:
    told = said(task, "fnlp/bart-base-chinese")
    assert "the base: there is no folder fnlp/bart-base-chinese, and http://127.0.0.1:9 cannot be reached" in told
    assert "refused" in told
    assert "hf download fnlp/bart-base-chinese --local-dir DIR" in told
    assert "HF_ENDPOINT" in told
    assert "docs/training.md#a-base-without-a-network" in told
    assert "encoder" not in told


@pytest.mark.parametrize("task", ["topics", "summaries"])
def test_a_path_that_leads_nowhere_is_no_hub_name(said: Said, task: str, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    for path in (
        tmp_path / "none",
        "./none",
        "../none/base",
        "runs/absent",
        "some/where/else",
        tmp_path / "models" / "x",
    ):
        told = said(task, str(path))
        assert f"the base: there is no folder {path} (docs/training.md#the-base" in told
        assert "cannot be reached" not in told
    file = tmp_path / "file"
    file.write_text("x")
    assert "cannot be loaded: it is a file" in said(task, str(file))


def test_a_folder_that_is_partly_there_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bases").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"^the base: there is no folder bases/bart \("):
        check_place("bases/bart", "base")


def test_what_a_folder_cannot_be_is_said_before_rows_are_read(said: Said, tmp_path: Path) -> None:
    GPT2Config(n_layer=1).save_pretrained(tmp_path / "gpt")
    BartConfig().save_pretrained(tmp_path / "bart")
    (tmp_path / "empty").mkdir()
    assert "is a gpt2, no encoder" in said("topics", str(tmp_path / "gpt"))
    assert "is a bart, no encoder" in said("topics", str(tmp_path / "bart"))
    assert "starts from a BERT, BART, T5 or mT5" in said("summaries", str(tmp_path / "gpt"))
    assert "cannot be loaded as a BERT, BART, T5 or mT5" in said("summaries", str(tmp_path / "empty"))
    assert "cannot be loaded as an encoder" in said("topics", str(tmp_path / "empty"))


def test_a_teacher_that_is_not_there_is_no_wrong_model(said: Said, tmp_path: Path) -> None:
    base = base_folder(tmp_path / "base")
    far = said("summaries", str(base), 'teacher = "fnlp/bart-large-chinese"')
    assert "the teacher: there is no folder fnlp/bart-large-chinese, and http://127.0.0.1:9 cannot be reached" in far
    assert "hf download fnlp/bart-large-chinese" in far
    gone = said("summaries", str(base), 'teacher = "runs/none"')
    assert "the teacher: there is no folder runs/none" in gone
    assert "no finished" not in far + gone
    with pytest.raises(BadInput, match="there is no folder runs/none"):
        Teacher("runs/none", 8)
    (tmp_path / "run" / FILE).parent.mkdir(exist_ok=True)
    (tmp_path / "run" / FILE).write_text(json.dumps({"rows": 0}) + "\n")
    check_teacher(SummariesConfig(teacher="runs/none"), tmp_path / "run")  # it has written: it may be gone


@pytest.fixture
def small_hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A hub with one model, one that is gated, and no others."""

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            errors = {"gated": (403, "GatedRepo"), "bare": (404, "EntryNotFound")}
            name = self.path.split("/")[2]
            status, code = (200, "") if name == "there" else errors.get(name, (404, "RepoNotFound"))
            self.send_response(status)
            for key, value in (
                ("X-Error-Code", code),
                ("ETag", '"1"'),
                ("X-Repo-Commit", "a" * 40),
                ("Content-Length", "2"),
            ):
                self.send_header(key, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    listens_at(monkeypatch, f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()


def test_what_the_hub_says_of_a_name_is_told(small_hub: None, monkeypatch: pytest.MonkeyPatch) -> None:
    check_place("some/there", "base")
    for name, says in (
        ("some/none", "has no model of that name"),
        ("some/gated", "hf auth login"),
        ("some/bare", "has no config.json"),
        ("no such name", "the hub has no such names"),
    ):
        with pytest.raises(BadInput, match=says):
            check_place(name, "base")
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    with pytest.raises(BadInput, match="HF_HUB_OFFLINE is set"):
        check_place("some/there", "base")


def test_a_base_that_was_downloaded_once_asks_nobody(tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "models--some--base"
    (kept / "refs").mkdir(parents=True)
    (kept / "refs" / "main").write_text("a" * 40)
    (kept / "snapshots" / ("a" * 40)).mkdir(parents=True)
    (kept / "snapshots" / ("a" * 40) / "config.json").write_text(json.dumps({"model_type": "bert"}))
    check_place("some/base", "base")
