"""Who owns the fields of objects: `kconv._managed` for what goes through the pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import Any

import msgspec

from kconv._errors import ConversionError, UsageError
from kconv._gvk import GroupVersion
from kconv._managed.field_manager import UNOWNED, FieldManager
from kconv._managed.fields import Fields, recursive_difference
from kconv._managed.lists import NoStep
from kconv._managed.shape import Shape, Shapes
from kconv._managed.updater import Filter, MissingVersion, Typed
from kconv._managed.zero import with_objects, zero
from kconv._pipeline import Decoded, HubObject, Pipeline
from kconv._pipeline.compiled import same_shape
from kconv._pipeline.view import View, metadata_of, with_metadata
from kconv._scheme import HubKind, KindCache, Spoke
from kconv._verbs.kind_rules import has_status, is_kubernetes

Entries = list[dict[str, Any]]
Document = dict[str, Any]

_ALWAYS = ("apiVersion", "kind")
_MANAGED = "managedFields"


class Whole(dict[str, Any]):
    """The document of an object whose value in the hub is known, which spares decoding it."""

    __slots__ = ("hub",)

    def __init__(self, document: Document, hub: HubObject) -> None:
        super().__init__(document)
        self.hub = hub


class KindVersions:
    """The versions of a kind, as `kconv._managed` asks for them."""

    def __init__(self, kind: HubKind, pipeline: Pipeline) -> None:
        self._kind = kind
        self._pipeline = pipeline
        self._shapes = Shapes(zeros=is_kubernetes(kind))
        self._known: dict[str, tuple[Spoke, Shape]] = {}
        self._alike: dict[tuple[str, str], bool] = {}

    def shape(self, version: str) -> Shape:
        """The shape of a version's documents. Raises `MissingVersion`."""
        return self._version(version)[1]

    def convert(self, document: Typed, version: str) -> Typed:
        """A document in another version, and nothing filled in. Raises `MissingVersion`."""
        if document.version == version:
            return document
        target, _ = self._version(version)
        source, _ = self._version(document.version)
        pipeline = self._pipeline
        if isinstance(document.value, Whole):
            hub = document.value.hub
            return Typed(bare(pipeline, pipeline.from_hub(hub, target)), version)
        # Rules may count on objects that are always there.
        value = with_objects(source.schema, document.value or {})
        decoded = pipeline.decode_written(value, spoke=source)
        converted = pipeline.from_hub(pipeline.to_hub(decoded), target)
        return Typed(pipeline.dump(converted), version)

    def alike(self, version: str, other: str) -> bool:
        """Whether two versions have the same fields, and no rule between them."""
        found = self._alike.get((version, other))
        if found is None:
            try:
                found = same_shape(self._version(version)[0], self._version(other)[0])
            except MissingVersion:
                found = False
            self._alike[version, other] = found
        return found

    def _version(self, version: str) -> tuple[Spoke, Shape]:
        found = self._known.get(version)
        if found is None:
            try:
                spoke = self._kind.spoke_for(GroupVersion.parse(version))
            except UsageError:
                spoke = None
            if spoke is None:
                raise MissingVersion(version)
            found = self._known[version] = (spoke, self._shapes.of_type(spoke.schema))
        return found


class Ownership:
    """The field managers of the versions that are served, each made once."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        forgets = pipeline.scheme.clears
        self._versions: KindCache[HubKind, KindVersions] = forgets(KindCache())
        self._managers: KindCache[tuple[Spoke, str], FieldManager] = forgets(KindCache())

    def versions(self, kind: HubKind) -> KindVersions:
        """The versions of a kind."""
        found = self._versions.get(kind)
        if found is None:
            found = self._versions[kind] = KindVersions(kind, self._pipeline)
        return found

    def manager(self, spoke: Spoke, subresource: str) -> FieldManager:
        """Who keeps the entries for requests to a version, or to a part of it."""
        found = self._managers.get((spoke, subresource))
        if found is None:
            kind = spoke.kind
            ignored: dict[str, Filter] = {}
            for each in kind.spokes:
                filtered = _unwritable(each, subresource)
                if filtered:
                    ignored[each.api_version] = partial(_without, filtered)
            found = self._managers[spoke, subresource] = FieldManager(
                self.versions(kind),
                spoke.api_version,
                subresource,
                ignored,
                cache(partial(_empty, spoke)),
            )
        return found

    def document(self, decoded: Decoded, hub: HubObject | None = None) -> Document:
        """The document of an object without its managedFields."""
        made = bare(self._pipeline, decoded)
        return made if hub is None else Whole(made, hub)

    def entries_of_new(
        self,
        manager: FieldManager,
        new: Decoded,
        given: Entries | None,
        name: str,
        when: str,
        *,
        hub: HubObject | None = None,
    ) -> Entries:
        """The managedFields of an object that is new; ``given`` are those that came with it.

        Those that came do not count where the object cannot be had in their versions. It has none
        where something in it cannot be told apart, as in Kubernetes.
        """

        def text() -> bytes:
            return self._pipeline.encode(_without_metadata(new, *UNOWNED))

        for each in (given, None) if given else (given,):
            with suppress(ConversionError, NoStep):
                return manager.create(lambda: self.document(new, hub), each, name, when, text)
        return []


def bare(pipeline: Pipeline, decoded: Decoded) -> Document:
    """The document of an object without its managedFields, which would be long."""
    return pipeline.dump(_without_metadata(decoded, _MANAGED))


def _without_metadata(decoded: Decoded, *names: str) -> Decoded:
    metadata = View(decoded.native).get("metadata")
    if metadata is None:
        return decoded
    fresh = View(metadata).copied()
    fresh.drop(*names)
    return Decoded(decoded.spoke, with_metadata(decoded.native, fresh))


def _without(unwritable: Fields, fields: Fields) -> Fields:
    return recursive_difference(fields, unwritable)


def _unwritable(spoke: Spoke, subresource: str) -> Fields:
    """The fields that requests to a part of an object leave as they are."""
    if not subresource:
        return {"f:status": {}} if has_status(spoke.kind) else {}
    part = "spec" if subresource in ("finalize", "scale") else subresource
    kept = {part, *_ALWAYS}
    if is_kubernetes(spoke.kind):
        kept.add("metadata")
    names = spoke.schema.instance().wire_fields()
    return {f"f:{name}": {} for name in names if name not in kept}


def _empty(spoke: Spoke) -> Document:
    head = {"apiVersion": spoke.api_version, "kind": spoke.options.kind}
    # Objects of a user's own kinds begin with nothing, as custom resources do.
    return {**zero(spoke.schema), **head} if is_kubernetes(spoke.kind) else head


def entries_of(metadata: Mapping[str, Any]) -> Entries | None:
    """The managedFields in metadata as JSON has them; None where there are none."""
    found = metadata.get(_MANAGED)
    if found is None:
        return None
    entries: Entries = msgspec.to_builtins(found)
    return entries


def attach(metadata: View, entries: Sequence[Mapping[str, Any]]) -> None:
    """Put managedFields into metadata, which may be changed."""
    if entries:
        metadata[_MANAGED] = list(entries)
    else:
        metadata.pop(_MANAGED, None)


def same_but_for_time(one: Entries, other: Entries) -> bool:
    """Whether entries say the same but for when."""
    return len(one) == len(other) and all(
        {**left, "time": None} == {**right, "time": None}
        for left, right in zip(one, other, strict=True)
    )


def without_entries(hub: HubObject) -> HubObject:
    """An object without its managedFields; itself if it has none."""
    return with_entries(hub, []) if _MANAGED in metadata_of(hub.native) else hub


def with_entries(hub: HubObject, entries: Entries) -> HubObject:
    """An object with other managedFields."""
    return HubObject(hub.kind, _owned(hub.native, entries))


def both_with_entries(
    hub: HubObject, shown: Decoded, entries: Entries
) -> tuple[HubObject, Decoded]:
    """An object and what it is in a version, which may share its metadata, with other ones."""
    made = _owned(hub.native, entries)
    if metadata_of(shown.native).native is metadata_of(hub.native).native:
        native = with_metadata(shown.native, metadata_of(made))
    else:
        native = _owned(shown.native, entries)
    return HubObject(hub.kind, made), Decoded(shown.spoke, native, shown.warnings)


def _owned(native: Any, entries: Entries) -> Any:
    metadata = metadata_of(native).copied()
    attach(metadata, entries)
    return with_metadata(native, metadata)
