"""``kconv lock``: write down what every version promises."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kconv.check.lock.folder import Texts
    from kconv.scheme import Scheme

app = typer.Typer(add_completion=False, rich_markup_mode="markdown")

Apis = Annotated[
    list[str] | None,
    typer.Option(
        "--apis",
        metavar="MODULE:FUNCTION",
        help="Only what this API package registers, and no installed one; repeatable.",
    ),
]

Groups = Annotated[
    list[str] | None,
    typer.Option(
        "--group",
        metavar="GROUP",
        help="Only this group, such as batch; core is the core group; repeatable.",
    ),
]


@app.command()
def lock(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder of the lock files.")] = Path(
        "lock"
    ),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 and show what differs.")
    ] = False,
    apis: Apis = None,
    group: Groups = None,
) -> None:
    """Write a lock file for each group/version: what it promises.

    The files are for people and for `kconv check`; commit them. They are the same from run to run.
    """
    from kconv.check.lock import locks_of, read_folder, stale_files, texts_of, write_folder
    from kconv.cli.console import emit, say
    from kconv.cli.message import count

    scheme, groups = selected(apis, group)
    texts = texts_of(locks_of(scheme, groups))
    found = read_folder(out) if any(out.glob("*/*.yaml")) else {}
    stale = stale_files(found, texts, groups)
    changed = [path for path, text in texts.items() if found.get(path) != text]
    if check:
        if not changed and not stale:
            say(f"{out}: {count(len(texts), 'file')} as the code has it")
            return
        emit(_difference(out, found, {path: texts[path] for path in changed}, stale))
        say(f"error: {out} is not as the code has it; `kconv lock` writes it")
        raise typer.Exit(1)
    write_folder(out, {path: texts[path] for path in changed}, stale)
    for path in changed:
        emit(f"{out / path}: {'changed' if path in found else 'new'}")
    for path in stale:
        emit(f"{out / path}: removed")
    if not changed and not stale:
        say(f"{out}: {count(len(texts), 'file')} as the code has it")


def selected(apis: list[str] | None, groups: list[str] | None) -> tuple[Scheme, list[str] | None]:
    """The scheme that the options choose, and the groups that they name.

    With API packages by name, installed ones are left out but for the groups that are named too.
    Raises `UsageError` for a group that there is not.
    """
    from kconv.errors import UsageError
    from kconv.scheme import load_scheme

    wanted = None if groups is None else ["" if name == "core" else name for name in groups]
    installed = (wanted or ()) if apis else wanted
    scheme = load_scheme(installed, apis or ())
    have = scheme.groups()
    unknown = [name for name in wanted or () if name not in have]
    if unknown:
        listed = ", ".join(name or "core" for name in load_scheme(apis=apis or ()).groups())
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
