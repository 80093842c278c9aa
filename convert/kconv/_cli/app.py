"""The root of the command line."""

from __future__ import annotations

from typing import Annotated, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command

from kconv._cli.command_groups import LazyGroup, Modules


class Kconv(LazyGroup):
    """Every command, in the order a new user meets them."""

    modules: ClassVar[Modules] = {
        "demo": ("kconv._cli.demo", "A tour of kconv on a temporary database, in seconds."),
        "doctor": ("kconv._cli.doctor", "Look at all that a server relies on, and say what to do."),
        "serve": ("kconv._cli.serve", "Serve every version over HTTP, for kubectl and clients."),
        "convert": ("kconv._cli.convert", "Convert files, folders and standard input."),
        "migrate": ("kconv._cli.migrate", "Change the storage version and rewrite stored objects."),
        "lock": ("kconv._cli.lock", "Write the lock files that kconv check compares with."),
        "check": ("kconv._cli.check", "Find breaking schema changes."),
        "versions": (
            "kconv._cli.versions",
            "List groups, versions and kinds: served, preferred, stored.",
        ),
        "import": ("kconv._cli.imports", "Generate schema modules from CRDs or from OpenAPI."),
        "export": ("kconv._cli.export", "Write CustomResourceDefinitions of kinds."),
        "webhook": ("kconv._cli.webhook", "Convert custom resources for a Kubernetes API server."),
        "ui": ("kconv._cli.ui", "Open a page to look at: versions, objects, migrations."),
        "db": ("kconv._cli.db", "Manage the database: tables, change log, backups."),
    }


app = typer.Typer(
    cls=Kconv,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done; 1 the check failed, or objects are left; 2 wrong usage; "
    "3 the environment failed.",
)


def _version(wanted: bool) -> None:
    if wanted:
        from kconv import __version__

        print(f"kconv {__version__}")
        raise typer.Exit


@app.callback()
def kconv(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Kubernetes API machinery: convert between versions, store in one, migrate what is stored."""


def command() -> TyperGroup:
    """The root command, with the options that set up completion by the shell."""
    root = get_command(app)
    assert isinstance(root, TyperGroup), "the root has commands"
    return root
