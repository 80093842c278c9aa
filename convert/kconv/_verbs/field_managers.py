"""What managers of fields are called."""

from __future__ import annotations

from functools import lru_cache

from kconv._paths import TOO_LONG, Finding, invalid, required

LONGEST = 128
"""Bytes that the name of a manager may have."""


def field_manager_finding(name: str, *, required_: bool = False) -> Finding | None:
    """What is wrong with the name of a manager."""
    if not name:
        return required((), "is required for apply patch") if required_ else None
    if len(name.encode()) > LONGEST:
        return Finding((), TOO_LONG, f"Too long: may not be more than {LONGEST} bytes")
    for position, char in enumerate(name):
        if not char.isprintable():
            why = f"invalid character U+{ord(char):04X} (at position {position})"
            return invalid((), name, why)
    return None


@lru_cache(1_000)
def manager_of_agent(user_agent: str) -> str:
    """What a client is called by its user agent: all before the first slash."""
    name = ""
    for char in user_agent.partition("/")[0]:
        if not char.isprintable():
            continue
        if len((name + char).encode()) > LONGEST:
            break
        name += char
    return name
