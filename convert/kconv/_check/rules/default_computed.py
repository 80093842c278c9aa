"""The group's functions fill in something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconv._check.change import TypeChange
from kconv._check.lock import TypeLock
from kconv._check.rule import Rule
from kconv._check.verdict import Verdict, Whom, breaking, minor

_TODO = "fill in what was filled in before; a new version may default otherwise"
_NOTHING = object()


def judge(change: TypeChange) -> Iterator[Verdict]:
    """What an empty object becomes tells; a function that does nothing to one is known by name."""
    old, new = _effects(change.old), _effects(change.new)
    for path in sorted(old.keys() | new.keys()):
        before, after = old.get(path, _NOTHING), new.get(path, _NOTHING)
        # A new field is filled in as its author likes: no object has it yet.
        if before != after and not (before is _NOTHING and _is_new(change, path)):
            yield breaking(
                f"the computed default {_told(before)} became {_told(after)}",
                Whom.STORED,
                "objects that leave the field out mean something else now",
                _TODO,
                path,
            )
    silent_old, silent_new = _silent(change.old), _silent(change.new)
    gone, came = silent_old - change.new.computed.keys(), silent_new - change.old.computed.keys()
    if gone and not came and len(change.new.computed) < len(change.old.computed):
        yield breaking(
            f"the function {', '.join(sorted(gone))} that computes defaults was removed",
            Whom.STORED,
            "objects that leave fields out may stay without a value that they used to get",
            "put the function back",
        )
    elif gone or came:
        names = ", ".join(sorted(gone | came))
        yield minor(
            f"other functions compute defaults: {names}",
            Whom.STORED,
            "if they do something else than before, objects mean something else now",
            "nothing, if the same values come of it: golden data shows it",
        )


def _is_new(change: TypeChange, path: str) -> bool:
    name = path.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
    return name not in change.old.fields


def _effects(each: TypeLock) -> dict[str, Any]:
    return {path: value for facts in each.computed.values() for path, value in facts.items()}


def _silent(each: TypeLock) -> set[str]:
    return {name for name, facts in each.computed.items() if not facts}


def _told(value: Any) -> str:
    return "nothing" if value is _NOTHING else repr(value)


RULE = Rule("default-computed", judge)
