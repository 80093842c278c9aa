"""`AsyncWrites`: create, update, apply, patch and delete."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, TypeVar, overload

from kconv._client.core import Core, Selects
from kconv._client.writes import Change, Document, PatchType
from kconv._gvk import GroupVersionKind
from kconv._pipeline import FieldValidation
from kconv._resource import Resource
from kconv._verbs.options import DeleteOptions, WriteOptions

T = TypeVar("T")
R = TypeVar("R", bound=Resource)


class AsyncWrites(ABC):
    """The writing half of `kconv.AsyncClient`."""

    @abstractmethod
    async def _core(self) -> Core:
        """What does it, opened first. Raises `UsageError` where the client is closed."""

    async def create(
        self,
        object: T,
        *,
        namespace: str | None = None,
        dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> T:
        """As `kconv.Client.create`."""
        options = WriteOptions(dry_run, field_validation)
        made: T = await (await self._core()).create(object, namespace, options)
        return made

    async def update(
        self,
        object: T,
        *,
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> T:
        """As `kconv.Client.update`."""
        options = WriteOptions(dry_run, field_validation)
        made: T = await (await self._core()).update(object, namespace, subresource, options)
        return made

    async def apply(
        self,
        object: T,
        *,
        field_manager: str,
        force: bool = False,
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
    ) -> T:
        """As `kconv.Client.apply`."""
        options = WriteOptions(dry_run, "Strict", field_manager, force)
        made: T = await (await self._core()).apply(object, namespace, subresource, options)
        return made

    @overload
    async def patch(
        self,
        version: type[R],
        name: str,
        change: Change,
        *,
        type: PatchType = "merge",
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> R: ...

    @overload
    async def patch(
        self,
        version: GroupVersionKind,
        name: str,
        change: Change,
        *,
        type: PatchType = "merge",
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> Document: ...

    async def patch(
        self,
        version: Any,
        name: str,
        change: Change,
        *,
        type: PatchType = "merge",
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> Any:
        """As `kconv.Client.patch`."""
        options = WriteOptions(dry_run, field_validation)
        return await (await self._core()).patch(
            version, name, change, type, namespace, subresource, options
        )

    @overload
    async def delete(
        self,
        version: type[R],
        name: str,
        *,
        namespace: str | None = None,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> R | None: ...

    @overload
    async def delete(
        self,
        version: GroupVersionKind,
        name: str,
        *,
        namespace: str | None = None,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Document | None: ...

    async def delete(
        self,
        version: Any,
        name: str,
        *,
        namespace: str | None = None,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Any:
        """As `kconv.Client.delete`."""
        options = DeleteOptions(dry_run, uid, resource_version)
        return await (await self._core()).delete(version, name, namespace, options)

    @overload
    async def delete_collection(
        self,
        version: type[R],
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        dry_run: bool = False,
    ) -> Sequence[R]: ...

    @overload
    async def delete_collection(
        self,
        version: GroupVersionKind,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        dry_run: bool = False,
    ) -> Sequence[Document]: ...

    async def delete_collection(
        self,
        version: Any,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        dry_run: bool = False,
    ) -> Any:
        """As `kconv.Client.delete_collection`."""
        options = DeleteOptions(dry_run)
        return await (await self._core()).delete_collection(
            version, namespace, labels, fields, options
        )
