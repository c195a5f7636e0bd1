"""Kept pages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pages",
        sa.Column("id", sa.String(length=512), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("date", sa.String(length=32), nullable=True),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("unsure", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("caller", sa.String(length=128), nullable=True),
        sa.Column("created", Time, nullable=False),
        sa.Column("changed", Time, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index("ix_pages_day", "pages", ["day", "id"], unique=False)
    op.create_index("ix_pages_state", "pages", ["state", "day", "id"], unique=False)
    op.create_index(op.f("ix_pages_changed"), "pages", ["changed"], unique=False)
