"""Finding API packages: the entry point group ``kconv.apis``, and modules named by hand."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from kconv._errors import KconvError, SchemeError, UsageError
from kconv._gvk import GroupResource, GroupVersion
from kconv._messages import failure_of_code
from kconv._scheme.index import Index, Kinds, Package
from kconv._scheme.scheme import Scheme
from kconv._scheme.spoke import HubKind

ENTRY_POINTS = "kconv.apis"
"""The entry point group: a name per API group (``core`` for the core group)."""

INDEXES = "kconv.indexes"
"""The entry point group of indexes: a map of ``module:function`` to the kinds that it registers.

The kinds are a map of apiVersions to names. What only an index names is loaded on demand.
"""

Register = Callable[[Scheme], None]


def installed_groups() -> list[str]:
    """The API groups that installed packages offer; the core group is ``""``."""
    return sorted({*_registered_groups(), *Index(list(_on_demand(None, frozenset()))).groups()})


def _registered_groups() -> set[str]:
    return {_group(point.name) for point in _points()}


@cache
def _every_point() -> Any:
    """Those of all groups: looking for them reads a file of every installed distribution.

    What it is has another class in Python 3.11 than later, with the same ``select``.
    """
    return entry_points()


def _points_of(group: str) -> list[EntryPoint]:
    return sorted(_every_point().select(group=group), key=lambda point: point.name)


@cache
def _points() -> list[EntryPoint]:
    return _points_of(ENTRY_POINTS)


@cache
def _indexes() -> list[Mapping[str, Kinds]]:
    return [point.load() for point in _points_of(INDEXES)]


def load_scheme(
    groups: Collection[str] | None = None, apis: Sequence[str] = (), *, deep: bool = True
) -> Scheme:
    """A frozen scheme of the installed API packages, or of some groups of them.

    ``groups`` limits which installed packages are imported, which keeps start-up short; None
    loads all. ``apis`` adds packages by ``module:function``, where the function takes the
    `Scheme` to fill; modules in the working directory are found, too. One that is installed, or
    named twice, is loaded once, whatever module it is named by. ``deep`` is that of
    `Scheme.freeze`. Kinds that are only in an index of those groups are loaded on demand.

    Raises `UsageError` for a module or function that is not there, and for one whose kinds another
    package has registered; `SchemeError` for what `Scheme.freeze` refuses and for a package whose
    own code fails.
    """
    here = {point.value.replace(" ", "") for point in _points()}
    scheme = Scheme(Index([*_on_demand(groups, here.union(apis), deep=deep)]))
    loaded = _Loaded()
    for point in _points():
        if groups is None or _group(point.name) in groups:
            _fill(scheme, point.value.replace(" ", ""), point.load, loaded)
    for name in apis:
        if name not in loaded.names:
            _fill(scheme, name, partial(_register_function, name), loaded)
    return scheme.freeze(deep=deep)


def _on_demand(
    groups: Collection[str] | None, loaded: Collection[str], *, deep: bool = True
) -> Iterator[Package]:
    """The packages that indexes name for some groups, but those that are loaded anyway."""
    for index in _indexes():
        for name, kinds in index.items():
            wanted = groups is None or any(_group_of(each) in groups for each in kinds)
            if wanted and name not in loaded:
                yield Package(name, kinds, partial(_kinds_of, name, deep))


def _kinds_of(name: str, deep: bool) -> Sequence[HubKind]:
    scheme = Scheme()
    _fill(scheme, name, partial(_register_function, name), _Loaded())
    return scheme.freeze(deep=deep).kinds


def indexed_packages(api_version: str) -> list[str]:
    """The packages that an index has some version of, by ``module:function``."""
    return [name for index in _indexes() for name, kinds in index.items() if api_version in kinds]


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
        message = f'the API package "{name}" cannot be loaded: {failure_of_code(error)}'
        raise SchemeError(message) from error


def _group(name: str) -> str:
    return "" if name == "core" else name


def _group_of(api_version: str) -> str:
    return GroupVersion.parse(api_version).group


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
