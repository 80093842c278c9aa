"""What ``kconv convert`` does with its options: converts, and reports or writes.

Nothing here needs Typer, which takes longer to load than a file to convert.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from kconv._cli.console import complain, emit_bytes, say, warn
from kconv._cli.file_progress import progress
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
    diff: bool = False,
    check: bool = False,
    target: str | None = None,
    strict: bool = False,
    ignore_unknown: bool = False,
    strict_files: bool = False,
    exclude: Sequence[str] = (),
    embedded: bool = False,
    backup: str | None = None,
    dry_run: bool = False,
    verbose: bool = False,
    apis: Sequence[str] = (),
) -> int:
    """Convert what the command line names; returns the exit code.

    Raises `UsageError` for options that do not go together, and what reading standard input
    raises.
    """
    names = list(files)
    if not names:
        raise UsageError("nothing to convert: name a file, a folder or - with -f")
    if check:
        _refuse_beside_check(in_place or diff, output_version, from_version)
        from kconv._cli.convert_check import check_and_report  # who converts need not load it

        return check_and_report(
            names, target, output, exclude=exclude, strict_files=strict_files, verbose=verbose,
            apis=apis,
        )  # fmt: skip
    if output in ("github", "junit"):
        raise UsageError(f"-o {output} goes with --check")
    _refuse_together(names, output, in_place=in_place, full=full, diff=diff, backup=backup)
    if (from_version is None) != (kind is None):
        raise UsageError("--from and --kind go together: a version alone is not a kind")
    source = None
    if from_version is not None and kind is not None:
        source = GroupVersion.parse(from_version).kind(kind)
    with progress() as step:
        found = convert_files(
            names,
            *output_version,
            strict=strict,
            ignore_unknown=ignore_unknown,
            apis=apis,
            source=source,
            exclude=exclude,
            strict_files=strict_files,
            target=target,
            progress=step,
            embedded=embedded,
        )
    streams = [file.name for file in found.files if file.path is None]
    if in_place and streams:
        raise UsageError(f"--in-place does not go with {streams[0]}, which is no file")
    for warning in found.warnings:
        warn(warning)
    if found.passed_over:
        from kconv._cli.passed_over import say_passed_over  # most often there is nothing to say

        say_passed_over(found.passed_over, verbose)
    if found.problems:
        return _refuse(found)
    if diff:
        _show(found, full)
    if dry_run:
        _preview(found, in_place)
    elif in_place:
        _replace(found, full, verbose, backup or (BACKUP if embedded else None))
    elif not diff:
        emit_bytes(found.encode(cast('Literal["yaml", "json"]', output or "yaml")))
    return 0


def _refuse_beside_check(
    writes: bool, output_version: Sequence[str], from_version: str | None
) -> None:
    if writes:
        raise UsageError("--check writes nothing: it does not go with --in-place or --diff")
    if output_version or from_version:
        raise UsageError("--check goes by what a release serves: name that with --target")


def _refuse_together(
    names: Sequence[str],
    output: str | None,
    *,
    in_place: bool,
    full: bool,
    diff: bool,
    backup: str | None,
) -> None:
    if (in_place or diff) and output is not None:
        option = "--in-place" if in_place else "--diff"
        raise UsageError(f"{option} does not go with -o: each file keeps its format")
    if full and not (in_place or diff):
        raise UsageError("--full goes with --in-place: what is printed is in full anyway")
    if backup is not None and not in_place:
        raise UsageError("--backup goes with --in-place")
    if in_place and "-" in names:
        raise UsageError("--in-place does not go with -f -")


def _show(found: Conversion, full: bool) -> None:
    from kconv._cli.diff import emit_diff  # who sees no difference need not load it

    for file in found.files:
        for name, before, after in file.texts(full=full):
            emit_diff(name, before, after)


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


_MOST_LINES = 20
"""How many files are named one by one: who converts more reads how many they are."""


BACKUP = ".kconv-backup"
"""Where files go as they were, if what is inside of objects changes: a diff does not show it."""


def _replace(found: Conversion, full: bool, verbose: bool, backup: str | None) -> None:
    rewritten = found.replace(full=full, backup=Path(backup) if backup else None)
    if backup and rewritten:
        say(f"what was there is in {backup}")
    few = verbose or len(rewritten) <= _MOST_LINES
    for path in rewritten if few else ():
        say(f"rewrote {path}")
    if not few:
        objects = count(sum(file.objects for file in found.files if file.changed), "object")
        files = count(len(rewritten), "file")
        say(f"rewrote {files} with {objects} (-v names them)")
    for file in () if full else [each for each in found.files if each.changed]:
        for line, comment in file.edit().orphans:
            say(f"{file.name}:{line}: its field is gone, but the comment stays: {comment}")
    untouched = sum(
        bool(file.documents and not file.changed and not file.left) for file in found.files
    )
    if untouched:
        say(f"{count(untouched, 'file')} already in that version")
