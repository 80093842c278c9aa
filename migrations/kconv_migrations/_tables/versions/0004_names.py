"""The names of all tables begin with kconv_, so that they can share a database with others.

Nothing is left to do here: new databases get these names from the first revision on, and those of
earlier releases have been renamed by `former_names` when this runs. The number tells servers of
earlier releases, and this one, which names to expect.
"""

from __future__ import annotations

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing; see above."""


def downgrade() -> None:
    """Nothing; see above."""
