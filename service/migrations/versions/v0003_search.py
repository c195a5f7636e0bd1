"""The index of the full text search, and what the dashboard and the corrections' home count."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Time = sa.DateTime(timezone=True)
EARLIER = (
    "CREATE TABLE search_index (entry INTEGER NOT NULL REFERENCES search_entries (n) ON DELETE CASCADE, "
    "part INTEGER NOT NULL, words tsvector NOT NULL, PRIMARY KEY (entry, part))",
    "CREATE INDEX ix_search_index_words ON search_index USING gin (words) WITH (fastupdate = off)",
)
"""PostgreSQL's index until 0005."""


def upgrade() -> None:
    """Apply, and index and count what is there."""
    _make_search()
    _make_figures()
    from service.store import figures, search

    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        search.make(connection)
    else:  # the index of that version, which the next but one makes anew: nothing is filled in
        for statement in EARLIER:
            op.execute(statement)
    figures.fill(connection)


def _make_search() -> None:
    op.create_table(
        "search_entries",
        sa.Column("n", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("article_id", sa.String(length=512), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_search_entries_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_search_entries")),
        sa.UniqueConstraint("article_id", name=op.f("uq_search_entries_article_id")),
    )
    op.create_index("ix_search_entries_day", "search_entries", ["day", "n"], unique=False)
    op.create_index("ix_search_entries_source", "search_entries", ["source", "day", "n"], unique=False)


def _make_figures() -> None:
    for table, numbers in (("figure_days", ("articles", "unsure")), ("agreement_days", ("judged", "agreed"))):
        op.create_table(
            table,
            sa.Column("day", sa.String(length=10), nullable=False),
            sa.Column("topic", sa.String(length=64), nullable=False),
            *(sa.Column(name, sa.Integer(), nullable=False) for name in numbers),
            sa.PrimaryKeyConstraint("day", "topic", name=op.f(f"pk_{table}")),
        )
    for table, key, columns in (
        ("standing", ("task", "article_id"), [sa.Column("task", sa.String(length=16), nullable=False)]),
        (
            "judgements",
            ("article_id", "topic"),
            [
                sa.Column("topic", sa.String(length=64), nullable=False),
                sa.Column("bundle", sa.String(length=256), nullable=False),
                sa.Column("model", sa.Boolean(), nullable=False),
                sa.Column("editor", sa.Boolean(), nullable=False),
            ],
        ),
    ):
        op.create_table(
            table,
            sa.Column("article_id", sa.String(length=512), nullable=False),
            *columns,
            sa.Column("correction_id", sa.String(length=32), nullable=False),
            sa.Column("created", Time, nullable=False),
            sa.ForeignKeyConstraint(
                ["correction_id"],
                ["corrections.id"],
                name=op.f(f"fk_{table}_correction_id_corrections"),
                ondelete="CASCADE",
            ),
            sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_correction_id"), table, ["correction_id"], unique=False)
    op.create_index("ix_standing_task_created", "standing", ["task", "created"], unique=False)
    op.create_index(op.f("ix_judgements_created"), "judgements", ["created"], unique=False)
