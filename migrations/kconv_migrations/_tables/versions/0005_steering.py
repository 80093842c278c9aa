"""What a run in progress is told, and what it says: pause, rate, progress, why it waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

_TABLE = "kconv_runs"


def upgrade() -> None:
    op.add_column(
        _TABLE, sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column(_TABLE, sa.Column("rate", sa.Double, nullable=True))
    for name in ("done", "total"):
        op.add_column(_TABLE, sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    op.add_column(
        _TABLE, sa.Column("waiting", sa.Text, nullable=False, server_default=sa.text("''"))
    )


def downgrade() -> None:
    for name in ("waiting", "total", "done", "rate", "paused"):
        op.drop_column(_TABLE, name)
