"""Options that the commands of ``kconv migrate`` share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
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
        help="What to migrate: files:FOLDER; cluster, or cluster:CONTEXT; or of the database "
        "module:name of a collection, or an installed place. "
        "Default: kconv's own store.",
        show_default=False,
    ),
]

Context = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="With --place cluster: the context of the kubeconfig. Default: the current one.",
        show_default=False,
    ),
]

Contexts = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        metavar="NAME",
        help="With --place cluster: a context of the kubeconfig; repeatable: one cluster after "
        "the other. Default: the current one.",
        show_default=False,
    ),
]


class Engine(StrEnum):
    """Who rewrites the objects of a cluster first."""

    KCONV = "kconv"
    SVM = "svm"


EngineName = Annotated[
    Engine,
    typer.Option(
        "--engine",
        help="With --place cluster: svm has the cluster's StorageVersionMigration rewrite first; "
        "what it leaves is rewritten here, and all of it proved.",
    ),
]

Junit = Annotated[
    Path | None,
    typer.Option(
        "--junit", metavar="FILE", help="Also write what was done as XML of JUnit, to this file."
    ),
]

Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="GROUP",
        help="Only this group, such as batch; core is the core group; repeatable. Default: all.",
        show_default=False,
    ),
]

To = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GROUP=VERSION",
        help="Prefer this version, such as batch=v1, for the group's resources that have it; of a "
        "table orders=3, as the application calls it; repeatable. "
        "Default: finish what the record prefers.",
        autocompletion=storage_targets,
    ),
]

Servers = Annotated[
    list[str] | None,
    typer.Option(
        "--servers",
        metavar="N|NAME=VERSIONS",
        help="What is up: so many servers, each of which is to be seen by its heartbeat; or code "
        "that sends none, and the versions that it reads: web=v1,v2; repeatable.",
        show_default=False,
    ),
]

Rate = Annotated[
    float,
    typer.Option("--rate", min=0, metavar="N", help="At most so many rows a second; 0: no limit."),
]

BatchTime = Annotated[
    str,
    typer.Option(
        "--batch-time",
        metavar="DURATION",
        help="What a transaction is to take at most: its rows are as many as that allows.",
    ),
]

MaxReplicaLag = Annotated[
    str | None,
    typer.Option(
        "--max-replica-lag",
        metavar="DURATION",
        help="Wait while a replica is further behind (PostgreSQL).",
    ),
]

MaxArchiveBacklog = Annotated[
    int | None,
    typer.Option(
        "--max-archive-backlog",
        min=0,
        metavar="N",
        help="Wait while more files of the log wait for the archive (PostgreSQL).",
    ),
]

MaxLockWaits = Annotated[
    int | None,
    typer.Option(
        "--max-lock-waits",
        min=0,
        metavar="N",
        help="Wait while more sessions wait for a lock (PostgreSQL).",
    ),
]

MaxLoad = Annotated[
    int | None,
    typer.Option(
        "--max-load",
        min=0,
        metavar="N",
        help="Wait while more sessions of the database are at work (PostgreSQL).",
    ),
]

YieldToVacuum = Annotated[
    bool,
    typer.Option(
        "--yield-to-vacuum",
        help="Wait while the table that is rewritten is being vacuumed (PostgreSQL).",
    ),
]

Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Have the workers of a Dask cluster convert: tcp://HOST:8786 (kconv[dask]).",
        show_default=False,
    ),
]

Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=1,
        metavar="N",
        help="Rewrite so many rows of each resource, and leave the others for another run.",
    ),
]

Conditions = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="NAME=PATTERN",
        help="Rewrite only rows that have it: namespace=team-*, .spec.suspend!=true; repeatable.",
    ),
]

MaxFailures = Annotated[
    str | None,
    typer.Option(
        "--max-failures",
        metavar="N|P%",
        help="Stop when more rows of a resource fail, or more of a hundred: 50, 5%.",
    ),
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
