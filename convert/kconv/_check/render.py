"""A report as text for people, as JSON, and as annotations on GitHub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kconv._check.finding import Finding, Severity
from kconv._check.project import Report

ALSO = 3
"""How many other places of a finding the text names."""

Source = Callable[[Finding], tuple[str, int] | None]

_COMMANDS = {Severity.BREAKING: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def as_text(report: Report) -> str:
    """Breaking findings first, each with what breaks and what to do; the sum in the last line."""
    lines = [line for finding in _by_severity(report) for line in _lines(finding)]
    counts = report.counts
    sums = [
        f"{counts[Severity.BREAKING]} breaking",
        f"{counts[Severity.WARNING]} to look at",
        f"{counts[Severity.INFO]} for information",
    ]
    told = ", ".join(sums) if report.findings else "no changes"
    return "\n".join([*lines, f"{report.versions} versions against {report.base}: {told}"])


def as_json(report: Report) -> dict[str, Any]:
    """One document: counts, and every finding with all that is known of it."""
    return {
        "against": report.base,
        "versions": report.versions,
        "breaking": report.counts[Severity.BREAKING],
        "warnings": report.counts[Severity.WARNING],
        "info": report.counts[Severity.INFO],
        "findings": [
            {
                "version": str(each.version),
                "kind": each.kind,
                "path": each.path,
                "also": list(each.also),
                "rule": each.rule,
                "severity": str(each.severity),
                "level": str(each.level),
                "changed": each.changed,
                "breaksFor": str(each.whom),
                "breaks": each.breaks,
                "todo": each.todo,
                "policy": each.policy,
            }
            for each in _by_severity(report)
        ],
    }


def as_github(report: Report, source: Source) -> str:
    """A workflow command for each finding; ``source`` says where in the code it belongs."""
    return "\n".join(_command(finding, source(finding)) for finding in _by_severity(report))


def _by_severity(report: Report) -> list[Finding]:
    order = list(Severity)
    return sorted(report.findings, key=lambda finding: (order.index(finding.severity), finding))


def _lines(finding: Finding) -> Iterator[str]:
    yield f"{finding.severity}: {finding.place}: {finding.changed} [{finding.rule}]"
    if finding.also:
        more = len(finding.also) - ALSO
        rest = f", and {more} more" if more > 0 else ""
        yield f"  also at {', '.join(finding.also[:ALSO])}{rest}"
    if finding.severity is Severity.INFO:
        if finding.breaks != "nothing":
            yield f"  {finding.policy}"
        return
    yield f"  breaks {finding.whom}: {finding.breaks}"
    yield f"  to do: {finding.todo}"
    if finding.severity is Severity.BREAKING:
        yield f"  {finding.policy}"


def _command(finding: Finding, source: tuple[str, int] | None) -> str:
    properties = {"title": f"{finding.rule}: {finding.place}"}
    if source is not None:
        properties = {"file": source[0], "line": str(source[1]), **properties}
    told = ",".join(f"{name}={_property(text)}" for name, text in properties.items())
    lines = [f"{finding.place}: {finding.changed}"]
    if finding.breaks != "nothing":
        lines += [f"breaks {finding.whom}: {finding.breaks}", f"to do: {finding.todo}"]
        lines.append(finding.policy)
    return f"::{_COMMANDS[finding.severity]} {told}::{_data(chr(10).join(lines))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
