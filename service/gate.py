"""Who calls, and whether they may: the layer before every route of /v1 and /desk, and before signing in.

A key opens the door as `Authorization: Bearer`, a browser by the session that it signed in to; without any key the service
answers on loopback only. What a browser sends by itself (cookies, and everything to a service without keys) is taken
only from our own pages. What a route needs says `needs`. It knows keys, not what they are used for.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from models.errors import CaibianError, StoreDown
from service.limiter import Limiter
from service.origins import bearer, check_csrf, check_loopback, check_same_site, session_of
from service.problems import Problem, from_error
from service.settings import Settings
from service.storage import Storage
from service.tokens import POWERS, Power, digest_of, id_of, same

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from service.store.keys import Key, Session

GUARDED = re.compile(r"/(?:v1|desk)(?:/|\Z)")
FORM = "application/x-www-form-urlencoded"
BEAT = "/desk/api/presence"
"""What an open page of the desk says every few seconds: it is no call that a day's quota counts."""
SAFE = ("GET", "HEAD", "OPTIONS")
REMEMBER_SECONDS = 900
"""How long a key that was good opens the door while the store does not answer."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; without keys whoever reaches the service may everything."""

    key_id: str | None = None
    name: str | None = None
    power: Power = "admin"
    csrf: str | None = None

    def may(self, power: Power) -> bool:
        """Whether the caller's key reaches so far."""
        return POWERS.index(self.power) >= POWERS.index(power)


OPEN = Caller()


class Gate:
    """Lets a request to /v1 or /desk pass with its Caller, or answers it with `refuse`."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        storage: Storage,
        limiter: Limiter,
        refuse: Callable[[Request, Problem], Response],
    ) -> None:
        self._app, self._settings, self._storage = app, settings, storage
        self._limiter, self._refuse = limiter, refuse
        self._known: dict[str, tuple[Key, float]] = {}
        self._keyless: bool | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or not GUARDED.match(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            scope.setdefault("state", {})["caller"] = await self._admit(scope)
        except (Problem, CaibianError) as error:
            problem = error if isinstance(error, Problem) else from_error(error)
            await self._refuse(Request(scope), problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    async def _admit(self, scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        if not self._storage.used:
            return self._open(scope, headers)
        token, session = bearer(headers), session_of(headers)
        if token is not None:
            key = await self._recall(token, lambda: self._storage.read(find_key, token))
            if key is None:
                if await self._no_keys():
                    return self._open(scope, headers)
                raise unauthorized()
            self._count(key, scope)
            return Caller(key.id, key.name, key.scope)
        if session is not None:
            found = await self._storage.read(find_session, digest_of(session))
            if found is not None:
                check_same_site(scope, headers)
                if scope["method"] not in SAFE and not _is_form(scope, headers):
                    check_csrf(headers, found.csrf)
                self._count(found.key, scope)
                return Caller(found.key.id, found.key.name, found.key.scope, found.csrf)
        if await self._no_keys():
            return self._open(scope, headers)
        raise unauthorized()

    async def _recall(self, token: str, look: Callable[[], Awaitable[Key | None]]) -> Key | None:
        """The valid key of a token; while the store does not answer, as it was known a short while ago."""
        digest = digest_of(token)
        try:
            key = await look()
        except StoreDown:
            key, then = self._known.get(digest, (None, 0.0))
            if self._settings.store_down == "refuse" or key is None or time.monotonic() - then > REMEMBER_SECONDS:
                raise
        else:
            self._known.pop(digest, None)
            if key is not None:
                self._known[digest] = (key, time.monotonic())
        return key if key is not None and key.valid(datetime.now(UTC)) else None

    async def _no_keys(self) -> bool:
        try:
            self._keyless = not await self._storage.read(there_are_keys)
        except StoreDown:
            if self._settings.store_down == "refuse" or self._keyless is not True:
                raise
        return self._keyless

    def _open(self, scope: Scope, headers: Headers) -> Caller:
        check_same_site(scope, headers)
        if not self._settings.allow_open:
            check_loopback(scope, headers)
        return OPEN

    def _count(self, key: Key, scope: Scope) -> None:
        if (seconds := self._limiter.over_rate(key)) is not None:
            raise Problem(
                "rate-limited",
                f"这个密钥的调用太频繁，请 {seconds} 秒后再试。 "
                f"This key calls too often: try again in {seconds} seconds.",
                headers={"Retry-After": str(seconds)},
            )
        if scope["path"] == BEAT:
            return
        if (seconds := self._limiter.over_quota(key, datetime.now(UTC))) is not None:
            raise Problem(
                "quota-used-up",
                f"这个密钥今天的 {key.quota:,} 次调用已用完，协调世界时零点后恢复。 "
                f"The {key.quota:,} calls that this key has a day are used up: it goes on at midnight UTC.",
                headers={"Retry-After": str(seconds)},
            )


def _is_form(scope: Scope, headers: Headers) -> bool:
    """A form of the desk sent without JavaScript: it brings the token as a field, which desk/view.py `read_form` checks."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == FORM and scope["path"].startswith("/desk/")


def needs(power: Power, in_browser: Power | None = None) -> Callable[[Request], Coroutine[Any, Any, Caller]]:
    """The dependency of a route that takes more than any key: the Caller, or 403. `in_browser` is what a person who has
    signed in needs, when that is more.
    """

    async def check(request: Request) -> Caller:
        caller: Caller = request.state.caller
        wanted = in_browser if in_browser is not None and caller.csrf is not None else power
        if not caller.may(wanted):
            raise Problem(
                "forbidden",
                f"这个密钥的权限是 {caller.power}，此处需要 {wanted}。 "
                f"This key has the scope {caller.power}, this needs {wanted}: ask for another key.",
            )
        return caller

    return check


AnyCaller = Annotated[Caller, Depends(needs("tag"))]
Keeper = Annotated[Caller, Depends(needs("tag", in_browser="review"))]
"""Systems with any key hand articles in; of people who have signed in, editors do: a reader changes nothing."""
Reviewer = Annotated[Caller, Depends(needs("review"))]


def unauthorized() -> Problem:
    """The answer to who brings no valid key."""
    return Problem(
        "unauthorized",
        "请在请求头 Authorization: Bearer 里带上有效的密钥，或在 /login 登录。 "
        "Send a valid key as `Authorization: Bearer KEY`, or sign in at /login.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def find_key(connection: Connection, token: str) -> Key | None:
    """The key of a token, valid or not; compared in constant time."""
    from service.store import keys

    key_id = id_of(token)
    key = keys.find(connection, key_id) if key_id is not None else None
    return key if same(token, key.digest if key else None) else None


def find_session(connection: Connection, digest: str) -> Session | None:
    """The valid session with this digest."""
    from service.store import keys

    return keys.find_session(connection, digest)


def there_are_keys(connection: Connection) -> bool:
    """Whether a key was ever made."""
    from service.store import keys

    return keys.there_are(connection)
