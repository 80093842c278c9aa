"""Schema regression: what the code breaks of what a release promised."""

from kconv._check.compare import compare
from kconv._check.finding import Finding, Severity
from kconv._check.project import FOLDER, Report, check

__all__ = ["FOLDER", "Finding", "Report", "Severity", "check", "compare"]
