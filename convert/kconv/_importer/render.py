"""Classes and modules as Python source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconv._errors import UsageError
from kconv._gvk import GroupVersionKind
from kconv._importer.document import Definitions, Schema, properties_of, references
from kconv._importer.names import FIELD_CLASSES, TypeName, attribute_name
from kconv._importer.properties import FieldWriter, is_class
from kconv._importer.selection import kind_of
from kconv._importer.source import (
    Call,
    Expression,
    Items,
    Text,
    all_lines,
    docstring,
    import_lines,
    literal,
    quoted,
    statement,
    strings,
)
from kconv._schema.openapi import title_of

_BASE = ("apiVersion", "kind", "metadata")

_RESOURCE: Mapping[str, type] = {
    "plural": str,
    "singular": str,
    "shortNames": list,
    "namespaced": bool,
    "categories": list,
    "subresources": list,
}


@dataclass(frozen=True, slots=True)
class ClassText:
    """A class as source: its lines, the fields it uses, and its base class."""

    place: TypeName
    lines: tuple[str, ...]
    fields: frozenset[str]
    base: str
    meta: frozenset[str] = frozenset()
    """What its ``Meta`` uses of `kconv`."""


def class_text(
    definitions: Definitions,
    name: str,
    places: Mapping[str, TypeName],
    later: frozenset[str],
    *,
    status_only: bool,
) -> ClassText:
    """The class of a definition.

    ``places`` says where each definition's class is, ``later`` which of them come after this
    class in its module (they are referred to by a lambda).
    """
    schema = definitions[name]
    place = places[name]

    def reference(target: str) -> str:
        cls = places[target].name
        return f"lambda: {cls}" if target in later or target == name else cls

    writer = FieldWriter(definitions, reference, status_only=status_only)
    kind = kind_of(schema)
    required = schema.get("required") or []
    _refuse_undeclared(name, schema, required)
    base = "Resource" if kind is not None else "Type"
    body: list[str] = []
    used: set[str] = set()
    attributes: dict[str, str] = {}
    for prop in properties_of(schema):
        if kind is not None and prop in _BASE:
            continue
        attribute = attribute_name(prop)
        other = attributes.setdefault(attribute, prop)
        if other != prop:
            raise UsageError(f"{name}: {other} and {prop} would both be {attribute} in Python")
        call = writer.field(name, prop, prop in required)
        if attribute != prop:
            call = Call(call.name, (*call.arguments, ("data_key", quoted(prop))))
        used |= _classes_in(call)
        body += statement(f"{attribute} = ", call, 4)
    meta = _meta(schema, place, kind)
    lines = [f"class {place.name}({base}):", *docstring(_words_about(schema, place, kind), 4)]
    lines += ["", *meta] if meta else []
    lines += ["", *body] if body else []
    said = {
        "Column": "x-kconv-columns",
        "Deprecation": "x-kconv-deprecated",
        "ScalePaths": "x-kconv-scale",
    }
    names = {name for name, key in said.items() if kind is not None and schema.get(key)}
    return ClassText(place, tuple(lines), frozenset(used), base, frozenset(names))


def _refuse_undeclared(name: str, schema: Schema, required: Sequence[str]) -> None:
    for prop in required:
        if prop not in properties_of(schema):
            raise UsageError(f'{name}: requires "{prop}", which it has no property for')


def _classes_in(expression: Expression) -> set[str]:
    if isinstance(expression, Call):
        inner = [_classes_in(argument) for _, argument in expression.arguments]
        return {expression.name, *(name for names in inner for name in names)} & FIELD_CLASSES
    return set()


def _words_about(schema: Schema, place: TypeName, kind: GroupVersionKind | None) -> str:
    if schema.get("description"):
        text = str(schema["description"])
    else:
        text = title_of(place.name, place.api, is_kind=kind is not None)
    return f"{text}\n\nDeprecated." if schema.get("deprecated") else text


def _meta(schema: Schema, place: TypeName, kind: GroupVersionKind | None) -> list[str]:
    entries: list[tuple[str, Expression]] = []
    if kind is not None:
        resource = _resource(schema, place)
        entries += [("group", quoted(kind.group)), ("version", quoted(kind.version))]
        if kind.kind != place.name:
            entries.append(("kind", quoted(kind.kind)))
        for key, attribute in (("plural", "plural"), ("singular", "singular")):
            if key in resource:
                entries.append((attribute, quoted(resource[key])))
        if resource.get("shortNames"):
            entries.append(("short_names", strings(resource["shortNames"])))
        if resource.get("namespaced") is False:
            entries.append(("namespaced", literal(False)))
        if resource.get("categories"):
            entries.append(("categories", strings(resource["categories"])))
        default = ["status"] if "status" in properties_of(schema) else []
        subresources = resource.get("subresources", default)
        if subresources != ["status"]:
            entries.append(("subresources", strings(subresources) if subresources else "()"))
        if scale := schema.get("x-kconv-scale"):
            paths = tuple((name, quoted(path)) for name, path in sorted(scale.items()))
            entries.append(("scale", Call("ScalePaths", paths)))
        columns = [_column(each) for each in schema.get("x-kconv-columns") or ()]
        if columns:
            entries.append(("printer_columns", Items("()", tuple(("", each) for each in columns))))
        if schema.get("x-kconv-deprecated"):
            entries.append(("deprecated", Call("Deprecation")))
    if schema.get("x-kconv-one-of"):
        entries.append(("one_of", strings(schema["x-kconv-one-of"])))
    if schema.get("x-kubernetes-map-type") == "atomic":
        entries.append(("map_type", quoted("atomic")))
    if not entries:
        return []
    lines = ["    class Meta:"]
    for attribute, expression in entries:
        lines += statement(f"{attribute} = ", expression, 8)
    return lines


def _column(said: Mapping[str, Any]) -> Call:
    given: list[tuple[str, Expression]] = [("", quoted(said["name"])), ("", quoted(said["value"]))]
    if said.get("type", "string") != "string":
        given.append(("type", quoted(said["type"])))
    if said.get("format"):
        given.append(("format", quoted(said["format"])))
    if said.get("priority"):
        given.append(("priority", literal(said["priority"])))
    if said.get("description"):
        given.append(("description", Text(said["description"])))
    return Call("Column", tuple(given))


def _resource(schema: Schema, place: TypeName) -> dict[str, Any]:
    resource = schema.get("x-kconv-resource", {})
    for key, value in resource.items():
        expected = _RESOURCE.get(key)
        elements = value if isinstance(value, list) else []
        if expected is None:
            raise UsageError(f"{place.name}: x-kconv-resource has no {key}")
        if not isinstance(value, expected) or not all(isinstance(each, str) for each in elements):
            raise UsageError(f"{place.name}: x-kconv-resource: {key} cannot be {value!r}")
    return dict(resource)


def module_text(
    module: str,
    title: str,
    classes: Sequence[tuple[str, ClassText]],
    definitions: Definitions,
    places: Mapping[str, TypeName],
    modules: Mapping[str, str],
    marker: str,
) -> str:
    """A module's source; ``classes`` are its definitions and their classes, in order.

    ``modules`` gives the module of each definition of the same package.
    """
    imports: dict[str, set[str]] = {}
    for name, text in classes:
        imports.setdefault("kconv.fields", set()).update(text.fields)
        imports.setdefault("kconv", set()).update({text.base}, text.meta)
        for target in _targets(definitions, name, is_resource=text.base == "Resource"):
            place = places[target]
            origin = modules.get(target, place.package)
            if origin != module:
                imports.setdefault(origin, set()).add(place.name)
    root = module.split(".")[0]
    own = ("kconv", "kconv_schemas") if root in ("kconv", "kconv_schemas") else (root,)
    lines = [marker, *docstring(title, 0), "", *import_lines(imports, own)]
    for _, text in classes:
        lines += ["", "", *text.lines]
    return "\n".join(lines) + "\n"


def _targets(definitions: Definitions, name: str, *, is_resource: bool) -> list[str]:
    found: list[str] = []
    for prop, schema in properties_of(definitions[name]).items():
        if not (is_resource and prop in _BASE):
            found += _class_targets(definitions, schema)
    return found


def _class_targets(definitions: Definitions, schema: Schema) -> list[str]:
    found: list[str] = []
    for _, target in references(schema):
        if is_class(target, definitions):
            found.append(target)
        else:
            found += _class_targets(definitions, definitions[target])
    return found


LARGE = 100
"""From so many classes on, a package imports its modules when one of their classes is asked for."""


def package_text(
    title: str, exports: Mapping[str, Iterable[str]], package: str, marker: str
) -> str:
    """The source of a package's ``__init__``: its modules' classes, by module."""
    names = [name for each in exports.values() for name in each]
    if len(names) >= LARGE:
        return _lazy_package_text(title, exports, package, marker)
    lines = [marker, *docstring(title, 0), ""]
    lines += import_lines(exports, (package.split(".")[0],))
    lines += ["", *all_lines(names)]
    return "\n".join(lines) + "\n"


def _lazy_package_text(
    title: str, exports: Mapping[str, Iterable[str]], package: str, marker: str
) -> str:
    words = f"{title}\n\nA module is imported when one of its classes is asked for."
    lines = [marker, *docstring(words, 0), ""]
    lines += ["from importlib import import_module", "from typing import TYPE_CHECKING, Any", ""]
    lines += [
        "if TYPE_CHECKING:",
        "    # Named for type checkers; at run time they come by `__getattr__`.",
    ]
    lines += [f"    from {module} import *  # noqa: F403" for module in sorted(exports)]
    lines += ["", "_CLASSES = {"]
    for module in sorted(exports):
        own = quoted(module.rpartition(".")[2])
        lines += statement(f"{own}: ", Text(" ".join(sorted(exports[module]))), 4)
        lines[-1] += ","
    lines += ["}", "", "", *_LAZY]
    return "\n".join(lines) + "\n"


_LAZY = (
    "def __getattr__(name: str) -> Any:",
    "    for module, names in _CLASSES.items():",
    "        if name in names.split():",
    '            found = getattr(import_module(f"{__name__}.{module}"), name)',
    "            globals()[name] = found",
    "            return found",
    '    raise AttributeError(f"module {__name__} has no attribute {name}")',
)
