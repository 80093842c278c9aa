"""Python source text, laid out as ``ruff format`` would lay it out."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A call; an argument is a keyword, or "" for a positional one, and an expression."""

    name: str
    arguments: tuple[tuple[str, Expression], ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple, list or dict: its brackets, and keys (dicts only, else "") and elements."""

    brackets: str
    elements: tuple[tuple[str, Expression], ...]
    before: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A string for people, which is broken between words where it is too long for its line."""

    text: str


Expression = str | Call | Items | Text


def literal(value: Any) -> Expression:
    """The source of a JSON value; lists and maps become list and dict displays."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return Items("{}", tuple((quoted(str(key)), literal(value[key])) for key in value))
    if isinstance(value, list):
        return Items("[]", tuple(("", literal(element)) for element in value))
    return repr(value)


def strings(values: Iterable[str]) -> Items:
    """A tuple of strings."""
    return Items("()", tuple(("", quoted(value)) for value in values))


def quoted(text: str) -> str:
    """A string literal, in double quotes unless that needs more escapes."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return f"{quote}{''.join(_escaped(character, quote) for character in text)}{quote}"


def _escaped(character: str, quote: str) -> str:
    if character in ("\\", quote):
        return f"\\{character}"
    return character if character in "\"'" else repr(character)[1:-1]


def flat(expression: Expression) -> str:
    """The expression on one line."""
    if isinstance(expression, str):
        return expression
    if isinstance(expression, Text):
        return quoted(expression.text)
    if isinstance(expression, Call):
        arguments = (f"{key}={flat(e)}" if key else flat(e) for key, e in expression.arguments)
        return f"{expression.name}({', '.join(arguments)})"
    opening, closing = expression.brackets[0], expression.brackets[1]
    elements = [f"{key}: {flat(e)}" if key else flat(e) for key, e in expression.elements]
    inner = ", ".join(elements)
    if expression.brackets == "()" and len(elements) == 1:
        inner += ","
    return f"{expression.before}{opening}{inner}{closing}"


def statement(prefix: str, expression: Expression, indent: int) -> list[str]:
    """The lines of ``prefix`` and an expression (``name = Call(...)``), ``indent`` columns in."""
    return _broken(" " * indent + prefix, expression, indent, "")


def _broken(prefix: str, expression: Expression, indent: int, suffix: str) -> list[str]:
    line = f"{prefix}{flat(expression)}{suffix}"
    if isinstance(expression, str) or len(line) <= WIDTH:
        return [line]
    inner_indent = indent + 4
    pad = " " * inner_indent
    lines: list[str] = []
    if isinstance(expression, Text):
        pieces = _pieces(expression.text, WIDTH - inner_indent)
        if len(pieces) == 1 and len(pad + pieces[0]) > WIDTH:
            return [line]
        lines = [pad + piece for piece in pieces]
        opening, closing = "(", ")"
    elif isinstance(expression, Call):
        if not expression.arguments:
            return [line]
        body = flat(expression)[len(expression.name) + 1 : -1]
        opening, closing = f"{expression.name}(", ")"
        if inner_indent + len(body) <= WIDTH:
            return [prefix + opening, pad + body, " " * indent + closing + suffix]
        for key, argument in expression.arguments:
            lines += _broken(pad + (f"{key}=" if key else ""), argument, inner_indent, ",")
    else:
        if not expression.elements:
            return [line]
        opening, closing = expression.before + expression.brackets[0], expression.brackets[1]
        for key, element in expression.elements:
            lines += _broken(pad + (f"{key}: " if key else ""), element, inner_indent, ",")
    return [prefix + opening, *lines, " " * indent + closing + suffix]


def _pieces(text: str, width: int) -> list[str]:
    """String literals that together are the text, broken after spaces."""
    pieces: list[str] = []
    piece = ""
    for word in re.findall(r"\S*\s*", text):
        if piece and len(quoted(piece + word)) > width:
            pieces.append(piece)
            piece = ""
        piece += word
    return [quoted(part) for part in (*pieces, piece) if part]


def docstring(text: str, indent: int) -> list[str]:
    """A docstring: one line where it fits, else its first sentence and wrapped paragraphs."""
    text = text.replace("\\", "\\\\").replace('"""', "'''").strip()
    pad = " " * indent
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    if text.startswith('"'):
        paragraphs[0] = f" {paragraphs[0]}"
    last = '"' if text.endswith('"') else ""
    if len(paragraphs) == 1 and len(paragraphs[0]) + indent + 6 + len(last) <= WIDTH:
        return [f'{pad}"""{paragraphs[0]}{" " if last else ""}"""']
    lines: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        width = WIDTH - indent - (3 if number == 0 else 0)
        wrapped = _wrap(paragraph, width)
        if len(wrapped) == len(paragraphs) == 1:
            wrapped = _wrap(paragraph, width - 3)
        lines += ([""] if number else []) + [pad + line for line in wrapped]
    lines[0] = f'{pad}"""{lines[0][indent:]}'
    return [*lines, f'{pad}"""']


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def import_lines(imports: Mapping[str, Iterable[str]], own: Sequence[str]) -> list[str]:
    """``from`` imports as isort sorts them: other packages' first, then those of ``own``."""
    sections: list[list[str]] = [[], []]
    for module in sorted(imports):
        names = sorted(set(imports[module]), key=_member_key)
        if not names:
            continue
        line = f"from {module} import {', '.join(names)}"
        section = sections[module.split(".")[0] in own]
        if len(line) <= WIDTH:
            section.append(line)
        else:
            section += [f"from {module} import (", *(f"    {name}," for name in names), ")"]
    first, second = sections
    return [*first, *([""] if first and second else []), *second]


def all_lines(names: Iterable[str]) -> list[str]:
    """The lines of ``__all__``, one name each, sorted as ruff sorts it."""
    ordered = sorted(set(names), key=lambda name: (_member_key(name)[0], name))
    return ["__all__ = [", *(f'    "{name}",' for name in ordered), "]"]


def _member_key(name: str) -> tuple[int, str, str]:
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return (kind, name.lower(), name)
