"""``kconv import crd``: schema modules from CustomResourceDefinitions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kconv._cli.import_openapi import package_name, report_changes
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import SchemeError
from kconv._importer import EDGES, Crd, import_crds, plan, read_crds, write
from kconv._input import read_file, read_standard_input

_SHOWN = 30


def import_crd(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="YAML or JSON with CRDs; - is standard input."),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the package to write.")
    ],
    package: Annotated[
        str, typer.Option(metavar="NAME", help="Dotted name of the package DIR is.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would change; write nothing.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if something would change.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace files that were not generated, too.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="List everything that is not taken over.")
    ] = False,
) -> None:
    """Write schema modules from CustomResourceDefinitions: every version, and a registration.

    The types of each version go to a package of its own; running it again after a change of the
    CRD writes them anew. The registration, edges.py, is written once and is yours from then on:
    say there how fields that were renamed or moved are converted. What the CRD says and the types
    do not is listed, and so is every field that needs a rule.
    """
    crds: list[Crd] = []
    for file in files:
        stdin = str(file) == "-"
        data = read_standard_input(FILE_LIMIT) if stdin else read_file(file, FILE_LIMIT)
        crds += read_crds(data, "standard input" if stdin else str(file))
    name = package or package_name(out)
    imported = import_crds(crds, name)
    changes = plan(imported.generated, out, force=force)
    if dry_run or check:
        sys.stdout.writelines(change.diff() for change in changes)
    else:
        write(changes)
    report_changes(changes, pending=dry_run or check)
    _list("not taken over from the CRD", [str(each) for each in imported.notes], verbose)
    if check and changes:
        raise typer.Exit(1)
    if not dry_run and not check:
        _say_what_needs_rules(out, name)


def _list(title: str, lines: Sequence[str], verbose: bool) -> None:
    if not lines:
        return
    typer.echo(f"{title}:", err=True)
    shown = lines if verbose else lines[:_SHOWN]
    for line in shown:
        typer.echo(f"  {line}", err=True)
    if len(shown) < len(lines):
        typer.echo(f"  and {len(lines) - len(shown)} more; -v lists them all", err=True)


def _say_what_needs_rules(out: Path, package: str) -> None:
    """Freeze what the registration registers, and say what is still missing."""
    from kconv._scheme import Scheme

    module = f"{package}.{EDGES.removesuffix('.py')}"
    root = out.resolve()
    for _ in package.split("."):
        root = root.parent
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    try:
        scheme = Scheme()
        importlib.import_module(module).register(scheme)
        scheme.freeze()
    except SchemeError as error:
        typer.echo(f"to be said in {out / EDGES}:", err=True)
        for line in error.message.splitlines()[1:]:
            typer.echo(f"  {line.strip()}", err=True)
    except Exception as error:  # noqa: BLE001 - somebody's own module may raise anything
        typer.echo(f"{out / EDGES} cannot be used: {type(error).__name__}: {error}", err=True)
        return
    finally:
        sys.path.remove(str(root))
        for name in [each for each in sys.modules if f"{each}.".startswith(f"{package}.")]:
            del sys.modules[name]
    typer.echo(f"next: kconv check --apis {module}:register", err=True)
