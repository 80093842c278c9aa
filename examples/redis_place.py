"""Documents in Redis as a place that `kconv migrate` goes over.

A document is a hash ``orders:17`` with the fields ``version`` (1, 2, 3) and ``document`` (JSON). A
sorted set ``orders`` has the names of all, so that they can be gone through in order.

    $ kconv migrate --place redis_place:orders --workers 1 --to shop.example.com=v3

What the migration has to remember is in the database that ``--db`` names, a SQLite file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

import redis

from kconv import Scheme
from kconv.place import Key
from kconv.places import Entry, KeyedPlace

PAGE = 500


class RedisPlace(KeyedPlace):
    """Collections of documents in one Redis.

    ``versions`` says for each collection which number stands for which version.
    """

    sort = "redis"

    def __init__(
        self,
        client: redis.Redis,
        scheme: Scheme,
        types: Mapping[str, type[Any]],
        versions: Mapping[str, Mapping[int, str]],
        notes: str,
    ) -> None:
        super().__init__(scheme, types, notes)
        self.client: Any = client  # its methods may be asynchronous, for all that their types say
        self.versions_of = versions
        self.numbers = {
            name: {version: number for number, version in each.items()}
            for name, each in versions.items()
        }

    def entries(self, collection: str, after: Key | None) -> Iterator[Entry]:
        begin = "-" if after is None else f"({after[0]}"
        while names := self.client.zrangebylex(collection, begin, "+", 0, PAGE):
            with self.client.pipeline(transaction=False) as pipeline:
                for name in names:
                    pipeline.hgetall(f"{collection}:{name.decode()}")
                found = pipeline.execute()
            for name, fields in zip(names, found, strict=True):
                if fields:
                    yield self._entry(collection, (name.decode(),), fields)
            begin = f"({names[-1].decode()}"

    def entry(self, collection: str, key: Key) -> Entry | None:
        fields = self.client.hgetall(f"{collection}:{key[0]}")
        return self._entry(collection, key, fields) if fields else None

    def replace(self, collection: str, old: Entry, new: Entry) -> bool:
        name = f"{collection}:{old.key[0]}"
        with self.client.pipeline() as pipeline:
            pipeline.watch(name)
            fields = pipeline.hgetall(name)
            if not fields or self._entry(collection, old.key, fields) != old:
                return False
            pipeline.multi()
            number = self.numbers[collection][new.version]
            pipeline.hset(name, mapping={"version": number, "document": new.data})
            try:
                pipeline.execute()
            except redis.WatchError:
                return False
        return True

    def _entry(self, collection: str, key: Key, fields: Mapping[bytes, bytes]) -> Entry:
        number = fields.get(b"version", b"")
        known = self.versions_of[collection]
        version = known.get(int(number)) if number.isdigit() else None
        return Entry(key, version or f"({number.decode()})", fields.get(b"document", b""))


def orders(notes: str) -> RedisPlace:
    """The orders in the Redis that ``$REDIS_URL`` names; ``notes`` is what ``--db`` says."""
    from shop.versions import GROUP, OrderV3, register

    scheme = Scheme()
    register(scheme)
    client = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379/0"))
    versions = {number: f"{GROUP}/v{number}" for number in (1, 2, 3)}
    return RedisPlace(client, scheme, {"orders": OrderV3}, {"orders": versions}, notes)
