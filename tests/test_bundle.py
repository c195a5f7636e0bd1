from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.bundle import install_bundle, open_bundle, seal_bundle
from models.errors import BadInput, BundleError
from models.registry import Places, activate, history, rollback
from models.weights import read_weights, write_weights


def make(path: Path, version: str = "1") -> Path:
    path.mkdir()
    write_weights(path / "weights.safetensors", {"w": np.ones((80, 80), np.float32)})
    seal_bundle(path, {"task": "topics", "name": "tiny", "version": version})
    return path


def test_a_sealed_bundle_opens(tmp_path: Path) -> None:
    assert open_bundle(make(tmp_path / "b"), "topics").name == "tiny@1"


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda p: (p / "manifest.json").unlink(), "manifest.json is missing"),
        (lambda p: (p / "manifest.json").write_text("{"), "manifest.json is damaged"),
        (lambda p: (p / "manifest.json").write_bytes(b"\xff\xfe\x00"), "manifest.json is damaged"),
        (lambda p: (p / "weights.safetensors").unlink(), "weights.safetensors is missing"),
        (lambda p: (p / "weights.safetensors").write_bytes(b"x" * 100), "weights.safetensors is damaged"),
        (lambda p: edit(p, format=9), "not format 1"),
        (lambda p: edit(p, task="summaries"), "is for 'summaries'"),
        (lambda p: edit(p, files={"../evil": {"sha256": "0"}}), "../evil is missing"),
    ],
)
def test_damage_is_named_with_the_way_to_mend_it(tmp_path: Path, break_it, says: str) -> None:  # type: ignore[no-untyped-def]
    path = make(tmp_path / "b")
    break_it(path)
    with pytest.raises(BundleError, match=r"mend|restore|choose|publish") as error:
        open_bundle(path, "topics")
    assert says in error.value.message


def edit(path: Path, **fields: object) -> None:
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    (path / "manifest.json").write_text(json.dumps(manifest | fields), "utf-8")


def test_install_replaces_whole(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two", "2")
    target = tmp_path / "serving"
    assert install_bundle(one, target, "topics").name == "tiny@1"
    assert install_bundle(two, target, "topics").name == "tiny@2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "serving", "two"]


def killed_at(event: int, work: Callable[[], object]) -> bool:
    """Run the work in a child that dies at its n-th change of the file system; whether it died."""
    child = os.fork()
    if child == 0:
        left = event

        def hook(name: str, args: tuple[object, ...]) -> None:
            nonlocal left
            if name in CHANGES and (name != "open" or set(str(args[1])) & {"w", "a"}):
                if left == 0:
                    os._exit(9)
                left -= 1

        sys.addaudithook(hook)
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


CHANGES = (
    "os.rename",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "open",
    "shutil.rmtree",
    "shutil.copytree",
    "shutil.copyfile",
)


def test_a_kill_at_any_step_leaves_a_bundle_that_opens(tmp_path: Path) -> None:
    one, two, target = make(tmp_path / "one"), make(tmp_path / "two", "2"), tmp_path / "serving"
    found = []
    for event in range(100):
        install_bundle(one, target, "topics")
        died = killed_at(event, lambda: install_bundle(two, target, "topics"))
        found.append(open_bundle(target, "topics").name)
        if not died:
            break
    assert len(found) > 10
    assert found == sorted(found), "the old one, then the new one"
    assert set(found) == {"tiny@1", "tiny@2"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["one", "serving", "two"]


def test_the_way_back(tmp_path: Path) -> None:
    places = Places(tmp_path / "serving", tmp_path / "kept")
    for version in ("1", "2", "3"):
        activate(make(tmp_path / version, version), "topics", places, run=f"run{version}")
    assert [x["run"] for x in history("topics", places)] == ["run1", "run2", "run3"]
    assert rollback("topics", places).name == "tiny@2"
    assert open_bundle(places.serving / "topics", "topics").name == "tiny@2"
    assert rollback("topics", places).name == "tiny@1"
    with pytest.raises(BadInput, match="nothing to go back to"):
        rollback("topics", places)
    activate(tmp_path / "3", "topics", places)
    assert rollback("topics", places).name == "tiny@1"
    actions = [(x["action"], x["bundle"], x["replaced"]) for x in history("topics", places)]
    assert actions[2:] == [
        ("publish", "tiny@3", "tiny@2"),
        ("rollback", "tiny@2", "tiny@3"),
        ("rollback", "tiny@1", "tiny@2"),
        ("publish", "tiny@3", "tiny@1"),
        ("rollback", "tiny@1", "tiny@3"),
    ]
    assert history("summaries", places) == []


def test_a_kill_at_any_step_of_a_switch_leaves_the_way_back(tmp_path: Path) -> None:
    sources = {version: make(tmp_path / version, version) for version in ("1", "2", "3")}
    seen = set()
    for event in range(200):
        places = Places(tmp_path / f"at{event}/serving", tmp_path / f"at{event}/kept")
        activate(sources["1"], "topics", places)
        activate(sources["2"], "topics", places)
        died = killed_at(event, lambda: activate(sources["3"], "topics", places))  # noqa: B023 - runs at once
        serving = open_bundle(places.serving / "topics", "topics").name
        assert [x["bundle"] for x in history("topics", places)][-1] == serving
        before = {"tiny@3": "tiny@2", "tiny@2": "tiny@1"}[serving]
        assert rollback("topics", places).name == before, event
        actions = [(x["action"], x["bundle"]) for x in history("topics", places)]
        assert actions.count(("publish", "tiny@3")) == (serving == "tiny@3")
        assert activate(sources["3"], "topics", places).name == "tiny@3"
        assert rollback("topics", places).name == before
        seen.add(serving)
        if not died:
            break
    assert seen == {"tiny@2", "tiny@3"}
    assert event > 20


def test_a_line_that_was_cut_short_does_not_take_the_next_with_it(tmp_path: Path) -> None:
    places = Places(tmp_path / "serving", tmp_path / "kept")
    activate(make(tmp_path / "1"), "topics", places)
    with (places.serving / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"task": "topics", "act')
    activate(make(tmp_path / "2", "2"), "topics", places)
    assert [x["bundle"] for x in history("topics", places)] == ["tiny@1", "tiny@2"]
    assert rollback("topics", places).name == "tiny@1"


def test_two_switches_do_not_run_at_once(tmp_path: Path) -> None:
    places = Places(tmp_path / "serving", tmp_path / "kept")
    activate(make(tmp_path / "1"), "topics", places)
    held = os.open(places.serving, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(BadInput, match="under way"):
        activate(make(tmp_path / "2", "2"), "topics", places)
    os.close(held)
    assert activate(tmp_path / "2", "topics", places).name == "tiny@2"


def test_a_bundle_that_was_not_kept_is_named(tmp_path: Path) -> None:
    places = Places(tmp_path / "serving", tmp_path / "kept")
    for version in ("1", "2", "2"):
        source = tmp_path / version
        activate(source if source.exists() else make(source, version), "topics", places)
    (tmp_path / "serving" / "topics" / "weights.safetensors").write_bytes(b"")
    assert rollback("topics", places).name == "tiny@1", (
        "a damaged bundle can be left, and publishing twice changes nothing"
    )
    activate(tmp_path / "2", "topics", places)
    shutil.rmtree(tmp_path / "kept")
    with pytest.raises(BadInput, match=r"tiny@1 served topics before, but .*kept/topics/1 is missing"):
        rollback("topics", places)
    assert open_bundle(places.serving / "topics", "topics").name == "tiny@2"


def test_rollback_without_any_history_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no earlier bundle of summaries"):
        rollback("summaries", Places(tmp_path / "serving", tmp_path / "kept"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "serving").write_text("a file")
    with pytest.raises(BundleError, match="cannot be installed"):
        activate(make(tmp_path / "1"), "topics", Places(tmp_path / "serving", tmp_path / "kept"))


def test_a_damaged_bundle_is_never_installed(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one"), make(tmp_path / "two", "2")
    install_bundle(one, tmp_path / "serving", "topics")
    (two / "weights.safetensors").write_bytes(b"")
    with pytest.raises(BundleError):
        install_bundle(two, tmp_path / "serving", "topics")
    assert open_bundle(tmp_path / "serving", "topics").name == "tiny@1"


def test_int8_keeps_each_row_within_half_a_step(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights = {"m": rng.normal(size=(100, 60)).astype(np.float32), "zero": np.zeros((70, 70), np.float32),
               "small": rng.normal(size=(4, 4)).astype(np.float32), "v": rng.normal(size=9).astype(np.float32)}  # fmt: skip
    write_weights(tmp_path / "w", weights)
    back = read_weights(tmp_path / "w")
    step = np.abs(weights["m"]).max(axis=1, keepdims=True) / 127
    assert (np.abs(back["m"] - weights["m"]) <= step / 2 + 1e-7).all()
    assert np.abs(back["m"] - weights["m"]).max() > 0
    for name in ("zero", "small", "v"):
        assert (back[name] == weights[name]).all()
