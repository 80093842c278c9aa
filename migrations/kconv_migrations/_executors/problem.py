"""What is wrong with a row, as plain values that can be sent between processes and stored."""

from __future__ import annotations

from dataclasses import dataclass

from kconv._errors import KconvError
from kconv._paths import format_path


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of one row: its reason, what it says, and (path, reason, message) of each field."""

    reason: str
    message: str
    findings: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def of(cls, error: BaseException) -> Problem:
        """The problem that an error tells of; one that kconv did not expect is named."""
        if not isinstance(error, KconvError):
            return cls("InternalError", f"{type(error).__name__}: {error}")
        findings = [(format_path(each.path), each.reason, each.message) for each in error.findings]
        return cls(error.reason, error.message, tuple(findings))
