"""What a client is told of its write is what it would read, also where that is what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from kconv._pipeline import Pipeline
from kconv._pipeline.view import View, metadata_of, with_metadata
from kconv._scheme import Spoke
from kconv._store import Key, Stored
from kconv._verbs.current import key_of
from kconv._verbs.encoded import Encoded, encode_object, numbered
from kconv._verbs.memory import CachedRow
from kconv._verbs.object_reader import ObjectReader
from kconv.testing._full_objects import full

UID = "0b0c0d0e-0000-4000-8000-000000000001"


@dataclass
class Written:
    """An object as it was stored, and as a client of another version is told of it."""

    row: CachedRow
    told: Encoded
    read: Encoded


def written(pipeline: Pipeline, source: Spoke, spoke: Spoke, **metadata: Any) -> Written:
    document = full(source)
    document["metadata"] = {**document["metadata"], "uid": UID, **metadata}
    hub = pipeline.to_hub(pipeline.load(document, spoke=source, trusted=True))
    own = metadata_of(hub.native).copied()
    own.drop("resourceVersion", "selfLink")
    hub.native = with_metadata(hub.native, own)
    shown = pipeline.from_hub(hub, spoke)
    data = pipeline.encode(pipeline.from_hub(hub, source))
    key = key_of(source.kind, "default", "a")
    row = CachedRow(Stored(key, UID, source.api_version, 12, data))
    no_memory: Any = None
    told = ObjectReader(pipeline, no_memory).written(row, hub, shown)
    return Written(row, told, encode_object(pipeline, hub, shown, "12"))


def test_every_version_is_told_of_every_other(pipeline: Pipeline) -> None:
    renamed = 0
    for kind in pipeline.scheme.kinds:
        for source in kind.spokes:
            for spoke in kind.spokes:
                found = written(pipeline, source, spoke)
                assert found.told == found.read, (source, spoke)
                assert found.row.encoded == {spoke: found.told}
                renamed += spoke is not source and _names_alone(found)
    assert renamed, "of some kinds versions differ by name alone"


def _names_alone(found: Written) -> bool:
    stored, told = msgspec.json.decode(found.row.stored.data), found.told.document
    told["metadata"].pop("resourceVersion")
    return bool({**stored, "apiVersion": ""} == {**told, "apiVersion": ""})


def test_an_owner_with_the_same_uid_is_no_place_for_the_number(pipeline: Pipeline) -> None:
    """As metadata that name the object itself as its owner, which nobody forbids."""
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": UID}
    for kind in pipeline.scheme.kinds:
        spoke = kind.spokes[0]
        found = written(pipeline, spoke, spoke, ownerReferences=[owner])
        assert found.told == found.read, spoke


def test_what_does_not_begin_as_it_should_is_not_put_together() -> None:
    head = b'{"apiVersion":"v1","kind":"A",'
    for data, told in (
        (head + b'"metadata":{"name":"a","uid":"u"}}', True),
        (head + b'"metadata":{"name":"a"}}', False),
        (b'{"kind":"A","apiVersion":"v1","metadata":{"name":"a","uid":"u"}}', False),
        (head + b'"metadata":{"name":"a","uid":"u"},"spec":{"a":1,"uid":"u"}}', False),
    ):
        stored = Stored(Key("", "as", "default", "a"), "u", "v1", 7, data)
        found = numbered(stored, head, b'{"apiVersion":"v2","kind":"A",')
        assert (found is not None) == told, data
        if found is not None:
            metadata = {"name": "a", "resourceVersion": "7", "uid": "u"}
            assert found.document == {"apiVersion": "v2", "kind": "A", "metadata": metadata}


def test_a_view_is_true_where_it_has_fields(pipeline: Pipeline) -> None:
    spoke = pipeline.scheme.kinds[0].spokes[0]
    native: Any = pipeline.load(full(spoke), spoke=spoke, trusted=True).native
    empty = View(native.metadata).copied()
    empty.drop(*View(native.metadata))
    assert View(native.metadata)
    assert View({"a": 1})
    assert not View(empty.native)
    assert not View({})
