"""Keys and sessions as they are kept: digests, limits, when they were last used. What a token looks like is service/tokens.py's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from service.store.tables import keys, sessions, usage
from service.tokens import Power


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `rate` is calls in so many seconds, `quota` calls a UTC day; None is no limit."""

    id: str
    name: str
    digest: str
    scope: Power
    rate: tuple[int, int] | None
    quota: int | None
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None
    used_today: int = 0

    def valid(self, now: datetime) -> bool:
        """Whether it still opens the door."""
        return self.revoked is None and (self.expires is None or self.expires > now)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; `csrf` has to come back with every request that changes something."""

    key: Key
    csrf: str
    expires: datetime


def create(connection: Connection, key: Key) -> None:
    """Keep a new key."""
    calls, seconds = key.rate or (None, None)
    connection.execute(
        keys.insert().values(
            id=key.id,
            name=key.name,
            digest=key.digest,
            scope=key.scope,
            rate_calls=calls,
            rate_seconds=seconds,
            quota=key.quota,
            created=key.created,
            expires=key.expires,
        )
    )


def every(connection: Connection) -> list[Key]:
    """All keys, revoked and expired ones included, oldest first."""
    return [_key(row) for row in connection.execute(_with_usage().order_by(keys.c.created, keys.c.id))]


def find(connection: Connection, key_id: str) -> Key | None:
    """The key with this id."""
    row = connection.execute(_with_usage().where(keys.c.id == key_id)).first()
    return _key(row) if row is not None else None


def there_are(connection: Connection) -> bool:
    """Whether a key was ever made: revoking the last one does not open the service."""
    return connection.execute(select(keys.c.id).limit(1)).first() is not None


def revoke(connection: Connection, which: str) -> list[Key]:
    """Revoke the key with this id, or the valid ones with this name, and end their sessions; those that were."""
    chosen = [k for k in every(connection) if k.revoked is None and which in (k.id, k.name)]
    for key in chosen:
        connection.execute(update(keys).where(keys.c.id == key.id).values(revoked=datetime.now(UTC)))
        connection.execute(delete(sessions).where(sessions.c.key_id == key.id))
    return chosen


def note_use(connection: Connection, calls: dict[tuple[str, str], int], last: dict[str, datetime]) -> None:
    """Add calls by (key, day), and when each key was last used."""
    for (key_id, day), count in sorted(calls.items()):
        where = (usage.c.key_id == key_id, usage.c.day == day)
        changed = connection.execute(update(usage).where(*where).values(calls=usage.c.calls + count)).rowcount
        if not changed:
            connection.execute(usage.insert().values(key_id=key_id, day=day, calls=count))
    for key_id, when in sorted(last.items()):
        connection.execute(update(keys).where(keys.c.id == key_id).values(last_used=when))


def start_session(connection: Connection, digest: str, key_id: str, csrf: str, expires: datetime) -> None:
    """Keep a session; those that have expired go."""
    now = datetime.now(UTC)
    connection.execute(delete(sessions).where(sessions.c.expires <= now))
    connection.execute(sessions.insert().values(digest=digest, key_id=key_id, csrf=csrf, created=now, expires=expires))


def find_session(connection: Connection, digest: str) -> Session | None:
    """The session with this digest while it and its key are valid."""
    row = connection.execute(select(sessions).where(sessions.c.digest == digest)).first()
    now = datetime.now(UTC)
    if row is None or row.expires <= now:
        return None
    key = find(connection, row.key_id)
    return Session(key, row.csrf, row.expires) if key is not None and key.valid(now) else None


def end_session(connection: Connection, digest: str) -> None:
    """Forget a session."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))


def _with_usage() -> Any:
    today = datetime.now(UTC).date().isoformat()
    joined = keys.outerjoin(usage, (usage.c.key_id == keys.c.id) & (usage.c.day == today))
    return select(keys, func.coalesce(usage.c.calls, 0).label("used_today")).select_from(joined)


def _key(row: Row[Any]) -> Key:
    rate = (row.rate_calls, row.rate_seconds) if row.rate_calls is not None else None
    return Key(
        row.id,
        row.name,
        row.digest,
        row.scope,
        rate,
        row.quota,
        row.created,
        row.expires,
        row.revoked,
        row.last_used,
        row.used_today,
    )
