"""``kconv migrate`` over several clusters, and reports of it for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kconv._cli import migrate_objects
from kconv._cli.interrupted import Interrupted
from kconv._cli.open_place import in_context
from kconv._errors import KconvError

if TYPE_CHECKING:
    from kconv._cli.junit_report import JUnitReport
    from kconv_migrations._migration import Outcome


def migrate_contexts(
    contexts: Sequence[str], place: str | None, *, junit: Path | None, output: str, **options: Any
) -> int:
    """Migrate one place, or the clusters of several contexts one after the other.

    ``options`` are those of `migrate_objects.migrate_and_report`. Where there are several, one that
    fails does not keep the others from their turns, and the exit code is the worst of all. Raises
    as that does, and `UsageError` for contexts of something else than a cluster.
    """
    from kconv._cli.junit_report import JUnitReport

    one = next(iter(contexts), None)
    if junit is None and len(contexts) < 2:
        place = in_context(place, one)
        return migrate_objects.migrate_and_report(place=place, output=output, **options)
    report = JUnitReport()
    try:
        if len(contexts) < 2:
            return _one(in_context(place, one), one or "", report, output=output, **options)
        places = [in_context(place, each) for each in dict.fromkeys(contexts)]
        return _several(
            dict(zip(dict.fromkeys(contexts), places, strict=True)), report, output, options
        )
    finally:
        if junit is not None:
            report.write(junit)


def _one(place: str | None, context: str, report: JUnitReport, **options: Any) -> int:
    seen: list[Outcome] = []
    try:
        return migrate_objects.migrate_and_report(place=place, seen=seen, **options)
    except BaseException as error:
        # What an error of something else says may quote anything.
        known = isinstance(error, KconvError | Interrupted)
        report.failed(context, str(error) if known and str(error) else type(error).__name__)
        raise
    finally:
        for each in seen:
            report.add(context, each)


def _several(
    places: dict[str, str | None], report: JUnitReport, output: str, options: dict[str, Any]
) -> int:
    from kconv._cli.console import complain, emit, emit_json
    from kconv._cli.next_commands import note_place

    documents: list[dict[str, Any]] = []
    codes = []
    for context, place in places.items():
        document: dict[str, Any] = {"context": context}
        note_place(place)
        if output == "text":
            emit(f"context {context}:")
        try:
            codes.append(_one(place, context, report, output=output, document=document, **options))
        except KconvError as error:
            complain(f"context {context}: {error.message}")
            document["error"] = error.message
            codes.append(error.exit_code)
        documents.append(document)
    if output == "json":
        emit_json({"contexts": documents})
    return max(codes)
