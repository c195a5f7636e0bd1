"""One file with everything that is kept, from either database and into either.

The file is gzip over JSON Lines: a head with the schema, then `{"table", "rows"}` in the order of the foreign keys, then
`{"end": rows}`, without which a file is refused as cut short. Restoring replaces all rows in one transaction, and applies
the withdrawals and revocations that the store knows by then: an old backup brings no withdrawn article back, and no key
that was revoked since. Browsers sign in anew.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

from models.errors import BadInput
from service.store import articles, pages, search
from service.store.database import HEAD, Clash, Store
from service.store.tables import Utc, keys, metadata, presence, sessions, withdrawals
from service.store.tables import articles as articles_table
from service.store.tables import job_items as job_items_table
from service.store.tables import pages as pages_table

ROWS = 500
FORMAT = 1


def backup(store: Store, file: Path) -> int:
    """Write everything into `file`, which appears when it is whole; how many rows. Raises OSError, StoreDown."""
    part = file.with_name(file.name + ".partial")
    total = 0
    with store.read() as connection:
        if store.kind == "postgresql":
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as raw, gzip.open(raw, "wt", encoding="utf-8", compresslevel=6) as out:  # noqa: PTH123
            out.write(json.dumps({"caibian_backup": FORMAT, "schema": HEAD}) + "\n")
            for table in metadata.sorted_tables:
                for rows in _rows(connection, table):
                    out.write(json.dumps({"table": table.name, "rows": rows}, ensure_ascii=False) + "\n")
                    total += len(rows)
            out.write(json.dumps({"end": total}) + "\n")
        with part.open("rb") as whole:
            os.fsync(whole.fileno())
    part.replace(file)
    return total


def restore(store: Store, file: Path) -> int:
    """Replace everything by what `file` holds; how many rows. Raises BadInput when the file is not a whole backup."""
    try:
        with store.write() as connection:
            known = {row.digest: (row.caller, row.created) for row in connection.execute(select(withdrawals))}
            revoked = connection.execute(select(keys.c.id, keys.c.revoked).where(keys.c.revoked.is_not(None))).all()
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
            total = _load(connection, file)
            if store.kind == "postgresql":
                _set_sequences(connection)
            search.rebuild(connection)
            _withdraw_again(connection, known)
            for key in revoked:
                connection.execute(update(keys).where(keys.c.id == key.id).values(revoked=key.revoked))
            connection.execute(delete(presence))
            connection.execute(delete(sessions))  # of keys that are revoked, or that were signed out since
    except Clash:
        raise _bad(file, "its rows contradict each other") from None
    store.shrink()
    return total


def _rows(connection: Connection, table: Table) -> Iterator[list[list[Any]]]:
    query = select(table).order_by(*table.primary_key.columns)
    for chunk in connection.execution_options(yield_per=ROWS).execute(query).partitions(ROWS):
        yield [[v.isoformat() if isinstance(v, datetime) else v for v in row] for row in chunk]


def _load(connection: Connection, file: Path) -> int:
    total = 0
    tables = {table.name: table for table in metadata.sorted_tables}
    ended = False
    for line in _lines(file):
        if ended:
            raise _bad(file, "something follows its end")
        if "end" in line:
            if line["end"] != total:
                raise _bad(file, f"it says {line['end']} rows and has {total}")
            ended = True
            continue
        table = tables[line["table"]]
        times = [isinstance(column.type, Utc) for column in table.columns]
        names = [column.name for column in table.columns]
        rows = [
            {n: datetime.fromisoformat(v) if t and v else v for n, v, t in zip(names, row, times, strict=True)}
            for row in line["rows"]
        ]
        connection.execute(insert(table), rows)
        total += len(rows)
    if not ended:
        raise _bad(file, "it is cut short")
    return total


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            head = json.loads(next(lines, "{}"))
            if head.get("caibian_backup") != FORMAT:
                raise _bad(file, "its head is another")
            if head.get("schema") != HEAD:
                raise BadInput(
                    f"{file} has schema {head.get('schema')}, this version knows {HEAD}: restore it with the version "
                    "that made it, then run `python -m service migrate`"
                )
            for line in lines:
                yield json.loads(line)
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError, ValueError, zlib.error, AttributeError) as error:
        raise _bad(file, str(error) or "it is cut short") from None


def _bad(file: Path, why: str) -> BadInput:
    return BadInput(f"{file} is no whole backup ({why}): nothing was changed")


def _set_sequences(connection: Connection) -> None:
    """PostgreSQL counts on from where it was, not from the rows that were put in."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and column.autoincrement is True:
            highest = connection.execute(select(func.max(column))).scalar()
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :column), :value, :called)"),
                {"table": table.name, "column": column.name, "value": highest or 1, "called": highest is not None},
            )


def _withdraw_again(connection: Connection, known: dict[str, tuple[str | None, datetime]]) -> None:
    """Delete what was withdrawn since the backup was made."""
    for column in (articles_table.c.id, job_items_table.c.article_id):
        for found in connection.execute(select(column).distinct().where(column.is_not(None))).scalars().all():
            if articles.id_digest(found) in known:
                articles.withdraw(connection, found, None)
    for found in connection.execute(select(pages_table.c.id)).scalars().all():
        if pages.page_digest(found) in known:
            pages.withdraw(connection, found, None)
    for digest, (caller, created) in known.items():
        articles.note_withdrawal(connection, digest, caller, created)
