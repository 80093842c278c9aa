"""`Catalog`: the kinds that are served because of the CRDs that there are."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from kconv._crds.conversion import by_name, conversion_of
from kconv._crds.definition import Definition
from kconv._crds.webhook import Services
from kconv._gvk import GroupResource, GroupVersion
from kconv._scheme import Scheme
from kconv._structural import StructuralKind, structural_kind

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Entry:
    """A CRD that is served, by what its kind was made of."""

    made_of: str
    kind: StructuralKind


@dataclass(slots=True)
class Catalog:
    """Keeps the kinds of a `Scheme.changeable` as the CRDs say."""

    scheme: Scheme
    services: Services = field(default_factory=dict)
    entries: dict[GroupResource, Entry] = field(default_factory=dict)

    @property
    def served(self) -> frozenset[GroupVersion]:
        """The versions that have a kind of a CRD."""
        return frozenset(
            spoke.group_version
            for entry in self.entries.values()
            for spoke in entry.kind.spokes
            if spoke.served
        )

    def update(self, definitions: Iterable[Definition]) -> list[GroupResource]:
        """Serve what is established, and nothing else; gives the resources that changed."""
        wanted = {each.resource: each for each in definitions if each.established}
        changed = [each for each in self.entries if each not in wanted]
        for resource in changed:
            del self.entries[resource]
            self.scheme.remove(resource)
        for resource, definition in wanted.items():
            said = _said(definition)
            known = self.entries.get(resource)
            if known is not None and known.made_of == said:
                continue
            try:
                kind = kind_of(definition, self.services)
            except Exception as error:  # noqa: BLE001 - one CRD must not take all the others along
                # What was stored by another release may be a CRD that this one refuses.
                _log.error("the CRD %s cannot be served as it is: %r", definition.name, error)
                continue
            self.entries[resource] = Entry(said, kind)
            self.scheme.put(kind)
            changed.append(resource)
        return changed


def _said(definition: Definition) -> str:
    """All that the kind of a CRD follows from."""
    return json.dumps(
        [definition.uid, definition.spec, definition.accepted, definition.terminating],
        sort_keys=True,
    )


def kind_of(definition: Definition, services: Services) -> StructuralKind:
    """The kind that a CRD declares, under the names that it was given."""
    convert, waits = conversion_of(definition.conversion, services)
    return structural_kind(
        group=definition.group,
        names={**definition.names, **definition.accepted},
        namespaced=definition.namespaced,
        versions=definition.versions,
        storage=definition.storage,
        convert=convert,
        waits=waits,
        closing=definition.terminating,
        renames=convert is by_name,
    )
