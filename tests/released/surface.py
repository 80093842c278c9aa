"""What users of kconv rely on, as plain data: names, parameters, members, options, reasons."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import typer

MODULES = (
    "kconv",
    "kconv.edges",
    "kconv.fields",
    "kconv.meta",
    "kconv.place",
    "kconv.places",
    "kconv.sqlalchemy",
    "kconv.testing",
    "kconv_migrations.op",
)
VALUES = ("reason", "exit_code", "code")
"""Class attributes whose values are promised: programs and scripts look at them."""

Surface = dict[str, str]
"""A dotted name, such as ``kconv.Client.get(name)`` or ``kconv migrate --to``, and what is
promised of it: ``required`` or ``optional`` for a parameter, a value, or nothing."""


def surface() -> Surface:
    """Everything that is promised by the code as it is."""
    found: Surface = {}
    for module in MODULES:
        names = importlib.import_module(module)
        for name in names.__all__:
            found.update(_of(f"{module}.{name}", getattr(names, name)))
    found.update(_command_line())
    return dict(sorted(found.items()))


def _of(name: str, value: Any) -> Iterator[tuple[str, str]]:
    yield name, ""
    if inspect.isclass(value):
        yield from _parameters(name, value)
        for member in dir(value):
            of = inspect.getattr_static(value, member)
            if member.startswith("_") or not _is_own(value, member):
                continue
            yield f"{name}.{member}", (str(of) if member in VALUES else "")
            yield from _parameters(f"{name}.{member}", getattr(value, member, None))
    else:
        yield from _parameters(name, value)


def _is_own(value: type, member: str) -> bool:
    """Whether a class of ours defines the member, and not one of a library that it extends."""
    return any(
        member in vars(base) for base in value.__mro__ if base.__module__.startswith("kconv")
    )


def _parameters(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if not callable(value):
        return
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return  # a class of the compiled sort, or a callable object, that has none
    for each in parameters:
        if each.name == "self" or each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            continue
        need = "required" if each.default is each.empty else "optional"
        by = {"POSITIONAL_ONLY": " by position", "KEYWORD_ONLY": " by name"}
        yield f"{name}({each.name})", need + by.get(each.kind.name, "")


def _command_line() -> Iterator[tuple[str, str]]:
    from kconv._cli.app import command

    def below(each: Any, context: Any) -> Iterator[tuple[str, str]]:
        yield context.command_path, ""
        for parameter in each.params:
            for option in getattr(parameter, "opts", ()):
                if option.startswith("-"):
                    yield f"{context.command_path} {option}", ""
        for name in each.list_commands(context) if hasattr(each, "list_commands") else ():
            inner = each.get_command(context, name)
            yield from below(inner, typer.Context(inner, info_name=name, parent=context))

    root = command()
    yield from below(root, typer.Context(root, info_name="kconv"))


def breaks(
    released: Mapping[str, str],
    now: Mapping[str, str],
    deprecated: Mapping[str, Mapping[str, str]],
    version: tuple[int, ...],
) -> list[str]:
    """What the code breaks of what a release promised, a line each.

    ``deprecated`` says for a name ``since`` and ``until`` which release, and what to use
    ``instead``. From the release ``until`` on, the name and all that belongs to it may be gone.
    """
    over = tuple(name for name, when in deprecated.items() if version >= release(when["until"]))
    found = []
    for name, promise in released.items():
        if any(
            name == each or name.startswith((f"{each}.", f"{each}(", f"{each} ")) for each in over
        ):
            continue
        if name not in now:
            found.append(f"{name} is gone, and was not deprecated for long enough")
        elif not _keeps(promise, now[name]):
            found.append(f"{name} was {promise!r}, and is {now[name]!r}")
    owners = {name.partition("(")[0] for name in released if "(" in name} | set(released)
    found += [
        f"{name} is new and required"
        for name, promise in now.items()
        if name not in released
        and promise.startswith("required")
        and name.partition("(")[0] in owners
    ]
    return found


def _keeps(promise: str, now: str) -> bool:
    """Whether a parameter can still be given, and left out, as it could; other values are equal."""
    need, _, by = promise.partition(" by ")
    if need not in ("required", "optional"):
        return promise == now
    new_need, _, new_by = now.partition(" by ")
    return (new_need == need or new_need == "optional") and new_by in ("", by)


def release(text: str) -> tuple[int, ...]:
    """A release's number as numbers, to compare: its first three parts."""
    return tuple(int(part) for part in f"{text}.0.0".split(".")[:3])
