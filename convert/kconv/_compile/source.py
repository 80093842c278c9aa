"""Generated Python: written line by line, compiled once, and readable by a person."""

from __future__ import annotations

import linecache
from typing import Any


class Source:
    """A function's source text in the making, with the objects that it refers to.

    ``define`` names an object for the generated code; `compile` turns the text into a function
    whose tracebacks show the generated lines.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[str, Any] = {}
        self.depth = 0

    def add(self, line: str) -> None:
        """Append a line at the current indentation."""
        self.lines.append("    " * self.depth + line)

    def define(self, hint: str, value: Any) -> str:
        """A name in the generated code for an object; the same object keeps its name."""
        base = identifier(hint)
        name, number = base, 1
        while name in self.names and self.names[name] is not value:
            number += 1
            name = f"{base}_{number}"
        self.names[name] = value
        return name

    def text(self) -> str:
        """The source so far."""
        return "\n".join(self.lines) + "\n"

    def compile(self, function: str, title: str) -> Any:
        """The function of that name, defined by the source."""
        filename = f"<kconv {title}>"
        text = self.text()
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        namespace = self.names
        exec(compile(text, filename, "exec"), namespace)  # noqa: S102 - the text is generated from schemas
        return namespace[function]


def identifier(name: str) -> str:
    """A field's name as part of a Python identifier."""
    # Python reads some letters beyond ASCII as others.
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in name) or "_"
