"""Where a value stands in a text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: behind ``after``, a colon or a dash, of what begins at ``start``.

    ``indent`` is the column of lines of it; ``above`` is the start of the block whose line
    comments may be put before. Within braces ``flow`` is set.
    """

    after: int
    start: int
    indent: int
    above: int
    flow: bool = False
    item: bool = False
