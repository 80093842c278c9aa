"""Waiting for a database that went away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from kconv._errors import Denied, TimedOut, Unavailable
from kconv.place import Place
from kconv_migrations._executors.worker_executor import WorkerEnded

T = TypeVar("T")

_PAUSE: Final = 0.25
_WRITING: Final = ("write", "restore", "repair")


_LASTING: Final = ("cannot grow: the disk is full",)
"""Causes that waiting does not help with: somebody has to do something."""


def wait_for(
    call: Callable[[], T],
    outage: float,
    report: Callable[[str], None] = lambda _: None,
    raising: tuple[type[Unavailable], ...] = (),
) -> T:
    """The result of a call, repeated for up to ``outage`` seconds while the database is away.

    ``report`` is given what the database said, and the empty string when it is back. What is of
    ``raising`` is raised at once.
    """
    first: float | None = None
    while True:
        try:
            result = call()
        except Unavailable as error:
            if isinstance(error, (WorkerEnded, Denied, *raising)):
                raise
            first = first or time.monotonic()
            if error.cause in _LASTING or time.monotonic() - first >= outage:
                raise
            report(error.message)
            time.sleep(_PAUSE)
        else:
            if first is not None:
                report("")
            return result


class RetryingPlace:
    """A place whose calls are repeated while its database is away, for up to ``outage`` seconds.

    ``report`` is given what the database said, and the empty string when it is back. Only for
    calls that may be repeated: what a write that failed at commit may have done, the next one
    finds done.
    """

    def __init__(self, place: Place, outage: float, report: Callable[[str], None]) -> None:
        self._place = place
        self._outage = outage
        self._report = report

    @property
    def place(self) -> Place:
        """This, typed as the place that it wraps."""
        return cast("Place", self)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._place, name)
        if not callable(found):
            return found
        # What takes too long to write is written in smaller parts, and not once more.
        raising = (TimedOut,) if name in _WRITING else ()
        return lambda *arguments, **named: self.retry(lambda: found(*arguments, **named), raising)

    def retry(self, call: Callable[[], T], raising: tuple[type[Unavailable], ...] = ()) -> T:
        """The result of a call, repeated while the database is away."""
        return wait_for(call, self._outage, self._report, raising)
