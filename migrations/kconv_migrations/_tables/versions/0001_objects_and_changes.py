"""Objects, their change log, the record of storage versions and the resourceVersion counter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None

_Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_Revision = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_VERSION = ["grp", "resource", "api_version"]


def upgrade() -> None:
    op.create_table(
        "kconv_storage_versions",
        sa.Column("grp", _Name, nullable=False),
        sa.Column("resource", _Name, nullable=False),
        sa.Column("api_version", _Name, nullable=False),
        sa.Column("preferred", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint(*_VERSION, name="pk_kconv_storage_versions"),
    )
    op.create_index(
        "uq_kconv_storage_versions_preferred",
        "kconv_storage_versions",
        ["grp", "resource"],
        unique=True,
        sqlite_where=sa.text("preferred"),
        postgresql_where=sa.text("preferred"),
    )
    op.create_table(
        "kconv_objects",
        sa.Column("grp", _Name, nullable=False),
        sa.Column("resource", _Name, nullable=False),
        sa.Column("namespace", _Name, nullable=False),
        sa.Column("name", _Name, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("api_version", _Name, nullable=False),
        sa.Column("resource_version", _Revision, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("grp", "resource", "namespace", "name", name="pk_kconv_objects"),
        sa.ForeignKeyConstraint(
            _VERSION,
            [f"kconv_storage_versions.{column}" for column in _VERSION],
            name="fk_kconv_objects_kconv_storage_versions",
        ),
    )
    op.create_index(
        "ix_kconv_objects_api_version",
        "kconv_objects",
        ["grp", "resource", "api_version", "namespace", "name"],
    )
    op.create_table(
        "kconv_changes",
        sa.Column("resource_version", _Revision, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("grp", _Name, nullable=False),
        sa.Column("resource", _Name, nullable=False),
        sa.Column("namespace", _Name, nullable=False),
        sa.Column("name", _Name, nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        sa.Column("api_version", _Name, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("before", sa.LargeBinary, nullable=True),
        sa.PrimaryKeyConstraint("resource_version", name="pk_kconv_changes"),
        sa.CheckConstraint(
            "type IN ('ADDED', 'MODIFIED', 'DELETED')", name=op.f("ck_kconv_changes_type")
        ),
        sa.ForeignKeyConstraint(
            _VERSION,
            [f"kconv_storage_versions.{column}" for column in _VERSION],
            name="fk_kconv_changes_kconv_storage_versions",
        ),
    )
    op.create_index(
        "ix_kconv_changes_resource", "kconv_changes", ["grp", "resource", "resource_version"]
    )
    op.create_index(
        "ix_kconv_changes_api_version",
        "kconv_changes",
        ["grp", "resource", "api_version", "resource_version"],
    )
    counter = op.create_table(
        "kconv_revision",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("compacted", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_kconv_revision"),
        sa.CheckConstraint("id = 1", name=op.f("ck_kconv_revision_one_row")),
    )
    # 1, because to clients a resourceVersion of 0 means "any".
    op.bulk_insert(counter, [{"id": 1, "value": 1, "compacted": 0}])


def downgrade() -> None:
    for table in ("revision", "changes", "objects", "storage_versions"):
        op.drop_table(f"kconv_{table}")
