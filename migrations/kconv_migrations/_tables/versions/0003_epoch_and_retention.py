"""Epoch and count of rewrites, times of changes, duties, probes, and ends of undo data."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from kconv_migrations._tables import keep_past

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

_Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Revision = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "kconv_revision", sa.Column("epoch", sa.Text, nullable=False, server_default=sa.text("''"))
    )
    op.add_column(
        "kconv_revision", sa.Column("rewrites", sa.BigInteger, nullable=False, server_default="0")
    )
    counter = sa.table("kconv_revision", sa.column("epoch", sa.Text))
    op.execute(sa.update(counter).values(epoch=secrets.token_hex(16)))
    op.add_column("kconv_runs", sa.Column("undo_until", sa.Double, nullable=True))
    op.create_table(
        "kconv_change_times",
        sa.Column("resource_version", _Revision, autoincrement=False, nullable=False),
        sa.Column("moment", sa.Double, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("resource_version", name="pk_kconv_change_times"),
    )
    op.create_table(
        "kconv_duties",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_kconv_duties"),
    )
    op.create_table(
        "kconv_probes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("moment", sa.Double, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kconv_probes"),
    )
    op.create_index(
        "ix_kconv_changes_key",
        "kconv_changes",
        ["grp", "resource", "namespace", "name", "resource_version"],
    )
    op.create_table(
        "kconv_past",
        sa.Column("grp", _Name, nullable=False),
        sa.Column("resource", _Name, nullable=False),
        sa.Column("namespace", _Name, nullable=False),
        sa.Column("name", _Name, nullable=False),
        sa.Column("resource_version", _Revision, nullable=False),
        sa.Column("until", _Revision, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("api_version", _Name, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint(
            "grp", "resource", "namespace", "name", "resource_version", name="pk_kconv_past"
        ),
    )
    op.create_index("ix_kconv_past_until", "kconv_past", ["until"])
    for statement in keep_past.CREATE[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in keep_past.DROP[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_table("kconv_past")
    op.drop_index("ix_kconv_changes_key", "kconv_changes")
    op.drop_table("kconv_probes")
    op.drop_table("kconv_duties")
    op.drop_table("kconv_change_times")
    op.drop_column("kconv_runs", "undo_until")
    op.drop_column("kconv_revision", "rewrites")
    op.drop_column("kconv_revision", "epoch")
