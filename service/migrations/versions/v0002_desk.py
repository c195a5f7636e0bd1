"""What the desk lists, and who has what open. Articles that are there already get their rows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "desk_articles",
        sa.Column("article_id", sa.String(length=512), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("sureness", sa.Float(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("edges", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("editor", sa.String(length=128), nullable=True),
        sa.Column("changed", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_desk_articles_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_desk_articles")),
    )
    for name, columns in (
        ("queue", ["state", "sureness", "article_id", "day", "source"]),
        ("source", ["source", "state", "sureness", "article_id"]),
        ("day", ["day", "state", "sureness", "article_id"]),
    ):
        op.create_index(f"ix_desk_articles_{name}", "desk_articles", columns, unique=False)
    op.create_table(
        "desk_topics",
        sa.Column("article_id", sa.String(length=512), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("sureness", sa.Float(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["desk_articles.article_id"],
            name=op.f("fk_desk_topics_article_id_desk_articles"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", "topic", name=op.f("pk_desk_topics")),
    )
    columns = ["topic", "state", "sureness", "article_id", "day", "source"]
    op.create_index("ix_desk_topics_queue", "desk_topics", columns, unique=False)
    op.create_table(
        "presence",
        sa.Column("article_id", sa.String(length=512), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("seen", Time, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_presence_article_id_articles"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "holder", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_seen"), "presence", ["seen"], unique=False)
    from service.store.desk import fill

    fill(op.get_bind())
