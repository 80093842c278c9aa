"""Servers, migration runs and their before-images, quarantined rows, requests per client."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

_Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Revision = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "kconv_servers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("started", sa.Double, nullable=False),
        sa.Column("seen", sa.Double, nullable=False),
        sa.Column("decodes", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kconv_servers"),
    )
    op.create_table(
        "kconv_runs",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("began", sa.Double, nullable=False),
        sa.Column("ended", sa.Double, nullable=True),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("targets", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kconv_runs"),
        sa.CheckConstraint(
            "state IN ('running', 'done', 'failed', 'interrupted')",
            name=op.f("ck_kconv_runs_state"),
        ),
    )
    op.create_index(
        "uq_kconv_runs_running",
        "kconv_runs",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "kconv_undo",
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("grp", _Name, nullable=False),
        sa.Column("resource", _Name, nullable=False),
        sa.Column("namespace", _Name, nullable=False),
        sa.Column("name", _Name, nullable=False),
        sa.Column("resource_version", _Revision, nullable=False),
        sa.Column("api_version", _Name, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("written_api_version", _Name, nullable=False),
        sa.Column("written_digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint(
            "run", "grp", "resource", "namespace", "name", name="pk_kconv_undo"
        ),
        sa.ForeignKeyConstraint(["run"], ["kconv_runs.id"], name="fk_kconv_undo_kconv_runs"),
    )
    op.create_table(
        "kconv_quarantine",
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("grp", _Name, nullable=False),
        sa.Column("resource", _Name, nullable=False),
        sa.Column("namespace", _Name, nullable=False),
        sa.Column("name", _Name, nullable=False),
        sa.Column("resource_version", _Revision, nullable=False),
        sa.Column("api_version", _Name, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint(
            "grp",
            "resource",
            "namespace",
            "name",
            "place",
            "resource_version",
            name="pk_kconv_quarantine",
        ),
        sa.CheckConstraint(
            "place IN ('objects', 'changes')", name=op.f("ck_kconv_quarantine_place")
        ),
    )
    op.create_table(
        "kconv_clients",
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("grp", _Name, nullable=False),
        sa.Column("version", _Name, nullable=False),
        sa.Column("resource", _Name, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.Column("requests", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "grp", "version", "resource", "user_agent", name="pk_kconv_clients"
        ),
    )


def downgrade() -> None:
    for table in ("clients", "quarantine", "undo", "runs", "servers"):
        op.drop_table(f"kconv_{table}")
