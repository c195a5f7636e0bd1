"""One connection of a client: how long a request may take to arrive, and how many connections there may be.

uvicorn times nothing but the pause between two requests, so a client that sends a header or a body drop by drop would hold
its connection for ever and hold up the end of the service. It knows nothing of what requests mean; the deadline of a
body that a route reads, with its answer, is bodies.py's, and comes first.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.problems import Problem

HEADER_SECONDS = 10
"""From a connection's start, or the first byte after an answer, to the end of the header."""
SLACK_SECONDS = 5
"""How much longer than CAIBIAN_BODY_SECONDS a body may take that no route reads."""


class Connection(H11Protocol):
    """uvicorn's connection with deadlines; `limited` gives the class its numbers."""

    body_seconds = 30
    most = 256

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline: asyncio.TimerHandle | None = None
        self._awaited: Any = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected. Those over the limit hear so; far over it there is not even an answer."""
        super().connection_made(transport)
        if len(self.connections) > 2 * self.most:
            transport.abort()
            return
        if len(self.connections) > self.most:
            self.app = _too_many
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Some bytes of a request."""
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """The answer is out; the next request may be here already."""
        super().on_response_complete()
        if self.conn.their_state is not h11.IDLE:  # uvicorn times a connection on which nothing has begun
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        super().connection_lost(exc)
        self._set_deadline(None)

    def shutdown(self) -> None:
        """The service ends: a request that has not arrived is dropped, one that is worked on gets its answer."""
        if self.conn.their_state is h11.SEND_BODY:
            self.transport.abort()
        else:
            super().shutdown()

    def _watch(self) -> None:
        state = self.conn.their_state
        if state is self._awaited:  # the deadline is for the whole header or body: a drop does not put it off
            return
        self._awaited = state
        seconds = {h11.IDLE: HEADER_SECONDS, h11.SEND_BODY: self.body_seconds + SLACK_SECONDS}.get(state)
        self._set_deadline(seconds)

    def _set_deadline(self, seconds: float | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.transport.abort) if seconds is not None else None


def limited(body_seconds: int, most: int) -> type[Connection]:
    """The class of an app's connections."""
    return type("LimitedConnection", (Connection,), {"body_seconds": body_seconds, "most": most})


def config(app: Any, body_seconds: int, most: int) -> Config:
    """How uvicorn runs an app: with our connections, our log format, and an end within seconds."""
    return Config(
        app,
        http=limited(body_seconds, most),
        ws="none",
        log_config=None,  # our format for all
        access_log=False,  # middleware.py writes one line a request, with its id
        server_header=False,
        timeout_graceful_shutdown=5,
    )


async def _too_many(scope: Scope, receive: Receive, send: Send) -> None:
    answer = Problem(
        "busy",
        "连接太多，请稍后重试。 Too many connections are open: try again a little later.",
        headers={"Retry-After": "2", "Connection": "close"},
    ).response()
    await answer(scope, receive, send)
