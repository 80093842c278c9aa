"""`FieldManager`: what a request does to ``metadata.managedFields``, whichever verb it is.

The chain of managers of ``k8s.io/apimachinery/pkg/util/managedfields/internal``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from kconv._known_forms import KnownForms
from kconv._known_texts import MOST_BYTES, KnownTexts
from kconv._managed.conflicts import ApplyConflict
from kconv._managed.fields import Fields, difference, of, union, union_of
from kconv._managed.known_sets import Known
from kconv._managed.last_applied import allowed_conflicts, with_last_applied
from kconv._managed.owners import APPLY, UPDATE, Entry, Manager, Owned, Owners
from kconv._managed.skeleton import skeletons
from kconv._managed.updater import Filter, Typed, Updater, Versions

MOST_UPDATE_MANAGERS: Final = 10
"""Entries of updates that are kept; the oldest over that become one."""

MOST_GIVEN: Final = 1_000
"""Entries that may come with an object; where there are more, none of them counts."""

_ANCIENT: Final = "ancient-changes"
_BEFORE: Final = "before-first-apply"
_UNKNOWN: Final = "unknown"
_KUBECTL: Final = "kubectl"
_CURRENT: Final = Manager("current-operation", "")

UNOWNED: Final = (
    "clusterName",
    "creationTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
)
"""The metadata that nobody owns: the server's, and what an object is called."""

_STRIPPED: Final[Fields] = of(
    ("f:apiVersion",),
    ("f:kind",),
    ("f:metadata",),
    *(("f:metadata", f"f:{name}") for name in UNOWNED),
)
"""That, and what an object is."""


class FieldManager:
    """Keeps ``managedFields`` for requests to one version of a kind, or to a part of it.

    ``ignored`` is as of `Updater`; ``empty`` is what an object of the version is before anything
    is set.
    """

    def __init__(
        self,
        versions: Versions,
        version: str,
        subresource: str,
        ignored: Mapping[str, Filter],
        empty: Callable[[], Any],
    ) -> None:
        self._versions = versions
        self._version = version
        self._subresource = subresource
        self._updater = Updater(versions, ignored)
        self._empty = empty

    @cached_property
    def _of_new(self) -> KnownForms[Known] | KnownTexts[Known]:
        """The fields of new objects: by their form, where texts in it tell nothing of them."""
        forms = skeletons(self._versions.shape(self._version), self._empty())
        return KnownTexts() if forms is None else KnownForms(forms, MOST_BYTES)

    def create(
        self,
        new: Callable[[], Any],
        given: Sequence[Entry] | None,
        manager: str,
        now: str,
        text: Callable[[], bytes] | None = None,
    ) -> list[dict[str, Any]]:
        """The entries of an object that is new; ``given`` are those that came with it.

        Its document is asked for where its fields are not known from those of others. ``text``,
        which tells that, is its JSON as it is written, without the metadata in `UNOWNED`.
        """
        owners = _reset_or(given, None) if given else Owners()
        if owners.owned:
            return self._updated(self._empty(), new(), owners, manager, now).encode()
        fields = self._created(new, text)
        if fields:
            creator = Manager(manager or _UNKNOWN, UPDATE, self._version, self._subresource)
            owners.owned[creator] = Owned(fields, self._version, False)
            self._note(owners, creator, now)
        return owners.encode()

    def _created(self, new: Callable[[], Any], text: Callable[[], bytes] | None) -> Known:
        """The fields of an object that is new, which those share that differ in texts alone."""
        said = text() if text is not None and self._of_new.is_of_use() else None
        if said is not None and (found := self._of_new.get(said)) is not None:
            return found
        fields = self._updater.created(self._empty(), Typed(new(), self._version))
        fields = difference(fields, _STRIPPED)
        made = Known(fields, fields)
        if said is not None:
            self._of_new.keep(said, made)
        return made

    def update(
        self,
        live: Callable[[], Any],
        new: Callable[[], Any],
        entries: Sequence[Entry],
        given: Sequence[Entry] | None,
        manager: str,
        now: str,
    ) -> list[dict[str, Any]]:
        """The entries after an update; ``entries`` are those that there were.

        The documents before and after it are asked for where somebody owns something. ``given``
        are those that came with the update, or None; through a subresource they do not count. An
        object whose owners nobody knows stays one.
        """
        owners = _reset_or(None if self._subresource else given, entries)
        if not owners.owned:
            return []
        return self._updated(live(), new(), owners, manager, now).encode()

    def apply(
        self,
        live: Any,
        applied: Any,
        entries: Sequence[Entry],
        manager: str,
        now: str,
        *,
        force: bool,
    ) -> tuple[Any, list[dict[str, Any]]]:
        """The object after an apply, and its entries; ``live`` None is none yet.

        Raises `ApplyConflict` unless ``force``; `kconv._managed.lists.NoStep`.
        """
        try:
            made, owners = self._applied(live, applied, entries, manager, now, force)
        except ApplyConflict as conflict:
            if manager != _KUBECTL or live is None:
                raise
            # kubectl takes over what it owns by the annotation of client-side apply.
            allowed = allowed_conflicts(self._versions, live, self._version)
            if allowed is None:
                raise
            rest = conflict.without(allowed)
            if rest is not None:
                raise rest from None
            made, owners = self._applied(live, applied, entries, manager, now, True)
        if manager == _KUBECTL:
            made = with_last_applied(made, applied)
        return made, owners.encode()

    def _applied(
        self,
        live: Any,
        applied: Any,
        entries: Sequence[Entry],
        name: str,
        now: str,
        force: bool,
    ) -> tuple[Any, Owners]:
        owners = _decoded(entries, stored=True)
        if not owners.owned and live is not None:
            owners = self._updated(self._empty(), live, owners, _BEFORE, now)
        manager = Manager(name or _UNKNOWN, APPLY, subresource=self._subresource)
        before = Typed(live if live is not None else self._head(applied), self._version)
        made, managers = self._updater.apply(
            before, Typed(applied, self._version), owners.owned, manager, force=force
        )
        owners.owned = dict(managers)
        _strip(owners, manager)
        if made is not None:
            self._note(owners, manager, now)
        return (before if made is None else made).value, owners

    @staticmethod
    def _head(applied: Any) -> dict[str, Any]:
        return {name: applied[name] for name in ("apiVersion", "kind") if name in applied}

    def _updated(self, live: Any, new: Any, owners: Owners, name: str, now: str) -> Owners:
        manager = Manager(name or _UNKNOWN, UPDATE, self._version, self._subresource)
        before = owners.owned.get(manager)
        owners.owned = self._updater.update(
            Typed(live, self._version), Typed(new, self._version), owners.owned, _CURRENT
        )
        _strip(owners, _CURRENT)
        own = owners.owned.pop(_CURRENT, None)
        if own is not None:
            # What the change took from the manager itself is its own again.
            previous = owners.owned.get(manager)
            fields = own.fields if previous is None else union(own.fields, previous.fields)
            if before is not None and fields == before.fields:
                # The very same set need not be put in order again.
                fields = before.fields
            owners.owned[manager] = own._replace(fields=fields)
            self._note(owners, manager, now)
        _cap(owners)
        return owners

    def _note(self, owners: Owners, manager: Manager, now: str) -> None:
        """Note when a manager changed something; of a scale, Kubernetes does not."""
        if self._subresource != "scale":
            owners.times[manager] = now


def _reset_or(given: Sequence[Entry] | None, entries: Sequence[Entry] | None) -> Owners:
    """The owners that a request begins with; those in it count where they make sense."""
    if given is not None and (not given or (len(given) == 1 and not any(given[0].values()))):
        return Owners()
    counts = given and len(given) <= MOST_GIVEN and given != entries
    if given and counts and (owners := _decoded(given)).owned:
        return owners
    return _decoded(entries or (), stored=True)


def _decoded(entries: Sequence[Entry], *, stored: bool = False) -> Owners:
    """The owners in entries; none where the entries make no sense."""
    try:
        return Owners.decode(entries, stored=stored)
    except ValueError:
        return Owners()


def _strip(owners: Owners, manager: Manager) -> None:
    own = owners.owned.get(manager)
    if own is None:
        return
    fields = difference(own.fields, _STRIPPED)
    if fields:
        owners.owned[manager] = own._replace(fields=fields)
    else:
        del owners.owned[manager]


def _cap(owners: Owners) -> None:
    """Have few enough entries of updates: the oldest become one for each version."""
    updaters = [manager for manager, owned in owners.owned.items() if not owned.applied]
    length = len(updaters)
    if length <= MOST_UPDATE_MANAGERS:
        return
    updaters.sort(key=lambda each: (owners.times.get(each) or "", each.identifier))
    first: dict[str, Manager] = {}
    joined: dict[Manager, list[Fields]] = {}
    for manager in updaters:
        if length <= MOST_UPDATE_MANAGERS:
            break
        owned = owners.owned[manager]
        version = owned.api_version
        if version not in first:
            first[version] = manager
            continue
        bucket = Manager(_ANCIENT, UPDATE, version)
        if bucket not in owners.owned:
            owners.owned[bucket] = owners.owned.pop(first[version])
        sets = joined.setdefault(bucket, [owners.owned[bucket].fields])
        if manager != bucket:
            sets.append(owned.fields)
            del owners.owned[manager]
        length -= 1
        owners.times[bucket] = owners.times.get(manager)
    for bucket, sets in joined.items():
        owners.owned[bucket] = Owned(union_of(sets), bucket.api_version, False)
