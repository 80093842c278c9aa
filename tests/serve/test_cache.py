"""What was read is cached within a number of bytes."""

import gc
import threading
import tracemalloc
from random import Random

import httpx
import pytest

from kconv._pipeline import Pipeline
from kconv._serve.cache import ENTRY_BYTES, ByteCache
from kconv._serve.encoded import Encoded
from serve.conftest import Running
from serve.samples import CONFIGMAPS, configmap, created


def fill(cache: ByteCache[Encoded], number: int, size: int) -> None:
    row = b"r" * size + str(number).encode()
    encoded = Encoded(b"e" * size + str(number).encode())
    cache.put((number, f"uid-{number}", cache), row, encoded, encoded.size)


@pytest.mark.parametrize("size", [10, 1_000, 50_000])
def test_memory_stays_within_the_bound(size: int) -> None:
    limit = 4_000_000
    cache: ByteCache[Encoded] = ByteCache(limit)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(3 * limit // (2 * size + ENTRY_BYTES)):
        fill(cache, number, size)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert limit / 2 < cache.size <= limit
    assert limit / 2 < taken <= 1.1 * limit


def test_least_recently_used_goes_first() -> None:
    cache: ByteCache[str] = ByteCache(3 * (ENTRY_BYTES + 2))
    for key in "abc":
        cache.put(key, b"r", key, 1)
    assert cache.get("a", b"r") == "a"
    cache.put("d", b"r", "d", 1)
    assert [key for key in "abcd" if cache.get(key, b"r")] == ["a", "c", "d"]


def test_bytes_of_the_row_count_and_are_compared() -> None:
    cache: ByteCache[str] = ByteCache(10_000)
    cache.put("a", b"one", "made of one", 5)
    assert cache.size == ENTRY_BYTES + 3 + 5
    assert cache.get("a", b"two") is None
    cache.put("a", b"three", "made of three", 7)
    assert cache.size == ENTRY_BYTES + 5 + 7
    assert (len(cache), cache.get("a", b"three")) == (1, "made of three")
    cache.put("b", b"r" * 20_000, "too large", 1)
    assert (len(cache), cache.get("a", b"three")) == (1, "made of three")
    cache.clear()
    assert (cache.size, len(cache)) == (0, 0)


def test_many_threads() -> None:
    cache: ByteCache[int] = ByteCache(50 * ENTRY_BYTES)
    wrong: list[int] = []

    def work(seed: int) -> None:
        random = Random(seed)
        for _ in range(3_000):
            number = random.randrange(100)
            found = cache.get(number, b"")
            if found not in (None, number):
                wrong.append(number)
            cache.put(number, b"", number, random.randrange(50))

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert cache.size <= cache.limit
    assert cache.size == sum(entry[2] for entry in cache._entries.values())


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
