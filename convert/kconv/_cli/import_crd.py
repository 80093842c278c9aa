"""``kconv import crd``: schema modules from CustomResourceDefinitions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from kconv._cli.console import say
from kconv._cli.import_options import (
    Check,
    DryRun,
    Force,
    Out,
    Package,
    carry_out,
    package_name,
)
from kconv._codec.limits import FILE_LIMIT
from kconv._errors import KconvError
from kconv._importer import EDGES, Crd, import_crds, read_crds
from kconv._input import read_file, read_standard_input

_SHOWN = 30


def import_crd(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="YAML or JSON with CRDs; - is standard input."),
    ],
    out: Out,
    package: Package = "",
    dry_run: DryRun = False,
    check: Check = False,
    force: Force = False,
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
    changed = carry_out(imported.generated, out, pending=dry_run or check, force=force)
    _list("not taken over from the CRD", [str(each) for each in imported.notes], verbose)
    if check and changed:
        raise typer.Exit(1)
    if not dry_run and not check:
        _say_what_needs_rules(out, name)


def _list(title: str, lines: Sequence[str], verbose: bool) -> None:
    if not lines:
        return
    say(f"{title}:")
    shown = lines if verbose else lines[:_SHOWN]
    for line in shown:
        say(f"  {line}")
    if len(shown) < len(lines):
        say(f"  and {len(lines) - len(shown)} more; -v lists them all")


def _say_what_needs_rules(out: Path, package: str) -> None:
    """Freeze what the registration registers, and say what is still missing."""
    from kconv._scheme import load_scheme

    registration = f"{package}.{EDGES.removesuffix('.py')}:register"
    root = out.resolve()
    for _ in package.split("."):
        root = root.parent
    sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    groups: set[str] = set()
    try:
        scheme = load_scheme((), apis=[registration])
        groups = {kind.group_resource.group for kind in scheme.kinds}
    except KconvError as error:
        if not error.findings:
            say(f"{out / EDGES} cannot be used: {error.message}")
            return
        say(f"to be said in {out / EDGES}:")
        for finding in error.findings:
            say(f"  {finding.message}")
        say("rules are Rename(spoke, hub), Split, MapValues and more: docs/howto/write-a-rule.md")
    finally:
        sys.path.remove(str(root))
        for name in [each for each in sys.modules if f"{each}.".startswith(f"{package}.")]:
            del sys.modules[name]
    if groups:
        options = " ".join(f"--group {each}" for each in sorted(groups))
        say(f"next: kconv lock {options} --apis {registration}")
        say(f"then, after each change: kconv check {options} --apis {registration}")
    else:
        say(f"next: kconv check --apis {registration}")
