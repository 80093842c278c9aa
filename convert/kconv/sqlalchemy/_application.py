"""What an application uses of a collection: its document column, and documents for statements."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Connection, inspect
from sqlalchemy.orm import MappedColumn, Session, mapped_column
from sqlalchemy.types import TypeEngine

from kconv._document import Document
from kconv._errors import DecodeError, UsageError
from kconv._pipeline import Pipeline
from kconv._scheme import Spoke
from kconv._store.servers import beat
from kconv._store.tables import servers
from kconv.sqlalchemy._declaration import Declaration
from kconv.sqlalchemy._heartbeat import process
from kconv.sqlalchemy._problems import problem_of
from kconv.sqlalchemy._record import FAMILY, Record
from kconv.sqlalchemy._type import DocumentType, kept_apart, stored_text, told_apart
from kconv.sqlalchemy._versions import Unreadable, put_kept
from kconv.sqlalchemy._writing import Encoded, encode, kept_value

if TYPE_CHECKING:
    from kconv.sqlalchemy._attribute import DocumentAttribute

_log = logging.getLogger(__name__)

Reader = Callable[[str], dict[str, Any]]


class ApplicationSide(Declaration):
    """What is declared of a collection, and what the application uses of it while it runs."""

    _warned = False

    def column(
        self,
        *,
        as_: type[Document],
        type_: TypeEngine[Any] | type[TypeEngine[Any]] = JSON,
        **kwargs: Any,
    ) -> MappedColumn[Any]:
        """The mapped column of the documents, each read as the version ``as_``.

        ``type_`` is the type that the column has in the database: JSON, JSONB, Text or
        LargeBinary. Anything else goes to ``sqlalchemy.orm.mapped_column``. Documents are dicts,
        whose changes the session sees at any depth; a flush writes them in the version on record.
        The class has to have the version column as well.
        """
        return mapped_column(self.document_name, self.column_type(as_=as_, type_=type_), **kwargs)

    def column_type(
        self, *, as_: type[Document], type_: TypeEngine[Any] | type[TypeEngine[Any]] = JSON
    ) -> DocumentType:
        """The type of the document column of a `Table`, as `column` has it of a class."""
        return DocumentType(self, as_, type_)

    def attribute(self, *, as_: type[Document]) -> DocumentAttribute:
        """A descriptor of a mapped class: the document of an object, in one version more."""
        from kconv.sqlalchemy._attribute import DocumentAttribute

        return DocumentAttribute(self, as_)

    def values(
        self,
        document: Mapping[str, Any],
        connection: Connection | Session,
        *,
        as_: type[Document] | None = None,
    ) -> dict[str, Any]:
        """What a statement of Core writes for a document: ``.values(**orders.values(...))``.

        ``as_`` says which version the document is in, by default the one that the column is read
        as. With an ``AsyncConnection``, call it by ``run_sync``. Raises `InvalidObject` and
        `ConversionError` for what cannot be written.
        """
        found = self._as_of_column() if as_ is None else as_
        if isinstance(connection, Session):
            connection = connection.connection()
        encoded = self.encoded(document, found, connection)
        made: dict[str, Any] = {self.document_name: encoded}
        if self.version_name is not None:
            made[self.version_name] = encoded.value
        if self.kept_column is not None:
            made[self.kept_column.name] = kept_value(self.kept_column, encoded.kept)
        return made

    def encoded(
        self, document: Mapping[str, Any], as_: type[Document], connection: Connection
    ) -> Encoded:
        """A document of the version ``as_`` in the version on record, or else in ``stored``."""
        api_version = self._record.preferred(connection)
        spoke = self.scheme.spoke_of_schema(as_)
        target = self._spoke_of(api_version)
        composed = self.compose(target.api_version, encode(self.pipeline, document, spoke, target))
        return Encoded(composed.raw, composed.value, target.api_version, composed.kept)

    def _spoke_of(self, api_version: str | None) -> Spoke:
        if api_version is None:
            return self.spokes[self.stored]
        for spoke in self.spokes.values():
            if spoke.api_version == api_version:
                return spoke
        raise UsageError(
            f'collection "{self.name}" is to be written in {api_version}, says the record of the '
            "database, which this code has no type for; deploy the code that has it"
        )

    def reader(self, as_: type[Document], dialect: Any) -> Reader:
        """What reads a document that was selected, by the version that it says."""
        target = self.scheme.spoke_of_schema(as_)
        read_as, read = self.pipeline.read_as, self.read
        column = self.version_column
        by_text: dict[str | None, tuple[Any, Spoke | None]] = {}
        if column is not None:
            for value, spoke in self.spokes.items():
                if value is not None:
                    by_text[stored_text(column, value, dialect)] = (value, spoke)
        by_api_version = {spoke.api_version: spoke for spoke in self.spokes.values()}
        field = None if self.kept_name is None else self.kept_field

        def reading(text: str) -> dict[str, Any]:
            version, document = told_apart(text)
            kept = None
            if field is not None:
                if version is None or not document[:1].isdigit():
                    raise self._not_selected(str(self.kept_name), "what it keeps")
                kept, document = kept_apart(document)
            data = document.encode()
            _, spoke = by_text.get(version, (None, None))
            if spoke is None:
                if column is not None and version is None:
                    raise self._not_selected(str(self.version_name), "its version")
                if version and column is not None:
                    raise self._unknown_version(version)
                raw = data
                api_version, data = read(raw)
                spoke = by_api_version.get(api_version)
                if spoke is None:
                    problem = problem_of(self, raw, None)
                    raise DecodeError(f'collection "{self.name}": a document: {problem}')
            if kept and field is not None:
                try:
                    data = put_kept(data, field, kept.encode())
                except Unreadable:
                    raise DecodeError(
                        f'collection "{self.name}": {self.kept_name} holds no JSON object'
                    ) from None
            return read_as(data, spoke, target)

        return reading

    def _not_selected(self, name: str, what: str) -> UsageError:
        return UsageError(
            f'collection "{self.name}": {self.document_name} was selected from a subquery that has '
            f"no {name}, which says {what}: select that too"
        )

    def _unknown_version(self, version: str) -> DecodeError:
        listed = ", ".join(map(repr, self.spokes))
        return DecodeError(
            f'collection "{self.name}": a document is of version {version}, which is none of '
            f"{listed}"
        )

    def _as_of_column(self) -> type[Document]:
        found = self.table.c[self.document_name].type
        if not isinstance(found, DocumentType):
            raise UsageError(
                f'collection "{self.name}": say which version the document is in: as_=...'
            )
        return found.as_

    def heartbeat(self, connection: Connection) -> None:
        """Note in kconv's side tables that this process is up, and which versions it reads.

        Call it every few seconds, in a transaction of its own, while a migration may be started: a
        run is refused the version that live code cannot read, and ``kconv migrate plan`` names the
        code that it knows of. Where kconv's tables are not there (``kconv db upgrade``), it does
        nothing but log a warning, once.
        """
        if not inspect(connection).has_table(servers.name):
            if not self._warned:
                self._warned = True
                _log.warning(
                    'collection "%s": heartbeats are not noted, for the database has no tables of '
                    "kconv, so no migration knows of this process: run `kconv db upgrade`",
                    self.name,
                )
            return
        decodes = tuple((FAMILY, self.name, label) for label in self.labels)
        beat(connection, process(self.name, decodes))

    def forget_record(self) -> None:
        """Read the record of versions again with the next write, as after a migration in tests."""
        self._record.forget()

    @cached_property
    def pipeline(self) -> Pipeline:
        """Converts the documents."""
        return Pipeline(self.scheme)

    @cached_property
    def _record(self) -> Record:
        return Record(self.name)
