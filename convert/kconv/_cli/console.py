"""Output: results to standard output, messages to standard error.

Colour is only for a terminal, and only without ``NO_COLOR``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from typing import IO, Any, Final

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_RED, _YELLOW, _OFF = "\033[31m", "\033[33m", "\033[0m"


def is_terminal(stream: IO[str]) -> bool:
    """Whether a person looks at the stream through a terminal that can do more than lines."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_colour(stream: IO[str]) -> bool:
    """Whether to colour what is written to the stream."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR")


def printable(text: str) -> str:
    """Text with its control characters escaped, but for newlines and tabs.

    Stored objects may contain any, and a terminal would obey them.
    """
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def say(text: str = "") -> None:
    """Write a line for a person, on standard error."""
    _say(printable(text))


def warn(text: str) -> None:
    """Write a warning, on standard error."""
    _say(_coloured("warning:", _YELLOW, f"warning: {printable(text)}"))


def complain(text: str) -> None:
    """Write an error message, on standard error."""
    _say(_coloured("error:", _RED, printable(text)))


def emit(text: str) -> None:
    """Write a result for a person, on standard output."""
    _emit(printable(text))


def _emit(text: str) -> None:
    sys.stdout.flush()
    emit_bytes((text if text.endswith("\n") or not text else f"{text}\n").encode())


def emit_bytes(data: bytes) -> None:
    """Write all bytes on standard output, which may take them piece by piece (``python -u``)."""
    rest = memoryview(data)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def emit_json(value: Any) -> None:
    """Write a result as one JSON document, on standard output."""
    _emit(json.dumps(value, indent=2, ensure_ascii=False))


def text_width() -> int:
    """How wide a line of text for a person may be: 80 columns, less on a narrow terminal."""
    return max(40, min(80, shutil.get_terminal_size().columns))


def emit_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table on standard output: by Rich on a terminal, as text elsewhere.

    On a terminal that is too narrow, each row is printed as several lines.
    """
    rows = [[printable(cell) for cell in row] for row in rows]
    text = aligned(header, rows)
    if not is_terminal(sys.stdout):
        _emit(text)
        return
    if max(map(len, text.splitlines())) > shutil.get_terminal_size().columns:
        _emit(stacked(header, rows))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for title in header:
        table.add_column(title, no_wrap=True, justify="right" if _is_count(title) else "left")
    for row in rows:
        table.add_row(*row)
    Console(highlight=True).print(table)


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as plain text, columns aligned, as kubectl prints them."""
    table = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    right = [_is_count(title) for title in header]
    return "\n".join(
        "   ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in table
    )


def stacked(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as plain text, a line for each cell under the first one of its row."""
    width = max(map(len, header[1:]), default=0)
    return "\n".join(
        line
        for row in rows
        for line in (
            row[0],
            *(
                f"  {title.ljust(width)}  {cell}"
                for title, cell in zip(header[1:], row[1:], strict=True)
            ),
        )
    )


def _is_count(title: str) -> bool:
    return title in ("OBJECTS", "CHANGES")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _coloured(word: str, colour: str, text: str) -> str:
    if text.startswith(word) and has_colour(sys.stderr):
        return f"{colour}{word}{_OFF}{text.removeprefix(word)}"
    return text
