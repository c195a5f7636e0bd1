"""/desk/search: full text over the articles that are kept, by topic, date and source; and all that is found as a file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from models.errors import BadInput
from service.desk.queue import address
from service.desk.snippets import marked, snippet
from service.desk.view import WithParts, language_of, render, topic_names
from service.gate import AnyCaller
from service.job_results import FORMATS, as_csv, as_jsonl, blocks_of, parquet_of
from service.limits import check_text
from service.parts import Parts
from service.queries import choice, day, number

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.found import Hit, Query

router = APIRouter(prefix="/desk/search")
PAGE, MAX_PAGE = 20, 500
SOURCES = 200
HEADLINE = 200
"""Characters of a headline in the list; the article shows all of it."""
ORDERS = ("date", "relevance")
FIELDS = ("q", "topic", "source", "from", "to", "order")
COLUMNS = (
    "n", "id", "headline", "body", "source", "date", "embargo", "labels", "primary", "needs_review", "summary",
    "summary_method", "summary_ok", "summary_score", "scores", "topics_bundle", "summaries_bundle",
)  # fmt: skip
"""Of an export as CSV or Parquet; JSON Lines have the same, the bundles in one object."""


@router.get("")
async def search(request: Request, parts: WithParts, _: AnyCaller) -> Response:
    """The form, and what is found."""
    language = language_of(request)
    names = topic_names(parts, language)
    given = {name: request.query_params.get(name, "") for name in FIELDS}
    trouble, found, at = None, _Found(0, [], []), 1
    query = None
    try:
        at = number(request.query_params.get("page", "1"), "page", 1, MAX_PAGE)
        query = query_of(request, names)
    except BadInput as error:  # the form stays as it was filled in
        trouble = error.message
    if parts.storage.used:
        found = await parts.storage.read(_look, query, (at - 1) * PAGE)
    pages = min(MAX_PAGE, -(-found.total // PAGE))
    return render(
        request,
        "search.html",
        200 if trouble is None else 422,
        given=given | {"order": given["order"] or ORDERS[0]},
        trouble=trouble,
        total=found.total,
        hits=[_shown(hit, query, names) for hit in found.hits] if query else [],
        sources=found.sources,
        topics=names,
        page=at,
        pages=pages,
        asked=bool(query and query.phrases),
        nothing_to_find=bool(given["q"].strip()) and query is not None and not query.phrases,
        links={n: f"/desk/search?{_asked(given, page=n)}" for n in (at - 1, at + 1) if 1 <= n <= pages},
        files={name: f"/desk/search/export?{_asked(given, format=name)}" for name in FORMATS},
    )


@router.get("/export")
async def export(request: Request, parts: WithParts, _: AnyCaller) -> Response:
    """All that is found: a record an article with its text, what the models said of it and the topics that hold."""
    query = query_of(request, topic_names(parts, "zh"))
    chosen = choice(request.query_params.get("format", "jsonl"), "format", tuple(FORMATS))
    headers = {"Content-Disposition": f'attachment; filename="found.{chosen}"'}
    rows = _rows(parts, query)
    if chosen == "parquet":
        file = await asyncio.to_thread(parquet_of, rows, COLUMNS)
        size = {"Content-Length": str(file.seek(0, os.SEEK_END))}
        return StreamingResponse(blocks_of(file), 200, headers | size, FORMATS[chosen])
    # Read in the threads of the streaming answer, a stretch a transaction.
    told = as_jsonl(rows) if chosen == "jsonl" else as_csv(rows, COLUMNS)
    return StreamingResponse(told, 200, headers, FORMATS[chosen])


def query_of(request: Request, topics: dict[str, str]) -> Query:
    """What an address asks for; raises BadInput."""
    from service.store.found import Query
    from service.store.search_terms import phrases

    given = {name: request.query_params.get(name) or None for name in FIELDS}
    for name in ("q", "source"):
        if (text := given[name]) is not None:
            check_text(text, name, 1000)
    if given["topic"] is not None:
        choice(given["topic"], "topic", list(topics))
    since, until = (day(text, name) if (text := given[name]) else None for name in ("from", "to"))
    order: Any = choice(given["order"] or ORDERS[0], "order", ORDERS)
    return Query(tuple(phrases(given["q"] or "")), given["topic"], given["source"], since, until, order)


@dataclass(frozen=True, slots=True)
class _Found:
    total: int
    hits: list[Hit]
    sources: list[str]


def _look(connection: Connection, query: Query | None, offset: int) -> _Found:
    from service.store import found

    sources = found.sources(connection, SOURCES)
    if query is None:
        return _Found(0, [], sources)
    total, hits = found.look(connection, query, offset, PAGE)
    return _Found(total, hits, sources)


def _shown(hit: Hit, query: Query, names: dict[str, str]) -> dict[str, Any]:
    headline = hit.headline if len(hit.headline) <= HEADLINE else hit.headline[:HEADLINE] + "…"
    return {
        "address": address(hit.article_id),
        "headline": marked(headline, query.wanted),
        "text": snippet(hit.body, query.wanted),
        "source": hit.source,
        "day": hit.day,
        "state": hit.state,
        "labels": [names.get(t, t) for t in hit.labels] or [names["other"]],
    }


def _asked(given: dict[str, str], **more: object) -> str:
    return urlencode({name: value for name, value in (given | more).items() if value})


def _rows(parts: Parts, query: Query) -> Iterator[Any]:
    from service.store.found import every

    if not parts.storage.used:
        return
    n = 0
    for records in every(parts.storage.open().read, query):
        for record in records:
            yield SimpleNamespace(n=n, state="done", result=record)
            n += 1
