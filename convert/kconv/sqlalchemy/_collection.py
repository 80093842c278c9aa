"""`collection`: documents in several versions in a table of the user's own, declared once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kconv._scheme import Scheme
from kconv.place import Place
from kconv.sqlalchemy._application import ApplicationSide
from kconv.sqlalchemy._declaration import Filter
from kconv.sqlalchemy._table_place import TablePlace
from kconv.sqlalchemy._there import check_tables
from kconv.sqlalchemy._versions import Field, Shape, VersionValue


class TableCollection(ApplicationSide):
    """Documents of one kind in a table, each in some version; made by `collection`."""

    @staticmethod
    def open_all(
        collections: Sequence[TableCollection], url: str, reopen: Callable[[], Place]
    ) -> Place:
        """A place with these collections, in the database at ``url``."""
        return TablePlace(url, collections, reopen)

    @staticmethod
    def check_all(collections: Sequence[TableCollection], url: str) -> None:
        """Raises `UsageError` where the database at ``url`` does not have their tables."""
        check_tables(collections, url)


def collection(
    name: str,
    *,
    key: str | Sequence[str],
    document: str,
    versions: Mapping[VersionValue, type[Any]],
    stored: VersionValue,
    version: str | Field | None = None,
    table: object = None,
    shape: Shape | None = None,
    where: Filter | None = None,
    constraint: bool = False,
    kept: str | None = None,
    scheme: Scheme | Callable[[Scheme], None] | None = None,
) -> TableCollection:
    """Declare documents in several versions that live in a table.

    ``key`` names the columns that identify a row, ``document`` the one that holds it: JSON, JSONB,
    TEXT or BLOB. ``version`` is the column that says which version a row is in, or a `Field` of
    the document; ``versions`` maps what is there to the types. ``shape`` tells the version of rows
    that say none (a NULL in the column, no such field), by one of the keys of ``versions``; a
    migration stamps them. Without ``version``, it tells that of every row, and none is stamped.

    ``stored`` is the version that new rows are written in until the record of the database says
    another one. ``table`` is a `Table` or a mapped class; leave it out where it is not there yet
    (`TableCollection.bind`). ``where`` says which rows of the table are of the collection.
    ``constraint`` has a migration prove that a version is gone by a CHECK constraint on the version
    column, which it adds and validates (PostgreSQL; the user needs to own the table).

    ``kept`` names the column for what `kconv.Preserve` and `kconv.Wrap` keep of other versions:
    JSON, JSONB, TEXT or BLOB. Without it, that is in the document, in the field that the hub names.

    ``scheme`` is where the types are registered: a `kconv.Scheme`, or a function that fills one;
    None for that of the installed API packages.

    Raises `UsageError` for a declaration that cannot be right.
    """
    return TableCollection(
        name,
        key=key,
        document=document,
        version=version,
        versions=versions,
        stored=stored,
        table=table,
        shape=shape,
        where=where,
        constraint=constraint,
        kept=kept,
        scheme=scheme,
    )
