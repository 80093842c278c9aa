"""`Reads`: get, list and watch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar, overload

from kconv._client.core import Core, Selects
from kconv._client.results import ObjectList
from kconv._client.watch import Watch
from kconv._gvk import GroupVersionKind
from kconv._resource import Resource
from kconv._verbs.waiting import run_at_once

R = TypeVar("R", bound=Resource)
Document = dict[str, Any]


class Reads(ABC):
    """The reading half of `kconv.Client`."""

    @property
    @abstractmethod
    def _opened(self) -> Core:
        """What does it. Raises `UsageError` where the client is closed."""

    @overload
    def get(self, version: type[R], name: str, *, namespace: str | None = None) -> R: ...

    @overload
    def get(
        self, version: GroupVersionKind, name: str, *, namespace: str | None = None
    ) -> Document: ...

    def get(
        self,
        version: type[Resource] | GroupVersionKind,
        name: str,
        *,
        namespace: str | None = None,
    ) -> Any:
        """The object of that name, as it is now.

        Raises `kconv.NotFound`; `kconv.KconvError` for one that cannot be read as it is stored.
        """
        return run_at_once(self._opened.get(version, name, namespace))

    @overload
    def list(
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
    def list(
        self,
        version: GroupVersionKind,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        limit: int | None = None,
        continue_: str = "",
    ) -> ObjectList[Document]: ...

    def list(
        self,
        version: type[Resource] | GroupVersionKind,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        limit: int | None = None,
        continue_: str = "",
    ) -> ObjectList[Any]:
        """The objects of a namespace, or all, by namespace and name, as of one moment.

        ``labels`` and ``fields`` select, by Kubernetes' text (``tier in (a, b)``) or by what they
        are to be equal to. With a ``limit`` it is a page, and ``continue_`` of that page asks for
        the next one. What cannot be read is left out, and a warning is logged.

        Raises `kconv.Expired` where the page's moment has been forgotten, `kconv.UsageError` for a
        selector or ``continue_`` that cannot be read.
        """
        return run_at_once(
            self._opened.list_objects(version, namespace, labels, fields, limit, continue_)
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
    ) -> Watch[R]: ...

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
    ) -> Watch[Document]: ...

    def watch(
        self,
        version: Any,
        *,
        namespace: str | None = None,
        labels: Selects = None,
        fields: Selects = None,
        resource_version: str = "",
        timeout: float | None = None,
    ) -> Watch[Any]:
        """The changes of objects as they happen, made by any client; an iterator of `kconv.Event`.

        It tells of what happened after ``resource_version``, that of a list or of an event; without
        one it begins with ``ADDED`` for each object that is there. It ends after ``timeout``
        seconds, or else with the client; `Watch.close` ends it before.

        Iterating raises `kconv.Expired` where the change log no longer reaches back so far: list
        again, and go on from there.
        """
        return Watch(self._opened, (version, namespace, labels, fields), resource_version, timeout)
