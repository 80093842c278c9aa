"""Places of documents under keys, as the tests of every place have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fakeredis

from kconv.place import Key
from kconv.places import Entry, FileKey, FilesPlace, KeyedPlace
from kconv.testing import NoteV1, NoteV2, PlaceGround, notes_scheme
from redis_place import RedisPlace


class DictPlace(KeyedPlace):
    """Documents in a dict of this process."""

    def __init__(self, documents: dict[str, tuple[str, bytes]], notes: str) -> None:
        super().__init__(notes_scheme(), {"notes": NoteV1}, notes)
        self.documents = documents

    def entries(self, collection: str, after: Key | None) -> Iterator[Entry]:
        for name in sorted(self.documents):
            if (after is None or (name,) > after) and name in self.documents:
                yield Entry((name,), *self.documents[name])

    def entry(self, collection: str, key: Key) -> Entry | None:
        found = self.documents.get(str(key[0]))
        return None if found is None else Entry(key, *found)

    def replace(self, collection: str, old: Entry, new: Entry) -> bool:
        if self.entry(collection, old.key) != old:
            return False
        self.documents[str(old.key[0])] = new.version, new.data
        return True


class DictGround(PlaceGround):
    """The least that a place can be."""

    def __init__(self, folder: Path) -> None:
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.notes = f"sqlite:///{folder / 'notes.db'}"

    def open(self) -> DictPlace:
        return DictPlace(self.documents, self.notes)

    def key(self, name: str) -> Key:
        return (name,)

    def put(self, name: str, version: str, data: bytes) -> None:
        self.documents[name] = version, data

    def delete(self, name: str) -> None:
        del self.documents[name]

    def rows(self) -> dict[str, tuple[str, bytes]]:
        return dict(sorted(self.documents.items()))


def tell(_: PurePosixPath, value: dict[str, Any]) -> type[Any]:
    """Notes say in no field which version they are in."""
    return NoteV1 if "body" in value else NoteV2


class FilesGround(PlaceGround):
    """A folder with a file for each note."""

    collection = "notes.notes.kconv.test"
    by_value = True  # files are indented as they were, whatever spaces a document had

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def open(self) -> FilesPlace:
        place = FilesPlace(self.folder, notes_scheme(), tell=tell)
        if {each.version for each in place.versions() if each.preferred} != {self.new}:
            return place
        if not place.runs():
            place.prefer([(self.collection, self.old)], live=None)
        return place

    def key(self, name: str) -> Key:
        return FileKey(f"{name}.json", 0, -1)

    def put(self, name: str, version: str, data: bytes) -> None:
        # As an editor does: a new file in the place of the old one.
        new = self.folder / f".{name}.new"
        new.write_bytes(data)
        new.replace(self.folder / f"{name}.json")

    def delete(self, name: str) -> None:
        (self.folder / f"{name}.json").unlink()

    def rows(self) -> dict[str, tuple[str, bytes]]:
        found = {}
        for path in sorted(self.folder.glob("*.json")):
            data = path.read_bytes()
            version = self.old if "body" in json.loads(data) else self.new
            found[path.stem] = version, data
        return found


class RedisGround(PlaceGround):
    """The Redis of the example."""

    numbers = {PlaceGround.old: 1, PlaceGround.new: 2}

    def __init__(self, folder: Path) -> None:
        self.client: Any = fakeredis.FakeRedis()
        self.notes = f"sqlite:///{folder / 'notes.db'}"

    def open(self) -> RedisPlace:
        versions = {number: version for version, number in self.numbers.items()}
        return RedisPlace(
            self.client, notes_scheme(), {"notes": NoteV1}, {"notes": versions}, self.notes
        )

    def key(self, name: str) -> Key:
        return (name,)

    def put(self, name: str, version: str, data: bytes) -> None:
        self.client.zadd("notes", {name: 0})
        fields = {"version": self.numbers[version], "document": data}
        self.client.hset(f"notes:{name}", mapping=fields)

    def delete(self, name: str) -> None:
        self.client.zrem("notes", name)
        self.client.delete(f"notes:{name}")

    def rows(self) -> dict[str, tuple[str, bytes]]:
        versions = {str(number).encode(): version for version, number in self.numbers.items()}
        found = {}
        for name in self.client.zrange("notes", 0, -1):
            fields = self.client.hgetall(b"notes:" + name)
            found[name.decode()] = versions[fields[b"version"]], fields[b"document"]
        return found
