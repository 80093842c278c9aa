"""kconv's own store as a place: a collection for each resource, the change log as a section."""

from __future__ import annotations

from collections.abc import Collection as AnyOf
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import astuple

from kconv._errors import Conflict, Expired, NotFound
from kconv._gvk import GroupResource
from kconv._store import records
from kconv._store.place_rows import (
    CHANGES,
    ChangeKey,
    ObjectKey,
    as_entry,
    as_stored_entry,
    change_number,
    change_row,
    collection_name,
    group_and_resource,
    object_key,
    object_names,
    row_name,
)
from kconv._store.protocol import Store
from kconv.place import (
    OBJECTS,
    BeforeImage,
    ClientCount,
    Collection,
    Count,
    Ending,
    Images,
    Key,
    NewData,
    Place,
    Pressure,
    Quarantined,
    Reclaimable,
    RecordedVersion,
    Restored,
    Row,
    Run,
    RunTarget,
    Section,
    Server,
    UndoSize,
    Where,
)

if TYPE_CHECKING:
    from kconv._scheme import Scheme

_SECTIONS: Final = (Section(), Section(CHANGES, "change", keeps_before_images=False))


class StorePlace(Place):
    """`kconv.place.Place` over a store; keys of objects are (namespace, name).

    ``scheme`` has the kinds; ``groups`` and ``apis`` are what it was loaded with, by which a
    worker process loads it again.
    """

    def __init__(
        self,
        store: Store,
        scheme: Scheme,
        groups: AnyOf[str] | None = None,
        apis: Sequence[str] = (),
    ) -> None:
        self.store = store
        self._scheme = scheme
        self._loaded = (groups, apis)

    def __reduce__(self) -> tuple[Any, ...]:
        return _load, (self.store, *self._loaded)

    @property
    def scheme(self) -> Scheme:
        return self._scheme

    def collections(self) -> list[Collection]:
        kinds = {
            str(kind.group_resource): kind
            for kind in self._scheme.kinds
            if kind.document is None  # documents without an envelope live elsewhere
        }
        recorded = {
            collection_name(each.group, each.resource) for each in self.store.storage_versions()
        }
        return [
            Collection(str(name), kinds.get(str(name)), _SECTIONS)
            for name in sorted(GroupResource.parse(each) for each in kinds.keys() | recorded)
        ]

    def counts(self) -> list[Count]:
        found = []
        for each in self.store.counts():
            name = collection_name(each.group, each.resource)
            found.append(Count(name, OBJECTS, each.api_version, each.objects))
            found.append(Count(name, CHANGES, each.api_version, each.changes))
        return found

    def last(self, where: Where) -> Key | None:
        return ChangeKey("", "", self.store.head()) if where.section == CHANGES else None

    def boundary(
        self, where: Where, *, other_than: str, after: Key | None, until: Key | None, rows: int
    ) -> Key | None:
        group, resource = group_and_resource(where.collection)
        if where.section == OBJECTS:
            found = self.store.objects_boundary(
                group, resource, other_than=other_than, after=object_names(after), rows=rows
            )
            return None if found is None else ObjectKey(*found)
        number = self.store.changes_boundary(
            group, resource, other_than=other_than, after=change_number(after) or 0, rows=rows
        )
        last = change_number(until)
        if number is None or (last is not None and number >= last):
            return None
        return ChangeKey("", "", number)

    def page(
        self,
        where: Where,
        *,
        other_than: str,
        after: Key | None,
        until: Key | None,
        limit: int,
        passing_over: str = "",
    ) -> list[Row]:
        group, resource = group_and_resource(where.collection)
        if where.section == OBJECTS:
            stored = self.store.scan_objects(
                group,
                resource,
                other_than=other_than,
                after=object_names(after),
                limit=limit,
                until=object_names(until),
                passing_over=passing_over,
            )
            return [
                Row(
                    ObjectKey(each.key.namespace, each.key.name),
                    each.api_version,
                    each.resource_version,
                    each.data,
                )
                for each in stored
            ]
        changes = self.store.scan_changes(
            group,
            resource,
            other_than=other_than,
            after=change_number(after) or 0,
            limit=limit,
            until=change_number(until),
            passing_over=passing_over,
        )
        return [change_row(each.stored) for each in changes]

    def row(self, where: Where, key: Key) -> Row | None:
        try:
            if where.section == OBJECTS:
                found = self.store.get(object_key(where.collection, key))
                return Row(key, found.api_version, found.resource_version, found.data)
            number = change_number(key) or 0
            group, resource = group_and_resource(where.collection)
            changes = self.store.changes(number - 1, group=group, resource=resource, limit=1)
        except (NotFound, Expired):
            return None
        rows = [change_row(each.stored) for each in changes]
        return next((each for each in rows if each.key == key), None)

    def write(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        group, resource = group_and_resource(where.collection)
        rewrites = [
            (
                records.Row(
                    records.Key(group, resource, *row.key[:2]),  # type: ignore[arg-type]  # as `page` made it
                    row.version,
                    row.mark,  # type: ignore[arg-type]  # as `page` made it
                ),
                version,
                data,
            )
            for row, version, data in items
        ]
        if where.section == OBJECTS:
            return self.store.rewrite(rewrites, run=run, keep_undo=keep_before_images)
        return self.store.rewrite_changes(rewrites, run=run)

    def repair(
        self, where: Where, items: Sequence[NewData], *, run: str, keep_before_images: bool
    ) -> int:
        if where.section != OBJECTS:
            return self.write(where, items, run=run, keep_before_images=False)
        if self.store.run(run).state != "running":
            raise Conflict(f"run {run} is no longer held: `kconv migrate status` shows which is")
        written = 0
        for row, version, data in items:
            assert isinstance(row.mark, int), "as `page` made it"
            key = object_key(where.collection, row.key)
            # A row that was only rewritten since has the same resourceVersion.
            with suppress(Conflict, NotFound):
                if self.store.get(key).api_version == row.version:
                    self.store.update(key, expected=row.mark, api_version=version, data=data)
                    written += 1
        return written

    @property
    def writes_elsewhere(self) -> bool:
        return self.store.has_row_locks

    def written(self) -> int:
        return self.store.head()

    def versions(self) -> list[RecordedVersion]:
        return [
            RecordedVersion(
                collection_name(each.group, each.resource), each.api_version, each.preferred
            )
            for each in self.store.storage_versions()
        ]

    def prefer(self, versions: Iterable[tuple[str, str]], *, live: float | None) -> None:
        self.store.prefer_all(
            [(*group_and_resource(name), version) for name, version in versions], live=live
        )

    def close_version(self, collection: str, version: str) -> bool:
        return self.store.drop(*group_and_resource(collection), version)

    def begin_run(
        self,
        holder: str,
        targets: Sequence[RunTarget],
        lease: float,
        *,
        keep_undo: float | None = None,
    ) -> Run:
        return self.store.begin_run(holder, targets, lease, keep_undo=keep_undo)

    def renew_run(self, run_id: str, lease: float) -> None:
        self.store.renew_run(run_id, lease)

    def end_run(self, run_id: str, state: Ending) -> bool:
        return self.store.end_run(run_id, state)

    def steer_run(
        self, run_id: str, *, paused: bool | None = None, rate: float | None = None
    ) -> Run:
        return self.store.steer_run(run_id, paused=paused, rate=rate)

    def report_run(
        self, run_id: str, *, done: int, total: int, waiting: str, raced: int | None = None
    ) -> Run:
        return self.store.report_run(run_id, done=done, total=total, waiting=waiting, raced=raced)

    def run(self, run_id: str) -> Run:
        return self.store.run(run_id)

    def runs(self) -> list[Run]:
        return self.store.runs()

    def undo_size(self, run_id: str) -> UndoSize:
        return self.store.undo_size(run_id)

    def before_images(
        self, where: Where, rows: Sequence[Row], runs: Sequence[str]
    ) -> list[BeforeImage | None]:
        found: dict[Key, BeforeImage] = {}
        marks = {row.key: row.mark for row in rows}
        for run in runs if where.section == OBJECTS else ():
            names = [
                each for each in map(object_names, marks.keys() - found.keys()) if each is not None
            ]
            for image in self.store.find_undo(run, *group_and_resource(where.collection), names):
                key = (image.key.namespace, image.key.name)
                if image.resource_version == marks[key]:
                    found[key] = BeforeImage(image.api_version, image.data)
        return [found.get(row.key) for row in rows]

    def images(self, run_id: str, *, after: Key | None, limit: int) -> Images:
        start = None if after is None else records.Key(*map(str, after))
        page = self.store.undo_page(run_id, after=start, limit=limit)
        if not page:
            return Images()
        found = ((row_name(each.key), BeforeImage(each.api_version, each.data)) for each in page)
        return Images(tuple(found), astuple(page[-1].key))

    def restore(
        self, run_id: str, *, after: Key | None, limit: int, live: float | None, held: str
    ) -> Restored:
        start = None if after is None else records.Key(*map(str, after))
        page = self.store.undo_page(run_id, after=start, limit=limit)
        if not page:
            return Restored()
        done = self.store.restore(run_id, page, live=live, held=held)
        return Restored(
            len(done.restored),
            tuple(row_name(each.key) for each in done.written),
            tuple(row_name(each.key) for each in done.deleted),
            astuple(page[-1].key),
        )

    def drop_undo(self, run_id: str) -> int:
        return self.store.drop_undo(run_id)

    def expire_undo(self) -> int:
        return self.store.expire_undo()

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        self.store.quarantine([as_stored_entry(each) for each in entries])

    def quarantined(self, collection: str | None = None) -> list[Quarantined]:
        named = (None, None) if collection is None else group_and_resource(collection)
        return [as_entry(each) for each in self.store.quarantined(*named)]

    def release(self, entries: Sequence[Quarantined]) -> int:
        return self.store.release([as_stored_entry(each) for each in entries])

    def servers(self, within: float) -> list[Server]:
        return self.store.servers(within)

    def clients(self, group: str, version: str, *, since_days: int) -> list[ClientCount]:
        return self.store.clients(group, version, since_days=since_days)

    def pressure(self, where: Where, wanted: frozenset[str]) -> Pressure:
        return self.store.pressure(where.section, wanted)

    def reclaimable(self) -> Reclaimable:
        return self.store.reclaimable()

    def close(self) -> None:
        self.store.close()


def _load(store: Store, groups: AnyOf[str] | None, apis: Sequence[str]) -> StorePlace:
    """In a worker process, which shares nothing with its parent."""
    from kconv._scheme import load_scheme

    return StorePlace(store, load_scheme(groups, apis), groups, apis)
