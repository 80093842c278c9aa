"""Client libraries, each behind the same few calls: devices of a version, as dictionaries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any, ClassVar

GROUP = "devices.example.com"
NS = "default"
Events = Generator[tuple[str, dict[str, Any]], None, None]
PATCHES = {
    "apply": "application/apply-patch+yaml",
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


class Library:
    """What a library does to devices; what it has no call for is in `lacks`."""

    lacks: ClassVar[frozenset[str]] = frozenset()
    page: ClassVar[int] = 3
    """How many objects a page of a list has."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.open()

    def open(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Closes its connections."""

    def refused(self, error: Exception) -> int:
        """The code of an answer that it raises; it raises the error again if it is none."""
        code = getattr(error, "status", None)
        if not isinstance(code, int):
            raise error
        return code

    def get(self, version: str, name: str) -> dict[str, Any]:
        raise NotImplementedError

    def create(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def replace(self, version: str, body: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError

    def patch(self, version: str, name: str, how: str, patch: Any, **query: Any) -> dict[str, Any]:
        """Changes a device; of ``query``, `apply` takes ``manager`` and ``force``."""
        raise NotImplementedError

    def delete(self, version: str, name: str, uid: str | None = None) -> None:
        raise NotImplementedError

    def names(self, version: str) -> list[str]:
        """The names of all devices, taken page by page."""
        raise NotImplementedError

    def watch(self, version: str, since: str) -> Events:
        raise NotImplementedError

    def candidate(self, name: str) -> Any:
        """A function that tries to lead, or goes on leading: whether it does."""
        raise NotImplementedError


def each_of(
    loop: asyncio.AbstractEventLoop, events: AsyncGenerator[tuple[str, dict[str, Any]], None]
) -> Events:
    """Takes events until nobody wants more of them, and ends what they come from."""
    try:
        while True:
            yield loop.run_until_complete(anext(events))
    finally:
        loop.run_until_complete(events.aclose())
