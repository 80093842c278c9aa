"""Putting back what an object was before a run, where it is another one by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from kconv._cluster.connection import Connection, Refused
from kconv._cluster.definition import Definition
from kconv._cluster.kinds import is_shown_as
from kconv._cluster.listing import ClusterKey
from kconv._cluster.proof import digest_of_mark, said_difference
from kconv._cluster.rehearsing import would_be_other
from kconv._cluster.walk import Seen, see
from kconv._store.bookkeeping import Bookkeeping, Kept, place_in_order
from kconv.place import Restored, RowName


def restore_page(
    connection: Connection,
    definitions: Mapping[str, Definition],
    books: Bookkeeping,
    page: Sequence[Kept],
) -> tuple[Restored, list[Kept]]:
    """Put back a page of before-images: what became of them, and those that are done with."""
    restored: list[Kept] = []
    written: list[RowName] = []
    deleted: list[RowName] = []
    refused: list[tuple[RowName, str]] = []
    for image in page:
        name = RowName(image.collection, ClusterKey(*map(str, image.key)))
        became = put_back(connection, definitions[image.collection], books, image)
        if became == "restored":
            restored.append(image)
        elif became == "written":
            written.append(name)
        elif became == "deleted":
            deleted.append(name)
        else:
            refused.append((name, became))
    last = place_in_order(page[-1])
    done = Restored(len(restored), tuple(written), tuple(deleted), last, tuple(refused))
    return done, restored


def put_back(
    connection: Connection, definition: Definition, books: Bookkeeping, image: Kept
) -> str:
    """Put back a before-image; ``restored``, ``written``, ``deleted``, or why it was refused.

    Which version an object is stored in is the CRD's to say: there is nothing to put back where it
    shows the same in each version. One that somebody has written since is left alone.
    """
    key = ClusterKey(*map(str, image.key))
    seen = see(connection, definition, key)
    if seen is None:
        return "deleted"
    if seen.problem:
        # What cannot be seen cannot be compared: the only copy of it is kept.
        return seen.problem
    if is_shown_as(seen.shown, image.raw):
        return "restored"
    if digest_of_mark(seen.mark) != image.digest and not _was_run(books, seen, image):
        return "written"
    shown = msgspec.json.decode(image.raw)
    version = image.version.rpartition("/")[2]
    before = shown.get(version) or shown.get(definition.storage)
    if before is None:
        return f"it was not shown in {version}"
    before["metadata"]["resourceVersion"] = str(seen.mark)
    where = before["apiVersion"].rpartition("/")[2]
    changed = f"put back as {where}, it would be shown otherwise than it was: the conversion "
    changed += "changes it; mend that, or set "
    changed += f"storage: true at {where} in the CRD and apply it, and undo again"
    try:
        if would_be_other(connection, definition, before, image.raw):
            return changed
        connection.request("PUT", definition.path(where, *key), before)
    except Refused as error:
        if error.status == 409:
            # A write whose answer was lost, and which is made again, meets itself.
            now = see(connection, definition, key)
            is_back = now is not None and not now.problem and _is_back(now, image, where)
            return "restored" if is_back else "written"
        return "deleted" if error.status == 404 else error.message
    again = see(connection, definition, key)
    if again is not None and again.problem:
        return f"put back as {where}, it cannot be shown: {again.problem}"
    if again is not None and not _is_back(again, image, where):
        return changed
    return "restored"


def _is_back(seen: Seen, image: Kept, where: str) -> bool:
    """Whether an object is what it was in the version that it was put in.

    What it is in others is the conversion's doing, which may have been mended since.
    """
    in_version = replace(seen, shown={where: seen.shown[where]})
    return not said_difference(in_version, image.raw, was_put=True)


def _was_run(books: Bookkeeping, seen: Seen, image: Kept) -> bool:
    """Whether another run alone has written an object since, which was then what the run left."""
    runs = [each.id for each in books.runs()]
    digests = {image.key: digest_of_mark(seen.mark)}
    later = books.fitting_images(image.collection, digests, runs).get(image.key)
    if later is None:
        return False
    written = image.written_version.rpartition("/")[2]
    was, left = msgspec.json.decode(later.raw), msgspec.json.decode(image.raw)
    return written in was and was[written] == left.get(written)
