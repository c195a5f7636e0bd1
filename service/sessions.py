"""Signing in with a key: /login, /logout and /session, and the page for it.

The browser gets the id of a session that the server keeps (HttpOnly, SameSite=Strict, a new id at each sign-in) and a CSRF
token that has to come back in a header. An address that fails too often waits.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from pydantic import Field

from service.desk.view import read_form, see
from service.gate import find_key, find_session, there_are_keys, unauthorized
from service.origins import COOKIE, check_csrf, check_loopback, check_same_site, session_of
from service.pages import FRESH, STATIC
from service.parts import Parts, parts_of
from service.problems import Problem
from service.schemas import Strict
from service.tokens import digest_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.keys import Key, Session

router = APIRouter(include_in_schema=False)
WithParts = Annotated[Parts, Depends(parts_of)]


class LoginIn(Strict):
    """What /login takes."""

    key: str = Field(max_length=512)


@router.head("/login")
@router.get("/login")
async def page() -> FileResponse:
    """The page to sign in."""
    return FileResponse(STATIC / "login.html", headers=FRESH)


@router.post("/login")
async def login(request: Request, parts: WithParts) -> Response:
    """A new session for a valid key."""
    check_same_site(request.scope, request.headers)
    address = request.client.host if request.client else ""
    if (seconds := parts.throttle.wait(address)) is not None:
        raise Problem(
            "rate-limited",
            f"登录失败次数太多，请 {seconds} 秒后再试。 Too many failures to sign in: try again in {seconds} seconds.",
            headers={"Retry-After": str(seconds)},
        )
    call = await parts.bodies.read(request, LoginIn, lambda _: None)
    key = await parts.storage.read(find_key, call.key.strip()) if parts.storage.used else None
    now = datetime.now(UTC)
    if key is None or not key.valid(now):
        parts.throttle.failed(address)
        raise unauthorized()
    parts.throttle.succeeded(address)
    session, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    expires = now + timedelta(hours=parts.settings.session_hours)
    await parts.storage.write(_start, session_of(request.headers), session, key.id, csrf, expires)
    answer = JSONResponse(_told(key, csrf, expires))
    answer.set_cookie(
        COOKIE,
        session,
        max_age=parts.settings.session_hours * 3600,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer


@router.post("/logout")
async def logout(request: Request, parts: WithParts) -> Response:
    """End the session."""
    check_same_site(request.scope, request.headers)
    session = session_of(request.headers)
    found = await _session(parts, session)
    if session is not None and found is not None:
        check_csrf(request.headers, found.csrf)
        await parts.storage.write(_end, session)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@router.post("/desk/sign-out")
async def sign_out(request: Request, parts: WithParts) -> Response:
    """End the session from a form of the desk; on to the page to sign in."""
    await read_form(request, 1024)
    session = session_of(request.headers)
    if session is not None and parts.storage.used:
        await parts.storage.write(_end, session)
    answer = see("/login")
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return answer


@router.get("/session")
async def current(request: Request, parts: WithParts) -> Response:
    """Who is signed in, and the CSRF token; `open` when there are no keys and nobody needs to."""
    check_same_site(request.scope, request.headers)
    found = await _session(parts, session_of(request.headers))
    if found is not None:
        return JSONResponse(_told(found.key, found.csrf, found.expires))
    if parts.storage.used and await parts.storage.read(there_are_keys):
        raise unauthorized()
    if not parts.settings.allow_open:
        check_loopback(request.scope, request.headers)
    return JSONResponse({"open": True, "name": None, "scope": "admin", "csrf": "", "expires": None})


async def _session(parts: Parts, session: str | None) -> Session | None:
    if session is None or not parts.storage.used:
        return None
    return await parts.storage.read(find_session, digest_of(session))


def _told(key: Key, csrf: str, expires: datetime) -> dict[str, str | bool | None]:
    return {"open": False, "name": key.name, "scope": key.scope, "csrf": csrf, "expires": expires.isoformat()}


def _start(connection: Connection, old: str | None, session: str, key_id: str, csrf: str, expires: datetime) -> None:
    from service.store import keys

    if old is not None:
        keys.end_session(connection, digest_of(old))
    keys.start_session(connection, digest_of(session), key_id, csrf, expires)


def _end(connection: Connection, session: str) -> None:
    from service.store import keys

    keys.end_session(connection, digest_of(session))
