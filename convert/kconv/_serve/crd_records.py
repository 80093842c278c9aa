"""The versions on record that CRDs say: of their kinds, and of those that have gone."""

from __future__ import annotations

from collections.abc import Sequence

from kconv._crds import RESOURCE
from kconv._errors import NotFound
from kconv._scheme import HubKind
from kconv._store import Key, Store


def stored_by_crds(built_in: Sequence[HubKind], store: Store) -> list[tuple[str, str, str]]:
    """The versions on record that are for CRDs to say; blocks.

    Those of the CRDs that are there, and those of CRDs that have gone with all their objects.
    """
    own = {(each.group_resource.group, each.group_resource.resource) for each in built_in}
    found = []
    for each in store.storage_versions():
        if (each.group, each.resource) in own or not each.group:
            continue
        name = f"{each.resource}.{each.group}"
        crd = Key(RESOURCE.group, RESOURCE.resource, "", name)
        try:
            store.get(crd)
        except NotFound:
            if store.list(each.group, each.resource, limit=1).items:
                continue
        found.append((each.group, each.resource, each.api_version))
    return found
