"""Schema regression: what the code breaks of what a release promised."""

from kconv.check.compare import compare
from kconv.check.finding import Finding, Severity
from kconv.check.project import FOLDER, Report, check

__all__ = ["FOLDER", "Finding", "Report", "Severity", "check", "compare"]
