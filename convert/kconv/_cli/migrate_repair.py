"""``kconv migrate quarantine export`` and ``repair``: rows out as lines of JSON, and back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kconv.place import Place
    from kconv_migrations._migration import Repaired, Settings
    from kconv_migrations._migration.repair import Line

STDIN = "-"


def export(place: Place) -> int:
    """Write a line for each row in quarantine; returns the exit code."""
    from kconv._cli.console import emit_bytes, say
    from kconv._messages import count
    from kconv_migrations import _migration as storage

    number = 0
    for line in storage.exported(place):
        emit_bytes(f"{line}\n".encode())
        number += 1
    say(f"{count(number, 'row')} in quarantine")
    return 0


def repair(place: Place, file: str, settings: Settings, *, as_json: bool) -> int:
    """Take repaired lines back; returns the exit code."""
    from kconv._cli.console import emit_json, say
    from kconv._pipeline import Pipeline
    from kconv_migrations import _migration as storage

    def tell(why: str) -> None:
        say(f"waiting: {why}" if why else "going on")

    with _lines(file) as lines:
        done = storage.repair(place, Pipeline(place.scheme), lines, settings, tell)
    if as_json:
        emit_json(
            {
                "dryRun": settings.dry_run,
                "run": done.run,
                "written": done.written,
                "changed": done.changed,
                "gone": [{"line": line, "row": row} for line, row in done.gone.items()],
                "invalid": [{"line": line, "message": it} for line, it in done.invalid.items()],
            }
        )
    _report(done, settings.dry_run, quiet=as_json)
    return 0 if done.done else 1


def _report(done: Repaired, dry_run: bool, *, quiet: bool) -> None:
    from kconv._cli.console import complain, emit
    from kconv._cli.migrate_report import SHOWN
    from kconv._messages import count

    if done.invalid:
        lines = [f"error: {count(len(done.invalid), 'line')} cannot be taken; nothing was written"]
        for number, message in list(done.invalid.items())[:SHOWN]:
            lines += [f"  line {number}: {message}"]
        if len(done.invalid) > SHOWN:
            lines += [f"  and {len(done.invalid) - SHOWN:,} more: -o json lists them all"]
        lines += ["repair them, or take them out of the file"]
        complain("\n".join(lines))
        return
    for number, row in list(done.gone.items())[:SHOWN]:
        complain(f"line {number}: {row} is no longer in quarantine as it was exported")
    if len(done.gone) > SHOWN:
        complain(f"and {len(done.gone) - SHOWN:,} more: -o json lists them all")
    if done.changed:
        complain(f"{count(done.changed, 'row')} written by somebody else meanwhile; left to them")
    if not quiet:
        rows = count(done.written, "row")
        emit(f"{rows} would be repaired" if dry_run else f"{rows} repaired")


@contextmanager
def _lines(file: str) -> Iterator[Iterator[Line]]:
    """The lines of a file that hold something, with their numbers."""
    stream = sys.stdin if file == STDIN else Path(file).open(encoding="utf-8")  # noqa: SIM115 - closed below
    try:
        yield ((at, line) for at, line in enumerate(stream, 1) if line.strip())
    finally:
        if stream is not sys.stdin:
            stream.close()
