"""Rules in CEL, the Common Expression Language, as Kubernetes has them in schemas."""

from kconv._cel.library import duration, is_installed, timestamp
from kconv._cel.programs import Broken, Failed, Lacking, Program, program

__all__ = [
    "Broken",
    "Failed",
    "Lacking",
    "Program",
    "duration",
    "is_installed",
    "program",
    "timestamp",
]
