"""Whether a server could run here: database, tables, record, change log, packages, certificates."""

from kconv._doctor.examine import Check, State, examine

__all__ = ["Check", "State", "examine"]
