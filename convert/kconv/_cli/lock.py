"""``kconv lock``: write down what every version promises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from kconv._cli.options import Apis

if TYPE_CHECKING:
    from kconv._check.lock.folder import Texts
    from kconv._scheme import Scheme

app = typer.Typer(add_completion=False, rich_markup_mode=None)

Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="GROUP",
        help="Look at this group only, such as batch; core is the core group; repeatable. "
        "Default: all that are installed or named with --apis.",
    ),
]


@app.command()
def lock(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the lock files.")] = Path(
        "lock"
    ),
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help="Write nothing; exit 1 and show what is out of date.",
        ),
    ] = False,
    release: Annotated[
        str,
        typer.Option(
            metavar="RELEASE",
            help="Also store what this release writes, such as 1.3: its golden files, in every "
            "version and format, and its lock files.",
            show_default=False,
        ),
    ] = "",
    golden: Annotated[
        Path, typer.Option(metavar="DIR", help="The folder of golden files, for --release.")
    ] = Path("tests/golden"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; say what would be written.")
    ] = False,
    apis: Apis = None,
    group: Groups = None,
) -> None:
    """Write a lock file for each group/version, with everything that it promises.

    Commit them: people review them, and `kconv check` compares with them. The output is
    deterministic. The files of a release are never overwritten: exit 1 if they would differ.
    """
    from kconv._check.lock import lock_plan
    from kconv._cli.console import emit, say
    from kconv._errors import UsageError
    from kconv._messages import count

    if check and (release or dry_run):
        raise UsageError("--check writes nothing, and looks at lock files only")
    scheme, groups = selected(apis, group)
    plan = lock_plan(scheme, out, groups)
    if check and plan:
        emit(_difference(out, plan.found, plan.new_texts, plan.stale))
        say(f"error: {out} is out of date; run `kconv lock`")
        raise typer.Exit(1)
    if release:
        _store_release(scheme, golden, release, groups, dry_run=dry_run)
    if not dry_run:
        plan.carry_out()
    would = "would be " if dry_run else ""
    for path in plan.changed:
        emit(f"{out / path}: {would}{'changed' if path in plan.found else 'new'}")
    for path in plan.stale:
        emit(f"{out / path}: {would}removed")
    if not plan:
        say(f"{out}: {count(len(plan.texts), 'file')} up to date")


def _store_release(
    scheme: Scheme, golden: Path, release: str, groups: list[str] | None, *, dry_run: bool
) -> None:
    from kconv._cli.console import emit, say
    from kconv._messages import count
    from kconv.testing._release import differing, release_files, release_folder, write_release

    folder = release_folder(golden, release)
    files = release_files(scheme, groups)
    other = differing(folder, files, groups)
    if other is None:
        if not dry_run:
            write_release(folder, files)
        emit(f"{folder}: {'would be ' if dry_run else ''}new, {count(len(files), 'file')}")
    elif not other:
        say(f"{folder}: {count(len(files), 'file')} up to date")
    else:
        for path, data in other.items():
            there = (folder / path).exists()
            what = (
                "differs" if there and data else "belongs to no version" if there else "not there"
            )
            emit(f"{folder / path}: {what}")
        say(
            f"error: the code no longer writes what {folder} holds of {release}; the files of a "
            "release are never overwritten"
        )
        raise typer.Exit(1)


def selected(apis: list[str] | None, groups: list[str] | None) -> tuple[Scheme, list[str] | None]:
    """The scheme that the options choose, and the groups that they name; None for all.

    Raises `UsageError` for an unknown group.
    """
    from kconv._errors import UsageError
    from kconv._scheme import load_scheme

    wanted = None if groups is None else ["" if name == "core" else name for name in groups]
    scheme = load_scheme(wanted, apis or ()).complete()
    have = scheme.groups()
    unknown = [name for name in wanted or () if name not in have]
    if unknown:
        listed = ", ".join(name or "core" for name in load_scheme(apis=apis or ()).known_groups())
        raise UsageError(f'no group "{unknown[0] or "core"}": there are {listed}')
    return scheme, wanted


def _difference(out: Path, found: Texts, changed: Texts, stale: Sequence[PurePosixPath]) -> str:
    from difflib import unified_diff

    lines: list[str] = []
    for path in sorted([*changed, *stale], key=str):
        old, new = found.get(path, ""), changed.get(path, "")
        name = (out / str(path)).as_posix()
        lines += unified_diff(
            old.splitlines(keepends=True),
            new.splitlines(keepends=True),
            name if old else "/dev/null",
            name if new else "/dev/null",
        )
    return "".join(lines)
