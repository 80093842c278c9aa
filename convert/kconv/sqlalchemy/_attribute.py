"""`DocumentAttribute`: the document of a mapped object in a version besides that of its column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, overload

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from kconv._document import Document
from kconv._errors import UsageError
from kconv.sqlalchemy._tracked import plain
from kconv.sqlalchemy._type import DocumentType

if TYPE_CHECKING:
    from kconv.sqlalchemy._application import ApplicationSide


class DocumentAttribute:
    """Reads and assigns the document of an object in a version of its own.

    What it gives is a copy: to change the document, assign it.
    """

    def __init__(self, collection: ApplicationSide, as_: type[Document]) -> None:
        self.collection = collection
        self.as_ = as_

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> dict[str, Any] | None: ...

    def __get__(self, instance: object | None, owner: type) -> Any:
        if instance is None:
            return self
        name, of_column = document_attribute(owner, self.collection)
        return self._converted(getattr(instance, name), of_column, self.as_)

    def __set__(self, instance: object, document: dict[str, Any] | None) -> None:
        name, of_column = document_attribute(type(instance), self.collection)
        setattr(instance, name, self._converted(document, self.as_, of_column))

    def _converted(self, document: Any, source: type[Document], target: type[Document]) -> Any:
        if document is None:
            return None
        pipeline = self.collection.pipeline
        scheme = self.collection.scheme
        decoded = pipeline.load(
            plain(document), spoke=scheme.spoke_of_schema(source), checks="fields"
        )
        spoke = scheme.spoke_of_schema(target)
        return pipeline.dump(pipeline.from_hub(pipeline.to_hub(decoded), spoke))


def document_attribute(mapped: type, collection: ApplicationSide) -> tuple[str, type[Document]]:
    """The attribute of a class that has the documents, and the version that they are read as.

    Raises `UsageError` for a class without one.
    """
    mapper: Mapper[Any] = inspect(mapped)
    for prop in mapper.column_attrs:
        of = prop.columns[0].type
        if isinstance(of, DocumentType) and of.collection is collection:
            return prop.key, of.as_
    raise UsageError(f"{mapped.__qualname__} has no column of the collection {collection.name}")
