"""Who is on what: an open article says so every few seconds and hears who else has it open, and what was last said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from service.answers import as_json, missing
from service.article_routes import check_id
from service.desk.view import WithParts, language_of, signed
from service.desk.words import Language, word
from service.gate import AnyCaller
from service.schemas import Strict

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(prefix="/desk")


class PresenceIn(Strict):
    """One open page: `holder` is a random name of it, `leaves` that it is being closed."""

    id: str
    holder: str = Field(pattern=r"^[0-9a-f]{32}$")
    leaves: bool = False


@router.post("/api/presence")
async def beat(request: Request, parts: WithParts, caller: AnyCaller) -> Response:
    """Note that a page is open; who else has the article open, its version and the number of its last correction."""
    call = await parts.bodies.read(request, PresenceIn, lambda _: None)
    check_id(call.id)
    if not parts.storage.used:
        raise missing("稿件")
    name = caller.name or word(language_of(request), "keyless")
    told = await parts.storage.write(_beat, call, name, language_of(request))
    if told is None:
        raise missing("稿件", field="id")
    return as_json(told)


def _beat(connection: Connection, call: PresenceIn, name: str, language: Language) -> dict[str, Any] | None:
    from service.store import desk, presence

    if call.leaves:
        presence.leave(connection, call.id, call.holder)
        return {}
    if not presence.note(connection, call.id, call.holder, name):
        return None
    row = desk.get(connection, call.id)
    return {
        "others": presence.looking(connection, [call.id], but=call.holder).get(call.id, []),
        "version": row.version if row else 0,
        "seq": row.seq if row else 0,
        "editor": signed(row.editor, language) if row and row.editor else None,
    }
