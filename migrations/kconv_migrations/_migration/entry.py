"""A row's problem as an entry of the quarantine."""

from __future__ import annotations

from kconv._store import AsRead, Place, Quarantined
from kconv_migrations._executors.problem import Problem


def entry(problem: Problem, stored: AsRead, where: Place, run: str = "") -> Quarantined:
    """The entry that says of a row what is wrong with it."""
    return Quarantined(
        run=run,
        key=stored.key,
        resource_version=stored.resource_version,
        api_version=stored.api_version,
        where=where,
        reason=problem.reason,
        message=problem.message,
        findings=problem.findings,
    )
