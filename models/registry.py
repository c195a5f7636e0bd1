"""Which bundle serves each task, which did before, and the way back. Knows nothing of what is in a bundle.

`models/bundles/<task>/` is the shipped default. `CAIBIAN_*` settings or a path choose another. A bundle that another one
replaces is kept in `var/bundles/<task>/<version>/`, which git ignores; `models/bundles/history.jsonl` is append-only.
What a switch is about to do stands in `var/bundles/<task>.switch.json` until the history says it: wherever it is killed, the
way back is known.
"""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.bundle import Bundle, install_bundle, open_bundle
from models.device import CPU, Device
from models.errors import BadInput, BundleError

if TYPE_CHECKING:
    from models.analyzer import Classifier, Summarizer

Task = Literal["topics", "summaries"]
TASKS: tuple[Task, ...] = ("topics", "summaries")
ROOT = Path(__file__).with_name("bundles")
HISTORY = "history.jsonl"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the bundles that serve lie, with their history, and where those that they replaced are kept."""

    serving: Path = ROOT
    kept: Path = ROOT.parents[1] / "var" / "bundles"


def default_bundle(task: Task) -> Path:
    """The folder of the bundle that serves this task when none is named."""
    return ROOT / task


def load_classifier(where: Path | str | None = None, threads: int = 0, device: Device = CPU) -> Classifier:
    """The classifier of a bundle folder, the default one (None), or the floor ("keywords")."""
    if where == "keywords":
        from models.keywords import KeywordClassifier

        return KeywordClassifier()
    from models.classifier import BundleClassifier

    return BundleClassifier.load(Path(where) if where else default_bundle("topics"), threads, device)


def load_summarizer(where: Path | str | None = None, threads: int = 0, device: Device = CPU) -> Summarizer:
    """The summarizer of a bundle folder, the default one (None), or the floor ("lead")."""
    if where == "lead":
        from models.lead import LeadSummarizer

        return LeadSummarizer()
    from models.summarizer import BundleSummarizer

    return BundleSummarizer.load(Path(where) if where else default_bundle("summaries"), threads, device)


def activate(source: Path, task: str, places: Places | None = None, **told: Any) -> Bundle:
    """Let a copy of this bundle serve, keep the one it replaces, and write that down with what is `told` of it."""
    return _switch(source, task, "publish", places or Places(), told)


def rollback(task: str, places: Places | None = None, **told: Any) -> Bundle:
    """Let the bundle serve that the present one replaced, and write down what is `told` of it.

    Raises BadInput when there is none, or when it was not kept.
    """
    places = places or Places()
    before = former(task, places)
    if before is None:
        said = f"there is nothing to go back to: no earlier bundle of {task} is known"
        raise BadInput(f"{said}. {_from_git(task, places)}", field="task")
    source = places.kept / task / before.rpartition("@")[2]
    if not source.is_dir():
        said = f"{before} served {task} before, but {source} is missing: it was replaced on another machine, or deleted"
        raise BadInput(f"{said}. Publish its run again. {_from_git(task, places)}", field="task")
    return _switch(source, task, "rollback", places, told)


def _from_git(task: str, places: Places) -> str:
    """The other way back, where bundles are kept in git."""
    folder = places.serving / task
    return f"Where it is in git: git log --oneline -- {folder}, then git checkout COMMIT -- {folder}"


def former(task: str, places: Places | None = None) -> str | None:
    """The name of the bundle that `rollback` would let serve again; None when none is known."""
    before: list[str] = []
    for line in history(task, places):
        if line.get("action") == "rollback":
            del before[-1:]
        elif line.get("replaced"):
            before.append(line["replaced"])
    return before[-1] if before else None


def history(task: str, places: Places | None = None) -> list[dict[str, Any]]:
    """What was published and rolled back for a task, oldest first."""
    places = places or Places()
    file = places.serving / HISTORY
    lines = [_line(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    found = [x for x in lines if x.get("task") == task]
    begun = _begun(task, places)
    return [*found, begun] if begun and begun not in found[-1:] else found


def _switch(source: Path, task: str, action: str, places: Places, told: dict[str, Any]) -> Bundle:
    target, switch = places.serving / task, places.kept / f"{task}.switch.json"
    try:
        with _lock(places):
            _write_down(task, places)  # what a switch that was killed has done
            coming = open_bundle(source, task).name
            former = _keep(target, task, places.kept / task)
            line = {"task": task, "action": action, "bundle": coming, "replaced": former if former != coming else None,
                    "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "who": _user(), **told}  # fmt: skip
            part = switch.with_name(switch.name + ".part")
            part.write_text(json.dumps(line, ensure_ascii=False), "utf-8")
            part.replace(switch)
            installed = install_bundle(source, target, task)
            _write_down(task, places)
    except OSError as e:
        raise BundleError(
            f"{source} cannot be installed in {target} ({e.strerror or e}): the bundle before serves"
        ) from e
    return installed


@contextlib.contextmanager
def _lock(places: Places) -> Iterator[None]:
    for folder in (places.serving, places.kept):
        folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(places.serving, os.O_RDONLY)  # the folder itself: no lock file lies about in git
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BadInput("another publish or rollback is under way: wait for it, then say it again") from None
    finally:
        os.close(descriptor)


def _begun(task: str, places: Places) -> dict[str, Any]:
    """The line of a switch that was killed once its bundle served; empty when there is none."""
    switch = places.kept / f"{task}.switch.json"
    line = _line(switch.read_text("utf-8")) if switch.exists() else {}
    with contextlib.suppress(BundleError):
        if line and open_bundle(places.serving / task, task).name == line["bundle"]:
            return line
    return {}


def _write_down(task: str, places: Places) -> None:
    """Add the switch that took place to the history, once, and forget it or the one that did not."""
    file = places.serving / HISTORY
    text = file.read_text("utf-8") if file.exists() else ""
    line = _begun(task, places)
    if line and line not in [_line(x) for x in text.splitlines()[-1:]]:
        with file.open("a", encoding="utf-8") as out:
            gap = "" if text.endswith("\n") or not text else "\n"  # the line before was cut short
            out.write(gap + json.dumps(line, ensure_ascii=False) + "\n")
    (places.kept / f"{task}.switch.json").unlink(missing_ok=True)


def _line(text: str) -> dict[str, Any]:
    """One line of the history; empty when it was cut short."""
    with contextlib.suppress(ValueError):
        line = json.loads(text)
        return line if isinstance(line, dict) else {}
    return {}


def _keep(target: Path, task: str, shelf: Path) -> str | None:
    """Put a copy of the bundle that serves on the shelf; its name, None when none serves or it is damaged."""
    try:
        former = open_bundle(target, task)
    except BundleError:
        return None
    place = shelf / Path(str(former.manifest["version"])).name
    part = place.with_name(place.name + ".part")
    for old in (part, place):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(former.path, part)
    part.rename(place)
    return former.name


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return "unknown"
