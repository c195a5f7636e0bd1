"""/desk/figures: the dashboard. How much comes in, what it is about, how often a reader is needed and editors agree, how fast the
answers are, and which bundles serve; an admin lets the former bundle serve again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from models.errors import BadInput
from models.registry import TASKS, Places
from models.topics import OTHER
from service.desk import plots, serving
from service.desk.view import WithParts, language_of, read_form, render, see, topic_names
from service.desk.words import Language, word
from service.gate import AnyCaller, Caller, needs
from service.metrics import Metrics
from service.queries import choice

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.weeks import Week

router = APIRouter(prefix="/desk/figures")
SPANS = ("13", "26", "52")
LATE = 4
"""So many of the last weeks are compared with those before."""
ROUTES = (
    "/v1/classify",
    "/v1/summarize",
    "/v1/tag",
    "/v1/pages",
    "/v1/articles/{article_id:path}",
    "/desk",
    "/desk/search",
)
QUANTILES = (0.5, 0.95, 0.99)
PLACES = Places()
"""Where bundles lie; tests have their own."""


@router.get("")
async def figures(request: Request, parts: WithParts, caller: AnyCaller) -> Response:
    """The dashboard."""
    language = language_of(request)
    span = choice(request.query_params.get("weeks", "26"), "weeks", SPANS)
    found = (
        await parts.storage.read(_look, int(span)) if parts.storage.used else _Found([], {task: [] for task in TASKS})
    )
    names = topic_names(parts, language)
    return render(
        request,
        "figures.html",
        span=span,
        spans=SPANS,
        weeks=found.weeks,
        volume=_volume(found.weeks),
        unsure=_unsure(found.weeks),
        topics=_topics(found.weeks, names, language),
        agreements=_agreements(found.weeks, names, language),
        latencies=latencies(parts.metrics, ROUTES),
        quantiles=QUANTILES,
        bundles=await asyncio.to_thread(
            lambda: [serving.serving(task, parts.readiness.analyzer, parts.settings, PLACES) for task in TASKS]
        ),
        since=found.since,
        names=names,
        may_roll_back=caller.may("admin"),
    )


@router.post("/rollback")
async def rollback(request: Request, parts: WithParts, caller: Annotated[Caller, Depends(needs("admin"))]) -> Response:
    """Let the former bundle of a task serve again, once an admin has confirmed it."""
    fields = await read_form(request, 4096)
    given = {name: fields.get(name, [""])[0] for name in ("task", "from", "confirm")}
    (task,) = (t for t in TASKS if t == choice(given["task"], "task", TASKS))
    if given["confirm"] != "yes":
        raise BadInput("请先勾选确认。 Tick the box that confirms it first.", field="confirm")
    await asyncio.to_thread(serving.go_back, task, given["from"], parts.settings, PLACES, caller.name)
    return see("/desk/figures#bundles")


def latencies(metrics: Metrics, routes: Sequence[str]) -> list[tuple[str, int, list[float | None]]]:
    """Of each route that was called since the service started: how often, and its quantiles in seconds, each the upper bound
    of the histogram's step that it lies in (None above the last).
    """
    steps: dict[str, list[tuple[float, float]]] = {}
    for family in metrics.seconds.collect():
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                steps.setdefault(sample.labels["route"], []).append((float(sample.labels["le"]), sample.value))
    told = []
    for route in routes:
        found = sorted(steps.get(route, ()))
        calls = found[-1][1] if found else 0
        if calls:
            bounds = [next(le for le, below in found if below >= calls * q) for q in QUANTILES]
            told.append((route, int(calls), [None if le == float("inf") else le for le in bounds]))
    return told


@dataclass(frozen=True, slots=True)
class _Found:
    weeks: list[Week]
    since: dict[str, list[tuple[str, datetime]]]


def _look(connection: Connection, span: int) -> _Found:
    from service.store import upkeep, weeks

    until = weeks.latest(connection) or datetime.now(UTC).date()
    since: dict[str, list[tuple[str, datetime]]] = {
        task: list(reversed(upkeep.activation_history(connection, task))) for task in TASKS
    }
    return _Found(weeks.weeks(connection, until, span), since)


def _volume(found: Sequence[Week]) -> plots.Plot:
    return plots.bars(_dates(found), [w.articles for w in found], [w.unsure for w in found])


def _unsure(found: Sequence[Week]) -> plots.Plot:
    return plots.shares(_dates(found), [w.unsure / w.articles if w.articles else None for w in found])


def _topics(found: Sequence[Week], names: dict[str, str], language: Language) -> list[dict[str, Any]]:
    """A plot a topic: its share of each week's articles."""
    total = sum(w.articles for w in found)
    told = []
    for topic in _ordered(found, names):
        counts = [w.with_topic.get(topic, 0) for w in found]
        values = [n / w.articles if w.articles else None for n, w in zip(counts, found, strict=True)]
        says = word(language, "plot_share_says", count=f"{sum(counts):,}", total=f"{total:,}")
        told.append(
            {"key": topic, "name": names.get(topic, topic), "says": says, "counts": counts, "values": values,
             "plot": plots.shares(_dates(found), values)}
        )  # fmt: skip
    return told


def _agreements(found: Sequence[Week], names: dict[str, str], language: Language) -> list[dict[str, Any]]:
    """A plot a topic: how often editors left it as the model said, with intervals, and whether that fell lately."""
    told = []
    for topic in _ordered(found, names):
        pairs = [(w.agreed.get(topic, 0), w.judged.get(topic, 0)) for w in found]
        agreed, judged = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0, 0)
        if not judged:
            continue
        between = [plots.wilson(*pair) if pair[1] else None for pair in pairs]
        early, late = (
            tuple(sum(column) for column in zip(*part, strict=True)) if part else (0, 0)
            for part in (pairs[:-LATE], pairs[-LATE:])
        )
        low, high = plots.wilson(agreed, judged)
        gaps = {"agreed": f"{agreed:,}", "judged": f"{judged:,}", "low": f"{low:.0%}", "high": f"{high:.0%}"}
        values = [a / n if n else None for a, n in pairs]
        told.append(
            {"key": topic, "name": names.get(topic, topic), "says": word(language, "plot_agree_says", **gaps),
             "pairs": pairs, "between": between, "plot": plots.shares(_dates(found), values, between),
             "fell": plots.fell((early[0], early[1]), (late[0], late[1])),
             "early": early, "late": late}
        )  # fmt: skip
    return told


def _ordered(found: Sequence[Week], names: dict[str, str]) -> list[str]:
    from service.store.weeks import topics_of

    there = topics_of(found)
    known = [topic for topic in names if topic in there and topic != OTHER]
    return [*known, *sorted(there - names.keys()), *([OTHER] if OTHER in there else [])]


def _dates(found: Sequence[Week]) -> list[str]:
    return [_short(w.monday) for w in found]


def _short(day: date) -> str:
    return f"{day.month}-{day.day}"
