"""Where a request comes from: its key or session, this machine or not, our own page or another site's.

It reads headers and addresses, and knows neither keys nor routes; gate.py and sessions.py ask it.
"""

from __future__ import annotations

import hmac
import ipaddress
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from service.problems import Problem

COOKIE = "caibian_session"
CSRF = "X-CSRF-Token"
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""What a proxy adds: a request with one of them did not begin on this machine."""


def bearer(headers: Headers) -> str | None:
    """The token of the Authorization header; None when there is no such header."""
    given = headers.get("authorization")
    if given is None:
        return None
    kind, _, token = given.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def session_of(headers: Headers) -> str | None:
    """The id of the browser's session."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


def check_same_site(scope: Scope, headers: Headers) -> None:
    """Refuse what another site's page makes a browser send."""
    site, origin = headers.get("sec-fetch-site", "none"), headers.get("origin")
    if origin == "null" and site == "same-origin":
        return  # a form of our own page, which sends no referrer; no page can say this of itself
    if site not in ("none", "same-origin") or (origin is not None and not _is_ours(origin, headers)):
        raise Problem(
            "forbidden",
            "这个请求来自别的网站，不予处理。 This request comes from another site's page: it is refused.",
        )


def _is_ours(origin: str, headers: Headers) -> bool:
    try:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    except ValueError:
        return False


def check_loopback(scope: Scope, headers: Headers) -> None:
    """Refuse, without keys, what did not come over loopback under a name of loopback (DNS rebinding comes under another)."""
    server = scope.get("server") or ("", None)
    names = (server[0], headers.get("host", ""))
    if not all(_is_local(name) for name in names) or any(name in headers for name in FORWARDED):
        raise Problem(
            "forbidden",
            "没有密钥时只接受本机（127.0.0.1、localhost）的请求；请用 python -m service keys create 建一个密钥。 "
            "Without a key only requests to this machine (127.0.0.1, localhost) are taken: "
            "make a key with `python -m service keys create`.",
        )


def _is_local(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        try:  # a bare IPv6 address, as the server's own is
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def check_csrf(headers: Headers, csrf: str) -> None:
    """Refuse a change that does not bring the session's CSRF token."""
    if not hmac.compare_digest(headers.get(CSRF, "").encode(), csrf.encode()):
        raise Problem(
            "forbidden",
            f"缺少正确的 {CSRF} 请求头，请刷新页面。 The header {CSRF} is missing or wrong: reload the page.",
            CSRF,
        )
