"""From definitions to the files of schema modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kconv._errors import UsageError
from kconv._gvk import GroupVersionKind
from kconv._importer.document import Definitions, normalise
from kconv._importer.graph import groups
from kconv._importer.layout import arrange
from kconv._importer.marker import BY_OPENAPI
from kconv._importer.names import DEFAULT_MAP, NO_APIS, TypeName, locate_all
from kconv._importer.overlay import Overlay, apply_overlays
from kconv._importer.render import ClassText, class_text, module_text, package_text
from kconv._importer.selection import reached, select, status_only, uses


@dataclass(frozen=True, slots=True)
class Request:
    """What to generate.

    ``package`` is the dotted name of the package that the output folder is. ``kinds`` and
    ``names`` select definitions; without any, every kind of the file is taken. ``mapping`` says
    which package holds the definitions with a prefix; packages outside of ``package`` are
    imported from and not written. ``apis`` are groups and versions by prefix of definitions' names,
    as people write them, where the names do not tell.
    """

    package: str
    kinds: Sequence[GroupVersionKind] = ()
    names: Sequence[str] = ()
    mapping: Mapping[str, str] = field(default_factory=lambda: DEFAULT_MAP)
    overlays: Sequence[Overlay] = ()
    apis: Mapping[str, str] = field(default_factory=lambda: NO_APIS)
    marker: str = BY_OPENAPI


@dataclass(frozen=True, slots=True)
class Generated:
    """Files by their path below the output folder, and the folders that are generated whole.

    ``packages`` are files that make a folder a package; one that exists is left as it is.
    """

    files: Mapping[str, str]
    packages: Mapping[str, str]
    folders: frozenset[str]


def generate(definitions: Definitions, request: Request) -> Generated:
    """The source files for a request.

    Raises `UsageError` naming the definition and property that cannot be expressed: dangling
    references, unknown types and formats, names that collide, unknown kinds.
    """
    merged = normalise(apply_overlays(definitions, request.overlays))
    chosen = reached(merged, select(merged, request.kinds, request.names))
    places = locate_all(chosen, request.package, request.mapping, request.apis)
    graph = {name: uses(merged, name) for name in chosen}
    _refuse_package_circles(graph, places)
    status = status_only(merged)
    by_package: dict[str, list[str]] = {}
    for name in chosen:
        if _is_below(places[name].package, request.package):
            by_package.setdefault(places[name].package, []).append(name)
    files: dict[str, str] = {}
    for package, members in sorted(by_package.items()):
        files |= _Package(package, members, merged, places, graph, status, request).files()
    if not files:
        raise UsageError(
            f"nothing to write: all selected definitions are outside {request.package}"
        )
    below = {_folder(package, request.package) for package in by_package}
    return Generated(files, _package_files(below, request.package), frozenset(below))


def _is_below(package: str, base: str) -> bool:
    return package == base or package.startswith(f"{base}.")


def _folder(package: str, base: str) -> str:
    return package[len(base) + 1 :].replace(".", "/")


def _package_files(folders: set[str], base: str) -> dict[str, str]:
    """An ``__init__`` for each folder above the generated ones that needs one."""
    result: dict[str, str] = {"__init__.py": f'"""API types of {base}."""\n'}
    for folder in sorted(folders):
        parts = folder.split("/")
        for depth in range(1, len(parts)):
            title = "/".join(parts[:depth])
            result[f"{title}/__init__.py"] = f'"""The API {title}."""\n'
    return {
        path: text for path, text in result.items() if path[: -len("/__init__.py")] not in folders
    }


def _refuse_package_circles(graph: Mapping[str, list[str]], places: Mapping[str, TypeName]) -> None:
    packages: dict[str, set[str]] = {place.package: set() for place in places.values()}
    for name, targets in graph.items():
        packages[places[name].package] |= {places[target].package for target in targets}
    between = {package: sorted(found - {package}) for package, found in packages.items()}
    for group in groups(between):
        if len(group) > 1:
            raise UsageError(
                f"the packages {', '.join(sorted(group))} would import each other; "
                "put their definitions in one package with --map"
            )


class _Package:
    """Generates the files of one package."""

    def __init__(
        self,
        package: str,
        members: Sequence[str],
        definitions: Definitions,
        places: Mapping[str, TypeName],
        graph: Mapping[str, list[str]],
        status: frozenset[str],
        request: Request,
    ) -> None:
        self.package = package
        self.definitions = definitions
        self.places = places
        self.base = request.package
        self.marker = request.marker
        self.name_of = {places[name].name: name for name in members}
        inside = {
            places[name].name: [places[t].name for t in graph[name] if t in members]
            for name in members
        }
        order = [self.name_of[cls] for group in groups(inside) for cls in group]
        self.texts: dict[str, ClassText] = {}
        for position, name in enumerate(order):
            later = frozenset(order[position:])
            self.texts[name] = class_text(
                definitions, name, places, later, status_only=name in status
            )
        pins = _pins(request.overlays, members)
        sizes = {cls: len(self.texts[name].lines) for cls, name in self.name_of.items()}
        self.layout = arrange(inside, pins, sizes.__getitem__)

    def files(self) -> dict[str, str]:
        """The package's modules and its ``__init__``, by path below the output folder."""
        folder = _folder(self.package, self.base)
        at = f"{folder}/" if folder else ""
        modules = {
            self.name_of[cls]: f"{self.package}.{module}"
            for module, classes in self.layout.items()
            for cls in classes
        }
        api = next((place.api for place in map(self._place, modules) if place.api), self.package)
        files: dict[str, str] = {}
        for module, classes in self.layout.items():
            names = [self.name_of[cls] for cls in classes]
            files[f"{at}{module}.py"] = module_text(
                f"{self.package}.{module}",
                f"The {module.strip('_').replace('_', ' ')} types of {api}.",
                [(name, self.texts[name]) for name in names],
                self.definitions,
                self.places,
                modules,
                self.marker,
            )
        exports = {f"{self.package}.{module}": classes for module, classes in self.layout.items()}
        files[f"{at}__init__.py"] = package_text(
            f"The types of {api}.", exports, self.package, self.marker
        )
        return files

    def _place(self, name: str) -> TypeName:
        return self.places[name]


def _pins(overlays: Sequence[Overlay], members: Sequence[str]) -> dict[str, list[str]]:
    prefixes = {name.rpartition(".")[0] for name in members}
    pins: dict[str, list[str]] = {}
    for overlay in overlays:
        for prefix in sorted(prefixes & set(overlay.modules)):
            for module, patterns in overlay.modules[prefix].items():
                pins.setdefault(module, []).extend(patterns)
    return pins
