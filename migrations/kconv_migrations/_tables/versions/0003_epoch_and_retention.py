"""Epoch and count of rewrites, times of changes, duties, probes, and ends of undo data."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

_Revision = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "revision", sa.Column("epoch", sa.Text, nullable=False, server_default=sa.text("''"))
    )
    op.add_column(
        "revision", sa.Column("rewrites", sa.BigInteger, nullable=False, server_default="0")
    )
    counter = sa.table("revision", sa.column("epoch", sa.Text))
    op.execute(sa.update(counter).values(epoch=secrets.token_hex(16)))
    op.add_column("runs", sa.Column("undo_until", sa.Double, nullable=True))
    op.create_table(
        "change_times",
        sa.Column("resource_version", _Revision, autoincrement=False, nullable=False),
        sa.Column("moment", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("resource_version", name="pk_change_times"),
    )
    op.create_table(
        "duties",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_duties"),
    )
    op.create_table(
        "probes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("moment", sa.Double, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_probes"),
    )


def downgrade() -> None:
    op.drop_table("probes")
    op.drop_table("duties")
    op.drop_table("change_times")
    op.drop_column("runs", "undo_until")
    op.drop_column("revision", "rewrites")
    op.drop_column("revision", "epoch")
