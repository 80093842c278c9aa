"""Python names for what OpenAPI names: attributes, classes, modules and packages."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass

from kconv._errors import UsageError

META_V1 = "io.k8s.apimachinery.pkg.apis.meta.v1"
"""The definitions of ObjectMeta and its kin, which every group uses."""

DEFAULT_MAP: Mapping[str, str] = {META_V1: "kconv.meta"}
"""Packages that definitions with a prefix go to, where nothing else is said."""

NO_APIS: Mapping[str, str] = {}
"""What names of definitions tell by themselves."""

_VERSION = re.compile(r"v[0-9]+((alpha|beta)[0-9]+)?\Z")
_WORD = re.compile(r"[A-Z]+s?(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")

SCHEMA_ATTRIBUTES = frozenset(
    [
        "Meta",
        "OPTIONS_CLASS",
        "TYPE_MAPPING",
        "by_value",
        "check",
        "check_fields",
        "check_update",
        "context",
        "declared_fields",
        "defaulters",
        "dict_class",
        "dump",
        "dump_fields",
        "dumps",
        "error_messages",
        "exclude",
        "fields",
        "forget_instance",
        "filled_in",
        "from_dict",
        "get_attribute",
        "handle_error",
        "instance",
        "load",
        "load_fields",
        "loads",
        "many",
        "omitted",
        "on_bind_field",
        "only",
        "opts",
        "partial",
        "rules",
        "set_class",
        "settled",
        "unknown",
        "unknown_fields",
        "unread",
        "update_rules",
        "validate",
        "wire_fields",
        "zero_is_absent",
    ]
)
"""Attributes of a schema class, which a field of that name would replace."""

FIELD_CLASSES = frozenset(
    [
        "Boolean",
        "Bytes",
        "Double",
        "Duration",
        "FreeForm",
        "Int32",
        "Int64",
        "IntOrString",
        "Integer",
        "List",
        "Map",
        "MicroTime",
        "Object",
        "Quantity",
        "String",
        "Time",
    ]
)
"""What generated modules import from `kconv.fields`."""

_OTHER_NAMES = frozenset({"Type", "Resource", "dict"})


@dataclass(frozen=True, slots=True, order=True)
class TypeName:
    """Where a definition's class is: the package and its name there.

    ``api`` is the group and version as a person writes them, ``batch/v1`` or ``core/v1``.
    """

    package: str
    name: str
    api: str = ""


def attribute_name(wire: str) -> str:
    """The Python name of a field; it differs from the wire name where that cannot be one.

    Python's words and names that schemas use get a trailing underscore (``continue_``), others
    lose what no identifier has (``$ref`` becomes ``ref_``).
    """
    plain = wire.isascii() and wire.isidentifier()
    name = wire if plain else re.sub(r"[^A-Za-z0-9_]", "_", wire).strip("_")
    if not name or name[0].isdigit():
        name = f"_{name}"
    taken = SCHEMA_ATTRIBUTES | FIELD_CLASSES | _OTHER_NAMES
    if wire.startswith("_") or name.startswith("_"):
        name = f"field{name if name.startswith('_') else '_' + name}"
    if name != wire or keyword.iskeyword(name) or name in taken:
        name = name if name.endswith("_") else f"{name}_"
    return name


def class_name(name: str) -> str:
    """The Python name of a definition's class; ``name`` is the last part of the definition's."""
    clean = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not clean[:1].isalpha():
        clean = f"Type{clean}"
    if keyword.iskeyword(clean) or clean in FIELD_CLASSES | _OTHER_NAMES:
        clean += "_"
    return clean


def words(name: str) -> list[str]:
    """The words of a CamelCase name, in lower case: ``HTTPGetAction`` is http, get, action."""
    return [word.lower() for word in _WORD.findall(name)] or ["type"]


def module_name(parts: list[str]) -> str:
    """A module's name from words, with an underscore where it is a word of Python's."""
    name = "_".join(parts)
    return f"{name}_" if keyword.iskeyword(name) or name[0].isdigit() else name


def locate(
    definition: str, base: str, mapping: Mapping[str, str], apis: Mapping[str, str] = NO_APIS
) -> TypeName:
    """Where a definition's class goes.

    ``mapping`` gives packages for prefixes of definition names; else the group and version are
    read from the name: ``io.k8s.api.batch.v1.CronJob`` goes to ``<base>.batch.v1.types``, and a
    name without a version to ``<base>.types``. ``apis`` are groups and versions by prefix, where a
    name does not tell them.
    """
    prefix, _, name = definition.rpartition(".")
    parts = [part for part in re.split(r"[./]", prefix) if part]
    versioned = len(parts) >= 2 and _VERSION.match(parts[-1]) is not None
    api = f"{parts[-2]}/{parts[-1]}" if versioned else (parts[-1] if parts else "")
    api = apis.get(prefix, api)
    if prefix in mapping:
        return TypeName(mapping[prefix], class_name(name), api)
    if versioned:
        group = attribute_name(parts[-2].lower())
        return TypeName(f"{base}.{group}.{parts[-1]}.types", class_name(name), api)
    return TypeName(f"{base}.types", class_name(name), api)


def locate_all(
    definitions: list[str],
    base: str,
    mapping: Mapping[str, str],
    apis: Mapping[str, str] = NO_APIS,
) -> dict[str, TypeName]:
    """`locate` for several definitions; `UsageError` where two would be one class."""
    located: dict[str, TypeName] = {}
    owners: dict[tuple[str, str], str] = {}
    for definition in sorted(definitions):
        place = locate(definition, base, mapping, apis)
        other = owners.setdefault((place.package, place.name), definition)
        if other != definition:
            raise UsageError(
                f"{definition} and {other} would both be {place.package}.{place.name}; "
                "map one of them to another package with --map"
            )
        located[definition] = place
    return located
