"""``kconv versions``: every group, version and kind."""

from __future__ import annotations

from collections.abc import Collection
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.lock import Groups, selected
from kconv._cli.options import Apis, Output, Report

if TYPE_CHECKING:
    from kconv._scheme import Scheme
    from kconv._versions import KindVersion

app = typer.Typer(add_completion=False, rich_markup_mode=None)

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
    group: Groups = None,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """List every group, version, level and kind: served, preferred, stored.

    Off: served only with --runtime-config of kconv serve. Preferred: what clients of the group use.
    Document: without apiVersion and kind, and never served.
    Stored: the version in which a new database stores it; `kconv migrate status` shows that of a
    database. Plain: fields that take the slower path, since no code can be generated for them.
    """
    from kconv._cli.console import emit, emit_json, emit_table, text_width
    from kconv._errors import UsageError
    from kconv._versions import versions as list_versions

    if loss and source is not None:
        raise UsageError("--loss does not go with --source")
    scheme, groups = selected(apis, group)
    if loss:
        _losses(scheme, groups, output)
        return
    if source is not None:
        _source(scheme, source, output)
        return
    found = [each for each in list_versions(scheme) if groups is None or each.gvk.group in groups]
    if output is Report.JSON:
        emit_json({"versions": [_as_json(each) for each in found]})
        return
    emit_table(HEADER, [(*_title(each), str(each.level), _state(each)) for each in found])
    notes = [
        line
        for each in found
        for note in (*_deprecation(each), *_way(each), *_plain(each))
        for line in wrap(
            f"{' '.join(_title(each))}: {note}", text_width(), subsequent_indent="    "
        )
    ]
    if notes:
        emit("\n".join(["", *notes]))


def _losses(scheme: Scheme, groups: Collection[str] | None, output: Report) -> None:
    from kconv._cli.console import emit, emit_json
    from kconv._cli.versions_loss import loss_lines, losses_as_json
    from kconv._versions import losses

    found = [each for each in losses(scheme) if groups is None or each.source.group in groups]
    if output is Report.JSON:
        emit_json({"conversions": losses_as_json(found)})
    else:
        emit("\n".join(loss_lines(found)))


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
        raise UsageError(f"{error.message}: `kconv versions` lists them") from error
    sources = CompiledEngine().sources(spoke)
    if output is Report.JSON:
        emit_json({"version": version, "kind": kind, "sources": sources})
        return
    conversions_first = sorted(sources.items(), key=lambda item: not item[0].endswith(" hub"))
    emit("\n\n\n".join(f"# {title}\n{code.rstrip()}" for title, code in conversions_first))


def _as_json(each: KindVersion) -> dict[str, Any]:
    deprecated = each.deprecated
    return {
        "group": each.gvk.group,
        "version": each.gvk.version,
        "level": str(each.level),
        "kind": each.gvk.kind,
        "resource": each.resource,
        "namespaced": each.namespaced,
        "served": each.served,
        "preferred": each.preferred,
        "storage": each.stored,
        "deprecated": None
        if deprecated is None
        else {
            "since": deprecated.since,
            "removedIn": deprecated.removed_in,
            "replacement": deprecated.replacement,
        },
        "document": each.document,
        "via": each.via or None,
        "compiled": each.compiled,
        "plainFields": list(each.plain_fields),
        "plainReasons": dict(zip(each.plain_fields, each.plain_reasons, strict=False)),
    }


def _title(each: KindVersion) -> tuple[str, str]:
    return each.gvk.api_version, each.gvk.kind


def _state(each: KindVersion) -> str:
    if each.document:
        return ", ".join(["document", *(["stored"] if each.stored else [])])
    found = [] if each.served else ["off"]
    found += ["preferred"] if each.preferred else []
    found += ["stored"] if each.stored else []
    found += ["deprecated"] if each.deprecated is not None else []
    return ", ".join(found) or "served"


def _deprecation(each: KindVersion) -> list[str]:
    deprecated = each.deprecated
    if deprecated is None:
        return []
    text = f"deprecated since {deprecated.since}" if deprecated.since else "deprecated"
    if deprecated.removed_in:
        text += f", removed in {deprecated.removed_in}"
    if deprecated.replacement:
        text += f", use {deprecated.replacement}"
    return [text]


def _way(each: KindVersion) -> list[str]:
    return [f"converts by way of {each.via}"] if each.via else []


def _plain(each: KindVersion) -> list[str]:
    found = [
        f"plain: {path or 'the object'} ({why})"
        for path, why in zip(each.plain_fields, each.plain_reasons, strict=False)
    ]
    return found if each.compiled else ["plain as a whole, which makes it slow", *found]
