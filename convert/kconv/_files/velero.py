"""Archives of Velero: objects of a backup as JSON, each in a folder for its resource and version.

``metadata/version`` comes first, then ``resources/deployments.apps/namespaces/shop/web.json``, or
``cluster`` in place of ``namespaces/shop``. The same objects come once more below a folder for
their version, ``resources/deployments.apps/v1-preferredversion/...``, beside other versions.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kconv._codec import json as json_codec
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import DecodeError, TooLarge
from kconv._gvk import GroupVersion
from kconv._resource import plural_of

IN_ARCHIVE: Final = "Velero archive"

UNPACKED_LIMIT: Final = FILE_LIMIT
"""Bytes that an archive may have unpacked: what is packed may be anything."""

_FIRST: Final = "metadata/version"
_VERSION: Final = re.compile(r"(v[0-9]+(?:(?:alpha|beta)[0-9]+)?)(-preferredversion)?\Z")
_UNREADABLE: Final = (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, IndexError)
"""What is raised for bytes that are no archive; some headers are read by ``int``."""

_OWN: Final = ("path", "size")
"""What long names and large files have in headers of their own."""

Value = dict[str, Any]


def is_velero(path: Path) -> bool:
    """Whether a file is such an archive, by its first member."""
    if not path.is_file():
        return False  # a named pipe would be waited for
    try:
        with gzip.open(path) as packed:
            header = packed.read(tarfile.BLOCKSIZE)
        return tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape").name == _FIRST
    except _UNREADABLE:
        return False


@dataclass(frozen=True, slots=True)
class Archive:
    """The members of an archive in their order, and which of them are objects, by number."""

    members: tuple[tuple[tarfile.TarInfo, bytes], ...]
    objects: tuple[int, ...]

    def texts(
        self, name: str, values: Mapping[int, Callable[[], Value]]
    ) -> Iterator[tuple[str, bytes, bytes]]:
        """What changes, in lines: the path of a member, what it says, and what it is to say."""
        for number, make in values.items():
            member, data = self.members[self.objects[number]]
            before = json_codec.encode_pretty(json_codec.decode(data))
            yield f"{name}/{member.name}", before, json_codec.encode_pretty(make())

    def values(self) -> Iterator[tuple[str, Any]]:
        """Each object with the path of its member. Raises `DecodeError` for what is no JSON."""
        for number in self.objects:
            member, data = self.members[number]
            try:
                yield member.name, json_codec.decode(data)
            except DecodeError as error:
                raise DecodeError(f"{member.name}: {error.message}") from None

    def with_values(self, values: Mapping[int, Callable[[], Value]]) -> bytes:
        """The archive with other objects in the places of some, by their numbers from 0.

        An object moves to the folder of its new version, unless one is there already.
        """
        new = {self.objects[number]: make() for number, make in values.items()}
        taken = {member.name for member, _ in self.members}
        made = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            for number, (member, data) in enumerate(self.members):
                if number in new:
                    data = json_codec.encode(new[number])
                    moved = _moved(member.name, new[number])
                    name = member.name if moved in taken else moved
                    taken.add(name)
                    member = member.replace(name=name, deep=False)
                    member.size = len(data)
                    member.pax_headers = {
                        key: each for key, each in member.pax_headers.items() if key not in _OWN
                    }
                tar.addfile(member, io.BytesIO(data) if member.isreg() else None)
        return made.getvalue()


class _Bounded(io.BufferedIOBase):
    """A stream of which at most so many bytes are read, headers and all. Raises `TooLarge`."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._size = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = self._stream.read(size)
        self._size += len(found)
        if self._size > UNPACKED_LIMIT:
            raise TooLarge(f"unpacks to more than {UNPACKED_LIMIT} bytes")
        return found


def read_archive(data: bytes) -> Archive:
    """The archive in some bytes. Raises `DecodeError` and `TooLarge`."""
    members: list[tuple[tarfile.TarInfo, bytes]] = []
    try:
        unpacked = _Bounded(gzip.GzipFile(fileobj=io.BytesIO(data)))
        with tarfile.open(fileobj=unpacked, mode="r|") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isreg() else None
                members.append((member, file.read() if file else b""))
    except _UNREADABLE as error:
        raise DecodeError(f"the archive cannot be read: {error}") from None
    objects = (number for number, (each, _) in enumerate(members) if _is_object(each))
    return Archive(tuple(members), tuple(objects))


def _is_object(member: tarfile.TarInfo) -> bool:
    parts = member.name.split("/")
    return member.isreg() and parts[0] == "resources" and member.name.endswith(".json")


def _moved(name: str, value: Value) -> str:
    """Where an object of a version is."""
    top, resource, *rest = name.split("/")
    gv = GroupVersion.parse(str(value.get("apiVersion")))
    plural, _, group = resource.partition(".")
    if group != gv.group:
        plural = plural_of(str(value.get("kind")))
    folder = f"{plural}.{gv.group}" if gv.group else plural
    version = _VERSION.match(rest[0]) if rest else None
    if version is not None:
        rest[0] = f"{gv.version}{version[2] or ''}"
    return "/".join((top, folder, *rest))
