"""/v1/pages/{id}: newspaper pages that are kept, with their articles `{id}#1`, `{id}#2` … among all other articles."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from models.pages import split_page
from service.answers import as_json, missing, with_etag
from service.desk.page_marks import marks_of, page_of
from service.gate import AnyCaller, Caller, Keeper, Reviewer
from service.inference import Leaving, leaving
from service.kept_schemas import PagePut, StoredPageOut
from service.limits import check_page, check_text
from service.page_keeping import analysed, check_page_id, numbers_of, packed, stored, told, unpacked
from service.parts import Parts
from service.routes import KEPT_PROBLEMS, WithParts, takes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from service.store.pages import KeptPage, PageArticle

router = APIRouter(prefix="/v1/pages", responses=KEPT_PROBLEMS, tags=["kept pages"])


@router.put(
    "/{page_id:path}",
    response_model=StoredPageOut,
    openapi_extra=takes(PagePut),
    responses={201: {"model": StoredPageOut, "description": "The page is new."}},
)
async def put(request: Request, page_id: str, parts: WithParts, caller: Keeper) -> Response:
    """Keep a page and its articles, each analysed. The same text again keeps the split that editors gave it."""
    parts.readiness.require()
    check_page_id(page_id)
    call = await parts.bodies.read(request, PagePut, lambda _: None, full=parts.inference.full)
    page, new = await keep(parts, caller, page_id, call, leaving(request))
    answer = await parts.storage.read(told, page)
    return as_json(answer, 201 if new else 200)


@router.get("/{page_id:path}", response_model=StoredPageOut)
async def get(request: Request, page_id: str, parts: WithParts, _: AnyCaller) -> Response:
    """A kept page: its text as it was sent, its articles as they are split now, their current analyses."""
    page = await stored(parts, page_id)
    return with_etag(request, await parts.storage.read(told, page))


@router.delete("/{page_id:path}", status_code=204, response_class=Response)
async def withdraw(page_id: str, parts: WithParts, caller: Reviewer) -> Response:
    """Delete a page everywhere: its text, its articles as a withdrawal deletes them, its corrections."""
    check_page_id(page_id)
    if not parts.storage.used or not await parts.storage.write(_withdraw, page_id, caller.name):
        raise missing("版面")
    await parts.storage.call(lambda: parts.storage.open().shrink())
    return Response(status_code=204)


async def keep(parts: Parts, caller: Caller, page_id: str, call: PagePut, left: Leaving) -> tuple[KeptPage, bool]:
    """Keep what was sent; the page, and whether it is new. Raises BadInput, TooLarge, ClientDisconnect."""
    check_page(call.text, parts.settings)
    for name, text, most in (("source", call.source, 1000), ("date", call.date, 32)):
        if text is not None:
            check_text(text, name, most)
    before = await parts.storage.read(_present, page_id)
    page = await parts.inference.run(lambda: _split(page_id, call, before, caller.name), left=left)
    found = await analysed(parts, page, call.length, left)
    return await parts.storage.write(_keep, page, found, caller.name), before is None


def _split(page_id: str, call: PagePut, before: KeptPage | None, caller: str | None) -> KeptPage:
    from service.store.pages import KeptPage, PageState

    same = before if before is not None and before.text == call.text else None
    marks = unpacked(same.marks) if same else marks_of(split_page(call.text))
    found = page_of(call.text, marks)
    numbers, last = numbers_of(found, call.text, before)
    unsure = any(article.needs_review for article in found.articles)
    state: PageState = same.state if same else "open" if unsure else "unread"
    now = datetime.now(UTC)
    created = before.created if before else now
    return KeptPage(
        page_id, call.text, call.source, call.date, packed(marks), numbers, last, state, caller, created, now
    )


def _present(connection: Connection, page_id: str) -> KeptPage | None:
    from service.store import pages

    return pages.get(connection, page_id)


def _keep(connection: Connection, page: KeptPage, found: Sequence[PageArticle], caller: str | None) -> KeptPage:
    from service.store import pages

    pages.put(connection, page, found, caller)
    kept = pages.get(connection, page.id)
    if kept is None:
        raise RuntimeError("the page was written in this transaction")
    return kept


def _withdraw(connection: Connection, page_id: str, caller: str | None) -> bool:
    from service.store import pages

    return pages.withdraw(connection, page_id, caller)
