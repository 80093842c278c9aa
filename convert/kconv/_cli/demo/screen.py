"""How the demo looks: Rich on a terminal, the same as plain text in a log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import IO, Any

from rich.box import MINIMAL, SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from kconv._cli.console import has_colour, is_terminal
from kconv._codec import yaml

WIDEST = 110
INDENT = 3


class Screen:
    """Prints the steps, what they show, and the checks."""

    def __init__(self, stream: IO[str]) -> None:
        terminal = is_terminal(stream)
        self.console = Console(
            file=stream,
            force_terminal=terminal,
            no_color=not has_colour(stream),
            highlight=False,
            width=None if stream.isatty() else 100,
        )
        if self.console.width > WIDEST:
            self.console.width = WIDEST
        unicode = self.console.encoding.startswith("utf")
        self._tick, self._arrow = ("✓", "→") if unicode else ("ok", "->")
        self._steps = 0

    def title(self, title: str, subtitle: str) -> None:
        """Print the head of it all."""
        self.console.print()
        self.console.print(Rule(Text(f" {title} ", "bold"), style="blue", align="left"))
        self._indented(Text(subtitle, "dim"))

    def step(self, text: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self.console.print()
        self.console.print(Text.assemble((f"{self._steps}  ", "bold blue"), (text, "bold")))

    def note(self, text: str) -> None:
        """Say something in a line."""
        self._indented(Text(text.replace("->", self._arrow)))

    def command(self, text: str) -> None:
        """Show a command as it would be typed."""
        self._indented(Text.assemble(("$ ", "blue"), (text, "cyan")))

    def check(self, text: str) -> None:
        """Print a claim that has been checked and holds."""
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_row(Text(self._tick, "bold green"), text)
        self._indented(line)

    def side_by_side(self, views: Sequence[tuple[tuple[str, str], Any]]) -> None:
        """Show values as YAML, each under the two lines of its title: beside each other if it fits.

        What the first one does not have stands out.
        """
        columns = [(title, yaml.encode(value).decode().splitlines()) for title, value in views]
        known = {line for part in columns[0] for line in part}
        widest = [max(map(len, [*title, *lines])) for title, lines in columns]
        texts = [
            (_marked(title, known, "bold"), _marked(lines, known, "")) for title, lines in columns
        ]
        if sum(widest) + 3 * (len(widest) - 1) > self.console.width - INDENT:
            for title_text, body in texts:
                self._indented(title_text)
                self.console.print(Padding(body, (0, 0, 1, INDENT + 2), expand=False))
            return
        table = Table(box=MINIMAL, show_edge=False, pad_edge=False, border_style="dim")
        for title_text, _ in texts:
            table.add_column(title_text, no_wrap=True, overflow="ellipsis")
        table.add_row(*(body for _, body in texts))
        self._indented(table)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table; numbers stand to the right."""
        table = Table(
            box=SIMPLE_HEAD,
            show_edge=False,
            pad_edge=False,
            border_style="dim",
            header_style="bold",
        )
        for position, title in enumerate(header):
            numeric = all(row[position].replace(",", "").isdigit() for row in rows)
            table.add_column(title, no_wrap=True, justify="right" if numeric else "left")
        for row in rows:
            table.add_row(*row)
        self._indented(table)

    def bytes(self, label: str, data: bytes) -> None:
        """Show the beginning of raw bytes on one line."""
        text = Text.assemble((f"{label}  ", "dim"), data.decode(errors="replace"))
        text.truncate(self.console.width - INDENT, overflow="ellipsis")
        text.highlight_regex(r'"apiVersion":"[^"]*"', "bold yellow")
        self._indented(text)

    def end(self, text: str) -> None:
        """Print the last line."""
        self.console.print()
        self.console.print(Text(f"{self._tick} {text}", "bold green"))

    def _indented(self, what: Any) -> None:
        self.console.print(Padding(what, (0, 0, 0, INDENT), expand=False))


def _marked(lines: Sequence[str], known: Collection[str], style: str) -> Text:
    """Lines as a text in which those that are not known stand out."""
    parts = [Text(line, style if line in known else "bold green") for line in lines]
    return Text("\n").join(parts)
