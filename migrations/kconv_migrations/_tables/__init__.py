"""The database's tables: made and altered by Alembic revisions, run by ``kconv db``."""

from kconv._store.existing import is_empty
from kconv._store.existing import revision_at as current
from kconv_migrations._tables.backups import BackedUp, backup, restore
from kconv_migrations._tables.commands import Revision, history, upgrade

__all__ = [
    "BackedUp",
    "Revision",
    "backup",
    "current",
    "history",
    "is_empty",
    "restore",
    "upgrade",
]
