"""`Catalog`: the kinds that are served because of the CRDs that there are."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
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

    definition: Definition
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

    def made(self, definitions: Iterable[Definition]) -> dict[GroupResource, Entry]:
        """What is to be served of definitions: those that are established.

        It changes nothing, and may take long for large ones: a thread may call it.
        """
        found: dict[GroupResource, Entry] = {}
        for definition in definitions:
            if not definition.established:
                continue
            known = self.entries.get(definition.resource)
            if known is None or known.definition is not definition:
                known = self._entry(definition, known)
            if known is not None:
                found[definition.resource] = known
        return found

    def _entry(self, definition: Definition, known: Entry | None) -> Entry | None:
        said = _said(definition)
        if known is not None and known.made_of == said:
            return Entry(definition, said, known.kind)
        try:
            return Entry(definition, said, kind_of(definition, self.services))
        except Exception as error:  # noqa: BLE001 - one CRD must not take all the others along
            # What was stored by another release may be a CRD that this one refuses.
            _log.error("the CRD %s cannot be served as it is: %r", definition.name, error)
            return known

    def update(self, made: Mapping[GroupResource, Entry]) -> list[GroupResource]:
        """Serve what was made, and nothing else; gives the resources that changed."""
        changed = [each for each in self.entries if each not in made]
        for resource in changed:
            self.scheme.remove(resource)
        for resource, entry in made.items():
            known = self.entries.get(resource)
            if known is None or known.kind is not entry.kind:
                self.scheme.put(entry.kind)
                changed.append(resource)
        self.entries = dict(made)
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
