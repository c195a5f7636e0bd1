"""The index of the full text search over the articles that are kept, and how it stays true to them.

`search_entries` has a row an article, `search_index` its words. On SQLite that is an FTS5 table without content. On PostgreSQL
it is the article's line (search_terms.py) under a GIN index over pairs of characters: a pair or a character is answered by the
index alone, of a longer phrase the index names the articles that have all its pairs, and in their lines it is looked up. Both
find the same. Everything here runs in the transaction of whatever changed the article. No backup holds the index: it can be
made anew. What is looked for: found.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from models.topics import OTHER
from service.store.search_terms import line, words
from service.store.tables import article_versions, desk_articles, search_entries

PART_WORDS, OVERLAP = 4000, 200
"""SQLite indexes an article in parts, a row each. No phrase of a query is longer than the overlap."""
SHIFT = 20
"""On SQLite a part's rowid is the entry's number and, in its last bits, the part's."""
FILL = 500
FILL_BYTES, USUAL_BYTES = 64 << 20, 1 << 20
"""Memory of FTS5 before it writes: much while many articles come at once, else its own default."""

MAKE = {
    "sqlite": ("CREATE VIRTUAL TABLE search_index USING fts5(headline, body, content='', tokenize='ascii')",),
    "postgresql": (
        # Beside each other in a row, and not compressed: a frequent word's articles are read one after the other.
        "CREATE TABLE search_index (entry INTEGER NOT NULL REFERENCES search_entries (n) ON DELETE CASCADE PRIMARY KEY, "
        "day VARCHAR(10) NOT NULL, headline_chars INTEGER NOT NULL, line TEXT NOT NULL) WITH (toast_tuple_target = 8160)",
        "ALTER TABLE search_index ALTER COLUMN line SET STORAGE EXTERNAL",
        # A character is a whole number, a pair of them another, as in `search_terms.grams`.
        "CREATE OR REPLACE FUNCTION search_grams(line text) RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE "
        "COST 10000 AS $$ SELECT array_agg(ascii(a)::bigint) || array_agg(ascii(a)::bigint << 21 | ascii(b)) "
        "FILTER (WHERE b IS NOT NULL) FROM (SELECT string_to_array(line, NULL) AS c) AS each, "
        "unnest(c, c[2:]) AS pair (a, b) $$",
    ),
}
_GIN = (
    "CREATE INDEX ix_search_index_grams ON search_index USING gin (search_grams(line)) WITH (fastupdate = off)",
    # The planner's guess is never good enough to leave the index, and working the pairs out for its statistics takes long.
    "ALTER INDEX ix_search_index_grams ALTER COLUMN 1 SET STATISTICS 0",
)
_ADD = text("INSERT INTO search_index (rowid, headline, body) VALUES (:rowid, :headline, :body)")
_REMOVE = text(
    "INSERT INTO search_index (search_index, rowid, headline, body) VALUES ('delete', :rowid, :headline, :body)"
)
_ADD_LINE = text(
    "INSERT INTO search_index (entry, day, headline_chars, line) VALUES (:entry, :day, :headline_chars, :line)"
)


def make(connection: Connection) -> None:
    """Make the index, and index what is there."""
    _run(connection, MAKE[connection.dialect.name])
    rebuild(connection)


def refresh(connection: Connection, row: Mapping[str, Any]) -> None:
    """Bring the entry of an article up to its row of `desk_articles`."""
    told = _entry(row)
    where = search_entries.c.article_id == row["article_id"]
    present = connection.execute(select(search_entries).where(where)).first()
    if present is not None and (present.version, present.day) != (row["version"], row["day"]):
        forget(connection, [row["article_id"]])
        present = None
    if present is None:
        _add(connection, [told])
    elif any(getattr(present, name) != value for name, value in told.items()):
        connection.execute(update(search_entries).where(where).values(**told))


def forget(connection: Connection, article_ids: Iterable[str]) -> None:
    """Take articles out of the index, while their text is still there: SQLite's is told what it holds of them.

    The words themselves leave SQLite's file with `Store.shrink`.
    """
    for some in _chunks(article_ids):
        of_these = search_entries.c.article_id.in_(some)
        if connection.dialect.name == "sqlite":
            rows = connection.execute(_with_text().where(of_these)).all()
            if parts := [part for row in rows for part in _parts(row.n, row.headline, row.body)]:
                connection.execute(_REMOVE, parts)
        connection.execute(delete(search_entries).where(of_these))


def fill(connection: Connection) -> int:
    """Index every article that has a row of the desk and no entry; how many."""
    _memory(connection, FILL_BYTES)
    total, last = 0, ""
    while True:
        query = select(desk_articles).where(
            desk_articles.c.article_id > last,
            ~select(search_entries.c.n).where(search_entries.c.article_id == desk_articles.c.article_id).exists(),
        )
        rows = connection.execute(query.order_by(desk_articles.c.article_id).limit(FILL)).mappings().all()
        if not rows:
            break
        _add(connection, [_entry(dict(row)) for row in rows])
        total, last = total + len(rows), rows[-1]["article_id"]
    _memory(connection, USUAL_BYTES)
    if total and connection.dialect.name == "postgresql":  # it would plan for the few rows that were there before
        _run(connection, ["ANALYZE search_entries", "ANALYZE search_index"])
    return total


def rebuild(connection: Connection) -> None:
    """Make the index anew from what is kept."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("INSERT INTO search_index (search_index) VALUES ('delete-all')"))
        connection.execute(delete(search_entries))
        fill(connection)
        return
    _run(connection, ["DROP INDEX IF EXISTS ix_search_index_grams"])  # all at once is quicker than row by row
    connection.execute(delete(search_entries))
    fill(connection)
    _run(connection, _GIN)


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    labels = row["labels"] or [OTHER]
    return {
        "article_id": row["article_id"],
        "version": row["version"],
        "day": row["day"],
        "source": row["source"],
        "labels": f"|{'|'.join(labels)}|",
    }


def _add(connection: Connection, entries: list[dict[str, Any]]) -> None:
    connection.execute(insert(search_entries), entries)
    ids = [entry["article_id"] for entry in entries]
    rows = connection.execute(_with_text().where(search_entries.c.article_id.in_(ids)).order_by(search_entries.c.n))
    if connection.dialect.name == "sqlite":
        parts = [part for row in rows for part in _parts(row.n, row.headline, row.body)]
        connection.execute(_ADD, parts)
    else:
        connection.execute(_ADD_LINE, [_line(row) for row in rows])


def _with_text() -> Any:
    of_version = (article_versions.c.article_id == search_entries.c.article_id) & (
        article_versions.c.version == search_entries.c.version
    )
    return select(
        search_entries.c.n, search_entries.c.day, article_versions.c.headline, article_versions.c.body
    ).join_from(search_entries, article_versions, of_version)


def _parts(n: int, headline: str, body: str) -> Iterator[dict[str, Any]]:
    """What FTS5 is told of an article: its parts, the headline with the first one."""
    for part, (head, told) in enumerate(_split(headline, body)):
        yield {"rowid": (n << SHIFT) + part, "headline": " ".join(head), "body": " ".join(told)}


def _line(row: Any) -> dict[str, Any]:
    """What PostgreSQL is told. Headline and body end and begin with a bar: no phrase crosses over."""
    headline = line(row.headline)
    return {"entry": row.n, "day": row.day, "headline_chars": len(headline), "line": headline + line(row.body)}


def _split(headline: str, body: str) -> Iterator[tuple[list[str], list[str]]]:
    head, told = words(headline), words(body)
    yield head[:PART_WORDS], told[:PART_WORDS]
    step = PART_WORDS - OVERLAP
    for at in range(step, max(len(head), len(told)) - OVERLAP, step):
        yield head[at : at + PART_WORDS], told[at : at + PART_WORDS]


def _memory(connection: Connection, size: int) -> None:
    if connection.dialect.name == "sqlite":
        statement = text("INSERT INTO search_index (search_index, rank) VALUES ('hashsize', :size)")
        connection.execute(statement.bindparams(bindparam("size", size)))


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(text(statement))


def _chunks(ids: Iterable[str]) -> Iterator[list[str]]:
    found = list(ids)
    for at in range(0, len(found), FILL):
        yield found[at : at + FILL]
