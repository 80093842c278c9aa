"""``kconv migrate verify``: look at every row again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv._cli.database import DEFAULT_DB
from kconv._cli.migrate_options import Context, Groups, Names, PlaceName, Scheduler, Workers
from kconv._cli.options import Apis, Db, Output, Report

if TYPE_CHECKING:
    from kconv_migrations._migration import Verified


def verify(
    names: Names = None,
    group: Groups = None,
    db: Db = DEFAULT_DB,
    place: PlaceName = None,
    context: Context = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Rows that are not valid fail, too.")
    ] = False,
    apis: Apis = None,
    output: Output = Report.TEXT,
) -> None:
    """Check that every row decodes, is in the preferred version, and kept its content.

    Objects and the change log; objects of which a before-image is kept, and which nobody has
    written since, are compared with it, unless its version has left the code. Rows that are not
    valid, so that they can be read and not written, are counted and named; with --strict they
    fail, too. Reads only. Ends with 1 if a row fails.
    """
    from kconv._cli.console import emit, emit_json, say
    from kconv._cli.interrupted import Interrupted
    from kconv._cli.migrate_objects import cluster
    from kconv._cli.migrate_report import complain_of, counted, emit_broken, not_valid
    from kconv._cli.open_place import in_context, open_place
    from kconv._errors import UsageError
    from kconv._pipeline import Pipeline
    from kconv_migrations import _migration as storage
    from kconv_migrations._migration import NOT_PREFERRED

    opened = open_place(in_context(place, context), db, apis=apis or (), names=names or ())
    found: list[Verified] = []
    try:
        recorded = [each.name for each in storage.status(opened)]
        if unknown := [each for each in names or () if each not in recorded]:
            listed = ", ".join(recorded)
            raise UsageError(f'nothing is stored as "{unknown[0]}": there are {listed}')
        chosen = list(names or ())
        if group:
            within = {each.name for each in storage.in_groups(opened.collections(), group)}
            chosen = [each for each in chosen or recorded if each in within]
        pipeline = Pipeline(opened.scheme)
        with (
            storage.executor_for(
                opened, pipeline, workers, cluster=cluster(scheduler, workers)
            ) as executor,
            _between() as check,
        ):
            some = chosen or not group  # a group may have nothing that is stored
            verified = storage.verify(opened, executor, chosen, lambda _: check())
            for each in verified if some else ():
                found.append(each)
                if output is Report.TEXT:
                    compared = f", {each.compared:,} compared with before" if each.compared else ""
                    broken = f", {each.broken_count:,} not valid" if each.broken_count else ""
                    wrong = [one for one in each.failures if one.reason != NOT_PREFERRED]
                    rest = len(each.failures) - len(wrong)
                    behind = f", {rest:,} not migrated" if rest else ""
                    emit(
                        f"{each.name}: {counted(each.rows, each.collection)}, "
                        f"{len(wrong):,} wrong{behind}{broken}{compared}"
                    )
                    if each.broken_count:
                        emit(not_valid(each, each.broken_count))
                        emit_broken(each.broken, each.broken_count)
                    for version, number in sorted(each.unread.items()):
                        emit(f"{each.name}: {_not_compared(each, version, number)}")
    except KeyboardInterrupt:
        raise Interrupted("nothing was written; the same command begins anew") from None
    finally:
        opened.close()
    if output is Report.JSON:
        emit_json({"resources": [_as_json(each) for each in found]})
    elif not found:
        say("nothing is stored, so there is nothing to verify")
    failures = [failure for each in found for failure in each.failures]
    wrong = [each for each in failures if each.reason != NOT_PREFERRED]
    others = [each for each in failures if each.reason == NOT_PREFERRED]
    complain_of(wrong, "not as it should be" if len(wrong) == 1 else "not as they should be")
    complain_of(others, "not migrated: `kconv migrate` goes on")
    if failures or (strict and any(each.broken_count for each in found)):
        raise typer.Exit(1)


def _not_compared(each: Verified, version: str, number: int) -> str:
    """What is said of before-images of a version that cannot be read."""
    from kconv._messages import count

    said = f"{count(number, 'before-image')} in {version} not compared: "
    if version.startswith("(") or each.collection.reads(version):
        return said + "what the row held was not valid before its repair"
    return said + f"this code cannot read {'them' if number > 1 else 'it'}"


@contextmanager
def _between() -> Iterator[Callable[[], None]]:
    """Have Ctrl-C raise between two pages, when what is given here is called.

    In the middle of a statement, SQLAlchemy writes a traceback of its own. A second Ctrl-C does
    not wait.
    """
    came: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if (
        threading.current_thread() is not threading.main_thread()  # it may set no handler
        or before is not signal.default_int_handler  # Ctrl-C is ignored, or is for somebody else
    ):
        yield lambda: None
        return

    def note(number: int, _frame: object) -> None:
        came.append(number)
        signal.signal(signal.SIGINT, before)

    def check() -> None:
        if came:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)


def _as_json(each: Verified) -> dict[str, Any]:
    from kconv._cli.migrate_report import rows_as_json

    return {
        "resource": each.name,
        "preferred": each.preferred,
        **{section.name: each.rows[section.name] for section in each.collection.sections},
        "compared": each.compared,
        "unread": each.unread,
        "failures": rows_as_json(each.failures),
        "broken": rows_as_json(each.broken),
        "brokenCount": each.broken_count,
    }
