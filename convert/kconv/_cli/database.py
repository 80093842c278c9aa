"""The default database, and how long a run waits for one that is down."""

from __future__ import annotations

DEFAULT_DB = "sqlite:///kconv.db"
DB_VARIABLE = "KCONV_DB"

OUTAGE = 60.0
"""Seconds for which a run waits for a PostgreSQL that went away."""


def outage(url: str) -> float:
    """For how long to wait for a database that goes away: a SQLite file does not come back."""
    return 0.0 if url.startswith("sqlite") else OUTAGE
