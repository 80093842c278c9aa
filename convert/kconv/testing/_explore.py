"""Trying a check with many objects, and bringing what breaks it to a small form."""

from __future__ import annotations

import json
from collections.abc import Callable
from time import process_time
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

Drawn = TypeVar("Drawn")

SHRINK_SECONDS = 3.0
"""How long a failing object is made smaller at most, in time of the processor."""

_PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
"""Without the phase that explains: it tries many more objects to say which parts matter."""


def explore(strategy: SearchStrategy[Drawn], check: Callable[[Drawn], None], examples: int) -> None:
    """Run a check with so many examples; raises what it raises for a small one that fails."""
    shrinking = _Shrinking()

    @settings(
        max_examples=examples,
        deadline=None,
        report_multiple_bugs=False,
        phases=_PHASES,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(drawn: Drawn) -> None:
        shrinking.run(check, drawn)

    try:
        run()
    except AssertionError as error:
        # What Hypothesis adds is about its own drawing; the object is in the message.
        error.__notes__ = []
        raise


class _Shrinking:
    """Runs a check; once one failed, for so long, and then only what failed before fails again."""

    def __init__(self) -> None:
        self.failed: dict[str, Exception] = {}
        self.until = 0.0

    def run(self, check: Callable[[Drawn], None], drawn: Drawn) -> None:
        """Raise what the check raises."""
        if self.failed and process_time() > self.until:
            known = self.failed.get(_key(drawn))
            if known is not None:
                raise known
            return
        try:
            check(drawn)
        except Exception as error:
            if not self.failed:
                self.until = process_time() + SHRINK_SECONDS
            self.failed[_key(drawn)] = error
            raise


def _key(drawn: Any) -> str:
    return json.dumps(drawn, sort_keys=True, default=repr)
