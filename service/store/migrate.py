"""Brings a database to the schema of this version: Alembic, with the migrations in service/migrations. Nothing else."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

LOCK = 0x0CA1B1A4
"""PostgreSQL's advisory lock of a migration: two processes that start together do not migrate together."""


def upgrade(engine: Engine, to: str = "head") -> None:
    """Apply every migration up to `to`, in one transaction: all or none."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        chosen = configuration()
        chosen.attributes["connection"] = connection
        command.upgrade(chosen, to)


def configuration() -> Config:
    """Where the migrations are: Alembic's configuration without its .ini file."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations").replace("%", "%%"))
    found.set_main_option("path_separator", "os")
    return found
