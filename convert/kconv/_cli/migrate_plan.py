"""``kconv migrate plan``: what a migration would meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_options import Context, Groups, Names, PlaceName, Servers, To
from kconv._cli.options import Apis, Db, Output, Report

if TYPE_CHECKING:
    from kconv.place import Server
    from kconv_migrations._migration import Survey, TargetSurvey, VersionStatus


def plan(
    names: Names = None,
    group: Groups = None,
    to: To = None,
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    context: Context = None,
    no_references: Annotated[
        bool, typer.Option("--no-references", help="Do not read every object for references.")
    ] = False,
    servers: Servers = None,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Say what would be rewritten, which servers are up, and what blocks a run.

    Nothing that is stored is written; where kconv's own tables are not there yet, they are made
    beside a user's. Exits with 1 if a run would be refused now. `kconv migrate --dry-run` also
    converts every row.
    """
    from kconv._cli.console import emit_json
    from kconv._cli.open_place import in_context, open_place
    from kconv._pipeline import Pipeline
    from kconv_migrations import _migration as storage

    opened = open_place(in_context(place, context), db, apis=apis or (), names=names or ())
    try:
        targets = storage.plan(opened, names or (), to or (), group or ())
        standing = () if to else tuple(storage.preferred_targets(opened, names or (), group or ()))
        found = storage.survey(
            opened,
            Pipeline(opened.scheme),
            targets,
            references=not no_references,
            standing=standing,
            vouched=storage.parse_vouched(servers or ()),
        )
        converts = any(each.converts for each in opened.collections())
    finally:
        opened.close()
    if output is Report.JSON:
        emit_json(_as_json(found))
    else:
        _print(found, elsewhere=place is not None, converts=converts)
    if found.blocked:
        raise typer.Exit(1)


NOBODY_KNOWN = (
    "live code is not known of: none has said which versions it reads, so nothing is refused for "
    "its sake. Make sure that all of it reads the new version, or say what is up: "
    "`--servers NAME=VERSION`"
)
"""What is said of a place other than kconv's own store, whose servers register themselves."""


def _print(found: Survey, *, elsewhere: bool, converts: bool) -> None:
    """A place that converts its objects by itself has no live code that would have to read them."""
    from kconv._cli.console import complain, emit, emit_gap, emit_table, say
    from kconv._cli.migrate_report import (
        SHOWN,
        announce,
        complain_of_references,
        report_references,
        say_undecodable,
    )
    from kconv._cli.stored_table import heading, sections_of
    from kconv._gvk import GroupResource
    from kconv._messages import count
    from kconv.edges._steps import format_steps

    announce([each.target for each in found.targets], dry_run=True)
    if not found.targets and converts:
        say("`kconv migrate plan --to GROUP=VERSION` plans to store another version")
    if found.targets:
        emit_gap()
        sections = sections_of(each.target.collection for each in found.targets)
        emit_table(
            ("RESOURCE", "VERSION", *(heading(each) for each in sections), "DONE"),
            [
                (
                    each.target.name,
                    version.api_version,
                    *(f"{version.sections.get(section.name, 0):,}" for section in sections),
                    _fate(each, version),
                )
                for each in found.targets
                for version in each.versions
            ],
        )
        emit_gap()
    for server in found.servers:
        mine = {(name, resource): [] for resource, name, _ in server.decodes}  # type: Any
        for resource, name, version in server.decodes:
            mine[name, resource].append(version.rpartition("/")[2])
        shown = [GroupResource.parse(each.target.name) for each in found.targets]
        decodes = "; ".join(
            f"{each}: {', '.join(mine.get((each.resource, each.group), ['nothing']))}"
            for each in shown
        )
        emit(f"live: {server}{f', decodes {decodes}' if decodes else ''}")
    if not found.servers and not found.missing and converts:
        emit(NOBODY_KNOWN if elsewhere else "no live server")
    for target in found.targets:
        for version, loss in target.losses[:SHOWN]:
            emit(
                f"note: {target.target.name}: {format_steps(loss.path)} of rows in {version} would "
                f"be lost ({loss.reason}): a run leaves rows that have it in quarantine, unless "
                "--accept-loss accepts it"
            )
    for line in found.findings:
        emit(f"note: {line}")
    for each in found.references:
        report_references(each)
    for target in found.targets:
        for unknown in target.unknown:
            say_undecodable(target.target.name, unknown)
    complain_of_references(found.references)
    for target in found.targets:
        if target.blocked_by:
            blocking = ", ".join(server.id for server in target.blocked_by)
            complain(
                f"blocked: {target.target.name} cannot go to {target.target.api_version}, "
                f"which {count(len(target.blocked_by), 'live server')} cannot decode: {blocking}"
            )
    if found.missing:
        complain(f"blocked: {found.missing}")
    if found.holder is not None:
        holder = found.holder
        who = f"{holder.holder}, {holder.host} {holder.pid}"
        complain(f"blocked: run {holder.id} is going on: {who}")


def _rows(survey: TargetSurvey, rows: Mapping[str, int]) -> dict[str, int]:
    """Rows of each section of a target's collection."""
    return {each.name: rows.get(each.name, 0) for each in survey.target.collection.sections}


def _fate(survey: TargetSurvey, version: VersionStatus) -> str:
    if version.api_version == survey.target.api_version:
        return "stays"
    return "cannot be converted" if version in survey.unknown else "rewritten"


def _as_json(found: Survey) -> dict[str, Any]:
    from kconv._cli.migrate_report import referring_as_json
    from kconv.edges._steps import format_steps

    return {
        "blocked": found.blocked,
        "run": None if found.holder is None else found.holder.id,
        "resources": [
            {
                "resource": each.target.name,
                "before": each.target.before,
                "version": each.target.api_version,
                "flips": each.target.flips,
                **_rows(each, each.sections),
                "blockedBy": [server.id for server in each.blocked_by],
                "losses": [
                    {"version": version, "path": format_steps(loss.path), "reason": loss.reason}
                    for version, loss in each.losses
                ],
                "versions": [
                    {
                        "version": version.api_version,
                        "preferred": version.preferred,
                        **_rows(each, version.sections),
                        "decodable": version not in each.unknown,
                    }
                    for version in each.versions
                ],
            }
            for each in found.targets
        ],
        "servers": [server_as_json(each) for each in found.servers],
        "findings": list(found.findings),
        "references": [referring_as_json(each) for each in found.references],
    }


def server_as_json(server: Server) -> dict[str, Any]:
    """The JSON of a live server."""
    return {
        "id": server.id,
        "release": server.release,
        "host": server.host,
        "pid": server.pid,
        "started": server.started.isoformat(),
        "seen": server.seen.isoformat(),
        "decodes": [
            {"group": group, "resource": resource, "version": version}
            for group, resource, version in server.decodes
        ],
        "encodes": [
            {"group": group, "resource": resource, "version": version}
            for group, resource, version in server.encodes
        ],
    }
