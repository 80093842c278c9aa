"""Which definitions to write, what they reach, and which of them only a status holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kconv._errors import UsageError
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._importer.document import Definitions, Schema, references
from kconv._importer.names import META_V1
from kconv._importer.properties import is_class

OBJECT_META = f"{META_V1}.ObjectMeta"
LIST_META = f"{META_V1}.ListMeta"
GVK = "x-kubernetes-group-version-kind"


def kind_of(schema: Schema) -> GroupVersionKind | None:
    """The group, version and kind of a served type: it names just one and has object metadata."""
    kinds = schema.get(GVK)
    if not isinstance(kinds, list):
        kinds = [kinds] if isinstance(kinds, dict) else []
    metadata = (schema.get("properties") or {}).get("metadata", {})
    if len(kinds) != 1 or metadata.get("$ref") != OBJECT_META:
        return None
    return GroupVersionKind(kinds[0]["group"], kinds[0]["version"], kinds[0]["kind"])


def parse_kind(text: str) -> GroupVersionKind:
    """Read ``batch/v1,CronJob`` (``v1,Secret`` for the core group)."""
    api_version, comma, kind = text.partition(",")
    if not comma or not kind.strip():
        raise UsageError(f'"{text}" is not a kind such as batch/v1,CronJob')
    return GroupVersion.parse(api_version.strip()).kind(kind.strip())


def select(
    definitions: Definitions, kinds: Sequence[GroupVersionKind], names: Sequence[str]
) -> list[str]:
    """The definitions asked for; without any, every kind of the file.

    Raises `UsageError` for a kind or definition that the file does not have, or a file without
    kinds when none is named.
    """
    of_kind: dict[GroupVersionKind, str] = {}
    for name, schema in definitions.items():
        kind = kind_of(schema)
        if kind is not None:
            of_kind[kind] = name
    chosen: list[str] = []
    for kind in kinds:
        if kind not in of_kind:
            raise UsageError(f"no definition has the kind {kind.api_version},{kind.kind}")
        chosen.append(of_kind[kind])
    for name in names:
        if name not in definitions:
            raise UsageError(f'no definition "{name}"')
        if not is_class(name, definitions):
            raise UsageError(f'definition "{name}" is not an object with properties')
        chosen.append(name)
    if not chosen:
        chosen = list(of_kind.values())
    if not chosen:
        raise UsageError("no definition has a kind; name definitions with --definition")
    return sorted(set(chosen))


def reached(definitions: Definitions, roots: Iterable[str]) -> list[str]:
    """The definitions that become classes among the roots and all they refer to, sorted."""
    found = _closure(definitions, roots)
    return sorted(name for name in found if is_class(name, definitions))


def uses(definitions: Definitions, name: str) -> list[str]:
    """The classes that a definition's fields refer to, through aliases too, in field order."""
    found: dict[str, None] = {}
    waiting = [target for _, target in references(definitions[name])][::-1]
    seen: set[str] = set()
    while waiting:
        target = waiting.pop()
        if is_class(target, definitions):
            found[target] = None
        elif target not in seen:
            seen.add(target)
            waiting += [inner for _, inner in references(definitions[target])][::-1]
    return list(found)


def status_only(definitions: Definitions) -> frozenset[str]:
    """Definitions that kinds reach through their ``status`` and in no other way.

    The whole file counts, not just what is written, so a type reads the same in every selection.
    """
    outside: list[str] = []
    within: list[str] = []
    for schema in definitions.values():
        if GVK not in schema or _is_list(schema):
            continue
        for path, target in references(schema):
            first = path.lstrip(".").split(".")[0].rstrip("[]*")
            (within if first == "status" else outside).append(target)
    plain = _closure(definitions, outside)
    return frozenset(_closure(definitions, within) - plain)


def _is_list(schema: Schema) -> bool:
    """Whether a definition is a list of a kind, which reaches all of it by its items."""
    properties = schema.get("properties") or {}
    return "items" in properties and properties.get("metadata", {}).get("$ref") == LIST_META


def _closure(definitions: Definitions, roots: Iterable[str]) -> set[str]:
    """The roots and all definitions that they refer to, at any depth."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [target for _, target in references(definitions[name])]
    return found
