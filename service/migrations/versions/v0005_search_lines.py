"""PostgreSQL's index of the full text search, made anew: lines and pairs of characters in place of words with their places."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply, and index what is there. SQLite's index stays as it is."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        return
    from service.store import search

    op.execute("DROP TABLE search_index")
    search.make(connection)
