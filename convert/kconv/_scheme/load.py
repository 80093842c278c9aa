"""Finding API packages: the entry point group ``kconv.apis``, and modules named by hand."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Sequence
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from kconv._errors import KconvError, SchemeError, UsageError
from kconv._gvk import GroupResource
from kconv._scheme.scheme import Scheme

ENTRY_POINTS = "kconv.apis"
"""The entry point group: a name per API group (``core`` for the core group)."""

Register = Callable[[Scheme], None]


def installed_groups() -> list[str]:
    """The API groups that installed packages offer; the core group is ``""``."""
    return sorted({_group(point.name) for point in _points()})


@cache
def _points() -> list[EntryPoint]:
    """Looking for them reads a file of every installed distribution."""
    return sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)


def load_scheme(
    groups: Collection[str] | None = None, apis: Sequence[str] = (), *, deep: bool = True
) -> Scheme:
    """A frozen scheme of the installed API packages, or of some groups of them.

    ``groups`` limits which installed packages are imported, which keeps start-up short; None
    loads all. ``apis`` adds packages by ``module:function``, where the function takes the
    `Scheme` to fill; modules in the working directory are found, too. One that is installed, or
    named twice, is loaded once, whatever module it is named by. ``deep`` is that of
    `Scheme.freeze`.

    Raises `UsageError` for a module or function that is not there, and for one whose kinds another
    package has registered; `SchemeError` for what `Scheme.freeze` refuses and for a package whose
    own code fails.
    """
    scheme = Scheme()
    loaded = _Loaded()
    for point in _points():
        if groups is None or _group(point.name) in groups:
            _fill(scheme, point.value.replace(" ", ""), point.load, loaded)
    for name in apis:
        if name not in loaded.names:
            _fill(scheme, name, partial(_register_function, name), loaded)
    return scheme.freeze(deep=deep)


class _Loaded:
    """What is loaded already: packages by their names, functions, and who registered which kind."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.functions: set[Register] = set()
        self.kinds: dict[GroupResource, str] = {}

    def add(self, scheme: Scheme, name: str, before: int) -> None:
        """Note what a package has registered. Raises `UsageError` if another one had it."""
        self.names.add(name)
        added = [kind.group_resource for kind in scheme.kinds[before:]]
        for owner in {self.kinds[each] for each in added if each in self.kinds}:
            same = ", ".join(str(each) for each in added if self.kinds.get(each) == owner)
            raise UsageError(
                f'"{name}" registers what the API package "{owner}" has registered already '
                f"({same}); load one of the two"
            )
        self.kinds.update(dict.fromkeys(added, name))


def _fill(scheme: Scheme, name: str, load: Callable[[], Register], loaded: _Loaded) -> None:
    """Let a package register what it has; what is wrong with its code is said in its name."""
    before = len(scheme.kinds)
    try:
        register = load()
        if register not in loaded.functions:
            loaded.functions.add(register)
            register(scheme)
        loaded.add(scheme, name, before)
    except KconvError:
        raise
    except Exception as error:
        # Any code of a user's own runs here, and it may fail in any way.
        message = f'the API package "{name}" cannot be loaded: {type(error).__name__}: {error}'
        raise SchemeError(message) from error


def _group(name: str) -> str:
    return "" if name == "core" else name


def _register_function(name: str) -> Register:
    module_name, _, function_name = name.partition(":")
    here = str(Path.cwd())
    if not {"", here} & set(sys.path):
        sys.path.append(here)
    if not module_name or not function_name:
        raise UsageError(f'"{name}" does not name an API package; write module:function')
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise UsageError(f'"{name}": {error}') from None
    register = getattr(module, function_name, None)
    if not callable(register):
        raise UsageError(f'"{name}": {module_name} has no function {function_name}')
    found: Register = register
    return found
