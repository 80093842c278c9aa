"""What rows of a cluster are called, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from kconv._cluster.definition import Definition
from kconv._cluster.kinds import as_document
from kconv._cluster.listing import ClusterKey
from kconv._cluster.proof import digest_of_mark
from kconv._cluster.rewriting import Rewritten
from kconv._cluster.walk import Seen
from kconv._store.bookkeeping import Kept
from kconv._store.bookkept_place import number
from kconv.place import BeforeImage, Key, NewData, Quarantined, Row, RowName

CHUNK: Final = 500
"""Objects that are looked up at a time."""

_UNWRITTEN: Final = 1 << 63


def versions_of(definition: Definition) -> list[str]:
    """The versions on record: the storage version, and others that objects may be in."""
    names = dict.fromkeys((definition.storage, *definition.stored))
    return [definition.api_version(each) for each in names]


def label_of(definition: Definition, is_proved: bool) -> str:
    """The version that an object counts as being in."""
    old = definition.old
    return definition.api_version(definition.storage if is_proved or not old else old[0])


class Documented(NamedTuple):
    """An object, and the document of its row."""

    seen: Seen
    document: bytes


def documented(seen: Seen) -> Documented:
    return Documented(seen, as_document(seen.shown))


def row_of(definition: Definition, found: Documented, is_proved: bool) -> Row:
    """An object as a row."""
    seen, document = found
    label = label_of(definition, is_proved)
    return Row(seen.key, label, seen.mark, document, seen.problem, seen.findings)


def cluster_key(key: Key | None) -> ClusterKey | None:
    return None if key is None else ClusterKey(*map(str, key))


def named_entry(entry: Quarantined) -> Quarantined:
    return replace(entry, key=ClusterKey(*map(str, entry.key)))


def named_image(found: tuple[RowName, BeforeImage]) -> tuple[RowName, BeforeImage]:
    """A before-image as it is looked at: the object in the version that it counted as being in."""
    (collection, key), (version, document) = found
    shown = msgspec.json.decode(document, type=dict[str, msgspec.Raw])
    in_version = shown.get(version.rpartition("/")[2]) or next(iter(shown.values()))
    name = RowName(collection, ClusterKey(*map(str, key)))
    return name, BeforeImage(version, bytes(in_version))


def before_image(collection: str, item: NewData, written: int | None) -> Kept:
    """A before-image; of what is not written yet it is known only what it was."""
    mark = number(item.row.mark)
    before, unwritten = digest_of_mark(mark), (mark | _UNWRITTEN).to_bytes(8, "big")
    after, read = (unwritten, before) if written is None else (digest_of_mark(written), unwritten)
    return Kept(
        collection, tuple(item.row.key), item.row.version, item.data, item.version, after, read
    )


def chunks(
    found: Iterator[tuple[ClusterKey, int]],
) -> Iterator[dict[ClusterKey, int]]:
    while chunk := dict(islice(found, CHUNK)):
        yield chunk


def raise_first(outcomes: Iterable[Rewritten]) -> None:
    """What ended a request for good ends the run, after all others are settled."""
    for each in outcomes:
        if each.error is not None:
            raise each.error
