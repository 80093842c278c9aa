"""``/healthz``, ``/livez`` and ``/readyz``: whether the process lives, and can serve."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from kconv._errors import KconvError, Unavailable
from kconv._serve.status import UNREACHABLE
from kconv._store import Store

_log = logging.getLogger(__name__)

Check = Callable[[], str]
"""Returns what is wrong, or the empty string."""


class Health:
    """The checks behind the health endpoints. ``stopping`` makes the server unready."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.stopping = False

    def checks(self, endpoint: str) -> Mapping[str, Check]:
        """The checks of ``healthz``, ``livez`` or ``readyz``, by name."""
        if endpoint == "livez":
            return {"ping": _ping}
        found: dict[str, Check] = {"ping": _ping, "database": self._database}
        if endpoint == "readyz":
            found["shutdown"] = lambda: "process is shutting down" if self.stopping else ""
        return found

    def report(self, endpoint: str, *, verbose: bool, only: str = "") -> tuple[int, str] | None:
        """The code and the text of an endpoint, or of one check (None if there is no such).

        The text is that of a kube-apiserver: ``ok``, or a line for each check.
        """
        checks = self.checks(endpoint)
        if only:
            if only not in checks:
                return None
            checks = {only: checks[only]}
        failed = {name: problem for name, check in checks.items() if (problem := check())}
        if not failed and not verbose:
            return 200, "ok"
        lines = [
            f"[-]{name} failed: {failed[name]}" if name in failed else f"[+]{name} ok"
            for name in checks
        ]
        verdict = "failed" if failed else "passed"
        return (500 if failed else 200), "\n".join([*lines, f"{endpoint} check {verdict}", ""])

    def _database(self) -> str:
        try:
            self._store.head()
        except KconvError as error:
            # Where the database is and what its driver said is not for whoever may probe.
            _log.warning("%s", error.message)
            return (
                f"the database {error.cause}; try again"
                if isinstance(error, Unavailable)
                else UNREACHABLE
            )
        return ""


def _ping() -> str:
    return ""
