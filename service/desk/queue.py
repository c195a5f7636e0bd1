"""/desk: what needs a reader, the least sure first, with the reason; by topic, date, source and state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from models.errors import BadInput
from service.desk.view import WithParts, language_of, render, segment, topic_names
from service.desk.words import WORDS, Language, word
from service.gate import AnyCaller
from service.limits import MAX_ID_CHARS, check_text
from service.queries import choice

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from service.store.desk import State
    from service.store.queue import Place, Wanted

router = APIRouter(prefix="/desk")
PAGE = 50
AFTER = re.compile(r"(\d\.\d{1,4}):(.+)", re.DOTALL)
MAX_SOURCE = 1000


@router.get("")
async def queue(request: Request, parts: WithParts, _: AnyCaller) -> Response:
    """The queue."""
    wanted, after = wanted_of(request), _after(request)
    language = language_of(request)
    names = topic_names(parts, language)
    if wanted.topic is not None:
        choice(wanted.topic, "topic", list(names))
    found = await parts.storage.read(_look, wanted, after) if parts.storage.used else _Nothing
    rows = found.rows[:PAGE]
    more = f"{rows[-1].sureness}:{rows[-1].article_id}" if len(found.rows) > PAGE else None
    return render(
        request,
        "queue.html",
        rows=[_shown(row, names, language, wanted, found.looking) for row in rows],
        counts=found.counts,
        sources=found.sources,
        topics=names,
        wanted=wanted,
        states=[(s, f"/desk{query_of(wanted, state=s)}") for s in found.counts],
        more=f"/desk{query_of(wanted, after=more)}" if more else None,
        start=f"/desk{query_of(wanted)}" if after else None,
        filtered=bool(wanted.topic or wanted.source or wanted.first or wanted.last),
    )


class _Found:
    """What the queue shows of the store."""

    def __init__(
        self, rows: Sequence[Row[Any]], counts: dict[State, int], sources: list[str], looking: dict[str, list[str]]
    ) -> None:
        self.rows, self.counts, self.sources, self.looking = rows, counts, sources, looking


_Nothing = _Found([], {"open": 0, "unread": 0, "done": 0}, [], {})


def _look(connection: Connection, wanted: Wanted, after: Place | None) -> _Found:
    from service.store import presence, queue

    return _Found(
        queue.listing(connection, wanted, after, PAGE + 1),
        queue.counts(connection, wanted),
        queue.sources(connection),
        presence.looking(connection),
    )


def wanted_of(request: Request) -> Wanted:
    """The filter of an address; raises BadInput."""
    from service.store.desk import State
    from service.store.queue import Wanted

    given = {name: request.query_params.get(name) or None for name in ("state", "topic", "source", "from", "to")}
    state = choice(given["state"] or "open", "state", get_args(State))
    for name in ("from", "to"):
        if (day := given[name]) is not None and not _is_day(day):
            raise BadInput(
                f"{name} 请写成 2026-11-24 这样的日期。 {name} must be a date such as 2026-11-24.", field=name
            )
    for name in ("source", "topic"):
        if (text := given[name]) is not None:
            check_text(text, name, MAX_SOURCE)
    return Wanted(state, given["topic"], given["source"], given["from"], given["to"])  # type: ignore[arg-type]  # checked by `choice`


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _after(request: Request) -> Place | None:
    from service.store.queue import Place

    given = request.query_params.get("after")
    if given is None:
        return None
    check_text(given, "after", MAX_ID_CHARS + 20)
    found = AFTER.fullmatch(given)
    if found is None:
        raise BadInput("after 不对，请从第一页看起。 after is wrong: begin at the first page.", field="after")
    return Place(float(found[1]), found[2])


def query_of(wanted: Wanted, **changes: str | None) -> str:
    """A filter as the end of an address, "" for the plain queue."""
    parts = {"state": wanted.state if wanted.state != "open" else None, "topic": wanted.topic, "source": wanted.source,
             "from": wanted.first, "to": wanted.last} | changes  # fmt: skip
    told = urlencode({name: value for name, value in parts.items() if value})
    return f"?{told}" if told else ""


def address(article_id: str, wanted: Wanted | None = None) -> str:
    """Where an article is shown; `wanted` is the queue that it was reached from."""
    return f"/desk/articles/{segment(article_id)}{query_of(wanted) if wanted else ''}"


def reasons_of(reasons: list[list[str | None]], names: dict[str, str], language: Language) -> list[str]:
    """Why a reader is needed, in words."""
    told = []
    for reason, topic in reasons:
        key = f"reason_{reason}" if f"reason_{reason}" in WORDS else "reason_unsure"
        if topic is not None and f"{key}_of" in WORDS:
            told.append(word(language, f"{key}_of", topic=names.get(topic, topic)))
        else:
            told.append(word(language, key))
    return told


def _shown(
    row: Row[Any], names: dict[str, str], language: Language, wanted: Wanted, looking: dict[str, list[str]]
) -> dict[str, Any]:
    return {
        "address": address(row.article_id, wanted),
        "id": row.article_id,
        "headline": row.headline,
        "source": row.source,
        "day": row.day,
        "labels": [names.get(t, t) for t in row.labels] or [names["other"]],
        "reasons": reasons_of(row.reasons, names, language),
        "sureness": row.sureness,
        "editor": row.editor,
        "state": row.state,
        "looking": looking.get(row.article_id, []),
    }
