"""`Writes`: create, update, apply, patch and delete."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, overload

from kconv._client.core import Core, Selects
from kconv._gvk import GroupVersionKind
from kconv._pipeline import FieldValidation
from kconv._resource import Resource
from kconv._verbs.options import DeleteOptions, WriteOptions
from kconv._verbs.waiting import run_at_once

T = TypeVar("T")
R = TypeVar("R", bound=Resource)
Document = dict[str, Any]
PatchType = Literal["merge", "json", "strategic"]
Change = Mapping[str, Any] | Sequence[Mapping[str, Any]] | bytes


class Writes(ABC):
    """The writing half of `kconv.Client`."""

    @property
    @abstractmethod
    def _opened(self) -> Core:
        """What does it. Raises `UsageError` where the client is closed."""

    def create(
        self,
        object: T,
        *,
        namespace: str | None = None,
        dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> T:
        """Store a new object; returns it as it is then, with defaults and metadata.

        ``metadata.generateName`` has a name made. Raises `kconv.AlreadyExists`;
        `kconv.InvalidObject` and `kconv.DecodeError` with every field that is wrong;
        `kconv.NotFound` where there is no such namespace, `kconv.Forbidden` where it is
        terminating.
        """
        options = WriteOptions(dry_run, field_validation)
        made: T = run_at_once(self._opened.create(object, namespace, options))
        return made

    def update(
        self,
        object: T,
        *,
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> T:
        """Replace an object; returns it as it is then.

        With its ``metadata.resourceVersion``, it must still be as it was read: else raises
        `kconv.Conflict`. Without one it is replaced whatever it is. ``subresource`` ``"status"``
        writes the status alone. Raises `kconv.NotFound`, and as `create`.
        """
        options = WriteOptions(dry_run, field_validation)
        made: T = run_at_once(self._opened.update(object, namespace, subresource, options))
        return made

    def apply(
        self,
        object: T,
        *,
        field_manager: str,
        force: bool = False,
        namespace: str | None = None,
        subresource: str = "",
        dry_run: bool = False,
    ) -> T:
        """Bring an object to what ``field_manager`` wants of it; returns it as it is then.

        ``object`` has the fields that matter to the manager and no others; they belong to it from
        then on, and what it owned and leaves out goes, unless others own it as well. The object is
        created where there is none. Raises `kconv.Conflict` where others own fields with other
        values, unless ``force`` takes them, and as `create`.
        """
        options = WriteOptions(dry_run, "Strict", field_manager, force)
        made: T = run_at_once(self._opened.apply(object, namespace, subresource, options))
        return made

    @overload
    def patch(
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
    def patch(
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

    def patch(
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
        """Change an object, in the terms of a version; returns it as it is then.

        ``change`` is a merge patch, a list of operations (``type="json"``) or a strategic merge
        patch. Where somebody else writes meanwhile it is applied again, unless it has a
        ``metadata.resourceVersion``. Raises as `update`.
        """
        options = WriteOptions(dry_run, field_validation)
        return run_at_once(
            self._opened.patch(version, name, change, type, namespace, subresource, options)
        )

    @overload
    def delete(
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
    def delete(
        self,
        version: GroupVersionKind,
        name: str,
        *,
        namespace: str | None = None,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Document | None: ...

    def delete(
        self,
        version: Any,
        name: str,
        *,
        namespace: str | None = None,
        uid: str = "",
        resource_version: str = "",
        dry_run: bool = False,
    ) -> Any:
        """Delete an object; returns None when it is gone, or the object while finalizers hold it.

        A namespace goes with all that is in it. Raises `kconv.NotFound`, `kconv.Conflict` where it
        is not of that ``uid`` or ``resource_version``.
        """
        options = DeleteOptions(dry_run, uid, resource_version)
        return run_at_once(self._opened.delete(version, name, namespace, options))

    @overload
    def delete_collection(
        self,
        version: type[R],
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        dry_run: bool = False,
    ) -> Sequence[R]: ...

    @overload
    def delete_collection(
        self,
        version: GroupVersionKind,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        dry_run: bool = False,
    ) -> Sequence[Document]: ...

    def delete_collection(
        self,
        version: Any,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        dry_run: bool = False,
    ) -> Any:
        """Delete the objects that are selected, each as `delete` does; returns what they were."""
        options = DeleteOptions(dry_run)
        return run_at_once(
            self._opened.delete_collection(version, namespace, labels, fields, options)
        )
