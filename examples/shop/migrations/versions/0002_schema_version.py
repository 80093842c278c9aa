"""A column for the version of documents; older rows have none."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column, and an index for who looks for rows in a version."""
    op.add_column("orders", sa.Column("schema_version", sa.Integer))
    op.create_index("ix_orders_schema_version", "orders", ["schema_version", "id"])


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_orders_schema_version", "orders")
    op.drop_column("orders", "schema_version")
