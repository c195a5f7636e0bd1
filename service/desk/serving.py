"""What serves each task, as the dashboard shows it: the bundle's card, since when, what was before, and whether it can go back.

It reads manifests and the registry's history, and asks the registry for a rollback; it knows no HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models import registry
from models.analyzer import Analyzer
from models.bundle import MANIFEST
from models.errors import BadInput
from models.registry import Places, Task
from service.readiness import folder_of
from service.settings import Settings

CARD, CARD_BYTES = "card.md", 64 * 1024
LINES = 8
"""Of the history that are shown."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A task's bundle. `on_disk` is the one in its folder, which a service takes up within seconds; `back` the one that a
    rollback would bring; `facts` are the figures and words of the manifest; `card` is the text that training wrote, "" for none.
    """

    task: Task
    bundle: str | None
    trained: bool
    on_disk: str | None
    back: str | None
    facts: tuple[tuple[str, str], ...]
    topics: tuple[tuple[str, float], ...]
    notices: tuple[str, ...]
    card: str
    history: tuple[dict[str, Any], ...]


def serving(task: Task, analyzer: Analyzer | None, settings: Settings, places: Places) -> Serving:
    """The card of a task. Reads the manifest only, not the weights."""
    half = None if analyzer is None else analyzer.classifier if task == "topics" else analyzer.summarizer
    folder = _folder(task, settings, places)
    manifest = _manifest(folder)
    on_disk = f"{manifest['name']}@{manifest['version']}" if manifest else None
    own = folder == places.serving / task
    return Serving(
        task,
        half.bundle if half else None,
        half.trained if half else False,
        on_disk,
        registry.former(task, places) if own else None,
        tuple(_facts(manifest)),
        tuple((name, float(told["threshold"])) for name, told in manifest.get("decisions", {}).items()),
        tuple(manifest.get("notices", ())),
        _card(folder),
        tuple(reversed(registry.history(task, places)[-LINES:])) if own else (),
    )


def go_back(task: Task, seen: str, settings: Settings, places: Places, by: str | None) -> str:
    """Let the former bundle serve again, at the word of `by`; its name.

    Raises BadInput when another one than `seen` lies there by now.
    """
    if _folder(task, settings, places) != places.serving / task:
        raise BadInput(
            "这台机器用设置指定了模型包，不能在这里回退。 A setting of this machine names the bundle: change it there.",
            field="task",
        )
    present = _manifest(places.serving / task)
    if not present or f"{present['name']}@{present['version']}" != seen:
        raise BadInput(
            "模型包刚刚已经换过，请刷新后再看。 The bundle was replaced just now: reload the page and look again.",
            field="from",
        )
    return registry.rollback(task, places, **({"by": by} if by else {})).name


def _folder(task: Task, settings: Settings, places: Places) -> Path | None:
    named = settings.topics_bundle if task == "topics" else settings.summaries_bundle
    return folder_of(settings, task) if named else places.serving / task


def _manifest(folder: Path | None) -> dict[str, Any]:
    try:
        told = json.loads((folder / MANIFEST).read_text("utf-8")) if folder else {}
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) and {"name", "version"} <= told.keys() else {}


def _card(folder: Path | None) -> str:
    file = folder / CARD if folder else None
    try:
        return file.read_text("utf-8") if file and file.stat().st_size <= CARD_BYTES else ""
    except (OSError, ValueError):
        return ""


def _facts(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("base", "code", "data_fingerprint", "min_confidence", "min_score"):
        if name in manifest:
            yield name, str(manifest[name])[:80]
    yield from _flat("", manifest.get("training", {}))


def _flat(prefix: str, told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Numbers and short words, those inside another under both names."""
    for name, value in told.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        elif isinstance(value, float):
            yield f"{prefix}{name}", f"{value:.4g}"
        elif isinstance(value, int | str):
            yield f"{prefix}{name}", f"{value:,}" if isinstance(value, int) else value[:80]
