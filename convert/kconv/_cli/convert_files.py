"""What ``kconv convert`` does with its options: converts, and reports or writes.

Nothing here needs Typer, which takes longer to load than a file to convert.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from kconv._cli.console import complain, emit_bytes, say, warn
from kconv._errors import UsageError
from kconv._files import Conversion, convert_files
from kconv._gvk import GroupVersion
from kconv._messages import count


def convert_and_write(
    files: Sequence[str] = (),
    output_version: Sequence[str] = (),
    output: str | None = None,
    *,
    from_version: str | None = None,
    kind: str | None = None,
    in_place: bool = False,
    full: bool = False,
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
    if in_place and output is not None:
        raise UsageError("--in-place does not go with -o: each file keeps its format")
    if full and not in_place:
        raise UsageError("--full goes with --in-place: what is printed is in full anyway")
    if in_place and "-" in names:
        raise UsageError("--in-place does not go with -f -")
    if (from_version is None) != (kind is None):
        raise UsageError("--from and --kind go together: a version alone is not a kind")
    source = None
    if from_version is not None and kind is not None:
        source = GroupVersion.parse(from_version).kind(kind)
    found = convert_files(
        names,
        *output_version,
        strict=strict,
        ignore_unknown=ignore_unknown,
        apis=apis,
        source=source,
    )
    streams = [file.name for file in found.files if file.path is None]
    if in_place and streams:
        raise UsageError(f"--in-place does not go with {streams[0]}, which is no file")
    for warning in found.warnings:
        warn(warning)
    if found.problems:
        return _refuse(found)
    if dry_run:
        _preview(found, in_place)
    elif in_place:
        _replace(found, full)
    else:
        emit_bytes(found.encode(cast('Literal["yaml", "json"]', output or "yaml")))
    return 0


def _refuse(found: Conversion) -> int:
    """Report every problem of every file; returns the exit code.

    1 for invalid objects; 2 where only the usage is wrong, such as the name of a file.
    """
    problems = [problem.lines for problem in found.problems]
    if len(problems) == 1:
        complain("error: " + "\n".join(problems[0]))
    else:
        lines = [f"error: {count(len(problems), 'problem')}; nothing was written"]
        complain("\n".join([*lines, *(f"  {line}" for lines in problems for line in lines)]))
    return min(problem.error.exit_code for problem in found.problems)


def _preview(found: Conversion, in_place: bool) -> None:
    for file in found.files:
        verb = "would be rewritten" if in_place else "would be converted"
        what = verb if file.changed else "nothing to change"
        say(f"{file.name}: {count(file.objects, 'object')}, {what}")


def _replace(found: Conversion, full: bool) -> None:
    rewritten = found.replace(full=full)
    for path in rewritten:
        say(f"rewrote {path}")
    for file in found.files if not full else ():
        for line, comment in file.edit().orphans if file.changed else ():
            say(f"{file.name}:{line}: the field of this comment is gone, and it stays: {comment}")
    untouched = len(found.files) - len(rewritten)
    if untouched:
        say(f"{count(untouched, 'file')} already in that version")
