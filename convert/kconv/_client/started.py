"""`Started`: what an `AsyncClient` has open on its event loop."""

from __future__ import annotations

import asyncio

from kconv._client.core import Core
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._store import Store
from kconv._verbs.memory import Follower
from kconv._verbs.opening import open_or_create
from kconv._verbs.waiting import OnLoop
from kconv._verbs.watch import Broadcaster


class Started:
    """A client's store, followed by the loop, and the verbs over it."""

    def __init__(
        self,
        scheme: Scheme,
        store: Store,
        pipeline: Pipeline | None,
        cache_bytes: int,
        namespace: str,
        field_manager: str,
    ) -> None:
        self._memory = Follower(store, cache_bytes)
        self._broadcaster = Broadcaster(self._memory)
        self._owned: Store | None = None
        self.core = Core(
            scheme,
            pipeline,
            store,
            self._memory,
            OnLoop(),
            self._broadcaster,
            namespace=namespace,
            field_manager=field_manager,
            wrote=self._broadcaster.wake,
        )

    @classmethod
    async def begin(
        cls,
        scheme: Scheme,
        store: Store | str,
        *,
        pipeline: Pipeline | None,
        cache_bytes: int,
        namespace: str,
        field_manager: str,
    ) -> Started:
        """Open the store where it is a URL, register, and follow. Raises `StoreError`."""
        opened = await asyncio.to_thread(open_or_create, store) if isinstance(store, str) else None
        used = opened if opened is not None else store
        assert not isinstance(used, str), "it has been opened"
        try:
            started = cls(scheme, used, pipeline, cache_bytes, namespace, field_manager)
            started._owned = opened
            await asyncio.to_thread(started.core.presence.begin, started.core.namespaces)
            await started._memory.start()
        except BaseException:
            if opened is not None:
                await asyncio.to_thread(opened.close)
            raise
        return started

    async def stop(self) -> None:
        """End the watches, leave, and close what was opened here."""
        self._broadcaster.close()
        await asyncio.to_thread(self.core.presence.end)
        self._memory.stop()
        if self._owned is not None:
            await asyncio.to_thread(self._owned.close)
