"""What is wrong with a row, as plain values that can be sent between processes and stored."""

from __future__ import annotations

from dataclasses import dataclass

from kconv._errors import KconvError
from kconv._paths import format_path
from kconv.place import AsRead, Quarantined, RowFinding, Where


@dataclass(frozen=True, slots=True)
class Problem:
    """An error about one row.

    ``findings`` are the path, reason and message of each field that is at fault.
    """

    reason: str
    message: str
    findings: tuple[RowFinding, ...] = ()

    @classmethod
    def of(cls, error: BaseException) -> Problem:
        """The problem that an error reports; one that kconv did not expect is named."""
        if not isinstance(error, KconvError):
            return cls("InternalError", f"{type(error).__name__}: {error}")
        findings = [(format_path(each.path), each.reason, each.message) for each in error.findings]
        return cls(error.reason, error.message, tuple(findings))

    def quarantined(self, row: AsRead, where: Where, run: str = "") -> Quarantined:
        """The entry of the quarantine for a row that has this problem."""
        return Quarantined(
            run=run,
            collection=where.collection,
            section=where.section,
            key=row.key,
            version=row.version,
            mark=row.mark,
            reason=self.reason,
            message=self.message,
            findings=self.findings,
        )
