"""Would this code still read every row of a database? Nothing is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from kconv._check.finding import Severity
from kconv._errors import KconvError
from kconv._gvk import GroupResource
from kconv._paths import Finding, Path, format_path
from kconv._pipeline import Decoded, Pipeline
from kconv._store import Store, Stored

PAGE = 500
"""Rows that are in memory at a time, at most; a page ends at some 16 MiB too."""

EXAMPLES = 3
"""Objects that are named for each problem."""

LIMIT = 1000
"""How many problems are listed separately; further ones are only counted."""

_WARNING = re.compile(r'(unknown|duplicate) field "(.*)"\Z', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the check of one resource is, in rows."""

    resource: GroupResource
    done: int
    total: int


@dataclass(slots=True)
class Problem:
    """What is wrong with some rows of a resource, at one path of theirs.

    ``path`` has ``[*]`` for every element. ``message`` is that of the first row, ``examples`` are
    names of some.
    """

    resource: str
    api_version: str
    path: str
    reason: str
    severity: Severity
    message: str
    rows: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class StoredReport:
    """What came of reading a database: rows read, rows that would fail, and every problem."""

    rows: int = 0
    failing: int = 0
    warned: int = 0
    problems: dict[tuple[str, ...], Problem] = field(default_factory=dict)

    @property
    def fails(self) -> bool:
        """Whether a server of this code could not serve the database as it is."""
        return any(each.severity is Severity.BREAKING for each in self.problems.values())

    def add(self, stored: Stored, found: list[tuple[Severity, str, str, str]]) -> None:
        """Count one row with what was found in it: severity, path, reason and message."""
        self.rows += 1
        severities = {each[0] for each in found}
        self.failing += Severity.BREAKING in severities
        self.warned += severities == {Severity.WARNING}
        for place in dict.fromkeys(each[:3] for each in found):
            severity, path, reason = place
            message = next(each[3] for each in found if each[:3] == place)
            self._count(stored, severity, path, reason, message)

    def _count(
        self, stored: Stored, severity: Severity, path: str, reason: str, message: str
    ) -> None:
        resource = stored.key.qualified
        key = (resource, stored.api_version, severity, path, reason)
        if key not in self.problems and len(self.problems) >= LIMIT:
            key, path = (resource, stored.api_version, severity, "…", reason), "…"
        problem = self.problems.setdefault(
            key, Problem(resource, stored.api_version, path, reason, severity, message)
        )
        problem.rows += 1
        if len(problem.examples) < EXAMPLES:
            namespace, name = stored.key.namespace, stored.key.name
            problem.examples.append(f"{namespace}/{name}" if namespace else name)


def check_stored(
    store: Store,
    pipeline: Pipeline,
    progress: Callable[[Progress], None] | None = None,
    groups: Collection[str] | None = None,
) -> StoredReport:
    """Read every object and every entry of the change log, as a server of this code would.

    Each is decoded as trusted, refusing fields that the code does not know, and converted to every
    version of its kind. Rules that a row breaks are warnings: it was valid when it was written.
    ``groups`` limits what is read; versions on record are looked at in all.
    """
    report = StoredReport()
    _on_record(store, pipeline, report)
    totals: dict[GroupResource, int] = {}
    for count in store.counts():
        resource = GroupResource(count.group, count.resource)
        if groups is not None and count.group not in groups:
            continue
        totals[resource] = totals.get(resource, 0) + count.objects + count.changes
    for resource, total in sorted(totals.items()):
        before = report.rows
        for stored in _rows(store, resource):
            report.add(stored, list(_found(pipeline, stored)))
            done = report.rows - before
            if progress is not None and done % PAGE == 0:
                progress(Progress(resource, done, total))
    return report


def _on_record(store: Store, pipeline: Pipeline, report: StoredReport) -> None:
    """Versions on record that the code does not have: with them no server starts, rows or none."""
    have = {
        (str(kind.group_resource), spoke.api_version)
        for kind in pipeline.scheme.kinds
        for spoke in kind.spokes
    }
    for each in store.storage_versions():
        resource = str(GroupResource(each.group, each.resource))
        if (resource, each.api_version) not in have:
            message = "on record, and this code does not have it: servers refuse to start"
            report.problems[(resource, each.api_version)] = Problem(
                resource, each.api_version, "", "CannotDecode", Severity.BREAKING, message
            )


def _rows(store: Store, resource: GroupResource) -> Iterator[Stored]:
    place: tuple[str, str] | None = None
    group, name = resource.group, resource.resource
    while page := store.scan_objects(group, name, other_than="", after=place, limit=PAGE):
        yield from page
        place = (page[-1].key.namespace, page[-1].key.name)
    after = 0
    while changes := store.scan_changes(group, name, other_than="", after=after, limit=PAGE):
        yield from (change.stored for change in changes)
        after = changes[-1].stored.resource_version


def _found(pipeline: Pipeline, stored: Stored) -> Iterator[tuple[Severity, str, str, str]]:
    try:
        decoded = pipeline.decode(stored.data, trusted=True, field_validation="Warn")
    except KconvError as error:
        yield from _failures(error)
        return
    kind = str(decoded.spoke.kind.group_resource)
    if kind != stored.key.qualified:
        yield Severity.BREAKING, "", "ConversionFailed", f"holds an object of {kind}"
    for warning in decoded.warnings:
        match = _WARNING.match(warning)
        path = re.sub(r"\[\d+\]", "[*]", match[2]) if match else ""
        yield Severity.BREAKING, path, "UnknownField", f"{warning}: it would be lost"
    yield from _conversions(pipeline, decoded)
    for finding in decoded.spoke.schema.instance().check(decoded.value):
        yield Severity.WARNING, _path(finding.path), finding.reason, finding.message


def _conversions(pipeline: Pipeline, decoded: Decoded) -> Iterator[tuple[Severity, str, str, str]]:
    try:
        hub = pipeline.to_hub(decoded)
    except KconvError as error:
        yield from _failures(error)
        return
    for spoke in decoded.spoke.kind.spokes:
        try:
            pipeline.encode(pipeline.from_hub(hub, spoke))
        except KconvError as error:
            yield from _failures(error, f"to {spoke.api_version}: ")


def _failures(error: KconvError, to: str = "") -> Iterator[tuple[Severity, str, str, str]]:
    findings = [each for each in error.findings if isinstance(each, Finding)]
    for finding in findings:
        message = f"{to}{finding.message}"
        yield Severity.BREAKING, _path(finding.path), finding.reason, message
    if not findings:
        yield Severity.BREAKING, "", error.reason, f"{to}{error.message}"


def _path(path: Path) -> str:
    return re.sub(r"\[\d+\]", "[*]", format_path(path))
