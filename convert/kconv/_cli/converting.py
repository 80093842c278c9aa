"""What ``kconv convert`` does, apart from its command line.

Nothing here needs Typer, which takes longer to load than a file to convert.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from kconv._cli.console import complain, emit_bytes, say, warn
from kconv._cli.conversion import Converted, Converter, are_few, scheme_for
from kconv._cli.manifest import STDIN, Manifest, read_manifests
from kconv._cli.message import count, problem_lines
from kconv._cli.replace import replace_files
from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._errors import UsageError
from kconv._gvk import GroupVersion


class Format(StrEnum):
    """How objects are written."""

    YAML = "yaml"
    JSON = "json"


def convert_files(
    files: Sequence[str] = (),
    output_version: Sequence[str] = (),
    output: str | None = None,
    *,
    in_place: bool = False,
    strict: bool = False,
    ignore_unknown: bool = False,
    dry_run: bool = False,
    apis: Sequence[str] = (),
) -> int:
    """Convert what the command line names; returns the exit code.

    Raises `UsageError` for options that do not go together, and what reading standard input
    raises.
    """
    names = list(files)
    if not names:
        raise UsageError("nothing to convert: name a file, a folder or - with -f")
    if in_place and (STDIN in names or output is not None):
        other = "-f -" if STDIN in names else "-o: each file keeps its format"
        raise UsageError(f"--in-place does not go with {other}")
    targets = [GroupVersion.parse(text) for text in output_version]
    if len({target.group for target in targets}) < len(targets):
        raise UsageError("--output-version: only one version for each group")
    manifests = read_manifests(names)
    scheme = scheme_for(manifests, targets, apis)
    converter = Converter(
        scheme,
        targets,
        strict=strict,
        ignore_unknown=ignore_unknown,
        few=are_few(manifests),
    )
    results = [
        (manifest, [converter.convert(manifest, document) for document in manifest.documents])
        for manifest in manifests
    ]
    refused = _refused(manifests, results, converter)
    if refused:
        return refused
    for warning in converter.findings.warnings:
        warn(warning)
    if dry_run:
        _preview(results, in_place)
    elif in_place:
        _replace(results)
    else:
        converted = [result for _, converted in results for result in converted]
        emit_bytes(_encode(converted, Format(output or Format.YAML)))
    return 0


Results = Sequence[tuple[Manifest, list[Converted]]]


def _refused(manifests: Sequence[Manifest], results: Results, converter: Converter) -> int:
    """Report every problem of every file; returns the exit code, 0 where there is none.

    1 tells of objects; where all that is wrong is what the command names, it is 2.
    """
    problems = list(converter.findings.problems)
    codes = {1} if problems else set()
    for manifest in manifests:
        if manifest.error is not None:
            head, *rest = problem_lines(manifest.error)
            problems.append([f"{manifest.name}: {head}", *rest])
            codes.add(manifest.error.exit_code)
    if not problems and not any(converted for _, converted in results):
        problems.append([f"no objects in {', '.join(manifest.name for manifest in manifests)}"])
    if not problems:
        return 0
    for warning in converter.findings.warnings:
        warn(warning)
    if len(problems) == 1:
        complain("error: " + "\n".join(problems[0]))
    else:
        lines = [f"error: {count(len(problems), 'problem')}; nothing was written"]
        complain("\n".join([*lines, *(f"  {line}" for lines in problems for line in lines)]))
    return min(codes, default=1)


def _preview(results: Results, in_place: bool) -> None:

    for manifest, converted in results:
        changed = sum(result.changed for result in converted)
        what = count(sum(result.objects for result in converted), "object")
        verb = "would be rewritten" if in_place else "would be converted"
        say(f"{manifest.name}: {what}, {verb if changed else 'nothing to change'}")


def _replace(results: Results) -> None:

    contents: dict[Path, bytes] = {}
    for manifest, converted in results:
        if manifest.path is not None and any(result.changed for result in converted):
            contents[manifest.path] = _encode(converted, Format(manifest.format))
    replace_files(contents)
    for path in contents:
        say(f"rewrote {path}")
    untouched = len(results) - len(contents)
    if untouched:
        say(f"{count(untouched, 'file')} already as wanted")


def _encode(converted: Sequence[Converted], output: Format) -> bytes:

    values = [result.value for result in converted]
    if output is Format.YAML:
        return yaml_codec.encode_all(values)
    if len(values) == 1:
        return json_codec.encode_pretty(values[0])
    items: list[Any] = []
    for value in values:
        is_list = value.get("kind") == "List" and isinstance(value.get("items"), list)
        items.extend(value["items"] if is_list else [value])
    return json_codec.encode_pretty({"kind": "List", "apiVersion": "v1", "items": items})
