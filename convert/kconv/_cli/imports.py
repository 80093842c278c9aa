"""``kconv import``: schema modules from definitions."""

from __future__ import annotations

import typer

from kconv._cli.command_groups import CommandGroup
from kconv._cli.import_crd import import_crd
from kconv._cli.import_openapi import import_openapi

app = typer.Typer(
    cls=CommandGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Write marshmallow schema modules from a definition.",
)
app.command("openapi")(import_openapi)
app.command("crd")(import_crd)


@app.callback()
def imports() -> None:
    """Write marshmallow schema modules from a definition."""
