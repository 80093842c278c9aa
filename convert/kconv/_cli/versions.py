"""``kconv versions``: every group, version and kind."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.options import Apis, Output, Report

if TYPE_CHECKING:
    from kconv._scheme import Scheme, Spoke

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

HEADER = ("VERSION", "KIND", "LEVEL", "STATE")


@app.command()
def versions(
    loss: Annotated[
        bool, typer.Option("--loss", help="What each conversion between versions can lose.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option(
            "--source",
            metavar="GROUP/VERSION,KIND",
            help="The Python that is generated for a version, such as batch/v1beta1,CronJob.",
        ),
    ] = None,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """List every group, version, level and kind: served, preferred, stored.

    Off: served only with --runtime-config of kconv serve. Preferred: what a group's clients use.
    Stored: what an empty database stores it in; `kconv migrate status` tells of a database.
    Plain: fields that take the slower path, because no code can be generated for them.
    """
    from kconv._cli.console import emit, emit_json, emit_table, text_width
    from kconv._errors import UsageError
    from kconv._scheme import load_scheme

    if loss and source is not None:
        raise UsageError("--loss does not go with --source")
    scheme = load_scheme(apis=apis or ())
    if loss:
        _losses(scheme, output)
        return
    if source is not None:
        _source(scheme, source, output)
        return
    rows = version_rows(scheme)
    if output is Report.JSON:
        emit_json({"versions": rows})
        return
    emit_table(HEADER, [(*_title(row), row["level"], _state(row)) for row in rows])
    notes = [
        line
        for row in rows
        for note in (*_deprecation(row), *_plain(row))
        for line in wrap(f"{' '.join(_title(row))}: {note}", text_width(), subsequent_indent="    ")
    ]
    if notes:
        emit("\n".join(["", *notes]))


def _losses(scheme: Scheme, output: Report) -> None:
    from kconv._cli.console import emit, emit_json
    from kconv._cli.loss import loss_lines, loss_rows

    rows = loss_rows(scheme)
    if output is Report.JSON:
        emit_json({"conversions": rows})
    else:
        emit("\n".join(loss_lines(rows)))


def _source(scheme: Scheme, text: str, output: Report) -> None:
    from kconv._cli.console import emit, emit_json
    from kconv._errors import NotRegistered, UsageError
    from kconv._gvk import GroupVersion
    from kconv._pipeline.compiled import CompiledEngine

    version, comma, kind = text.partition(",")
    if not (version and comma and kind):
        raise UsageError(f'--source: "{text}" is not GROUP/VERSION,KIND')
    try:
        spoke = scheme.spoke(GroupVersion.parse(version).kind(kind))
    except NotRegistered as error:
        raise UsageError(f"{error.message}: `kconv versions` lists what there is") from error
    sources = CompiledEngine().sources(spoke)
    if output is Report.JSON:
        emit_json({"version": version, "kind": kind, "sources": sources})
        return
    conversions_first = sorted(sources.items(), key=lambda item: not item[0].endswith(" hub"))
    emit("\n\n\n".join(f"# {title}\n{code.rstrip()}" for title, code in conversions_first))


def version_rows(scheme: Scheme) -> list[dict[str, Any]]:
    """A row for each kind of each version: groups by name, preferred versions first."""
    from kconv._gvk import GroupVersion

    rows: list[dict[str, Any]] = []
    for group in scheme.groups():
        for version in scheme.versions(group):
            spokes = scheme.spokes(GroupVersion(group, version))
            rows.extend(_row(scheme, spoke) for spoke in spokes)
    return rows


def _row(scheme: Scheme, spoke: Spoke) -> dict[str, Any]:
    from kconv._compile.plain import plain_fields
    from kconv._gvk import Level

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
        "plainFields": plain_fields(spoke.schema),
    }


def _title(row: dict[str, Any]) -> tuple[str, str]:
    version = row["version"]
    return (f"{row['group']}/{version}" if row["group"] else version), row["kind"]


def _state(row: dict[str, Any]) -> str:
    found = [] if row["served"] else ["off"]
    names = {"preferred": "preferred", "storage": "stored", "deprecated": "deprecated"}
    found += [word for name, word in names.items() if row[name]]
    return ", ".join(found) or "served"


def _deprecation(row: dict[str, Any]) -> list[str]:
    deprecated = row["deprecated"]
    if deprecated is None:
        return []
    text = f"deprecated since {deprecated['since']}"
    if deprecated["removedIn"]:
        text += f", removed in {deprecated['removedIn']}"
    if deprecated["replacement"]:
        text += f", use {deprecated['replacement']}"
    return [text]


def _plain(row: dict[str, Any]) -> list[str]:
    return [f"plain: {', '.join(row['plainFields'])}"] if row["plainFields"] else []
