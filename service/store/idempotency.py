"""Answers that are given again when the same request comes twice under one Idempotency-Key. They hold no article text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, exc, func, select

from models.errors import BadInput, Busy
from service.store.tables import idempotency

NOBODY = ""
"""The caller of a service without keys."""
TOO_LONG = "55P03"
"""PostgreSQL's name for a lock that was not got within database.py's BUSY_SECONDS."""


def recall(connection: Connection, caller: str, key: str, fingerprint: str) -> tuple[int, Any] | None:
    """Status and answer of the request that had this key before; raises BadInput when it was another request, Busy when that
    one is under way and does not end.

    In a transaction that writes. While another with this key is under way it waits for that one's end: it would else do the
    same work beside it, see what the other has changed meanwhile, and refuse its own request as an editor's conflict.
    """
    if connection.dialect.name == "postgresql":  # SQLite lets one write at a time
        _wait_for(connection, f"{caller}\n{key}")
    row = connection.execute(
        select(idempotency).where(idempotency.c.caller == caller, idempotency.c.key == key)
    ).first()
    if row is None:
        return None
    if row.fingerprint != fingerprint:
        raise BadInput(
            "这个 Idempotency-Key 已用于另一个请求，请为新的请求换一个。 "
            "This Idempotency-Key was used for another request: take a new one for a new request.",
            field="Idempotency-Key",
        )
    return row.status, row.answer


def _wait_for(connection: Connection, name: str) -> None:
    try:
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    except exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != TOO_LONG:
            raise
        # A job of a hundred thousand articles is one long transaction. The store is well: no reason to leave it alone.
        raise Busy(
            "使用这个 Idempotency-Key 的同一请求仍在处理，请稍后重试。 "
            "The same request under this Idempotency-Key is still under way: try again a little later.",
            seconds=5,
        ) from None


def keep(connection: Connection, caller: str, key: str, fingerprint: str, status: int, answer: Any) -> None:
    """Keep an answer, in the transaction of what it speaks of; raises Clash when the same request is being worked on."""
    values = {"caller": caller, "key": key, "fingerprint": fingerprint, "status": status, "answer": answer}
    connection.execute(idempotency.insert().values(created=datetime.now(UTC), **values))
