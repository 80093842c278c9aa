"""Documents in several versions in tables of a user's own, through SQLAlchemy.

A collection is declared once, beside the model; ``kconv migrate --place module:name`` migrates it.
"""

from kconv.sqlalchemy import _mapping  # noqa: F401 - it listens to what is mapped
from kconv.sqlalchemy._collection import TableCollection, collection
from kconv.sqlalchemy._table_place import TablePlace
from kconv.sqlalchemy._versions import Field

__all__ = ["Field", "TableCollection", "TablePlace", "collection"]
