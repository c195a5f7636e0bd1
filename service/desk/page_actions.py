"""What an editor does with a page: try an edit of its split, keep the split as right, take that back.

A split that is kept is stored as a page example (a correction of the task pages) and makes the page's articles anew. It names the
state of the page and the last correction that the editor has seen; when there is a newer one it is refused with who and when.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from models.article import Role
from models.errors import BadInput
from models.pages import split_page
from service.answers import as_json, gone, missing, once
from service.correction_routes import MAX_PAGE_ARTICLES, UNKNOWN
from service.desk.page_edit import Edit, Op, apply
from service.desk.page_marks import Mark, check_marks, example_of, marks_of, page_of
from service.desk.view import WithParts
from service.desk.words import when
from service.gate import AnyCaller, Reviewer
from service.inference import leaving
from service.limits import check_page, check_raw_page
from service.page_keeping import analysed, check_page_id, split_anew, stored, take_back, with_marks
from service.problems import Problem
from service.schemas import Strict

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/desk/api/pages")
MOST = 2**31 - 1


class MarkIn(Strict):
    """A line of the page (desk/page_marks.py)."""

    start: int = Field(ge=0, le=MOST)
    end: int = Field(ge=0, le=MOST)
    role: Role
    article: int | None = Field(ge=0, le=MOST)
    joins: bool = False
    unsure: bool = False


class EditIn(Strict):
    """One edit (desk/page_edit.py)."""

    op: Op
    line: int = Field(ge=0, le=MOST)
    to: int | None = Field(default=None, ge=0, le=MOST)
    role: Role | None = None
    article: int | None = Field(default=None, ge=0, le=MOST)
    at: int | None = Field(default=None, ge=0, le=MOST)


class SplitIn(Strict):
    """A page that is being edited; without marks it is split by the model first."""

    text: str
    marks: list[MarkIn] | None = None
    edits: list[EditIn] = Field(default_factory=list, max_length=1000)


class SeenPageIn(Strict):
    """What an action names: the page, and what the editor has seen of it."""

    id: str
    changed: str
    seq: int = Field(ge=0, le=2**62)


class KeepIn(SeenPageIn):
    """A split that is right."""

    marks: list[MarkIn]


@router.post("/split")
async def split(request: Request, parts: WithParts, _: AnyCaller) -> Response:
    """The split after the edits, and the articles that it makes. Nothing is kept."""
    call = await parts.bodies.read(request, SplitIn, lambda data: check_raw_page(data, parts.settings))
    check_page(call.text, parts.settings)

    def work() -> dict[str, Any]:
        if call.marks is None:
            marks = marks_of(split_page(call.text))
        else:
            marks = _marks(call.marks)
            check_marks(call.text, marks)
        marks = apply(call.text, marks, [Edit(**edit.model_dump()) for edit in call.edits])
        page = page_of(call.text, marks)
        return {
            "marks": [mark.as_dict() for mark in marks],
            "articles": [article.as_dict() for article in page.articles],
            "furniture": [block.as_dict() for block in page.furniture],
        }

    return as_json(await parts.storage.call(work))


@router.post("/keep", status_code=201)
async def keep(request: Request, parts: WithParts, caller: Reviewer) -> Response:
    """Keep a split as right: a page example, and the page's articles anew."""
    call = await parts.bodies.read(request, KeepIn, lambda _: None)
    check_page_id(call.id)
    page = await stored(parts, call.id)
    marks = tuple(replace(mark, unsure=False) for mark in _marks(call.marks))
    check_marks(page.text, marks)
    example = example_of(page_of(page.text, marks))
    if len(example) > MAX_PAGE_ARTICLES:
        raise BadInput(f"最多 {MAX_PAGE_ARTICLES} 篇。 At most {MAX_PAGE_ARTICLES} articles.", field="marks")
    new = with_marks(page, marks)
    found = await analysed(parts, new, "brief", leaving(request))

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        from service.store import corrections
        from service.store import pages as store

        check_seen(connection, call)
        editor = caller.name or UNKNOWN
        row = corrections.Correction("pages", call.id, editor, text=page.text, articles=example)
        store.put(connection, new, found, caller.name)
        return 201, _told(connection, call.id, corrections.add(connection, row, caller.key_id))

    return await once(request, parts, caller, call, work)


@router.post("/undo", status_code=201)
async def undo(request: Request, parts: WithParts, caller: Reviewer) -> Response:
    """Take the last split that counts back: the page is as the model splits it, and its articles, too."""
    call = await parts.bodies.read(request, SeenPageIn, lambda _: None)
    check_page_id(call.id)
    page = await stored(parts, call.id)
    anew = await split_anew(parts, page, leaving(request))

    def work(connection: Connection) -> tuple[int, dict[str, Any]]:
        from service.store import corrections
        from service.store import pages as store

        check_seen(connection, call)
        counting = corrections.counted(connection, call.id)
        last = next((row for row in store.said(connection, call.id) if row.id in counting and row.undoes is None), None)
        if last is None:
            raise Problem("conflict", "没有可以撤销的更正。 There is no correction to take back.", "id")
        return 201, _told(connection, call.id, take_back(connection, last.id, anew, caller.name or UNKNOWN, caller).id)

    return await once(request, parts, caller, call, work)


def _marks(given: list[MarkIn]) -> tuple[Mark, ...]:
    return tuple(Mark(m.start, m.end, m.role, m.article, m.joins, m.unsure) for m in given)


def _told(connection: Connection, page_id: str, made: str) -> dict[str, Any]:
    from service.store import pages as store

    row, page = store.last_said(connection, page_id), store.get(connection, page_id)
    if row is None or page is None:
        raise RuntimeError("both were written in this transaction")
    return {"article": page_id, "correction": made, "seq": row.seq, "changed": page.changed.isoformat()}


def check_seen(connection: Connection, call: SeenPageIn) -> None:
    """Lock the page until the transaction ends; raises Problem when the editor has seen another state of it."""
    from service.store import pages as store

    page, row = store.lock(connection, call.id), store.last_said(connection, call.id)
    if page is None:
        raise gone() if store.withdrawn(connection, call.id) else missing("版面", field="id")
    seq = row.seq if row is not None else 0
    if row is not None and seq != call.seq:
        zh, en = ("有人", "Somebody") if row.editor == UNKNOWN else (row.editor, row.editor)
        at = when(row.created)
        raise Problem(
            "conflict",
            f"{zh} 在 {at} 已改过这个版面。你的修改还在，请看过后再保存。 "
            f"{en} has changed this page at {at}. Your edits are still here: look at it, then save again.",
            "seq",
            more={"seq": seq, "by": row.editor, "at": row.created.isoformat()},
        )
    if call.changed != page.changed.isoformat():
        at = when(page.changed)
        raise Problem(
            "conflict",
            f"这个版面在 {at} 重新发送过。你的修改还在，请看过后再保存。 "
            f"This page was sent again at {at}. Your edits are still here: look at it, then save again.",
            "changed",
            more={"at": page.changed.isoformat()},
        )
