"""The objects in memory take no more bytes than they may."""

import gc
import tracemalloc

import httpx
import pytest

from kconv._pipeline import Pipeline
from kconv._scheme import Scheme, Spoke
from kconv._store import ROW_BYTES, Change, Key, Stored
from kconv._verbs.encoded import Encoded
from kconv._verbs.memory import CachedRow, Collection, MemoryUse
from kconv._verbs.memory.limits import PIECE_BYTES
from kconv._verbs.selectors import Subject
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created


def stored(number: int, size: int = 10, version: int = 1) -> Stored:
    key = Key("example.com", "things", "default", f"thing-{number}")
    return Stored(key, f"uid-{number}", "example.com/v1", version, bytes(size))


@pytest.fixture(scope="module")
def spoke(scheme: Scheme) -> Spoke:
    return scheme.kinds[0].spokes[0]


@pytest.mark.parametrize("size", [10, 1_000, 50_000])
def test_memory_stays_within_the_bound(spoke: Spoke, size: int) -> None:
    limit = 4_000_000
    use = MemoryUse(limit)
    collection = Collection(use, 0)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(3 * limit // (2 * size + ROW_BYTES + PIECE_BYTES)):
        row = CachedRow(stored(number, size))
        collection.put(row)
        use.keep_encoded(row, spoke, Encoded(bytes(size) + b"x"))
        while use.excess() > 0:
            collection.shrink()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert limit / 4 < use.size <= limit
    assert taken <= 1.1 * limit


def test_what_can_be_made_again_goes_first_and_the_oldest_of_it(spoke: Spoke) -> None:
    piece = Encoded(b"piece")
    room = 3 * (ROW_BYTES + 10) + 2 * (PIECE_BYTES + piece.size)
    use = MemoryUse(room)
    collection = Collection(use, 0)
    rows = [CachedRow(stored(number)) for number in range(3)]
    for row in rows:
        collection.put(row)
        use.keep_encoded(row, spoke, piece)
    assert [bool(row.encoded) for row in rows] == [False, True, True]
    assert use.size == room
    assert len(collection.rows) == 3
    use.keep_encoded(rows[2], spoke, piece)
    assert use.size == room


def test_every_byte_is_counted_out_again(spoke: Spoke) -> None:
    use = MemoryUse()
    collection = Collection(use, 0)
    row = CachedRow(stored(1))
    collection.put(row)
    use.keep_encoded(row, spoke, Encoded(b"12345", b"678"))
    use.keep_subject(row, Subject({}, {}))
    use.keep_subject(row, Subject({}, {}))
    assert use.size == ROW_BYTES + 10 + PIECE_BYTES + 8 + PIECE_BYTES
    later = CachedRow(stored(1, 20, version=2))
    collection.apply(Change("MODIFIED", later.stored, None), later)
    assert use.size == ROW_BYTES + 20
    collection.apply(Change("DELETED", stored(1, 20, version=3), None), later)
    assert use.size == 0
    collection.put(row)
    collection.clear()
    assert use.size == 0


def test_row_that_is_not_in_memory_keeps_what_was_made_without_being_counted(spoke: Spoke) -> None:
    use = MemoryUse(0)
    row = CachedRow(stored(1))
    use.keep_encoded(row, spoke, Encoded(b"12345"))
    assert row.encoded
    assert use.size == 0


@pytest.mark.parametrize("query", ["", "?labelSelector=a%3Db", "?fieldSelector=metadata.name!%3Dx"])
def test_repeated_list_is_not_decoded_again(
    client: httpx.Client,
    running: Running,
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
) -> None:
    for number in range(5):
        created(client, CONFIGMAPS, configmap(f"cm{number}", labels={"a": "b"}))
    first = client.get(CONFIGMAPS + query)
    assert len(first.json()["items"]) == 5

    def decode(*args: object, **kwargs: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(pipeline, "decode", decode)
    assert client.get(CONFIGMAPS + query).content == first.content
