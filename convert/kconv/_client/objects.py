"""The forms that a client takes objects in and hands them out: typed ones, and documents."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import UsageError
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._pipeline import Pipeline
from kconv._resource import Resource
from kconv._schema import TypedObject
from kconv._scheme import Scheme, Spoke
from kconv._store import Stored
from kconv._verbs.body import Body, DocumentBody, EncodedBody
from kconv._verbs.current import spoke_of
from kconv._verbs.memory import CachedRow
from kconv._verbs.objects import Objects

Document = dict[str, Any]


class Form(ABC):
    """Objects of one version in one form."""

    def __init__(self, spoke: Spoke, pipeline: Pipeline) -> None:
        self.spoke = spoke
        self.pipeline = pipeline
        self.namespaced = spoke.options.namespaced
        resource = spoke.kind.group_resource
        self.group, self.resource = resource.group, resource.resource
        self._sources: dict[str, Spoke] = {}

    def of_row(self, objects: Objects, row: CachedRow) -> Any:
        """The object of a row, a new one each time.

        Raises `kconv._verbs.undecodable.Undecodable` for one that cannot be read.
        """
        return objects.made(row, self.of_stored)

    def source_of(self, stored: Stored) -> Spoke:
        """The version that an object is stored in. Raises `ConversionError`."""
        found = self._sources.get(stored.api_version)
        if found is None:
            found = self._sources[stored.api_version] = spoke_of(self.spoke.kind, stored)
        return found

    @abstractmethod
    def of_stored(self, stored: Stored) -> Any:
        """The object that is stored, in whichever version. Raises what its conversion does."""

    @abstractmethod
    def of_bytes(self, data: bytes) -> Any:
        """The object that a verb answers with."""

    @abstractmethod
    def body(self, given: Any) -> Body:
        """An object as the verbs take it."""


class Documents(Form):
    """Objects as documents."""

    def of_stored(self, stored: Stored) -> Document:
        document = self.pipeline.read_as(stored.data, self.source_of(stored), self.spoke)
        document["metadata"]["resourceVersion"] = str(stored.resource_version)
        return document

    def of_bytes(self, data: bytes) -> Document:
        document: Document = json_codec.decode(data)
        return document

    def body(self, given: Document) -> Body:
        return DocumentBody(given)


class Typed(Form):
    """Objects whose fields are attributes: instances of the version's class."""

    def __init__(self, spoke: Spoke, pipeline: Pipeline) -> None:
        super().__init__(spoke, pipeline)
        self._version: Any = spoke.schema
        self._stored = pipeline.objects.stored

    def of_stored(self, stored: Stored) -> Any:
        made: Any = self._stored(self._version, stored.data, self.source_of(stored))
        made.metadata.resourceVersion = str(stored.resource_version)
        return made

    def of_bytes(self, data: bytes) -> Any:
        return self.pipeline.objects.read(self.spoke.schema, data, trusted=True)

    def body(self, given: Any) -> Body:
        return EncodedBody(self.pipeline.objects.written(given))


class Forms:
    """The forms of the versions in a scheme."""

    def __init__(self, pipeline: Pipeline, scheme: Scheme) -> None:
        self._pipeline = pipeline
        self._scheme = scheme
        self._known: dict[object, Form] = {}

    def of_version(self, version: type | GroupVersionKind) -> Form:
        """The form of what a version is named by: typed objects by its class, else documents.

        Raises `NotRegistered`, and `UsageError` for what names no version.
        """
        found = self._known.get(version)
        if found is None:
            found = self._known[version] = self._form(version)
        return found

    def _form(self, version: object) -> Form:
        if isinstance(version, GroupVersionKind):
            return Documents(self._scheme.spoke(version), self._pipeline)
        if isinstance(version, type) and issubclass(version, Resource):
            return Typed(self._scheme.spoke_of_schema(version), self._pipeline)
        raise UsageError(
            f"{version!r} is no version of a kind: name its class, or a GroupVersionKind"
        )

    def of_object(self, given: Any) -> tuple[Form, str, str]:
        """The form of an object, its namespace and its name, empty where it says none.

        Raises `NotRegistered`, and `UsageError` for what is no object.
        """
        if isinstance(given, TypedObject):
            form, meta = self.of_version(given.__type__), getattr(given, "metadata", None)
            return form, getattr(meta, "namespace", None) or "", getattr(meta, "name", None) or ""
        if not isinstance(given, dict):
            raise UsageError(f"{type(given).__name__}: no object of a version, and no document")
        api_version, kind = given.get("apiVersion"), given.get("kind")
        if not isinstance(api_version, str) or not isinstance(kind, str):
            raise UsageError("a document says its apiVersion and kind")
        form = self.of_version(GroupVersion.parse(api_version).kind(kind))
        metadata = given.get("metadata")
        known: Mapping[str, Any] = metadata if isinstance(metadata, dict) else {}
        return form, _text(known.get("namespace")), _text(known.get("name"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
