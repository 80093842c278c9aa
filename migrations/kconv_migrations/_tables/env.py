"""Alembic's environment: it runs in the transaction that `upgrade` began."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from kconv._store.indexes import metadata
from kconv._store.table_revision import VERSION_TABLE

connection = context.config.attributes.get("connection")
if not isinstance(connection, Connection):
    raise RuntimeError("run `kconv db upgrade`: it opens the database as kconv does")
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
