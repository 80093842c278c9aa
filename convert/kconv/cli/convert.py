"""``kconv convert``: manifests in other versions."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kconv.cli.options import Apis, output_versions

if TYPE_CHECKING:
    from kconv.cli.conversion import Converted, Converter
    from kconv.cli.manifest import Manifest

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


class Format(StrEnum):
    """How objects are written."""

    YAML = "yaml"
    JSON = "json"


@app.command(no_args_is_help=True)
def convert(
    files: Annotated[
        list[str] | None,
        typer.Option("-f", "--filename", metavar="FILE|DIR|-", help="What to convert; repeatable."),
    ] = None,
    output_version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP/VERSION",
            help="Version to convert to; default: the preferred one. Repeatable, one per group.",
            autocompletion=output_versions,
        ),
    ] = None,
    output: Annotated[
        Format | None,
        typer.Option("-o", "--output", help="Default: yaml. json: one document, a List if many."),
    ] = None,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Rewrite the files that are not in that version.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse unknown and duplicate fields, and any loss.")
    ] = False,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave kinds that no API has as they are.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Convert, report, write nothing.")
    ] = False,
    apis: Apis = None,
) -> None:
    """Convert manifests: YAML and JSON, several documents, List kinds, whole folders.

    Everything is converted before anything is written; one bad object and nothing is.

    `kconv convert -f old.yaml --output-version batch/v1`
    """
    from kconv.cli.console import warn
    from kconv.cli.conversion import Converter, scheme_for
    from kconv.cli.manifest import STDIN, read_manifests
    from kconv.errors import UsageError
    from kconv.gvk import GroupVersion

    names = list(files or ())
    if not names:
        raise UsageError("nothing to convert: name a file, a folder or - with -f")
    if in_place and (STDIN in names or output is not None):
        other = "-f -" if STDIN in names else "-o: each file keeps its format"
        raise UsageError(f"--in-place does not go with {other}")
    targets = [GroupVersion.parse(text) for text in output_version or ()]
    if len({target.group for target in targets}) < len(targets):
        raise UsageError("--output-version: only one version for each group")
    manifests = read_manifests(names)
    scheme = scheme_for(manifests, targets, apis or ())
    converter = Converter(scheme, targets, strict=strict, ignore_unknown=ignore_unknown)
    results = [
        (manifest, [converter.convert(manifest, document) for document in manifest.documents])
        for manifest in manifests
    ]
    _refuse(manifests, results, converter)
    for warning in converter.findings.warnings:
        warn(warning)
    if dry_run:
        _preview(results, in_place)
    elif in_place:
        _replace(results)
    else:
        _write([result for _, converted in results for result in converted], output)


Results = Sequence[tuple["Manifest", list["Converted"]]]


def _refuse(manifests: Sequence[Manifest], results: Results, converter: Converter) -> None:
    """Report every problem of every file, and end with 1, if there is one."""
    from kconv.cli.console import complain, warn
    from kconv.cli.message import count, problem_lines

    problems = list(converter.findings.problems)
    for manifest in manifests:
        if manifest.error is not None:
            head, *rest = problem_lines(manifest.error)
            problems.append([f"{manifest.name}: {head}", *rest])
    if not problems and not any(converted for _, converted in results):
        problems.append([f"no objects in {', '.join(manifest.name for manifest in manifests)}"])
    if not problems:
        return
    for warning in converter.findings.warnings:
        warn(warning)
    if len(problems) == 1:
        complain("error: " + "\n".join(problems[0]))
    else:
        lines = [f"error: {count(len(problems), 'problem')}; nothing was written"]
        complain("\n".join([*lines, *(f"  {line}" for lines in problems for line in lines)]))
    raise typer.Exit(1)


def _preview(results: Results, in_place: bool) -> None:
    from kconv.cli.console import say
    from kconv.cli.message import count

    for manifest, converted in results:
        changed = sum(result.changed for result in converted)
        what = count(sum(result.objects for result in converted), "object")
        verb = "would be rewritten" if in_place else "would be converted"
        say(f"{manifest.name}: {what}, {verb if changed else 'nothing to change'}")


def _replace(results: Results) -> None:
    from kconv.cli.console import say
    from kconv.cli.message import count
    from kconv.cli.replace import replace_files

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


def _write(converted: Sequence[Converted], output: Format | None) -> None:
    from kconv.cli.console import emit_bytes

    emit_bytes(_encode(converted, output or Format.YAML))


def _encode(converted: Sequence[Converted], output: Format) -> bytes:
    from kconv.codec import json as json_codec
    from kconv.codec import yaml as yaml_codec

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
