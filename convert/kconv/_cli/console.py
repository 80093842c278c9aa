"""Output: results to standard output, messages to standard error.

Colour is only for a terminal, and only without ``NO_COLOR``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import IO, Any, Final

from kconv._cli.next_commands import with_given_options

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_GAP: Final = "   "
"""Between two columns of a table."""

_LEAST_WRAPPED: Final = 24
"""Columns that a text must have to be wrapped rather than left to the terminal."""

_RED, _YELLOW, _OFF = "\033[31m", "\033[33m", "\033[0m"


_said: Final = {"level": 0}
_shown: Final[list[Any]] = []
_LOGGERS: Final = ("kconv", "alembic.runtime.migration")


def speak(level: int) -> None:
    """Say less (-1: results and errors only), what is usual (0), or more (1) from here on."""
    _said["level"] = level
    if level <= 0 and not _shown:
        return
    import logging

    for name in _LOGGERS:
        logger = logging.getLogger(name)
        for handler in _shown:
            logger.removeHandler(handler)
            logger.setLevel(logging.NOTSET)
    _shown.clear()
    if level > 0:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
        _shown.append(handler)
        for name in _LOGGERS:
            logging.getLogger(name).addHandler(handler)
            logging.getLogger(name).setLevel(logging.INFO)


def _text(text: str) -> str:
    """Text as it is printed: commands in it can be typed, and no terminal obeys it."""
    return printable(with_given_options(text))


def is_quiet() -> bool:
    """Whether results and errors are all that is printed."""
    return _said["level"] < 0


def is_verbose() -> bool:
    """Whether more than the usual is printed."""
    return _said["level"] > 0


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
    """Write a line for a person, on standard error; nothing with ``-q``."""
    if not is_quiet():
        _say(_text(text))


def warn(text: str) -> None:
    """Write a warning, on standard error; nothing with ``-q``."""
    if not is_quiet():
        _say(_coloured("warning:", _YELLOW, f"warning: {_text(text)}"))


def complain(text: str) -> None:
    """Write an error message, on standard error."""
    _say(_coloured("error:", _RED, _text(text)))


def emit(text: str) -> None:
    """Write a result for a person, on standard output."""
    _emit(_text(text))


def _emit(text: str) -> None:
    sys.stdout.flush()
    emit_bytes((text if text.endswith("\n") or not text else f"{text}\n").encode())


def emit_gap() -> None:
    """Write an empty line between two tables, for eyes: in a pipe there is none."""
    if is_terminal(sys.stdout):
        _emit("\n")


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

    On a terminal that is too narrow, the last column is wrapped; where that is not enough, each
    row is printed as several lines.
    """
    rows = [[_text(cell) for cell in row] for row in rows]
    text = aligned(header, rows)
    if not is_terminal(sys.stdout):
        _emit(text)
        return
    columns = shutil.get_terminal_size().columns
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    left = columns - sum(width + len(_GAP) for width in widths[:-1])
    wraps = widths[-1] > left
    if wraps and left < _LEAST_WRAPPED:
        _emit(stacked(header, rows, columns))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for title in header:
        last = title == header[-1]
        justify: Any = "right" if _is_count(title) else "left"
        table.add_column(title, no_wrap=not last, overflow="fold", justify=justify)
    for row in rows:
        table.add_row(*row)
    Console(highlight=True).print(table)


def aligned(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as plain text, columns aligned, as kubectl prints them."""
    table = [list(header), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    right = [_is_count(title) for title in header]
    return "\n".join(
        _GAP.join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in table
    )


def stacked(header: Sequence[str], rows: Sequence[Sequence[str]], columns: int = 0) -> str:
    """A table as plain text, a line for each cell under the first one of its row.

    Cells are wrapped between words to so many ``columns``, if given.
    """
    width = max(map(len, header[1:]), default=0)
    return "\n".join(
        line
        for row in rows
        for line in (
            row[0],
            *(
                hanging(f"  {title.ljust(width)}  ", cell, columns)
                for title, cell in zip(header[1:], row[1:], strict=True)
            ),
        )
    )


def hanging(head: str, text: str, columns: int = 0) -> str:
    """A text behind its head, wrapped between words to ``columns``, if any, and indented."""
    if not columns or len(head) + len(text) <= columns or columns - len(head) < _LEAST_WRAPPED:
        return f"{head}{text}"
    return "\n".join(
        textwrap.wrap(
            text, columns, initial_indent=head, subsequent_indent=" " * len(head),
            break_long_words=False, break_on_hyphens=False,
        )
    )  # fmt: skip


def emit_hanging(head: str, text: str) -> None:
    """Write a result behind its head; on a terminal it is wrapped, and indented."""
    columns = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else 0
    _emit(hanging(head, _text(text), columns))


def _is_count(title: str) -> bool:
    return title in ("OBJECTS", "CHANGES", "CONFLICTS")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _coloured(word: str, colour: str, text: str) -> str:
    if text.startswith(word) and has_colour(sys.stderr):
        return f"{colour}{word}{_OFF}{text.removeprefix(word)}"
    return text
