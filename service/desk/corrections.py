"""/desk/corrections: what editors have corrected, how much of it is new to the models, what it says of them, how to train."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from service.answers import missing
from service.correction_routes import UNKNOWN
from service.desk.queue import address
from service.desk.view import WithParts, language_of, read_form, render, see, segment, topic_names
from service.gate import AnyCaller, Reviewer
from service.inference import leaving
from service.limits import check_text
from service.page_keeping import anew_without, take_back
from service.parts import Parts
from service.queries import choice, number

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.corrections import CorrectionTask
    from service.store.waiting import Change, Waiting

router = APIRouter(prefix="/desk/corrections")
PAGE = 50
LONG = 120
"""Characters of a summary in the list; the article shows all of it."""
TASKS = ("topics", "summaries", "pages")
BATCH = 64 * 1024


@router.get("")
async def home(request: Request, parts: WithParts, caller: AnyCaller) -> Response:
    """The corrections' home."""
    given = request.query_params.get("before")
    before = number(given, "before", 1, 2**62) if given is not None else None
    language = language_of(request)
    names = topic_names(parts, language)
    found = await parts.storage.read(_look, before) if parts.storage.used else _nothing()
    rows = found.rows[:PAGE]
    return render(
        request,
        "corrections.html",
        waiting=found.waiting,
        changes=[(names.get(c.topic, c.topic), c) for c in found.changes],
        judged=found.judged,
        rows=[_shown(row, names) for row in rows],
        more=f"/desk/corrections?before={rows[-1]['seq']}" if len(found.rows) > PAGE else None,
        start="/desk/corrections" if before is not None else None,
        may_change=caller.may("review"),
    )


@router.get("/export")
async def export(request: Request, parts: WithParts, _: Reviewer) -> Response:
    """The corrections of a task as training reads them: JSON Lines, the last word on each article or page."""
    task: Any = choice(request.query_params.get("task", "topics"), "task", TASKS)
    headers = {"Content-Disposition": f'attachment; filename="corrections-{task}.jsonl"'}
    return StreamingResponse(_lines(parts, task), 200, headers, "application/x-ndjson")


@router.post("/undo")
async def undo(request: Request, parts: WithParts, caller: Reviewer) -> Response:
    """Take a correction, or an undo, back by the form in its row."""
    fields = await read_form(request, 4096)
    which = fields.get("id", [""])[0]
    check_text(which, "id", 64)
    if not parts.storage.used:
        raise missing("更正")
    anew = await anew_without(parts, which, leaving(request))
    await parts.storage.write(take_back, which, anew, caller.name or UNKNOWN, caller)
    return see("/desk/corrections")


@dataclass(frozen=True, slots=True)
class _Found:
    waiting: dict[CorrectionTask, Waiting]
    changes: list[Change]
    judged: int
    rows: list[dict[str, Any]]


def _nothing() -> _Found:
    from service.store.corrections import CorrectionTask
    from service.store.waiting import Waiting

    return _Found({task: Waiting(None, None, 0, 0) for task in get_args(CorrectionTask)}, [], 0, [])


def _look(connection: Connection, before: int | None) -> _Found:
    from service.store import waiting
    from service.store.corrections import CorrectionTask

    told = {task: waiting.waiting(connection, task) for task in get_args(CorrectionTask)}
    topics = told["topics"]
    return _Found(
        told,
        waiting.changes(connection, topics.bundle, topics.since),
        waiting.judged(connection, topics.bundle, topics.since),
        waiting.recent(connection, before, PAGE + 1),
    )


def _lines(parts: Parts, task: CorrectionTask) -> Iterator[bytes]:
    from service.store import corrections

    if not parts.storage.used:
        return
    some = bytearray()
    with parts.storage.open().read() as connection:
        for row in corrections.export(connection, (task,)):
            if row is not None:  # under an embargo
                some += json.dumps(row, ensure_ascii=False).encode() + b"\n"
            if len(some) > BATCH:
                yield bytes(some)
                some.clear()
    yield bytes(some)


def _shown(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    from service.store.desk import ACCEPTED

    kind = "undo" if row["undoes"] else "accepted" if row["note"] == ACCEPTED else row["task"]
    summary = row["summary"]
    if summary is not None and len(summary) > LONG:
        summary = summary[:LONG] + "…"
    page = row["task"] == "pages"
    return row | {
        "kind": kind,
        "labels": [names.get(t, t) for t in row["labels"] or []] or [names["other"]],
        "summary": summary,
        "may_undo": row["counts"]
        and not (row["undoes"] and row["kept_page"]),  # a page's split is kept in its own view
        "address": f"/desk/pages/{segment(row['article_id'])}" if page else address(row["article_id"]),
    }
