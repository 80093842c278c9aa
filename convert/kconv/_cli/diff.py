"""Unified differences, coloured on a terminal."""

from __future__ import annotations

import sys
from difflib import unified_diff

from kconv._cli.console import emit_bytes, has_colour, printable

_BOLD, _RED, _GREEN, _CYAN, _OFF = "\033[1m", "\033[31m", "\033[32m", "\033[36m", "\033[0m"


def emit_diff(name: str, before: bytes, after: bytes) -> None:
    """Print what changes in a file, as ``git diff`` does."""
    # Of bytes, for texts have more line ends than files.
    old, new = (
        [line.decode("utf-8", "replace") for line in data.splitlines(keepends=True)]
        for data in (before, after)
    )
    colour = has_colour(sys.stdout)
    path = name.lstrip("/")
    for line in unified_diff(old, new, f"a/{path}", f"b/{path}"):
        text = printable(line.rstrip("\r\n"))
        emit_bytes((_coloured(text) if colour else text).encode() + b"\n")
        if not line.endswith(("\n", "\r")):
            emit_bytes(b"\\ No newline at end of file\n")


def _coloured(line: str) -> str:
    if line.startswith(("---", "+++")):
        return f"{_BOLD}{line}{_OFF}"
    colour = {"-": _RED, "+": _GREEN, "@": _CYAN}.get(line[:1])
    return f"{colour}{line}{_OFF}" if colour else line
