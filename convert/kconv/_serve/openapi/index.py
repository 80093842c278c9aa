"""The index of OpenAPI v3, and the documents, made once and kept as bytes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any, NamedTuple

import msgspec

from kconv._codec import json as json_codec
from kconv._gvk import GroupVersion
from kconv._scheme import Scheme
from kconv._serve.openapi.document import discovery_document, openapi_document, version_document
from kconv._serve.openapi.gnostic import v2_protobuf
from kconv._serve.openapi.v2 import v2_document

Document = dict[str, Any]

_Makers = Mapping[str, Callable[[], Document]]

V2, V2_PROTOBUF = "v2", "v2 as protobuf"
"""Names of documents that no path of v3 has."""


class Made(NamedTuple):
    """The bytes of a document, and their hash."""

    data: bytes
    digest: str


class OpenApi:
    """The documents of all served versions; each is made when it is first asked for.

    They are made in threads, by one at a time. The event loop, which says what is served, waits for
    none of them: what was begun before a change is not kept.
    """

    def __init__(self, scheme: Scheme, served: Collection[GroupVersion], release: str) -> None:
        self._scheme = scheme
        self._release = release
        self._makers = self._makers_of(served)
        self._documents: dict[str, Made] = {}
        self._changes = 0
        self._making = threading.RLock()
        self._state = threading.Lock()

    def _makers_of(self, served: Collection[GroupVersion]) -> _Makers:
        release = self._release
        groups = {each.group for each in served}
        found: dict[str, Callable[[], Document]] = {
            "apis": partial(discovery_document, "", release),
            "version": partial(version_document, release),
        }
        for group in groups:
            path, name = (f"apis/{group}", group) if group else ("api", None)
            found[path] = partial(discovery_document, name, release)
        for version in served:
            found[path_of(version)] = partial(openapi_document, self._scheme, version, release)
        return dict(sorted(found.items()))

    def changed(self, served: Collection[GroupVersion], groups: Collection[str]) -> None:
        """Make the documents of some groups anew; ``served`` are the versions from now on."""
        makers = self._makers_of(served)
        with self._state:
            self._changes += 1
            self._makers = makers
            for path in list(self._documents):
                parts = path.split("/")
                group = parts[1] if parts[0] == "apis" and len(parts) > 1 else ""
                if path not in makers or group in groups:
                    del self._documents[path]

    def index(self) -> dict[str, Any]:
        """Where each document is; the hash in a URL changes with the document."""
        makers = self._makers
        urls = {path: url_of(path, self._made(path, makers).digest) for path in makers}
        return {"paths": {path: {"serverRelativeURL": url} for path, url in urls.items()}}

    def paths(self) -> list[str]:
        """The path of each document, and of the index."""
        return ["/openapi/v3", *(f"/openapi/v3/{each}" for each in self._makers)]

    def document(self, path: str) -> Made | None:
        """The document of ``apis/batch/v1`` or ``api/v1``; None where nothing is served."""
        makers = self._makers
        return self._made(path, makers) if path in makers else None

    def v2(self, form: str) -> Made:
        """The document of v2, of all that is served, as `V2` or as `V2_PROTOBUF`."""
        return self._made(form, self._makers)

    def _made(self, path: str, makers: _Makers) -> Made:
        found = self._documents.get(path)
        if found is not None:
            return found
        with self._making:
            with self._state:
                found, changes = self._documents.get(path), self._changes
            if found is None:
                data = self._make(path, makers)
                found = Made(data, hashlib.sha512(data).hexdigest().upper())
                with self._state:
                    if changes == self._changes:
                        self._documents[path] = found
        return found

    def _make(self, path: str, makers: _Makers) -> bytes:
        if path == V2_PROTOBUF:
            return v2_protobuf(_read(self._made(V2, makers)))
        if path == V2:
            documents = [_read(self._made(each, makers)) for each in makers]
            return json_codec.encode(v2_document(documents, self._release))
        return json_codec.encode(makers[path]())


def _read(made: Made) -> Any:
    """A document, which may be larger and deeper than those that clients may send."""
    return msgspec.json.decode(made.data)


def url_of(path: str, digest: str) -> str:
    """Where the document of a path with this hash is, for as long as it has it."""
    return f"/openapi/v3/{path}?hash={digest}"


def path_of(group_version: GroupVersion) -> str:
    """The path of a version's document below /openapi/v3."""
    return f"apis/{group_version}" if group_version.group else f"api/{group_version.version}"
