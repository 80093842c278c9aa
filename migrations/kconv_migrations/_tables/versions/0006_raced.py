"""How many rows of a run a writer changed between read and rewrite; unknown for earlier runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("kconv_runs", sa.Column("raced", sa.BigInteger, nullable=True))


def downgrade() -> None:
    op.drop_column("kconv_runs", "raced")
