"""``kconv versions``: every group, version and kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv.cli.options import Apis, Output, Report

if TYPE_CHECKING:
    from kconv.scheme import Scheme, Spoke

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

HEADER = (
    "GROUP",
    "VERSION",
    "LEVEL",
    "KIND",
    "RESOURCE",
    "SERVED",
    "PREFERRED",
    "STORAGE",
    "DEPRECATED",
)


@app.command()
def versions(
    loss: Annotated[
        bool, typer.Option("--loss", help="What each conversion between versions can lose.")
    ] = False,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """List every group, version, level and kind: served, preferred, stored.

    Served: without --runtime-config of kconv serve. Preferred: what a group's clients use.
    Storage: what an empty database stores it in; `kconv migrate status` tells of a database.
    """
    from kconv.cli.console import emit_json, emit_table
    from kconv.scheme import load_scheme

    scheme = load_scheme(apis=apis or ())
    if loss:
        _losses(scheme, output)
        return
    rows = version_rows(scheme)
    if output is Report.JSON:
        emit_json({"versions": rows})
        return
    emit_table(
        HEADER,
        [
            (
                row["group"] or "core",
                row["version"],
                row["level"],
                row["kind"],
                row["resource"],
                *("yes" if row[name] else "-" for name in ("served", "preferred", "storage")),
                _deprecation(row["deprecated"]),
            )
            for row in rows
        ],
    )


def _losses(scheme: Scheme, output: Report) -> None:
    from kconv.cli.console import emit_json, emit_table

    rows = loss_rows(scheme)
    if output is Report.JSON:
        emit_json({"conversions": rows})
        return
    table: list[tuple[str, ...]] = []
    for row in rows:
        for number, loss in enumerate(row["losses"] or [{}]):
            pair = (row["from"], row["to"]) if number == 0 else ("", "")
            table.append((*pair, *_loss_cells(loss)))
    emit_table(("FROM", "TO", "FIELD", "BECOMES", "REASON"), table)


def _loss_cells(loss: dict[str, str]) -> tuple[str, str, str]:
    if not loss:
        return "nothing", "-", "-"
    kept = f"kept in {loss['keptIn']}" if loss["keptIn"] else "lost"
    return loss["path"], kept, loss["reason"] or "-"


def loss_rows(scheme: Scheme) -> list[dict[str, Any]]:
    """A row for each ordered pair of versions of a kind, with all that it can lose."""
    from kconv.edges.steps import format_steps
    from kconv.scheme.ledger import ledger

    return [
        {
            "from": f"{entry.source.api_version} {entry.source.gvk.kind}",
            "to": f"{entry.target.api_version} {entry.target.gvk.kind}",
            "losses": [
                {"path": format_steps(each.path), "keptIn": each.kept, "reason": each.reason}
                for each in entry.losses
            ],
        }
        for kind in scheme.kinds
        for entry in ledger(kind)
    ]


def version_rows(scheme: Scheme) -> list[dict[str, Any]]:
    """A row for each kind of each version: groups by name, preferred versions first."""
    from kconv.gvk import GroupVersion

    rows: list[dict[str, Any]] = []
    for group in scheme.groups():
        for version in scheme.versions(group):
            spokes = scheme.spokes(GroupVersion(group, version))
            rows.extend(_row(scheme, spoke) for spoke in spokes)
    return rows


def _row(scheme: Scheme, spoke: Spoke) -> dict[str, Any]:
    from kconv.gvk import Level

    group, version = spoke.gvk.group, spoke.gvk.version
    deprecated = spoke.options.deprecated
    return {
        "group": group,
        "version": version,
        "level": str(spoke.level),
        "kind": spoke.gvk.kind,
        "resource": spoke.options.plural,
        "namespaced": spoke.options.namespaced,
        "served": spoke.level is not Level.ALPHA,
        "preferred": version == scheme.versions(group)[0],
        "storage": spoke is spoke.kind.storage_spoke,
        "deprecated": None
        if deprecated is None
        else {
            "since": deprecated.since,
            "removedIn": deprecated.removed_in,
            "replacement": deprecated.replacement,
        },
    }


def _deprecation(deprecated: dict[str, str] | None) -> str:
    if deprecated is None:
        return "-"
    text = f"since {deprecated['since']}"
    if deprecated["replacement"]:
        text += f", use {deprecated['replacement']}"
    return text
