"""Connections of the drivers' own, opened by SQLAlchemy's engine, and their errors."""

from __future__ import annotations

import weakref
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from kconv._store.database import Database
from kconv._store.database_errors import fault


def driver_connection(database: Database, owner: object) -> Any:
    """A connection of the driver that no pool has any more; it is closed when ``owner`` is gone.

    Raises `Unavailable`.
    """
    base: type[Exception] = database.engine.dialect.loaded_dbapi.Error
    try:
        connection = database.engine.raw_connection()
    except SQLAlchemyError as error:
        raise fault(error, database.url) from error
    except base as error:
        raise fault(as_dbapi_error(database, error, base), database.url) from error
    driver = connection.driver_connection
    connection.detach()
    assert driver is not None
    weakref.finalize(owner, driver.close).atexit = False
    return driver


def as_dbapi_error(
    database: Database, error: Exception, base: type[Exception], *, lost: bool = False
) -> DBAPIError:
    """What SQLAlchemy would raise for an error of the driver; ``base`` is that of its errors."""
    wrapped = DBAPIError.instance(
        None, None, error, base, connection_invalidated=lost, dialect=database.engine.dialect
    )
    assert isinstance(wrapped, DBAPIError)
    return wrapped
