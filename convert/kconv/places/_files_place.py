"""`FilesPlace`: a folder of JSON and YAML files, as a place that is migrated."""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from kconv._codec import json as json_codec
from kconv._errors import UsageError
from kconv._files.walk import SUFFIXES
from kconv._scheme import HubKind, Scheme, load_scheme
from kconv.place import Key
from kconv.places._document_files import WHOLE, DocumentFile, Spot, Value
from kconv.places._keyed_place import Entry, KeyedPlace

NOTES: Final = ".kconv.db"
"""The SQLite file in a folder that remembers what a migration has to."""

_REMEMBERED: Final = 64

Tell = Callable[[PurePosixPath, Value], type[Any] | None]
"""Tells the type of a document without an apiVersion by its path in the folder and its value."""


class FileKey(NamedTuple):
    """Which object of which file: the number of its document, and of the item where it is a list.

    Both are from 0; ``item`` is -1 in a document that is no list.
    """

    path: str
    document: int
    item: int

    def __str__(self) -> str:
        name = f"{self.path}[{self.document}]" if self.document else self.path
        return name if self.item == WHOLE else f"{name}.items[{self.item}]"


@dataclass(frozen=True, slots=True)
class _ReadFile:
    """A file as it was in ``state``, and what of it is in each collection, in order."""

    state: tuple[int, int, int]
    file: DocumentFile
    entries: Mapping[str, Mapping[Key, Entry]]


class FilesPlace(KeyedPlace):
    """Documents in the JSON and YAML files of a folder and the folders in it.

    A collection for each kind of the scheme. An object belongs to its kind by apiVersion and kind,
    as manifests have them; of other documents, ``tell`` says the type (a `kconv.Document`), or None
    for what is none. What belongs to no kind is left alone, and so are hidden files and folders.

    A file is replaced as a whole, and only if it is what was read. What differs is edited, so that
    comments, order and layout stay; a document that cannot be edited so is written anew. Notes are
    in ``.kconv.db`` in the folder, unless ``notes``, the URL of a SQLite file, says otherwise.

    Raises `UsageError` where there is no such folder, and with any call `kconv.DecodeError` for a
    file that cannot be parsed.
    """

    sort = "files"

    def __init__(
        self,
        folder: str | os.PathLike[str],
        scheme: Scheme,
        *,
        tell: Tell | None = None,
        notes: str = "",
    ) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise UsageError(f"{self.folder}: no such folder")
        self._tell = tell
        self._known: OrderedDict[str, _ReadFile] = OrderedDict()
        self._opened_as: tuple[Callable[..., FilesPlace], tuple[Any, ...]] | None = None
        kinds = scheme.freeze().kinds
        self._by_kind = {
            (spoke.gvk.group, spoke.gvk.kind): kind
            for kind in kinds
            if not kind.document
            for spoke in kind.spokes
        }
        self._by_type = {
            spoke.schema: (kind, spoke.api_version)
            for kind in kinds
            if kind.document
            for spoke in kind.spokes
        }
        url = notes or f"sqlite:///{self.folder / NOTES}"
        super().__init__(scheme, {str(kind.group_resource): _stored(kind) for kind in kinds}, url)

    @classmethod
    def open(
        cls,
        folder: str | os.PathLike[str],
        groups: Collection[str] | None = None,
        apis: Sequence[str] = (),
    ) -> FilesPlace:
        """The place of a folder of manifests, with the kinds of API packages (`load_scheme`).

        Kinds on demand are there as far as the files have them. Worker processes can open such a
        place anew.
        """
        scheme = load_scheme(groups, apis).with_kinds(*_said_in(Path(folder)))
        place = cls(folder, scheme)
        place._opened_as = FilesPlace.open, (os.fspath(folder), groups, tuple(apis))
        return place

    def __reduce__(self) -> tuple[Any, ...]:
        return self._opened_as or super().__reduce__()

    def entries(self, collection: str, after: Key | None) -> Iterator[Entry]:
        first = None if after is None else _file_key(after)
        for name in self._names():
            if first is not None and name < first.path:
                continue
            for entry in self._entries_of(name, collection).values():
                if first is None or entry.key > first:
                    yield entry

    def entry(self, collection: str, key: Key) -> Entry | None:
        return self._entries_of(str(key[0]), collection).get(key)

    def named(self, key: Key) -> Key:
        return _file_key(key)

    def replace(self, collection: str, old: Entry, new: Entry) -> bool:
        return self.replace_many(collection, [(old, new)])[0]

    def replace_many(self, collection: str, pairs: Sequence[tuple[Entry, Entry]]) -> list[bool]:
        done = [False] * len(pairs)
        by_file: dict[str, list[int]] = {}
        for at, (old, _) in enumerate(pairs):
            by_file.setdefault(str(old.key[0]), []).append(at)
        for name, places in by_file.items():
            read = self._read(name)
            if read is None:
                continue
            present = read.entries.get(collection, {})
            unchanged = [at for at in places if present.get(pairs[at][0].key) == pairs[at][0]]
            new = {
                _spot(pairs[at][1].key): json_codec.decode(pairs[at][1].data) for at in unchanged
            }
            if new and read.file.write(new):
                for at in unchanged:
                    done[at] = True
            self._known.pop(name, None)
        return done

    def _entries_of(self, name: str, collection: str) -> Mapping[Key, Entry]:
        """What of a file is in a collection now."""
        read = self._read(name)
        return {} if read is None else read.entries.get(collection, {})

    def _sorted_out(self, file: DocumentFile) -> dict[str, dict[Key, Entry]]:
        """What of a file is in each collection."""
        found: dict[str, dict[Key, Entry]] = {}
        for spot, value in file.objects():
            kind, version = self._kind(file, value)
            if kind is None:
                continue
            repeated = file.repeated(spot)
            if repeated:
                version = f"{version} (repeats {', '.join(repeated)})"
            key = FileKey(file.name, *spot)
            entry = Entry(key, version, json_codec.encode(value))
            found.setdefault(str(kind.group_resource), {})[key] = entry
        return found

    def _kind(self, file: DocumentFile, value: Value) -> tuple[HubKind | None, str]:
        api_version, kind = value.get("apiVersion"), value.get("kind")
        if isinstance(api_version, str) and isinstance(kind, str):
            group = api_version.rpartition("/")[0]
            found = self._by_kind.get((group, kind))
            if found is not None:
                return found, api_version
        told = None if self._tell is None else self._tell(PurePosixPath(file.name), value)
        if told is None:
            return None, ""
        if told not in self._by_type:
            raise UsageError(
                f"{file.name}: {told.__name__} is no document type of the scheme: register it"
            )
        return self._by_type[told]

    def _names(self) -> list[str]:
        """The files, by their path in the folder."""
        return sorted(path.relative_to(self.folder).as_posix() for path in _paths(self.folder))

    def _read(self, name: str) -> _ReadFile | None:
        """A file as it is now; None where it is not there any more."""
        path = self.folder / name
        try:
            status = path.stat()
        except OSError:
            return None
        state = (status.st_mtime_ns, status.st_size, status.st_ino)
        known = self._known.get(name)
        if known is None or known.state != state:
            file = DocumentFile(path, name)
            known = self._known[name] = _ReadFile(state, file, self._sorted_out(file))
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return known


def _paths(folder: Path) -> Iterator[Path]:
    """The files of a folder, in no order."""
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield Path(at, name)


def _said_in(folder: Path) -> tuple[set[str], set[str]]:
    """What looks like an apiVersion, and like a kind, anywhere in the files of a folder."""
    versions: set[str] = set()
    kinds: set[str] = set()
    for path in _paths(folder):
        with suppress(OSError):
            for name, text in _HEAD.findall(path.read_bytes()):
                (kinds if name == b"kind" else versions).add(text.decode())
    return versions, kinds | {kind.removesuffix("List") for kind in kinds}


_HEAD: Final = re.compile(
    rb"""\b(apiVersion|kind)["']?[ \t]*:\s*["']?([\w.-]+(?:/\w+)?)""", re.ASCII
)


def _stored(kind: HubKind) -> type[Any]:
    """The type of a kind that is stored unless somebody says otherwise."""
    return next(each.schema for each in kind.spokes if each.api_version == str(kind.storage))


def _file_key(key: Key) -> FileKey:
    path, document, item = key
    assert isinstance(path, str), "as `entries` made it"
    assert isinstance(document, int), "as `entries` made it"
    assert isinstance(item, int), "as `entries` made it"
    return FileKey(path, document, item)


def _spot(key: Key) -> Spot:
    found = _file_key(key)
    return Spot(found.document, found.item)
