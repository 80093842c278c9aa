"""Each command line of the pages is one that the program takes: its options and choices exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib import import_module

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from kconv._cli.app import Kconv
from kconv._cli.verbosity import add_verbosity
from pages.page import ROOT

_BLOCK = re.compile(r"^```(?!python|yaml|toml|json|mermaid)[a-z]*.*?\n(.*?)^```$", re.M | re.S)
_NOT_ONE = re.compile(r"\[-|\[\w|\.\.\.|…|\|-")
"""What only a summary of commands has: optional parts, "and so on"."""
_REFUSED: tuple[type[Exception], ...] = (
    *(base for base in typer.BadParameter.__mro__ if base.__name__ == "UsageError"),
    ValueError,
)


def lines(text: str) -> Iterator[str]:
    for block in _BLOCK.findall(text):
        joined = block.replace("\\\n", " ")
        for line in joined.splitlines():
            for part in re.split(r" (?:\||&&) |; ", line.removeprefix("$ ")):
                found = re.match(r"(?:\S+=\S+ )*(kconv [a-z].*)", part.strip())
                if found and not _NOT_ONE.search(found[1]):
                    yield found[1].partition("  ")[0]  # a description may follow


def command_lines() -> list[tuple[str, str]]:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [(page.name, line) for page in pages for line in lines(page.read_text(encoding="utf-8"))]


def parse(line: str) -> None:
    """Take a command line as the program would, without running it."""
    words = shlex.split(re.split(r" (?:2?>|<)", line)[0], comments=True)[1:]
    words = [word for word in words if word not in ("&",)]
    name = words.pop(0)
    assert name in Kconv.modules, f"no command {name}"
    if not words:
        return
    command = get_command(import_module(Kconv.modules[name][0]).app)
    add_verbosity(command)  # type: ignore[arg-type]  # what get_command() gave
    context = None
    while isinstance(command, TyperGroup):
        group = command
        context = group.make_context(name, list(words), parent=context)
        rest = [*context._protected_args, *context.args]
        below = group.get_command(context, rest[0]) if rest else None
        if below is None:
            return
        name, words, command = rest[0], rest[1:], below
    command.make_context(name, list(words), parent=context)


@pytest.mark.parametrize(("page", "line"), command_lines())
def test_a_command_of_a_page(page: str, line: str) -> None:
    try:
        parse(line)
    except _REFUSED as error:
        raise AssertionError(f"{page}: {line}: {error}") from None


@pytest.mark.parametrize(
    "line",
    [
        "kconv convrt -f a",
        "kconv convert --in-plce",
        "kconv migrate stats --x",
        "kconv check -o xml",
    ],
)
def test_mistakes_are_found(line: str) -> None:
    with pytest.raises((*_REFUSED, AssertionError)):
        parse(line)
