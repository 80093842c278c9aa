"""The index of OpenAPI v3, and the documents, made once and kept as bytes."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection
from typing import Any

from kconv._codec import json as json_codec
from kconv._gvk import GroupVersion
from kconv._scheme import Scheme
from kconv._serve.openapi.document import openapi_document


class OpenApi:
    """The documents of all served versions; each is made when it is first asked for."""

    def __init__(self, scheme: Scheme, served: Collection[GroupVersion], release: str) -> None:
        self._scheme = scheme
        self._paths = {path_of(gv): gv for gv in sorted(served)}
        self._release = release
        self._documents: dict[str, bytes] = {}
        self._lock = threading.Lock()

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
            "paths": {
                path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={self.hash(path)}"}
                for path in self._paths
            }
        }

    def document(self, path: str) -> bytes | None:
        """The document of ``apis/batch/v1`` or ``api/v1``; None where nothing is served."""
        group_version = self._paths.get(path)
        if group_version is None:
            return None
        with self._lock:
            found = self._documents.get(path)
            if found is None:
                made = openapi_document(self._scheme, group_version, self._release)
                found = self._documents[path] = json_codec.encode(made)
        return found

    def hash(self, path: str) -> str:
        """The hash of a document's bytes, empty where there is none."""
        document = self.document(path)
        return hashlib.sha512(document).hexdigest().upper() if document else ""


def path_of(group_version: GroupVersion) -> str:
    """The path of a version's document below /openapi/v3."""
    return f"apis/{group_version}" if group_version.group else f"api/{group_version.version}"
