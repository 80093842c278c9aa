"""What ``kconv convert --check`` prints: what a release does not serve, for people and for CI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from shlex import quote
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from kconv._cli.console import complain, emit, emit_json, emit_table, say
from kconv._cli.file_progress import progress
from kconv._cli.passed_over import say_passed_over
from kconv._files.embedded import IN_MANIFEST
from kconv._files.outdated import Check, Outdated, find_outdated
from kconv._messages import count, error_lines

HEADER = ("WHERE", "OBJECT", "FROM", "TO", "REMOVED IN")


def check_and_report(
    names: Sequence[str],
    target: str | None,
    output: str | None,
    *,
    exclude: Sequence[str] = (),
    strict_files: bool = False,
    verbose: bool = False,
    apis: Sequence[str] = (),
) -> int:
    """Find what the target release does not serve, and print it; returns the exit code.

    1 where something is found, or where something could not be looked at.
    """
    with progress() as step:
        check, errors = find_outdated(
            names, target, exclude=exclude, strict_files=strict_files, apis=apis, progress=step
        )
    if output == "json":
        emit_json(_as_json(check))
    elif output == "github":
        emit("\n".join(map(_annotation, check.outdated)))
    elif output == "junit":
        emit(_junit(check))
    elif check.outdated:
        _print(check)
    for error in errors:
        complain("\n".join(error_lines(error)))
    say_passed_over(check.passed_over, verbose)
    _summarize(check, names)
    if errors:
        return min(error.exit_code for error in errors)
    return 1 if check.fails else 0


def _print(check: Check) -> None:
    emit_table(HEADER, [_row(each) for each in check.outdated])
    for each in check.outdated:
        for lost in each.lost:
            emit(f"{_where(each)}: {each.to} cannot hold {lost}")


def _row(each: Outdated) -> Sequence[str]:
    where = _where(each)
    if each.where != IN_MANIFEST:
        where += f" ({each.where})"
    to = each.to or "no version"
    return where, _name(each), each.version, to.removesuffix(f" {each.kind}"), _removed(each)


def _where(each: Outdated) -> str:
    return f"{each.file}:{each.line}" if each.line else each.file


def _name(each: Outdated) -> str:
    name = f"{each.namespace}/{each.name}" if each.namespace else each.name
    return f"{each.kind} {name}".strip()


def _removed(each: Outdated) -> str:
    return each.removed or "not there yet"


def _summarize(check: Check, names: Sequence[str]) -> None:
    found = sum(each.fails for each in check.outdated)
    looked = f"{count(check.objects, 'object')} in {count(check.files, 'file')}"
    if not found:
        say(f"Kubernetes {check.target} serves everything: {looked}")
        return
    say(f"{looked}: {found:,} in versions that Kubernetes {check.target} does not serve")
    mended = sum(each.converts for each in check.outdated)
    if mended:
        files = " ".join(f"-f {quote(name)}" for name in names)
        command = f"kconv convert {files} --in-place --target {check.target}"
        say(f"`{command}` converts {'it' if mended == found == 1 else format(mended, ',')}")


def _as_json(check: Check) -> dict[str, Any]:
    return {
        "target": check.target,
        "files": check.files,
        "objects": check.objects,
        "outdated": [_outdated(each) for each in check.outdated],
        "passedOver": [
            {"file": each.name, "reason": each.reason, "detail": each.detail}
            for each in check.passed_over
        ],
    }


def _outdated(each: Outdated) -> dict[str, Any]:
    found = asdict(each)
    return {**found, "lost": list(each.lost), "fails": each.fails}


def _message(each: Outdated) -> str:
    text = f"{_name(each)} is in {each.version}"
    text += f", removed in {each.removed}" if each.removed else ", which comes later"
    text += f"; use {each.to}" if each.to else "; nothing takes its place"
    if each.where != IN_MANIFEST:
        text += f" (in {each.where})"
    return text + "".join(f"; loses {lost}" for lost in each.lost)


def _annotation(each: Outdated) -> str:
    level = "error" if each.fails else "notice"
    properties = f"file={_property(each.file)},line={max(each.line, 1)}"
    return f"::{level} {properties},title=kconv::{_data(_message(each))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _junit(check: Check) -> str:
    failing = [each for each in check.outdated if each.fails]
    cases = "".join(
        f"    <testcase classname={quoteattr(each.file)} "
        f"name={quoteattr(f'{_name(each)}, line {each.line}' if each.line else _name(each))}>\n"
        f"      <failure message={quoteattr(_message(each))}>{escape(_message(each))}</failure>\n"
        "    </testcase>\n"
        for each in failing
    )
    if not failing:
        cases = f'    <testcase classname="kconv" name="{count(check.objects, "object")}"/>\n'
    head = f'tests="{max(len(failing), 1)}" failures="{len(failing)}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<testsuites {head}>\n"
        f'  <testsuite name="kconv convert --check, Kubernetes {check.target}" {head}>\n'
        f"{cases}  </testsuite>\n</testsuites>\n"
    )
