"""The plainest command lines of ``kconv convert``, read without Typer.

Loading Typer takes longer than converting a file does. Whatever is not as plain as this, and
every mistake, is left to Typer, which says what is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

VALUES = {
    "-f": "files",
    "--filename": "files",
    "--output-version": "output_version",
    "-o": "output",
    "--output": "output",
}
FLAGS = {
    "--in-place": "in_place",
    "--strict": "strict",
    "--ignore-unknown": "ignore_unknown",
    "--dry-run": "dry_run",
}
_OUTPUTS = ("yaml", "json")


def plain_convert(arguments: Sequence[str]) -> dict[str, Any] | None:
    """What `kconv.cli.converting.convert_files` takes, by name; None to let Typer have a look."""
    if not arguments or arguments[0] != "convert":
        return None
    found: dict[str, Any] = {"files": [], "output_version": []}
    rest = iter(arguments[1:])
    for argument in rest:
        if argument in FLAGS:
            found[FLAGS[argument]] = True
        elif argument in VALUES:
            value = next(rest, "-?")
            if value.startswith("-") and value != "-":
                return None
            if VALUES[argument] == "output":
                found["output"] = value
            else:
                found[VALUES[argument]].append(value)
        else:
            return None
    return found if found["files"] and found.get("output", "yaml") in _OUTPUTS else None
