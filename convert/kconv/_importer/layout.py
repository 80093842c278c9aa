"""Which types share a module, and in what order they stand in it.

A module is about one noun. The overlay's table names modules and the types they start from;
a type that it does not place goes where the only module that uses it is, and to a module of its
own noun where several use it (``SecretKeySelector`` and its like to ``selector``). Modules that
grow too long are split at the type that holds the best part of them; modules never import each
other in a circle. The result depends on names and references only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

from kconv._importer.graph import closure, groups, users_of
from kconv._importer.names import module_name, words

LONGEST = 300
"""Lines of classes in a module, before it is split; the imports come on top."""

_SUFFIXES = ("spec", "status", "source", "template", "list")

Uses = Mapping[str, Sequence[str]]
"""The types that each type of a package refers to within the package."""


def arrange(
    uses: Uses, pinned: Mapping[str, Sequence[str]], size: Callable[[str], int]
) -> dict[str, list[str]]:
    """The modules of a package: types by module name, parts before the whole.

    ``pinned`` is the overlay's table (module to type names or patterns), ``size`` the lines of a
    type. Types that refer to each other in a circle stay together.
    """
    arranger = _Arranger(uses, pinned, size)
    arranger.place()
    arranger.split()
    arranger.untangle()
    modules: dict[str, list[str]] = {}
    for group in groups(uses):
        for name in group:
            modules.setdefault(arranger.module[name], []).append(name)
    return {module: modules[module] for module in sorted(modules)}


class _Arranger:
    def __init__(
        self, uses: Uses, pinned: Mapping[str, Sequence[str]], size: Callable[[str], int]
    ) -> None:
        self.uses = uses
        self.groups = groups(uses)
        self.group_of = {name: group for group in self.groups for name in group}
        self.users = users_of(uses)
        self.size = size
        self.pins = {name: _pin(name, pinned) for name in uses}
        self.module: dict[str, str] = {}

    def place(self) -> None:
        """First placing: the table's, then with the only user, then by noun."""
        for group in reversed(self.groups):
            pin = next((self.pins[name] for name in group if self.pins[name]), None)
            users = {user for name in group for user in self.users[name]} - set(group)
            modules = {self.module[user] for user in users}
            if pin is None:
                pin = modules.pop() if len(modules) == 1 else _noun(group[-1], bool(users))
            for name in group:
                self.module[name] = pin

    def split(self) -> None:
        """Take the largest separable part out of each module that is too long, until none is."""
        for _ in range(len(self.uses)):
            oversized = [m for m in sorted(set(self.module.values())) if self._length(m) > LONGEST]
            if not any(self._split(module) for module in oversized):
                return

    def _length(self, module: str) -> int:
        return sum(self.size(name) + 2 for name in self.module if self.module[name] == module)

    def _split(self, module: str) -> bool:
        members = [name for name in self.module if self.module[name] == module]
        inside = {name: [u for u in self.uses[name] if u in members] for name in members}
        heads = [name for name in members if not any(name in inside[u] for u in members)]
        limit = max(LONGEST, self._length(module) // 2)
        best: tuple[int, str, set[str]] | None = None
        for name in sorted(members):
            others = [head for head in (heads or sorted(members)[:1]) if head != name]
            part = closure(inside, [name]) - closure(inside, others, without=name)
            lines = sum(self.size(each) + 2 for each in part)
            if len(part) == len(members) or any(self.pins[each] for each in part):
                continue
            target = self._target(name, module, lines)
            if target != module and lines <= limit and (best is None or lines > best[0]):
                best = (lines, target, part)
        if best is None:
            return False
        for name in best[2]:
            self.module[name] = best[1]
        return True

    def _target(self, name: str, module: str, lines: int) -> str:
        """A module for a part that leaves ``module``: its noun's, or its own where that is full."""
        noun = _noun(name, shared=False)
        full = noun == module or self._length(noun) + lines > LONGEST
        return module_name(words(name)) if full else noun

    def untangle(self) -> None:
        """Break a cycle of modules: move what causes it to a module of its own, or merge them."""
        for _ in range(2 * len(self.uses)):
            circle = self._circle()
            if not circle:
                return
            shared = self._shared(circle)
            if shared is None:
                self._merge(circle)
                continue
            own = module_name(words(shared))
            target = _noun(shared, shared=True)
            if target in circle or self._reaches(target, circle):
                target = own if own not in circle else f"{own}_parts"
            for name in self.group_of[shared]:
                self.module[name] = target
                self.pins[name] = target

    def _module_uses(self) -> dict[str, list[str]]:
        graph: dict[str, set[str]] = {module: set() for module in self.module.values()}
        for name, targets in self.uses.items():
            graph[self.module[name]] |= {self.module[target] for target in targets}
        return {module: sorted(graph[module] - {module}) for module in sorted(graph)}

    def _circle(self) -> set[str]:
        circles = [group for group in groups(self._module_uses()) if len(group) > 1]
        return set(circles[0]) if circles else set()

    def _reaches(self, module: str, circle: set[str]) -> bool:
        graph = self._module_uses()
        return module in graph and bool(closure(graph, [module]) & circle)

    def _shared(self, circle: set[str]) -> str | None:
        """The first type, parts first, that the table did not place and two modules use."""
        for group in self.groups:
            for name in group:
                users = {self.module[user] for user in self.users[name]} & circle
                foreign = users - {self.module[name]}
                if self.module[name] in circle and foreign and not self.pins[name]:
                    return name
        return None

    def _merge(self, circle: set[str]) -> None:
        first = min(circle)
        for name, module in self.module.items():
            if module in circle:
                self.module[name] = first


def _pin(name: str, pinned: Mapping[str, Sequence[str]]) -> str | None:
    for module, patterns in pinned.items():
        if name in patterns:
            return module
    for module, patterns in pinned.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return module
    return None


def _noun(name: str, shared: bool) -> str:
    """A module's name from a type's: its last word where it is shared, else without suffixes."""
    parts = words(name)
    while len(parts) > 1 and parts[-1] in _SUFFIXES:
        parts.pop()
    return module_name(parts[-1:] if shared else parts)
