"""The notes of a migration: a database of kconv's, beside no cluster's own data."""

from __future__ import annotations

from hashlib import sha256

from kconv._cluster.connection import Connection
from kconv._store.bookkeeping import Bookkeeping
from kconv._store.database import Database, parse_url
from kconv._store.existing import is_empty


def books_of(connection: Connection, notes: str) -> Bookkeeping:
    """What is noted about a cluster in the database at a URL, which is made where there is none."""
    database = Database(parse_url(notes), create=True)
    if is_empty(notes):
        from kconv_migrations._tables import upgrade  # it takes long to load

        upgrade(notes)
    # The same names may be in several clusters.
    cluster = sha256(connection.host.encode()).hexdigest()[:8]
    return Bookkeeping(database, f"@cluster-{cluster}")
