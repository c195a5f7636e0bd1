"""How Alembic runs our migrations: on the connection and in the transaction that store/migrate.py hands over."""

from __future__ import annotations

from alembic import context

from service.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite changes a column by making its table anew
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
