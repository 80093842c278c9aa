"""Rules in CEL, the Common Expression Language, as Kubernetes has them in schemas."""

from kconv._cel.checks import Checked, Checker
from kconv._cel.declared import Declared
from kconv._cel.library import duration, is_installed, timestamp
from kconv._cel.programs import Broken, Failed, Lacking, Program, TooLong, program

__all__ = [
    "Broken",
    "Checked",
    "Checker",
    "Declared",
    "Failed",
    "Lacking",
    "Program",
    "TooLong",
    "duration",
    "is_installed",
    "program",
    "timestamp",
]
