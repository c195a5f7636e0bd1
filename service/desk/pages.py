"""/desk/pages: kept pages, the latest first, and one page: its dump coloured by role beside the articles it became."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response

from models.article import ROLES, Page
from models.errors import BadInput
from service.desk.page_marks import Mark
from service.desk.queue import address
from service.desk.view import WithParts, language_of, render, segment
from service.desk.words import Language, word
from service.gate import AnyCaller
from service.limits import check_text
from service.page_keeping import check_page_id, look, split_of, stored, unpacked
from service.queries import choice

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from service.store.pages import PageState

    _Listed = tuple[dict[PageState, int], Sequence[Row[Any]]]

router = APIRouter(prefix="/desk")
PAGE = 50


@router.get("/pages")
async def pages(request: Request, parts: WithParts, _: AnyCaller, state: str = "open", after: str = "") -> Response:
    """The kept pages in one state."""
    from service.store.pages import PAGE_STATES

    chosen: PageState = choice(state, "state", PAGE_STATES)  # type: ignore[assignment]  # one of them
    nothing: _Listed = dict.fromkeys(PAGE_STATES, 0), []
    counts, rows = await parts.storage.read(_list, chosen, _after(after)) if parts.storage.used else nothing
    shown = [dict(row._mapping, address=page_address(row.id)) for row in rows[:PAGE]]
    more = f"{rows[PAGE - 1].day}:{rows[PAGE - 1].id}" if len(rows) > PAGE else None
    return render(
        request,
        "pages.html",
        rows=shown,
        counts=counts,
        state=chosen,
        states=[(s, f"/desk/pages?state={s}") for s in PAGE_STATES],
        more=f"/desk/pages?state={chosen}&after={segment(more)}" if more else None,
        start=f"/desk/pages?state={chosen}" if after else None,
    )


@router.get("/pages/{page_id:path}")
async def page(request: Request, page_id: str, parts: WithParts, caller: AnyCaller) -> Response:
    """One page."""
    check_page_id(page_id)
    kept = await stored(parts, page_id)
    seq, said = await parts.storage.read(last_said, page_id)
    language = language_of(request)
    marks, split = unpacked(kept.marks), split_of(kept)
    return render(
        request,
        "page.html",
        page=kept,
        headline=next((a.headline for a in split.articles if a.headline), ""),
        seq=seq,
        said=said,
        roles=ROLES,
        runs=runs_of(kept.text, marks),
        found=shown_of(split, [address(f"{kept.id}#{n}") for n in kept.numbers]),
        data={"text": kept.text, "marks": [m.as_dict() for m in marks]},
        editable=caller.may("review"),
        words=words_of(language),
    )


def page_address(page_id: str) -> str:
    """Where a page is shown."""
    return f"/desk/pages/{segment(page_id)}"


def runs_of(text: str, marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """The lines of a page in stretches of one article each, as the dump shows them."""
    runs = [(article, list(run)) for article, run in itertools.groupby(marks, key=lambda m: m.article)]
    return [
        {
            "article": article,
            "unsure": any(m.unsure for m in lines),
            "lines": [{"role": m.role, "joins": m.joins, "text": text[m.start : m.end]} for m in lines],
        }
        for article, lines in runs
    ]


def shown_of(split: Page, addresses: Sequence[str | None]) -> list[dict[str, Any]]:
    """The articles as the page shows them; an address leads to the analysis of one that is kept."""
    return [
        {
            "headline": a.headline,
            "kicker": a.kicker,
            "subheads": a.subheads,
            "byline": a.byline,
            "paragraphs": a.body.split("\n") if a.body else [],
            "unsure": a.needs_review,
            "address": where,
        }
        for a, where in zip(split.articles, addresses, strict=True)
    ]


WORDS = (
    "no_headline", "no_body", "article_n", "outside", "unsure_edges", "joined", "analysis_of", "no_articles", "save_page",
    "accept_page", "dump", "dump_hint", "js_pg_kept", "js_pg_saved", "js_pg_undone", "js_pg_restored", "js_pg_discard",
    "js_pg_reload",
    "js_pg_sign_in", "js_pg_down", "js_pg_cutting", "js_pg_first", "js_pg_nothing", "js_pg_line", "js_pg_count", "page_articles",
    *(f"role_{role}" for role in ROLES),
)  # fmt: skip
"""What the script of a page says."""


def words_of(language: Language) -> str:
    """The words of a page's script, as JSON."""
    return json.dumps({key.removeprefix("js_pg_"): word(language, key) for key in WORDS}, ensure_ascii=False)


def last_said(connection: Connection, page_id: str) -> tuple[int, Row[Any] | None]:
    """The number of the last correction or undo of a page, and that row."""
    from service.store import pages as store

    look(connection, page_id)
    row = store.last_said(connection, page_id)
    return (row.seq if row is not None else 0), row


def _list(connection: Connection, state: PageState, after: tuple[str, str] | None) -> _Listed:
    from service.store import pages as store

    return store.counts(connection), store.listing(connection, state, after, PAGE + 1)


def _after(given: str) -> tuple[str, str] | None:
    if not given:
        return None
    check_text(given, "after", 600)
    day, _, page_id = given.partition(":")
    if not page_id:
        raise BadInput("after 不对，请从第一页看起。 after is wrong: begin at the first page.", field="after")
    return day, page_id
