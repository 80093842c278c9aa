"""What a migration did, as text and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from kconv._messages import count

if TYPE_CHECKING:
    from kconv.place import Collection, Key, Place, Quarantined
    from kconv_migrations._migration import (
        CollectionReferences,
        Outcome,
        Target,
        Verified,
        VersionStatus,
    )

SHOWN = 20
"""How many rows are listed one by one; ``-o json`` has all of them."""

ALIKE = 3
"""How many rows are listed that fail for the same cause."""

_VALUE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\d+')

WRITING = 1.5
"""How much longer than its rehearsal a run takes, about, for writing."""


def announce(targets: Sequence[Target], dry_run: bool) -> None:
    """Say, before the first row is rewritten, which way each resource goes."""
    from kconv._cli.console import emit

    if not targets:
        emit("nothing to migrate: every resource has one version on record")
    for target in targets:
        flip = f"{target.before or 'nothing'} -> {target.api_version}"
        verb = "would flip" if dry_run else "flips"
        emit(
            f"{target.name}: "
            + (f"{flip}, {verb}" if target.flips else f"{target.api_version}, preferred already")
        )


def say_elsewhere(place: Place) -> None:
    """Tell, on standard error, of another place that has notes in the database, if one has.

    Where nothing was found, ``--place`` may have been forgotten.
    """
    from kconv._cli.console import say
    from kconv._store.tables import OTHER_PLACES

    mark = f".{OTHER_PLACES}"
    targets = [target.collection for run in place.runs() for target in run.targets]
    names = sorted({name.partition(mark)[0] for name in targets if mark in name})
    if names:
        say(f"another place is on record here, with {', '.join(names)}: name it with --place")


def estimate(outcome: Outcome, rate: float) -> float:
    """Seconds that a run would take, from those of its rehearsal and the rate it is held to."""
    return max(outcome.seconds * WRITING, outcome.rows / rate if rate else 0)


def report(outcome: Outcome, dry_run: bool, rate: float) -> None:
    """Say what became of a resource."""
    from kconv._cli.console import emit
    from kconv._messages import duration

    rows = counted(outcome.written, outcome.target.collection)
    seconds = outcome.writing
    speed = outcome.rows / seconds if seconds else 0
    name = outcome.target.name
    if dry_run:
        emit(f"{name}: {rows} would be rewritten, {len(outcome.failures)} cannot be")
        emit(f"{name}: a run would take about {duration(estimate(outcome, rate))}")
    elif outcome.rows:
        emit(f"{name}: {rows} rewritten in {seconds:.1f} s ({speed:,.0f} rows/s)")
    elif outcome.done:
        emit(f"{name}: nothing to rewrite")
    for path, number in sorted(outcome.lost.items()):
        emit(f"{name}: {path} cannot be held for {count(number, 'row')}")
    if outcome.broken_count:
        rest = "would be migrated all the same" if dry_run else "migrated all the same"
        emit(f"{not_valid(outcome.target, outcome.broken_count)}; {rest} without --strict")
        emit_broken(outcome.broken, outcome.broken_count)
    if outcome.raced:
        emit(f"{name}: {count(outcome.raced, 'row')} written by somebody else meanwhile")
    for version in outcome.dropped:
        emit(f"{name}: 0 rows left in {version}; dropped from the record")
    if outcome.run and outcome.objects and outcome.done:
        emit(f"{name}: run {outcome.run}")


def not_valid(target: Target | Verified, number: int) -> str:
    """What is said of rows that break a rule of the version that they are to be in."""
    version = target.preferred if hasattr(target, "preferred") else target.api_version
    kind = target.collection.kind
    who = "your application" if kind is not None and kind.document else "clients"
    one = number == 1
    return (
        f"{target.name}: warning: {count(number, 'row')} {'is' if one else 'are'} not valid in "
        f"{version}: {who} can read {'it' if one else 'them'} and not write "
        f"{'it' if one else 'them'}"
    )


def emit_broken(rows: Sequence[Quarantined], number: int) -> None:
    """List the first of ``number`` rows that break a rule."""
    from kconv._cli.console import emit

    for each in rows[:SHOWN]:
        emit(f"  {row_name(each)}: {each.message}")
    if number > SHOWN:
        emit(f"  and {number - SHOWN:,} more: -o json lists the first {len(rows):,}")


MUCH = 16 * 1024 * 1024
"""Bytes of room from which on the report speaks of VACUUM."""


def report_free_space(place: Place) -> None:
    """Say what VACUUM would give back, where it is much."""
    from kconv._cli.console import emit
    from kconv._messages import size_text

    found = place.reclaimable()
    if found.bytes >= MUCH:
        where = f" in {', '.join(found.tables)}" if found.tables else ""
        emit(f"VACUUM would give back about {size_text(found.bytes)}{where}")


def report_references(found: CollectionReferences) -> None:
    """Say which references of a resource were, or would be, rewritten."""
    from kconv._cli.console import emit

    for (kind, old, new), number in sorted(found.references.items()):
        done = "rewritten" if found.rewritten else "can be rewritten"
        emit(f"{found.collection}: {count(number, 'reference')} to {kind} in {old}: {new}, {done}")


def complain(outcomes: Sequence[Outcome], dry_run: bool) -> None:
    """Tell, on standard error, of every row that could not be rewritten and what is left."""
    from kconv._cli.console import complain as complain_text
    from kconv._cli.console import say

    failures = [failure for outcome in outcomes for failure in outcome.failures]
    one = len(failures) == 1
    left = "left as it was" if one else "left as they were"
    complain_of(failures, "cannot be converted" + ("" if dry_run else f"; {left}"))
    if failures and not dry_run:
        they, them = ("it is", "it") if one else ("they are", "them")
        say(f"{they} in quarantine: `kconv migrate quarantine` lists and retries {them}")
    for outcome in outcomes:
        if outcome.stopped:
            complain_text(f"{outcome.target.name}: stopped: {outcome.stopped}")
            if not dry_run:
                say("`kconv migrate quarantine export` has them; then `kconv migrate` goes on")
            continue
        if outcome.unproved:
            complain_text(f"{outcome.target.name}: {outcome.unproved}")
            continue
        if outcome.is_slice:
            if rest := sum(outcome.kept.values()):
                say(f"{outcome.target.name}: {count(rest, 'row')} left; `kconv migrate` goes on")
            continue
        for version, rows in outcome.kept.items():
            left = f"{count(rows, 'row')} left in {version}, which stays on record"
            complain_text(f"{outcome.target.name}: {left}")
            if not outcome.failures and rows:
                say("a writer still uses it: is a server of an older release running?")
            elif not outcome.failures:
                say("it is not proved that no row needs it: `kconv migrate verify` says of which")


def complain_of(failures: Sequence[Quarantined], what: str) -> None:
    """Tell, on standard error, of the first rows that something is wrong with."""
    from kconv._cli.console import complain as complain_text

    if not failures:
        return
    lines = [f"error: {count(len(failures), 'row')} {what}"]
    by_cause: dict[object, list[Quarantined]] = {}
    for failure in failures:
        by_cause.setdefault(_cause(failure), []).append(failure)
    room, unseen = SHOWN, 0
    for alike in by_cause.values():
        shown = alike[: min(ALIKE, room)]
        room -= len(shown)
        for failure in shown:
            lines.extend(f"  {line}" for line in row_lines(failure))
        more = len(alike) - len(shown)
        if shown and more:
            lines.append(f"  and {more:,} more of the same cause: -o json lists them all")
        unseen += 0 if shown else more
    if unseen:
        lines.append(f"  and {unseen:,} more: -o json lists them all")
    complain_text("\n".join(lines))


def _cause(row: Quarantined) -> object:
    """What rows have in common that fail for the same cause: all but what the values are."""
    said = (row.message, *(f"{path}: {message}" for path, _, message, *_ in row.findings))
    return row.collection, row.section, row.version, tuple(_VALUE.sub("", each) for each in said)


def complain_of_references(found: Iterable[CollectionReferences]) -> None:
    """Tell, on standard error, of the objects whose references are not known."""
    failures = [failure for each in found for failure in each.failures]
    complain_of(
        failures,
        "cannot be looked into for references, and stays as it is"
        if len(failures) == 1
        else "cannot be looked into for references; left as they are",
    )


def say_undecodable(name: str, version: VersionStatus) -> None:
    """Tell, on standard error, of rows in a version that the code does not have."""
    from kconv._cli.console import say

    if version.api_version.startswith("("):
        rows = count(version.rows, "row")
        say(f"{name}: {rows} in {version.api_version}, which is no version that was declared")
        return
    say(
        f"{name}: this code cannot decode {version.api_version}, with "
        f"{count(version.rows, 'row')} in it: install the package that has it, or name it "
        "with --apis"
    )


def counted(rows: Mapping[str, int], collection: Collection) -> str:
    """Rows of each section of a collection: ``3 objects and 1 change``."""
    return " and ".join(count(rows.get(each.name, 0), each.noun) for each in collection.sections)


def row_name(row: Quarantined) -> str:
    """Which row it is: collection, key, version, and the change if it is one."""
    from kconv.place import OBJECTS, key_text

    what = row.version
    if row.section != OBJECTS:
        what = f"change {row.mark!s}, {what}"
    what = what if what.startswith("(") and what.endswith(")") else f"({what})"
    return f"{row.collection} {key_text(row.key)} {what}"


def row_lines(row: Quarantined) -> list[str]:
    """A row and what is wrong with it, each field on a line."""
    head, *rest = row.message.splitlines() or [row.reason]
    findings = [
        f"  {path}: {message}" if path else f"  {message}"
        for path, _, message, *more in row.findings
        if not more  # the message of the row says it already
    ]
    if len(findings) == 1 and findings[0].strip() in head:
        findings = []
    elif findings:
        listed = f"[{', '.join(each.strip() for each in findings)}]"
        head = head.removesuffix(listed).rstrip(": ") if head.endswith(listed) else head
    return [f"{row_name(row)}: {head}", *rest, *findings]


def outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    """The JSON of what became of a resource."""
    target = outcome.target
    return {
        "resource": target.name,
        "before": target.before,
        "version": target.api_version,
        "flipped": target.flips,
        **{each.name: outcome.written[each.name] for each in target.collection.sections},
        "raced": outcome.raced,
        "dropped": outcome.dropped,
        "left": outcome.kept,
        "failures": rows_as_json(outcome.failures),
        "broken": rows_as_json(outcome.broken),
        "brokenCount": outcome.broken_count,
        "lost": outcome.lost,
        **({"stopped": outcome.stopped} if outcome.stopped else {}),
        **({"unproved": outcome.unproved} if outcome.unproved else {}),
        "seconds": round(outcome.seconds, 3),
    }


def rows_as_json(rows: Iterable[Quarantined]) -> list[dict[str, Any]]:
    """The JSON of rows that something is wrong with."""
    from kconv.place._rows import finding_as_json

    return [
        {
            **name_as_json(row.collection, row.key),
            "version": row.version,
            **({"resourceVersion": str(row.mark)} if isinstance(row.mark, int) else {}),
            "in": row.section,
            "reason": row.reason,
            "message": row.message,
            "findings": [*map(finding_as_json, row.findings)],
        }
        for row in rows
    ]


def name_as_json(collection: str, key: Key) -> dict[str, Any]:
    """The JSON of what says which row it is: the parts of the key by name, if they have any."""
    from kconv.place import key_names

    names = key_names(key)
    if names is None:
        return {"resource": collection, "key": list(key)}
    return {"resource": collection} | {
        name: part for name, part in names.items() if name != "resource_version"
    }


def referring_as_json(found: CollectionReferences) -> dict[str, Any]:
    """The JSON of the references that objects of a resource hold."""
    return {
        "resource": found.collection,
        "objects": found.objects,
        "rewritten": found.rewritten,
        "references": [
            {"kind": kind, "version": old, "replacement": new, "count": number}
            for (kind, old, new), number in sorted(found.references.items())
        ],
        "failures": rows_as_json(found.failures),
    }
