"""Options that the commands of ``kconv migrate`` share."""

from __future__ import annotations

from typing import Annotated

import typer

from kconv._cli.options import resources, storage_targets

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RESOURCE.GROUP",
        help="Only these, such as cronjobs.batch; default: all.",
        autocompletion=resources,
        show_default=False,
    ),
]

PlaceName = Annotated[
    str | None,
    typer.Option(
        "--place",
        metavar="NAME",
        help="What to migrate in the database: module:name of a collection, or an installed place. "
        "Default: kconv's own store.",
        show_default=False,
    ),
]

To = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GROUP=VERSION",
        help="Prefer this version, such as batch=v1, for the group's resources that have it; "
        "repeatable. Default: finish what the record prefers.",
        autocompletion=storage_targets,
    ),
]

Rate = Annotated[
    float,
    typer.Option("--rate", min=0, metavar="N", help="At most so many rows a second; 0: no limit."),
]

KeepUndo = Annotated[
    str,
    typer.Option(
        "--keep-undo",
        metavar="DURATION",
        help="How long what the run replaces is kept for undo: 12h, 14d, forever.",
    ),
]

Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=64,
        metavar="N",
        help="Processes, this one among them. Default: one for each processor, up to 4.",
        show_default=False,
    ),
]
