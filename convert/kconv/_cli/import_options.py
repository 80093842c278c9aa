"""What the commands of ``kconv import`` share: options, and carrying out what was generated."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from kconv._cli.console import say
from kconv._errors import UsageError
from kconv._importer import Generated, plan, write

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of the package to write.")]
Package = Annotated[str, typer.Option(metavar="NAME", help="Dotted name of the package DIR is.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would change; write nothing.")]
Check = Annotated[
    bool, typer.Option("--check", help="Write nothing; exit 1 if something would change.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that were not generated, too.")]


def package_name(out: Path) -> str:
    """The dotted name of the package that a folder is: its own, behind those it lies in.

    Raises `UsageError` where the folder's name cannot be a package's.
    """
    folder = out.resolve()
    parts = [folder.name]
    while (folder.parent / "__init__.py").is_file():
        folder = folder.parent
        parts.insert(0, folder.name)
    if not all(part.isidentifier() for part in parts):
        raise UsageError(f'"{out}" cannot be a Python package; choose another --out or --package')
    return ".".join(parts)


def carry_out(generated: Generated, out: Path, *, pending: bool, force: bool) -> bool:
    """Write what was generated, or print what would change where it is ``pending``.

    Says which files; whether something changed, or would.
    """
    changes = plan(generated, out, force=force)
    if pending:
        sys.stdout.writelines(change.diff() for change in changes)
    else:
        write(changes)
    for change in changes:
        say(f"{change.action:7}{change.path}")
    if not changes:
        say("nothing to change")
    elif pending:
        say(f"{len(changes)} files would change")
    return bool(changes)
