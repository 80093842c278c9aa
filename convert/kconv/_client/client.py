"""`Client`: objects of any version in a program, without a server."""

from __future__ import annotations

import weakref
from types import TracebackType

from kconv._client.core import MANAGER, Core, own_store
from kconv._client.reads import Reads
from kconv._client.writes import Writes
from kconv._errors import UsageError
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv._store import Store, StorePlace
from kconv._verbs.memory import Direct
from kconv._verbs.namespaces import DEFAULT
from kconv._verbs.opening import closed_on_failure, open_or_create
from kconv._verbs.waiting import InThread
from kconv._verbs.watch import Polled


class Client(Reads, Writes):
    """Objects of the kinds in a scheme, in any of their versions, by the rules of the server.

    What a server does to an object this does, too: defaults, rules, metadata, conflicts,
    namespaces and finalizers. Servers and other clients may use the same database meanwhile. It
    may be used from any thread, and is to be closed: ``with kconv.Client(scheme, url) as client``.

    A version is named by its class, for typed objects, or by a `kconv.GroupVersionKind`, for
    documents. Objects to be written may be of either form; what comes back is of the same.

    Args:
        scheme: The kinds; it is frozen here if it is not.
        store: A store, or the place of one, which stay the caller's to close. Or the URL of a
            database: the tables of an empty one are made, and it is closed with the client.
        namespace: Where namespaced objects are, of a call that names no namespace. Lists and
            watches then are of all.
        field_manager: Whose the fields are that it creates, updates and patches, in
            ``managedFields``; an `apply` names its own.
        pipeline: A pipeline of the scheme whose compiled types are to be shared.

    Raises:
        SchemeError: The scheme is not complete.
        UsageError: The place has no store of kconv, or the URL names no database.
        StoreError: The database cannot be opened, or holds what this release cannot decode.
    """

    def __init__(
        self,
        scheme: Scheme,
        store: Store | StorePlace | str,
        *,
        namespace: str = DEFAULT,
        field_manager: str = MANAGER,
        pipeline: Pipeline | None = None,
    ) -> None:
        scheme = scheme.without_documents()
        opened = open_or_create(store) if isinstance(store, str) else None
        with closed_on_failure(opened):
            used = opened or own_store(store)
            self._watches = Polled(used)
            self._core = Core(
                scheme,
                pipeline,
                used,
                Direct(used),
                InThread(),
                self._watches,
                namespace=namespace,
                field_manager=field_manager,
            )
            presence = self._core.presence
            presence.begin(self._core.namespaces)
        self._closed = False

        def end() -> None:
            presence.end()
            if opened is not None:
                opened.close()

        self._end = weakref.finalize(self, end)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the watches, and leave the database. A closed client is of no more use."""
        self._closed = True
        self._watches.close()
        self._end()

    @property
    def _opened(self) -> Core:
        if self._closed:
            raise UsageError("the client is closed")
        return self._core
