"""What mapped classes with a document column get: their collection's table, and what a flush does.

Importing it is enough: SQLAlchemy tells of every class that is mapped from then on.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, event, inspect
from sqlalchemy.orm import InstanceState, Mapper

from kconv.sqlalchemy._tracked import TrackedDocument, plain
from kconv.sqlalchemy._type import DocumentType
from kconv.sqlalchemy._writing import kept_value


def _document_columns(mapper: Mapper[Any]) -> list[tuple[str, DocumentType]]:
    found = []
    for prop in mapper.column_attrs:
        column = prop.columns[0]
        if isinstance(column, Column) and isinstance(column.type, DocumentType):
            found.append((prop.key, column.type))
    return found


@event.listens_for(Mapper, "after_mapper_constructed")
def _bind(mapper: Mapper[Any], class_: type) -> None:
    """Tell a collection its table, as soon as the class is there."""
    for _, of in _document_columns(mapper):
        if not of.collection.bound:
            of.collection.bind(class_)


@event.listens_for(Mapper, "mapper_configured")
def _track(mapper: Mapper[Any], class_: type) -> None:
    """Track changes within documents, and encode those that a flush writes."""
    columns = _document_columns(mapper)
    for key, _ in columns:
        attribute = getattr(class_, key)
        TrackedDocument.associate_with_attribute(attribute)
        event.listen(attribute, "set", _own, raw=True, retval=True, propagate=True)
    if columns:
        event.listen(class_, "before_insert", _before_write)
        event.listen(class_, "before_update", _before_write)


def _own(state: InstanceState[Any], value: Any, oldvalue: Any, initiator: Any) -> Any:
    """A document that is another object's already is copied: each has its own."""
    if not isinstance(value, TrackedDocument) or len(value._parents) < 2:
        return value
    copied = TrackedDocument(plain(value))
    copied._parents[state] = value._parents.pop(state)
    return copied


def _before_write(mapper: Mapper[Any], connection: Connection, target: Any) -> None:
    state = inspect(target)
    for key, of in _document_columns(mapper):
        document = state.dict.get(key)
        if document is None or not state.attrs[key].history.has_changes():
            continue
        encoded = of.collection.encoded(document, of.as_, connection)
        document.written = encoded
        column = of.collection.version_column
        if column is not None:
            setattr(target, mapper.get_property_by_column(column).key, encoded.value)
        kept = of.collection.kept_column
        if kept is not None:
            name = mapper.get_property_by_column(kept).key
            if encoded.kept is not None or getattr(target, name) is not None:
                setattr(target, name, kept_value(kept, encoded.kept))
