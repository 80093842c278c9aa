"""Places by name: installed ones, and those that a module has."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import partial
from importlib.metadata import entry_points
from typing import Any, Final

from kconv._errors import KconvError, UsageError
from kconv._messages import failure_of_code
from kconv.place._protocol import Place

ENTRY_POINTS: Final = "kconv.places"
"""The entry point group: a name for each place that a package offers."""


def open_named(name: str, url: str) -> Place:
    """The place that is called so, over the database at ``url``.

    ``name`` is an entry point of the group ``kconv.places``, or ``module:name``. What is there is a
    collection (as `kconv.sqlalchemy.collection` makes them), several of them in a list, or a
    function that takes the URL and returns a `Place`.

    Raises `UsageError` where there is no such thing or its module fails, and what opening it
    raises.
    """
    found, several = _found(name)
    open_all = getattr(type(several[0]), "open_all", None) if several else None
    if open_all is not None and len({type(each) for each in several}) == 1:
        # Worker processes open the same place by its name.
        opened: Place = open_all(several, url, partial(open_named, name, url))
        return opened
    if callable(found):
        made: Place = found(url)
        return made
    raise UsageError(f'--place: "{name}" is no collection and no function that opens a place')


def check_named(name: str, url: str) -> None:
    """Look whether the database at ``url`` is one for a place, before anything is made in it.

    Raises `UsageError` as `open_named`, and where collections find that it is not theirs.
    """
    _, several = _found(name)
    check_all = getattr(type(several[0]), "check_all", None) if several else None
    if check_all is not None and len({type(each) for each in several}) == 1:
        check_all(several, url)


def _found(name: str) -> tuple[Any, list[Any]]:
    """What is called so, and as a list."""
    found = _installed(name) if ":" not in name else _in_module(name)
    return found, list(found) if isinstance(found, list | tuple) else [found]


def installed_places() -> list[str]:
    """The names of the places that installed packages offer."""
    return sorted(point.name for point in entry_points(group=ENTRY_POINTS))


def _installed(name: str) -> Any:
    for point in entry_points(group=ENTRY_POINTS):
        if point.name == name:
            return point.load()
    raise UsageError(f'--place: no installed package has "{name}"{_listed(installed_places())}')


def _listed(names: Sequence[str]) -> str:
    return f": there are {', '.join(names)}" if names else "; write module:name"


def _in_module(name: str) -> Any:
    module_name, _, attribute = name.partition(":")
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise UsageError(f'--place: "{name}": {error}') from None
    except KconvError:
        raise
    except Exception as error:
        # Any code of a user's own runs here, and it may fail in any way.
        what = failure_of_code(error)
        raise UsageError(f'--place: "{name}" cannot be loaded: {what}') from error
    for part in attribute.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise UsageError(f'--place: "{name}": {module_name} has no {attribute}')
    return found
