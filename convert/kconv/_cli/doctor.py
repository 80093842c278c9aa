"""``kconv doctor``: whether a server could run here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kconv._cli.options import Output, Report

if TYPE_CHECKING:
    from kconv._doctor import Check

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def doctor(
    db: Annotated[
        str | None,
        typer.Option(
            "--db",
            metavar="URL",
            help="Database: sqlite:///FILE or postgresql://USER@HOST/NAME; $KCONV_DB. "
            "Default: sqlite:///kconv.db.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Settings of kconv serve in YAML; $KCONV_SERVE_CONFIG."),
    ] = None,
    apis: Annotated[
        list[str] | None,
        typer.Option(
            "--apis",
            metavar="MODULE:FUNCTION",
            help="Load this API package too, beside those that are installed; repeatable.",
        ),
    ] = None,
    output: Output = Report.TEXT,
) -> None:
    """Look at all that a server and a migration rely on, and say what to do.

    API packages, database, tables, whether writes succeed, change log, versions on record, live
    servers, migration, quarantine, certificate: with the settings that kconv serve would have. It
    leaves all as it was. Ends with 1 if there is a problem, and with 3 if the database cannot be
    reached; what is only worth a word does not count.
    """
    from kconv._cli.console import emit, emit_hanging, emit_json
    from kconv._cli.next_commands import next_command, note_database, with_given_options
    from kconv._doctor import State, examine
    from kconv._settings import resolve

    flags = {name: value for name, value in (("db", db), ("apis", apis)) if value}
    resolved = resolve(flags, file=config)
    settings = resolved.settings
    note_database(settings.db, resolved.origins["db"])
    groups = ["" if name == "core" else name for name in settings.group] or None
    found: list[Check] = []
    for each in examine(settings, groups):
        found.append(each)
        if output is Report.TEXT:
            emit_hanging(f"{each.state:<12}{each.name:<12}", each.text)
            if each.next:
                emit(f"{'':24}next: {next_command(each.next)}")
    states = {each.state for each in found}
    if output is Report.JSON:
        checks = [
            {
                "name": each.name,
                "state": each.state.value,
                "text": with_given_options(each.text),
                "next": each.next and next_command(each.next),
            }
            for each in found
        ]
        emit_json({"ok": not states & {State.PROBLEM, State.UNREACHABLE}, "checks": checks})
    if State.UNREACHABLE in states:
        raise typer.Exit(3)
    if State.PROBLEM in states:
        raise typer.Exit(1)
