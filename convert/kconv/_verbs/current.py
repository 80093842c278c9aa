"""Objects as they are now: their rows, and what was decoded of them."""

from __future__ import annotations

from dataclasses import dataclass

from kconv._errors import ConversionError
from kconv._gvk import GroupVersion
from kconv._pipeline import Decoded, HubObject
from kconv._pipeline.view import View, metadata_of
from kconv._scheme import HubKind, Spoke
from kconv._store import Key, Stored
from kconv._verbs.memory import CachedRow
from kconv._verbs.selectors import Subject
from kconv._verbs.undecodable import Undecodable


@dataclass(frozen=True, slots=True)
class Current:
    """An object as it is now: its row, and what was decoded of it, in the hub.

    With a ``fault`` it cannot be read, and the hub has what could be salvaged: its metadata and
    perhaps its status. Otherwise ``decoded`` is the object in the version it is stored in.
    """

    row: CachedRow
    hub: HubObject
    decoded: Decoded | None = None
    fault: Undecodable | None = None

    @property
    def stored(self) -> Stored:
        """What its row holds."""
        return self.row.stored

    @property
    def kind(self) -> HubKind:
        """Its kind."""
        return self.hub.kind

    @property
    def meta(self) -> View:
        """Its metadata in the hub, which has no resourceVersion; not to be changed."""
        return metadata_of(self.hub.native)

    @property
    def resource_version(self) -> str:
        """The resourceVersion that clients know it by."""
        return str(self.stored.resource_version)

    @property
    def subject(self) -> Subject:
        """What selectors look at."""
        return self.row.subject or Subject.of(self.kind, self.hub.native)


def key_of(kind: HubKind, namespace: str, name: str) -> Key:
    """Where an object of a kind is stored."""
    resource = kind.group_resource
    return Key(resource.group, resource.resource, namespace, name)


def spoke_of(kind: HubKind, stored: Stored) -> Spoke:
    """The version that an object is stored in. Raises `ConversionError` for an unknown one."""
    spoke = kind.spoke_for(GroupVersion.parse(stored.api_version))
    if spoke is None:
        raise ConversionError(
            f"{kind.group_resource} {stored.key.namespace}/{stored.key.name} is stored as "
            f"{stored.api_version}, which this server does not know"
        )
    return spoke
