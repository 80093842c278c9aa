"""Trying a check with many objects, and bringing what breaks it to its smallest form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

Drawn = TypeVar("Drawn")


def explore(strategy: SearchStrategy[Drawn], check: Callable[[Drawn], None], examples: int) -> None:
    """Run a check with so many examples; raises what it raises for the smallest that fails."""

    @settings(
        max_examples=examples,
        deadline=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(drawn: Drawn) -> None:
        check(drawn)

    run()
