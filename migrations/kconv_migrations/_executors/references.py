"""References to other objects that name a version which is gone or about to go.

`ownerReferences`, `managedFields` and every field whose schema declares it a reference
(``metadata={"reference": True}`` on an object with ``apiVersion`` and ``kind``) keep the version
that the writer used. They outlive it: nothing converts them. A version may hide some of them, as
autoscaling/v1 does in annotations; the hub shows those.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from kconv._errors import UsageError
from kconv._gvk import GroupResource, GroupVersion
from kconv._paths import Path, format_path
from kconv._schema import Type
from kconv._scheme import HubKind, Scheme, Spoke
from kconv.fields import spec_of
from kconv.fields._base import elements_of, innermost
from kconv.fields._spec import AnyField

MARK = "reference"
"""The key in a field's ``metadata`` that declares it a reference."""

_API_VERSION = re.compile(rb'"apiVersion"\s*:\s*"([^"]*)"')
_OWN_FIRST = b'{"apiVersion":'
"""How stored bytes begin: with the object's own version, which is no reference."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference to a ``kind`` in a version that goes; ``new`` is to take its place.

    ``path`` is that of its ``apiVersion``.
    """

    path: Path
    kind: str
    api_version: str
    new: str

    def __str__(self) -> str:
        return f"{format_path(self.path)}: {self.kind} in {self.api_version}, now {self.new}"


class References:
    """Finds references to versions that the scheme does not have, or that are ``dropping``.

    ``preferred`` says for each resource on record which version takes their place; versions of
    groups and kinds that the scheme does not know at all are none of its business.
    """

    def __init__(
        self,
        scheme: Scheme,
        preferred: Mapping[GroupResource, str],
        dropping: Collection[tuple[GroupResource, str]] = (),
    ) -> None:
        self._preferred = preferred
        self._dropping = frozenset(dropping)
        self._kinds: dict[tuple[str, str], HubKind] = {}
        self._registered: set[tuple[str, str]] = set()
        for kind in scheme.kinds:
            for spoke in kind.spokes:
                self._kinds[spoke.gvk.group, spoke.gvk.kind] = kind
                self._registered.add((spoke.api_version, spoke.gvk.kind))
        self._clean: dict[bytes, bool] = {}

    def replacement(self, api_version: str, kind: str) -> str | None:
        """The version to name in place of one that is gone; None for one that may stay."""
        try:
            group = GroupVersion.parse(api_version).group
        except UsageError:
            return None
        found = self._kinds.get((group, kind))
        if found is None:
            return None
        resource = found.group_resource
        stays = (api_version, kind) in self._registered
        if stays and (resource, api_version) not in self._dropping:
            return None
        first = self._preferred.get(resource, str(found.storage))
        for new in (first, *(spoke.api_version for spoke in found.spokes)):
            if (new, kind) in self._registered and (resource, new) not in self._dropping:
                return new
        return None

    def may_hold(self, data: bytes, spoke: Spoke | None = None) -> bool:
        """Whether stored bytes could hold such a reference; quick, and never wrong about no.

        Those of a version that may hide some are not looked into: they could.
        """
        if spoke is not None and hides(spoke):
            return True
        return any(map(self._suspicious, _API_VERSION.findall(data)[data.startswith(_OWN_FIRST) :]))

    def find(self, value: Mapping[str, Any], spoke: Spoke) -> list[Reference]:
        """Every such reference that a decoded object of a version shows."""
        return self._found(_declared(value, spoke))

    def repair(self, value: Mapping[str, Any], spoke: Spoke) -> dict[str, Any]:
        """A copy of the object in which references name the versions that stay."""
        repaired = copy.deepcopy(dict(value))
        self._mend(_declared(repaired, spoke))
        return repaired

    def find_in_hub(self, value: Mapping[str, Any], kind: HubKind) -> list[Reference]:
        """Every such reference among the fields that the hub declares, in an object of the hub."""
        return self._found(_marked(value, kind.hub, ()))

    def repair_in_hub(self, value: Mapping[str, Any], kind: HubKind) -> dict[str, Any]:
        """As `repair`, of an object of the hub; `find_in_hub` says which references."""
        repaired = copy.deepcopy(dict(value))
        self._mend(_marked(repaired, kind.hub, ()))
        return repaired

    def _found(self, held: Iterable[tuple[Path, Any, str]]) -> list[Reference]:
        return [
            Reference((*path, "apiVersion"), kind, each["apiVersion"], new)
            for path, each, kind in held
            if (new := self.replacement(each["apiVersion"], kind)) is not None
        ]

    def _mend(self, held: Iterable[tuple[Path, Any, str]]) -> None:
        for _, each, kind in held:
            each["apiVersion"] = self.replacement(each["apiVersion"], kind) or each["apiVersion"]

    def _suspicious(self, text: bytes) -> bool:
        found = self._clean.get(text)
        if found is None:
            api_version = text.decode("utf-8", "replace")
            kinds = {kind for _, kind in self._kinds}
            found = any(self.replacement(api_version, kind) is not None for kind in kinds)
            if len(self._clean) < 10_000:
                self._clean[text] = found
        return found


def hides(spoke: Spoke) -> bool:
    """Whether objects of a version may hold references that only the hub shows."""
    return spoke.ruled and _is_marked(spoke.kind.hub)


def _declared(value: Mapping[str, Any], spoke: Spoke) -> Iterator[tuple[Path, Any, str]]:
    """Every reference: its path, the object that it is, and the kind that it names."""
    metadata = value.get("metadata") or {}
    for index, owner in enumerate(metadata.get("ownerReferences") or ()):
        if isinstance(owner.get("apiVersion"), str):
            yield ("metadata", "ownerReferences", index), owner, str(owner.get("kind", ""))
    for index, entry in enumerate(metadata.get("managedFields") or ()):
        if isinstance(entry.get("apiVersion"), str):
            yield ("metadata", "managedFields", index), entry, spoke.gvk.kind
    if _is_marked(spoke.schema):
        yield from _marked(value, spoke.schema, ())


def _marked(value: Any, of: type[Type], path: Path) -> Iterator[tuple[Path, Any, str]]:
    if not isinstance(value, dict):
        return
    for name, field in of.instance().fields.items():
        key = field.data_key or name
        if key in value:
            yield from _within(value[key], field, (*path, key))


def _within(value: Any, field: AnyField, path: Path) -> Iterator[tuple[Path, Any, str]]:
    spec = spec_of(field)
    if spec.object_type is not None:
        marked = field.metadata.get(MARK) and isinstance(value, dict)
        if marked and isinstance(value.get("apiVersion"), str):
            yield path, value, str(value.get("kind", ""))
        elif _is_marked(spec.object_type):
            yield from _marked(value, spec.object_type, path)
    for key, each, inner in elements_of(spec, value):
        yield from _within(each, inner, (*path, key))


@cache
def _is_marked(of: type[Type]) -> bool:
    """Whether a type declares a reference, at any depth."""
    seen: set[type[Type]] = set()
    waiting = [of]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        for field in current.instance().fields.values():
            inner = innermost(field)
            below = spec_of(inner).object_type
            if below is not None:
                if inner.metadata.get(MARK):
                    return True
                waiting.append(below)
    return False
