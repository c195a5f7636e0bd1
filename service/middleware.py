"""Around every request: an id, secure headers, the count and time, one log line, and an answer to what broke.

Plain ASGI, since a wrapper that buffers would hold back streamed answers. It knows no route and reads no body.
"""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import logs
from service.metrics import Metrics
from service.problems import internal
from service.tracing import Tracing

log = logging.getLogger("caibian")

SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Around:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing) -> None:
        self._app, self._metrics, self._tracing = app, metrics, tracing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A caller's own id is kept when it is plain, so that both sides' logs meet; another could forge log lines.
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if SAFE_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        before = logs.request_id.set(request_id)
        try:
            with self._tracing.request(scope, request_id) as told:
                status = await self._handle(scope, receive, send, request_id)
                told(route_of(scope), status)
        finally:
            logs.request_id.reset(before)

    async def _handle(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> int:
        """The status that was answered."""
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURE_HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = 499  # nginx's number for a client that went away before the answer; nothing to send
        except Exception:
            log.exception("request %s broke", request_id)
            if status:  # half an answer is out already; the server has to cut the connection
                raise
            self._metrics.errors.labels("internal").inc()
            await internal().response(request_id)(scope, receive, send_with_headers)
        finally:
            self._count(scope, request_id, status, time.perf_counter() - started)
        return status

    def _count(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = route_of(scope)
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS") else "other"
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        quiet = route.startswith(("/health", "/metrics", "/static"))
        level = logging.DEBUG if quiet else logging.INFO
        told = logs.fields(method=method, route=route, status=status, ms=round(seconds * 1000, 1))
        log.log(level, "%s %s %d %.0f ms request %s", method, route, status, seconds * 1000, request_id, extra=told)


def route_of(scope: Scope) -> str:
    """The route's template, not the path: a path is the caller's text and would make endless series and log lines."""
    return getattr(scope.get("route"), "path", "unmatched")
