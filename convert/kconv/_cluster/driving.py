"""A run that has the cluster's own migrator rewrite objects first, and what it has to put back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from kconv._cluster import svm
from kconv._cluster.connection import Connection
from kconv._cluster.definition import Definition, newest
from kconv._errors import KconvError


class Driving:
    """``is_on`` says whether the cluster is driven at all."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._unproved: dict[str, set[str]] = {}
        self.is_on = False

    def put_back_all(self, definitions: Mapping[str, Definition]) -> list[str]:
        """See `svm.put_back_all`."""
        return svm.put_back_all(self._connection, definitions, is_driven=self.is_on)

    def drive(
        self, definitions: Sequence[Definition], lease: float, renew: Callable[[], object]
    ) -> list[Definition]:
        """Have the cluster migrate, and hold a lease meanwhile; the CRDs as they are then."""
        with _repeated(lease / 3, renew):
            for each in definitions:
                self._unproved[each.name] = {*each.old}
            return [svm.have_migrated(self._connection, each) for each in definitions]

    def newest(self, known: Definition) -> Definition:
        """A CRD as `newest` has it, with versions on record of which nothing is proved.

        A migration of the cluster takes them off when it ends, and it may be another one than
        ours: of a run with other notes, or of somebody else.
        """
        found = newest(self._connection, known)
        unproved = self._unproved.get(known.name, set())
        if unproved <= {*found.stored}:
            return found
        svm.put_back(self._connection, found, tuple(sorted(unproved)))
        return newest(self._connection, known)

    def proved(self, definition: Definition, version: str) -> None:
        """A version is off the record rightly. After the last one the migration is deleted."""
        if not self.is_on:
            return
        unproved = self._unproved.get(definition.name, set())
        unproved.discard(version)
        if not unproved:
            svm.forget(self._connection, definition)


@contextmanager
def _repeated(seconds: float, what: Callable[[], object]) -> Iterator[None]:
    """Do something every so many seconds, in a thread. Where it fails, the next write says so."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(seconds):
            with suppress(KconvError):
                what()

    thread = threading.Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
