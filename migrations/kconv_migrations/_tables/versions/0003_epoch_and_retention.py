"""Epoch and count of rewrites, times of changes, duties, probes, and ends of undo data."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None

_Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Revision = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Whoever changes an object that the change log no longer has keeps what it was. In the database,
# so that every writer does.
_COLUMNS = "grp, resource, namespace, name, resource_version, uid, api_version, data"
_OLD = ", ".join(f"OLD.{name}" for name in _COLUMNS.split(", "))
_KEEP = f"INSERT INTO past ({_COLUMNS}, until) VALUES ({_OLD}, {{until}}) ON CONFLICT DO NOTHING;"
_UPDATED, _DELETED = "NEW.resource_version", "(SELECT value FROM revision)"
_BEYOND = "OLD.resource_version <= (SELECT compacted FROM revision)"
_KEEP_PAST = {
    "sqlite": [
        (
            "CREATE TRIGGER keep_past_of_updated BEFORE UPDATE OF resource_version ON objects "
            f"WHEN {_BEYOND} BEGIN {_KEEP.format(until=_UPDATED)} END"
        ),
        (
            f"CREATE TRIGGER keep_past_of_deleted BEFORE DELETE ON objects "
            f"WHEN {_BEYOND} BEGIN {_KEEP.format(until=_DELETED)} END"
        ),
    ],
    "postgresql": [
        (
            "CREATE FUNCTION keep_past_of_updated() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {_BEYOND} THEN {_KEEP.format(until=_UPDATED)} END IF; RETURN NULL; END $$"
        ),
        (
            "CREATE FUNCTION keep_past_of_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF {_BEYOND} THEN {_KEEP.format(until=_DELETED)} END IF; RETURN NULL; END $$"
        ),
        (
            "CREATE TRIGGER keep_past_of_updated AFTER UPDATE OF resource_version ON objects "
            "FOR EACH ROW EXECUTE FUNCTION keep_past_of_updated()"
        ),
        (
            "CREATE TRIGGER keep_past_of_deleted AFTER DELETE ON objects "
            "FOR EACH ROW EXECUTE FUNCTION keep_past_of_deleted()"
        ),
    ],
}


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
        sa.Column("bytes", sa.BigInteger, nullable=False),
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
    op.create_index(
        "ix_changes_key", "changes", ["grp", "resource", "namespace", "name", "resource_version"]
    )
    op.create_table(
        "past",
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
            "grp", "resource", "namespace", "name", "resource_version", name="pk_past"
        ),
    )
    op.create_index("ix_past_until", "past", ["until"])
    for statement in _KEEP_PAST[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    on = " ON objects" if op.get_bind().dialect.name == "postgresql" else ""
    for name in ("keep_past_of_updated", "keep_past_of_deleted"):
        op.execute(f"DROP TRIGGER {name}{on}")
        if on:
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("past")
    op.drop_index("ix_changes_key", "changes")
    op.drop_table("probes")
    op.drop_table("duties")
    op.drop_table("change_times")
    op.drop_column("runs", "undo_until")
    op.drop_column("revision", "rewrites")
    op.drop_column("revision", "epoch")
