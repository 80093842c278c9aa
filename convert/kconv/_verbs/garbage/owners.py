"""The owners of an object: which are there, which are gone, which wait for it to go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from kconv._errors import NotRegistered, UsageError
from kconv._gvk import GroupVersion
from kconv._scheme import HubKind, Scheme
from kconv._store import Key
from kconv._verbs.current import key_of
from kconv._verbs.garbage.envelope import OwnerReference, metadata_of
from kconv._verbs.memory import Memory
from kconv._verbs.propagation import FOREGROUND

_MOST_ABSENT = 10_000


@dataclass(slots=True)
class Classified:
    """The owners of an object by what they are to it.

    ``unknown`` are of kinds that nobody here can look up, those without a uid, and those that no
    object of its scope can have: while there is one, nothing is known of the object.
    """

    solid: list[OwnerReference] = field(default_factory=list)
    dangling: list[OwnerReference] = field(default_factory=list)
    waiting: list[OwnerReference] = field(default_factory=list)
    unknown: list[OwnerReference] = field(default_factory=list)


class Owners:
    """Looks up owners, whichever of the versions of its kind a reference names."""

    def __init__(self, scheme: Scheme, memory: Memory) -> None:
        self._scheme = scheme
        self._memory = memory
        self._absent: OrderedDict[tuple[str, Key], None] = OrderedDict()

    async def classify(self, namespace: str, owners: Sequence[OwnerReference]) -> Classified:
        """The owners of an object in a namespace. Raises `kconv._errors.StoreError`."""
        found = Classified()
        for each in owners:
            (await self._place_of(namespace, each, found)).append(each)
        return found

    async def _place_of(
        self, namespace: str, owner: OwnerReference, found: Classified
    ) -> list[OwnerReference]:
        kind = self.kind_of(owner)
        if kind is None or not owner.uid or (kind.namespaced and not namespace):
            return found.unknown
        key = key_of(kind, namespace if kind.namespaced else "", owner.name)
        # A uid is never given twice, so what was gone once stays gone; but for a database that goes
        # back, after which there are other `Owners`.
        if (owner.uid, key) in self._absent:
            self._absent.move_to_end((owner.uid, key))
            return found.dangling
        row = await self._memory.row(key)
        if row is None or row.stored.uid != owner.uid:
            self._absent[owner.uid, key] = None
            if len(self._absent) > _MOST_ABSENT:
                self._absent.popitem(last=False)
            return found.dangling
        metadata = metadata_of(row.stored.data)
        if metadata.deletionTimestamp and FOREGROUND in (metadata.finalizers or ()):
            return found.waiting
        return found.solid

    def kind_of(self, owner: OwnerReference) -> HubKind | None:
        """The kind that a reference names; None for one that is not here."""
        try:
            return self._scheme.spoke(GroupVersion.parse(owner.apiVersion).kind(owner.kind)).kind
        except (NotRegistered, UsageError):
            return None
