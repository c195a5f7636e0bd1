"""Answers that are given again when the same request comes twice under one Idempotency-Key. They hold no article text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from models.errors import BadInput
from service.store.tables import idempotency

NOBODY = ""
"""The caller of a service without keys."""


def recall(connection: Connection, caller: str, key: str, fingerprint: str) -> tuple[int, Any] | None:
    """Status and answer of the request that had this key before; raises BadInput when it was another request.

    In a transaction that writes. While another with this key is under way it waits for that one's end: it would else do the
    same work beside it, see what the other has changed meanwhile, and refuse its own request as an editor's conflict.
    """
    if connection.dialect.name == "postgresql":  # SQLite lets one write at a time
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{caller}\n{key}", 0))))
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


def keep(connection: Connection, caller: str, key: str, fingerprint: str, status: int, answer: Any) -> None:
    """Keep an answer, in the transaction of what it speaks of; raises Clash when the same request is being worked on."""
    values = {"caller": caller, "key": key, "fingerprint": fingerprint, "status": status, "answer": answer}
    connection.execute(idempotency.insert().values(created=datetime.now(UTC), **values))
