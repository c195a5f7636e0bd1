"""A bundle that is whole by its hashes and cannot be used: every door ends with a sentence that names file and remedy."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.bundle import sha256
from models.errors import BundleError
from models.registry import load_classifier, load_summarizer
from service.cli import main
from tests.test_training_export import summaries_run, topics_run
from training.export import export_run

ROOT = Path(__file__).parents[1]
Break = Callable[[dict[str, Any], Path], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny bundle of each task."""
    folder = tmp_path_factory.mktemp("runs")
    return {
        "topics": export_run(topics_run(folder / "topics")).path,
        "summaries": export_run(summaries_run(folder / "summaries")).path,
    }


def broken(source: Path, target: Path, break_it: Break) -> Path:
    """A copy that was edited and sealed again, as far as it can be."""
    shutil.copytree(source, target)
    manifest = json.loads((target / "manifest.json").read_text("utf-8"))
    break_it(manifest, target)
    if isinstance(manifest["files"], dict):
        for name, listed in manifest["files"].items():
            if isinstance(listed, dict):
                listed["sha256"] = sha256(target / name)
    (target / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return target


def put(*path: str | int, value: Any) -> Break:
    def change(manifest: dict[str, Any], _: Path) -> None:
        at: Any = manifest
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


def cut(*path: str) -> Break:
    def change(manifest: dict[str, Any], _: Path) -> None:
        at: Any = manifest
        for step in path[:-1]:
            at = at[step]
        del at[path[-1]]

    return change


def write(name: str, data: bytes) -> Break:
    return lambda _, folder: (folder / name).write_bytes(data)


COMMON: dict[str, tuple[Break, str]] = {
    "files a list": (put("files", value=["encoder.onnx"]), "manifest.json"),
    "a file a string": (put("files", "encoder.onnx", value="x"), "manifest.json"),
    "name a list": (put("name", value=[]), "manifest.json"),
    "version null": (put("version", value=None), "manifest.json"),
    "no graphs": (cut("graphs"), "manifest.json"),
    "graphs a list": (put("graphs", value=[1]), "manifest.json"),
    "tokenizer no JSON": (write("tokenizer.json", b"{"), "tokenizer.json"),
    "tokenizer another": (write("tokenizer.json", b'{"version":"1.0"}'), "tokenizer.json"),
    "tokenizer missing": (cut("files", "tokenizer.json"), "tokenizer.json"),
    "weights refused": (write("weights.safetensors", b"\0" * 20), "weights.safetensors"),
}
TOPICS: dict[str, tuple[Break, str]] = {
    "graph refused": (write("encoder.int8.onnx", b"no graph"), "encoder.int8.onnx"),
    "graph empty": (write("encoder.int8.onnx", b""), "encoder.int8.onnx"),
    "no taxonomy": (cut("taxonomy"), "manifest.json"),
    "taxonomy a list": (put("taxonomy", value=[]), "manifest.json"),
    "a decision less": (cut("decisions", "wellbeing"), "manifest.json"),
    "threshold a string": (put("decisions", "wellbeing", "threshold", value="0.5"), "manifest.json"),
    "an unknown part": (put("decisions", "wellbeing", "bias", value=1), "manifest.json"),
    "confidence null": (put("min_confidence", value=None), "manifest.json"),
    "no windows": (cut("windows"), "manifest.json"),
    "windows of strings": (put("windows", "max_tokens", value="80"), "manifest.json"),
    "windows of nothing": (put("windows", "max_tokens", value=0), "manifest.json"),
}
SUMMARIES: dict[str, tuple[Break, str]] = {
    "graph refused": (write("encoder.int8.onnx", b"no graph"), "encoder.int8.onnx"),
    "graph empty": (write("encoder.int8.onnx", b""), "encoder.int8.onnx"),
    "no beam": (cut("beam"), "manifest.json"),
    "beam a number": (put("beam", value=4), "manifest.json"),
    "beams a string": (put("beam", "beams", value="4"), "manifest.json"),
    "no lengths": (cut("lengths"), "manifest.json"),
    "lengths of strings": (put("lengths", "headline_chars", value="x"), "manifest.json"),
    "one brief length": (put("lengths", "brief_chars", value=[40]), "manifest.json"),
    "no decoder": (cut("decoder"), "manifest.json"),
    "heads null": (put("decoder", "heads", value=None), "manifest.json"),
    "step refused": (write("step.int8.onnx", b"\x08"), "step.int8.onnx"),
}
CASES = [("topics", name) for name in COMMON | TOPICS] + [("summaries", name) for name in COMMON | SUMMARIES]


def case(task: str, name: str) -> tuple[Break, str]:
    return (COMMON | (TOPICS if task == "topics" else SUMMARIES))[name]


@pytest.mark.parametrize(("task", "name"), CASES)
def test_what_cannot_be_used_is_named_with_the_way_to_mend_it(
    whole: dict[str, Path], tmp_path: Path, task: str, name: str
) -> None:
    break_it, file = case(task, name)
    path = broken(whole[task], tmp_path / "bundle", break_it)
    load = load_classifier if task == "topics" else load_summarizer
    with pytest.raises(BundleError) as caught:
        load(path, 1)
    said = caught.value.message
    assert file in said, said
    assert "publish a run again" in said
    assert str(path) in said
    assert "\n" not in said


def test_whole_bundles_load(whole: dict[str, Path]) -> None:
    assert load_classifier(whole["topics"], 1).trained
    assert load_summarizer(whole["summaries"], 1).trained


@pytest.mark.parametrize(("task", "name"), [("topics", "graph refused"), ("summaries", "no beam")])
def test_serve_and_tag_say_so_and_end_with_1(
    whole: dict[str, Path],
    tmp_path: Path,
    task: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    break_it, file = case(task, name)
    for other, floor in (("topics", "keywords"), ("summaries", "lead")):
        monkeypatch.setenv(f"CAIBIAN_{other.upper()}_BUNDLE", floor)
    monkeypatch.setenv(f"CAIBIAN_{task.upper()}_BUNDLE", str(broken(whole[task], tmp_path / "bundle", break_it)))
    article = tmp_path / "a.txt"
    article.write_text("标题\n工会送清凉。", "utf-8")
    assert main(["tag", str(article), "-o", str(tmp_path / "out.jsonl")]) == 1
    said = capsys.readouterr().err
    assert file in said
    assert "publish a run again" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "bundle"]
    serve = [sys.executable, "-m", "service", "serve", "--port", "0"]
    done = subprocess.run(serve, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert file in done.stderr
    assert "Traceback" not in done.stderr
    assert "http://" not in done.stderr


def test_a_model_that_breaks_over_the_canary_ends_tag(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAIBIAN_TOPICS_BUNDLE", "keywords")
    monkeypatch.setenv("CAIBIAN_SUMMARIES_BUNDLE", "lead")

    def breaks(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("models.keywords.KeywordClassifier.classify", breaks)
    article = tmp_path / "a.txt"
    article.write_text("标题\n工会送清凉。", "utf-8")
    assert main(["tag", str(article), "-o", str(tmp_path / "out.jsonl")]) == 1
    assert "publish a run again" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl.partial").exists()
