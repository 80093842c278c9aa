"""`AsyncClient`: objects of any version in a program that has an event loop."""

from __future__ import annotations

import asyncio
from functools import partial
from types import TracebackType

from kconv._client.async_reads import AsyncReads
from kconv._client.async_writes import AsyncWrites
from kconv._client.core import MANAGER, Core, own_store
from kconv._client.started import Started
from kconv._errors import UsageError
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._store import Store, StorePlace
from kconv._verbs.memory import CACHE_BYTES
from kconv._verbs.namespaces import DEFAULT


class AsyncClient(AsyncReads, AsyncWrites):
    """`kconv.Client` for an event loop: its methods are coroutines, and take and return the same.

    It reads from memory, which follows the change log, after one look at the database, as a server
    does. It belongs to the event loop that it is first used in, and is to be closed:
    ``async with kconv.AsyncClient(scheme, url) as client``.

    Args:
        scheme: The kinds; it is frozen here if it is not.
        store: A store, or the place of one, which stay the caller's to close. Or the URL of a
            database: the tables of an empty one are made, and it is closed with the client.
        namespace: Where namespaced objects are, of a call that names no namespace. Lists and
            watches then are of all.
        field_manager: Whose the fields are that it creates, updates and patches, in
            ``managedFields``; an `apply` names its own.
        pipeline: A pipeline of the scheme whose compiled types are to be shared.
        cache_bytes: How much memory objects may take.

    Raises:
        SchemeError: The scheme is not complete.
        UsageError: The place has no store of kconv.
    """

    def __init__(
        self,
        scheme: Scheme,
        store: Store | StorePlace | str,
        *,
        namespace: str = DEFAULT,
        field_manager: str = MANAGER,
        pipeline: Pipeline | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self._begin = partial(
            Started.begin,
            scheme.without_documents(),
            store if isinstance(store, str) else own_store(store),
            pipeline=pipeline,
            cache_bytes=cache_bytes,
            namespace=namespace,
            field_manager=field_manager,
        )
        self._started: Started | None = None
        self._starting: asyncio.Task[Started] | None = None
        self._closed = False

    async def __aenter__(self) -> AsyncClient:
        await self._core()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End the watches, and leave the database. A closed client is of no more use."""
        self._closed = True
        started, self._started = self._started, None
        if started is not None:
            await started.stop()

    async def _core(self) -> Core:
        """What has been opened; opens it first. Raises `StoreError`."""
        if self._started is not None:
            return self._started.core
        if self._closed:
            raise UsageError("the client is closed")
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._begin())
        try:
            self._started = await asyncio.shield(self._starting)
        finally:
            self._starting = None
        return self._started.core
