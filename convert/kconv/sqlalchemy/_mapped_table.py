"""The table of a class that SQLAlchemy maps."""

from __future__ import annotations

from sqlalchemy import Table, inspect
from sqlalchemy.exc import NoInspectionAvailable


def table_of(mapped: object) -> Table | None:
    """The table that a class is mapped to; None for what is not mapped to one."""
    try:
        found = inspect(mapped)
    except NoInspectionAvailable:
        return None
    table = getattr(found, "local_table", None)
    return table if isinstance(table, Table) else None
