"""How many rows may fail before a run stops by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kconv._errors import UsageError
from kconv._messages import count

_FORM: Final = re.compile(r"(\d+(?:\.\d+)?)(%?)")

ENOUGH: Final = 1000
"""Rows of which a share says something; a collection of fewer is looked at as a whole."""


@dataclass(frozen=True, slots=True)
class FailureLimit:
    """So many ``rows``, or so large a ``share`` of those that have been looked at (0.05)."""

    rows: int | None = None
    share: float | None = None

    def __str__(self) -> str:
        return f"{self.rows}" if self.share is None else f"{self.share * 100:g}%"

    def exceeded(self, failed: int, looked_at: int, total: int) -> str:
        """What is to be said if more have failed; empty if not."""
        if self.rows is not None and failed > self.rows:
            pass
        elif (
            self.share is None or looked_at < min(ENOUGH, total) or failed <= self.share * looked_at
        ):
            return ""
        return f"{failed:,} of {count(looked_at, 'row')} failed, more than {self}"


def parse_failure_limit(text: str) -> FailureLimit:
    """Read ``50`` or ``5%``. Raises `UsageError` for others."""
    match = _FORM.fullmatch(text.strip())
    number, percent = match.groups() if match is not None else ("", "")
    if percent and float(number) <= 100:
        return FailureLimit(share=float(number) / 100)
    if number.isdecimal() and not percent:
        return FailureLimit(rows=int(number))
    raise UsageError(f'--max-failures: "{text}" is neither a number of rows nor a share such as 5%')
