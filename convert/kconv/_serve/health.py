"""``/healthz``, ``/livez`` and ``/readyz``: whether the process lives, and can serve.

Liveness asks the process alone: it answers, so it lives. Restarting a server does not mend its
database. Readiness asks the database, in threads of its own that nobody else waits for.
"""

from __future__ import annotations

from collections.abc import Sequence

from kconv._serve.database_check import DatabaseCheck, Observe
from kconv._store import Store

_CHECKS = {
    "livez": ("ping",),
    "healthz": ("ping", "database"),
    "readyz": ("ping", "database", "start", "shutdown"),
}


class Health:
    """The checks behind the health endpoints.

    ``prepared`` says that what is done at the start is done; ``stopping`` that the end has begun.
    """

    def __init__(self, store: Store, observe: Observe) -> None:
        self.database = DatabaseCheck(store, observe)
        self.prepared = False
        self.stopping = False

    def checks(self, endpoint: str) -> Sequence[str]:
        """The names of the checks of ``healthz``, ``livez`` or ``readyz``."""
        return _CHECKS[endpoint]

    async def report(
        self, endpoint: str, *, verbose: bool, only: str = ""
    ) -> tuple[int, str] | None:
        """The code and the text of an endpoint, or of one check (None if there is no such).

        The text is that of a kube-apiserver: ``ok``, or a line for each check.
        """
        checks = self.checks(endpoint)
        if only:
            if only not in checks:
                return None
            checks = (only,)
        failed = {name: problem for name in checks if (problem := await self._problem(name))}
        if not failed and not verbose:
            return 200, "ok"
        lines = [
            f"[-]{name} failed: {failed[name]}" if name in failed else f"[+]{name} ok"
            for name in checks
        ]
        verdict = "failed" if failed else "passed"
        return (500 if failed else 200), "\n".join([*lines, f"{endpoint} check {verdict}", ""])

    async def _problem(self, check: str) -> str:
        """What is wrong, or the empty string."""
        if check == "database":
            return await self.database.problem()
        if check == "start" and not self.prepared:
            return "the server is still preparing"
        if check == "shutdown" and self.stopping:
            return "process is shutting down"
        return ""
