"""The index of OpenAPI v3, and the documents, made once and kept as bytes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from kconv._codec import json as json_codec
from kconv._gvk import GroupVersion
from kconv._scheme import Scheme
from kconv._serve.openapi.document import discovery_document, openapi_document, version_document
from kconv._serve.openapi.gnostic import v2_protobuf
from kconv._serve.openapi.v2 import v2_document

Document = dict[str, Any]

V2, V2_PROTOBUF = "v2", "v2 as protobuf"
"""Names of documents that no path of v3 has."""


class OpenApi:
    """The documents of all served versions; each is made when it is first asked for."""

    def __init__(self, scheme: Scheme, served: Collection[GroupVersion], release: str) -> None:
        self._release = release
        self._makers: dict[str, Callable[[], Document]] = {}
        groups = {each.group for each in served}
        if "" in groups:
            self._makers["api"] = partial(discovery_document, None, release)
        self._makers["apis"] = partial(discovery_document, "", release)
        for group in sorted(groups - {""}):
            self._makers[f"apis/{group}"] = partial(discovery_document, group, release)
        for version in sorted(served):
            self._makers[path_of(version)] = partial(openapi_document, scheme, version, release)
        self._makers["version"] = partial(version_document, release)
        self._documents: dict[str, tuple[bytes, str]] = {}
        self._lock = threading.RLock()

    def changed(self, served: Collection[GroupVersion], groups: Collection[str]) -> None:
        """Make the documents of some groups anew; ``served`` are the versions from now on."""
        with self._lock:
            self._paths = {path_of(gv): gv for gv in sorted(served)}
            for path in list(self._documents):
                group_version = self._paths.get(path)
                if group_version is None or group_version.group in groups:
                    del self._documents[path]

    def index(self) -> dict[str, Any]:
        """Where each document is; the hash in a URL changes with the document."""
        return {
            "paths": {path: {"serverRelativeURL": self.url(path)} for path in sorted(self._makers)}
        }

    def url(self, path: str) -> str:
        """Where the present document of a path is, for as long as it is the present one."""
        return f"/openapi/v3/{path}?hash={self.hash(path)}"

    def document(self, path: str) -> bytes | None:
        """The document of ``apis/batch/v1`` or ``api/v1``; None where nothing is served.

        Also that of `V2` or `V2_PROTOBUF`.
        """
        return self._made(path)[0] if path in self._makers or path in (V2, V2_PROTOBUF) else None

    def hash(self, path: str) -> str:
        """The hash of a document's bytes."""
        return self._made(path)[1]

    def _made(self, path: str) -> tuple[bytes, str]:
        with self._lock:
            found = self._documents.get(path)
            if found is None:
                data = self._make(path)
                digest = hashlib.sha512(data).hexdigest().upper()
                found = self._documents[path] = (data, digest)
        return found

    def _make(self, path: str) -> bytes:
        if path == V2_PROTOBUF:
            return v2_protobuf(json_codec.decode(self._made(V2)[0]))
        if path == V2:
            documents = (json_codec.decode(self._made(each)[0]) for each in self._makers)
            return json_codec.encode(v2_document(documents, self._release))
        return json_codec.encode(self._makers[path]())


def path_of(group_version: GroupVersion) -> str:
    """The path of a version's document below /openapi/v3."""
    return f"apis/{group_version}" if group_version.group else f"api/{group_version.version}"
