"""What a key and a session's id look like, what a key may, and the words of `keys create`: rates, quotas, times of expiry.

A token is `cb_<id>_<secret>`: the id finds the key, the secret has 256 bits of chance, so one round of SHA-256 guards it
(no dictionary reaches it). It knows no database.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Literal

from models.errors import BadInput

Power = Literal["tag", "review", "admin"]
"""How far a key reaches: its scope."""
POWERS: tuple[Power, ...] = ("tag", "review", "admin")
"""Each may what those before it may."""
PREFIX = "cb"
TOKEN = re.compile(rf"{PREFIX}_([0-9a-f]{{10}})_([A-Za-z0-9_-]{{43}})")
RATE = re.compile(r"(\d{1,7})(?:\s*(?:/|per)\s*(s|sec|second|m|min|minute|h|hour|d|day)s?)?")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SPAN = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)?")
NOBODYS = "0" * 64
"""Compared with when there is no such key, so that the answer takes as long."""


def new_token() -> tuple[str, str, str]:
    """A new token: (token, id, digest)."""
    key_id, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    token = f"{PREFIX}_{key_id}_{secret}"
    return token, key_id, digest_of(token)


def id_of(token: str) -> str | None:
    """The key's id; None when this is no token."""
    found = TOKEN.fullmatch(token)
    return found[1] if found else None


def digest_of(secret: str) -> str:
    """What is kept of a token or a session's id."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def same(token: str, digest: str | None) -> bool:
    """Whether the token has this digest, in constant time."""
    return hmac.compare_digest(digest_of(token), digest or NOBODYS)


def read_rate(text: str) -> tuple[int, int]:
    """`60/minute`, `5/s`, or a number of calls a minute, as (calls, seconds)."""
    found = RATE.fullmatch(text.strip().lower())
    if not found or int(found[1]) < 1:
        raise BadInput(f"{text!r} is no rate: write 60/minute, 5/second, 1000/hour or 20000/day", field="rate")
    return int(found[1]), SECONDS[(found[2] or "m")[0]]


def read_expiry(text: str, now: datetime | None = None) -> datetime:
    """`90d`, `12h`, a number of days, or a date or time in ISO 8601 (UTC when it names no zone)."""
    now = now or datetime.now(UTC)
    if found := SPAN.fullmatch(text.strip().lower()):
        unit = found[2] or "d"
        seconds = 7 * 86400 if unit == "w" else SECONDS[unit]
        return now + timedelta(seconds=int(found[1]) * seconds)
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            f"{text!r} is no time: write 90d, 12h, 2027-01-31 or 2027-01-31T18:00+08:00", field="expires"
        ) from None
    return when if when.tzinfo else when.replace(tzinfo=UTC)
