"""`AsyncReads`: get, list and watch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar, overload

from kconv._client.async_watch import AsyncWatch
from kconv._client.core import Core, Selects
from kconv._client.reads import Document
from kconv._client.results import ObjectList
from kconv._gvk import GroupVersionKind
from kconv._resource import Resource

R = TypeVar("R", bound=Resource)


class AsyncReads(ABC):
    """The reading half of `kconv.AsyncClient`."""

    @abstractmethod
    async def _core(self) -> Core:
        """What does it, opened first. Raises `UsageError` where the client is closed."""

    @overload
    async def get(self, version: type[R], name: str, *, namespace: str | None = None) -> R: ...

    @overload
    async def get(
        self, version: GroupVersionKind, name: str, *, namespace: str | None = None
    ) -> Document: ...

    async def get(
        self,
        version: type[Resource] | GroupVersionKind,
        name: str,
        *,
        namespace: str | None = None,
    ) -> Any:
        """As `kconv.Client.get`."""
        return await (await self._core()).get(version, name, namespace)

    @overload
    async def list(
        self,
        version: type[R],
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        limit: int | None = None,
        continue_: str = "",
    ) -> ObjectList[R]: ...

    @overload
    async def list(
        self,
        version: GroupVersionKind,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        limit: int | None = None,
        continue_: str = "",
    ) -> ObjectList[Document]: ...

    async def list(
        self,
        version: type[Resource] | GroupVersionKind,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        limit: int | None = None,
        continue_: str = "",
    ) -> ObjectList[Any]:
        """As `kconv.Client.list`."""
        return await (await self._core()).list_objects(
            version, namespace, labels, fields, limit, continue_
        )

    @overload
    def watch(
        self,
        version: type[R],
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        resource_version: str = "",
        timeout: float | None = None,
    ) -> AsyncWatch[R]: ...

    @overload
    def watch(
        self,
        version: GroupVersionKind,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        resource_version: str = "",
        timeout: float | None = None,
    ) -> AsyncWatch[Document]: ...

    def watch(
        self,
        version: Any,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        resource_version: str = "",
        timeout: float | None = None,
    ) -> AsyncWatch[Any]:
        """As `kconv.Client.watch`."""
        return AsyncWatch(
            self._core, (version, namespace, labels, fields), resource_version, timeout
        )
