"""Alembic's environment of the shop, which leaves kconv's tables in the same database alone."""

from alembic import context
from sqlalchemy import create_engine

from kconv_migrations.op import include_name
from shop.models import Base, database_url

engine = create_engine(database_url())
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, include_name=include_name
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
