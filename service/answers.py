"""Answers about what is kept: with an ETag, the same again under an Idempotency-Key, 404 and 410 in one place."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from pydantic import BaseModel

from models.errors import BadInput
from service.gate import Caller
from service.parts import Parts
from service.problems import Problem

if TYPE_CHECKING:
    from sqlalchemy import Connection

KEY = re.compile(r"[\x21-\x7e]{1,255}")
FRESH = {"Cache-Control": "private, no-cache"}
"""A client may keep the answer, and asks with If-None-Match whether it still holds."""


def as_json(told: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    content = json.dumps(told, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Response(content, status, headers, "application/json")


def with_etag(request: Request, told: Any, etag: str | None = None) -> Response:
    """The answer of a GET, or 304 when the client has it already; the tag is that of the content when none is given."""
    answer = as_json(told, headers=dict(FRESH))
    etag = etag or f'"{hashlib.sha256(answer.body).hexdigest()[:24]}"'
    if names(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers={"ETag": etag, **FRESH})
    answer.headers["ETag"] = etag
    return answer


def names(header: str, etag: str) -> bool:
    """Whether an If-Match or If-None-Match header names this tag."""
    given = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in given or etag in given


async def once(
    request: Request,
    parts: Parts,
    caller: Caller,
    asked: BaseModel | str,
    work: Callable[[Connection], tuple[int, dict[str, Any]]],
) -> Response:
    """Do `work` in one transaction; with an Idempotency-Key the same request again gets the first one's answer.

    The answer is kept, so it holds no article text. Raises Problem, BadInput when the key was used for another request.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and not KEY.fullmatch(key):
        raise BadInput(
            "Idempotency-Key 须为 1 到 255 个可见 ASCII 字符。 Idempotency-Key wants 1 to 255 visible ASCII characters.",
            field="Idempotency-Key",
        )
    told = asked if isinstance(asked, str) else asked.model_dump_json()
    fingerprint = hashlib.sha256(f"{request.method} {request.url.path}\n{told}".encode()).hexdigest()

    def transaction(connection: Connection) -> tuple[int, dict[str, Any], bool]:
        from service.store import idempotency

        holder = caller.key_id or idempotency.NOBODY
        if key is not None and (before := idempotency.recall(connection, holder, key, fingerprint)) is not None:
            return *before, True
        status, answer = work(connection)
        if key is not None:
            idempotency.keep(connection, holder, key, fingerprint, status, answer)
        return status, answer, False

    status, answer, again = await parts.storage.write(transaction)
    return as_json(answer, status, {"Idempotency-Replayed": "true"} if again else None)


def missing(what: str, *, field: str | None = None) -> Problem:
    """404 for what is not there, or not the caller's to see."""
    return Problem("not-found", f"没有这个{what}。 There is no such thing here: check the id.", field)


def gone() -> Problem:
    """410 for a withdrawn article."""
    return Problem(
        "gone",
        "这篇稿件已撤稿，内容已删除。 This article was withdrawn and its content deleted: send it again to keep it anew.",
    )
