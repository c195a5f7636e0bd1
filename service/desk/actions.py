"""What an editor does with an article: accept or correct it, take that back, go to the next, let a summary be checked.

An action names the version and the last correction that the editor has seen; when there is a newer one it is refused with
who and when, and nothing is kept. What is kept goes the way of every correction (store/corrections.py).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from models.errors import BadInput
from service.answers import as_json, gone, missing, once
from service.article_routes import check_id
from service.correction_routes import MAX_SUMMARY, UNKNOWN, check_labels
from service.desk.queue import address, query_of, wanted_of
from service.desk.summary_checks import checked
from service.desk.view import WithParts, see
from service.desk.words import when
from service.gate import AnyCaller, Caller, Reviewer
from service.limits import check_text, has_words
from service.parts import Parts
from service.problems import Problem
from service.schemas import Strict

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.articles import Version

router = APIRouter(prefix="/desk")


class SeenIn(Strict):
    """What every action names: the article, and what the editor has seen of it."""

    id: str
    version: int = Field(ge=1, le=2**31 - 1)
    seq: int = Field(ge=0, le=2**62)


class ReviewIn(SeenIn):
    """What is right: all labels, and the summary where it was changed."""

    labels: list[str]
    summary: str | None = None


class CheckIn(Strict):
    """A summary that is being written."""

    id: str
    version: int = Field(ge=1, le=2**31 - 1)
    summary: str


@router.post("/api/review", status_code=201)
async def review(request: Request, parts: WithParts, caller: Reviewer) -> Response:
    """Accept an article or correct it. The answer names the corrections that were added and the number to see next time."""
    return await keep_review(request, parts, caller, await parts.bodies.read(request, ReviewIn, lambda _: None))


async def keep_review(request: Request, parts: Parts, caller: Caller, call: ReviewIn) -> Response:
    """Keep what an editor says; raises Problem, with who was first when somebody was."""
    check_id(call.id)
    check_labels(call.labels, parts)
    if call.summary is not None:
        check_text(call.summary, "summary", MAX_SUMMARY)
    if not parts.storage.used:
        raise missing("稿件")
    return await once(request, parts, caller, call, lambda connection: add_review(connection, call, caller))


def add_review(connection: Connection, call: ReviewIn, caller: Caller) -> tuple[int, dict[str, Any]]:
    """Add the corrections of a review in the transaction of `connection`; status and answer, which holds no text."""
    from service.store import corrections, desk

    present = check_seen(connection, call)
    held = corrections.holding(connection, call.id, present.version)
    topics = present.analysis.topics if present.analysis else None
    summary = held["summaries"].summary if "summaries" in held else summary_of(present)
    editor, now = caller.name or UNKNOWN, datetime.now(UTC)
    made = []
    if "topics" not in held or set(held["topics"].labels) != set(call.labels):
        agrees = topics is not None and set(topics["labels"]) == set(call.labels)
        note = desk.ACCEPTED if agrees else None
        row = corrections.Correction("topics", call.id, editor, version=present.version, labels=call.labels, note=note)
        made.append(corrections.add(connection, row, caller.key_id, when=now))
    if call.summary is not None and call.summary != summary:
        if not has_words(call.summary):
            raise BadInput(
                "摘要是空的，请写上，或恢复原来的。 The summary is empty: write one, or restore it.", field="summary"
            )
        row = corrections.Correction("summaries", call.id, editor, version=present.version, summary=call.summary)
        made.append(corrections.add(connection, row, caller.key_id, when=now))
    seq = desk.last_seq(connection, call.id)
    return 201, {"article": call.id, "version": present.version, "corrections": made, "seq": seq}


@router.post("/api/undo", status_code=201)
async def undo(request: Request, parts: WithParts, caller: Reviewer) -> Response:
    """Take back the last thing that an editor has said of an article: its topics and its summary where both came together."""
    call = await parts.bodies.read(request, SeenIn, lambda _: None)
    return await keep_undo(request, parts, caller, call)


async def keep_undo(request: Request, parts: Parts, caller: Caller, call: SeenIn) -> Response:
    """Keep an undo; raises Problem."""
    check_id(call.id)
    if not parts.storage.used:
        raise missing("稿件")
    return await once(request, parts, caller, call, lambda connection: add_undo(connection, call, caller))


def add_undo(connection: Connection, call: SeenIn, caller: Caller) -> tuple[int, dict[str, Any]]:
    """Add the rows of an undo in the transaction of `connection`; status and answer."""
    from service.store import corrections, desk

    present = check_seen(connection, call)
    last = corrections.last_said(connection, call.id, present.version)
    if not last:
        raise Problem("conflict", "没有可以撤销的更正。 There is no correction to take back.", "id")
    now = datetime.now(UTC)
    editor = caller.name or UNKNOWN
    made = [corrections.undo(connection, row, editor, caller.key_id, when=now) for row in last]
    seq = desk.last_seq(connection, call.id)
    return 201, {"article": call.id, "version": present.version, "corrections": made, "seq": seq}


def check_seen(connection: Connection, call: SeenIn) -> Version:
    """The current version, locked until the transaction ends; raises Problem when the editor has seen another state."""
    from service.store import articles, desk

    row = desk.lock(connection, call.id)
    present = articles.get(connection, call.id)
    if row is None or present is None:
        raise gone() if articles.withdrawn(connection, call.id) else missing("稿件", field="id")
    if present.version != call.version:
        at = when(present.created)
        raise Problem(
            "conflict",
            f"这篇稿件在 {at} 有了第 {present.version} 版，你看到的是第 {call.version} 版。你的修改还在，请看过新版后再提交。 "
            f"This article got version {present.version} at {at}, you saw {call.version}. What you entered is still "
            "here: look at the new version, then send it again.",
            "version",
            more={"version": present.version, "at": present.created.isoformat()},
        )
    if row.seq != call.seq:
        who, at = row.editor or UNKNOWN, when(row.changed)
        zh, en = ("有人", "Somebody") if who == UNKNOWN else (who, who)
        raise Problem(
            "conflict",
            f"{zh} 在 {at} 已改过这篇稿件。你的修改还在，请看过后再提交。 "
            f"{en} has changed this article at {at}. What you entered is still here: look at it, then send it again.",
            "seq",
            more={"seq": row.seq, "by": who, "at": row.changed.isoformat()},
        )
    return present


def summary_of(version: Version) -> str:
    """What the models wrote of a version."""
    summary = version.analysis.summary if version.analysis else None
    return str(summary["summary"]) if summary else ""


@router.post("/api/check")
async def check(request: Request, parts: WithParts, _: AnyCaller) -> Response:
    """What of a summary the article says, with the places; asked while an editor types."""
    call = await parts.bodies.read(request, CheckIn, lambda _: None)
    check_id(call.id)
    check_text(call.summary, "summary", MAX_SUMMARY)
    body = await parts.storage.read(_body, call.id, call.version) if parts.storage.used else None
    if body is None:
        raise missing("稿件或版本", field="id")
    found = await parts.storage.call(checked, call.summary, body)
    return as_json(found.as_dict())


def _body(connection: Connection, article_id: str, version: int) -> str | None:
    from service.store import articles

    found = articles.get(connection, article_id, version)
    return found.draft.body if found is not None else None


@router.get("/next")
async def following(request: Request, parts: WithParts, _: AnyCaller, after: str = "") -> Response:
    """On to the next article of the queue that nobody has open, or back to the queue when there is none."""
    wanted = wanted_of(request)
    if after:
        check_id(after)
    found = await parts.storage.read(_next, wanted, after) if parts.storage.used else None
    return see(address(found, wanted) if found is not None else f"/desk{query_of(wanted)}")


def _next(connection: Connection, wanted: Any, after: str) -> str | None:
    from service.store import presence, queue

    return queue.next_of(connection, wanted, queue.place_of(connection, after), set(presence.looking(connection)))
