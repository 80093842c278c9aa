"""`DocumentType`: the type of a document column, which reads any version as the one wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    LargeBinary,
    Text,
    cast,
    func,
    literal,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine, to_instance

from kconv._errors import UsageError
from kconv.sqlalchemy._tracked import TrackedDocument
from kconv.sqlalchemy._writing import Encoded

if TYPE_CHECKING:
    from kconv._document import Document
    from kconv.sqlalchemy._application import ApplicationSide

_NO_VERSION = "{["
"""What a document begins with, and no version of one does."""


class DocumentType(TypeDecorator[dict[str, Any]]):
    """Documents of a collection, of whatever version, as those of one version.

    A statement that selects the column selects the version with it, as one text: so it is read in
    any session, synchronous or not, and by Core. What is written is made beforehand, by a flush or
    by `TableCollection.values`, since the version column has to be written with it.
    """

    cache_ok = True
    impl = JSON
    should_evaluate_none = False

    def __init__(
        self,
        collection: ApplicationSide,
        as_: type[Document],
        type_: TypeEngine[Any] | type[TypeEngine[Any]] = JSON,
    ) -> None:
        super().__init__()
        self.collection = collection
        self.as_ = as_
        self.type_: TypeEngine[Any] = to_instance(type_)
        self.impl = self.type_  # type: ignore[assignment]  # TypeDecorator makes an instance of it

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """The type that the column has in the database."""
        found: TypeEngine[Any] = dialect.type_descriptor(self.type_)
        return found

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """What is compared with the column is what its own type makes of it."""
        return self.type_.coerce_compared_value(op, value)

    def bind_processor(self, dialect: Any) -> Callable[[Any], Any]:
        """Writes what was encoded for the column, with the version that goes with it."""
        name = self.collection.name
        of_impl = (
            None if isinstance(self.type_, JSON) else self.impl_instance.bind_processor(dialect)
        )
        binary = isinstance(self.type_, LargeBinary)

        def process(value: Any) -> Any:
            if value is None:
                return None
            written = value.written if isinstance(value, TrackedDocument) else value
            if not isinstance(written, Encoded):
                raise UsageError(
                    f'collection "{name}": a document is written with its version; in a statement '
                    "of your own, give .values(**collection.values(document, connection))"
                )
            if isinstance(value, TrackedDocument):
                value.written = None
            raw = written.raw if binary else written.raw.decode()
            return raw if of_impl is None else of_impl(raw)

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Callable[[Any], Any]:
        """Reads documents as those of the version wanted."""
        read = self.collection.reader(self.as_, dialect)

        def process(text: str | bytes | None) -> TrackedDocument | None:
            if text is None:
                return None
            if not isinstance(text, str):
                text = bytes(text).decode()
            return TrackedDocument(read(text))

        return process

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The version, what is kept, and the document, as one text."""
        text = _as_text(column, self.type_)
        name, kept_name = self.collection.version_name, self.collection.kept_name
        columns = getattr(getattr(column, "table", None), "c", {})
        if kept_name is not None and kept_name in columns:
            found = columns[kept_name]
            kept = func.coalesce(_as_text(found, found.type), "")
            size = cast(func.length(kept), Text)
            text = size.op("||")(" ").op("||")(kept).op("||")(text)
            if name is None:
                text = literal(" ").op("||")(text)
        if name is not None and name in columns:
            version = func.coalesce(cast(columns[name], Text), "")
            text = version.op("||")(" ").op("||")(text)
        return type_coerce(text, self)

    def compare_values(self, x: Any, y: Any) -> bool:
        """Whether two documents say the same."""
        return bool(x == y)


def _as_text(column: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
    return _text_of(column) if isinstance(type_, LargeBinary) else cast(column, Text)


class _text_of(FunctionElement[str]):  # noqa: N801 - as functions of SQL are called
    """The text that bytes are."""

    inherit_cache = True
    type = Text()


@compiles(_text_of)
def _cast(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kwargs)} AS TEXT)"


@compiles(_text_of, "postgresql")
def _convert(element: Any, compiler: Any, **kwargs: Any) -> str:
    return f"convert_from({compiler.process(element.clauses, **kwargs)}, 'UTF8')"


def told_apart(text: str) -> tuple[str | None, str]:
    """What the version column says of a text that was selected, and the document.

    None where the version was not selected with it.
    """
    if text[:1] in _NO_VERSION:
        return None, text
    version, _, document = text.partition(" ")
    return version, document


def kept_apart(text: str) -> tuple[str, str]:
    """What a document keeps of other versions, and the document, of what was selected."""
    size, _, rest = text.partition(" ")
    return rest[: int(size)], rest[int(size) :]


def stored_text(column: Column[Any], value: Any, dialect: Any) -> str:
    """What a statement makes of a value of the version column, cast to a text."""
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    stored = value if process is None else process(value)
    if isinstance(stored, bool):
        return str(stored).lower() if dialect.name == "postgresql" else str(int(stored))
    return str(stored)
