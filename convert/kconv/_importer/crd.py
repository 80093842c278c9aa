"""From CRDs to what is generated: types of every version, and a first registration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconv._errors import UsageError
from kconv._gvk import version_key
from kconv._importer.crd_file import Crd, CrdVersion
from kconv._importer.document import Definitions
from kconv._importer.generate import Generated, Request, generate
from kconv._importer.marker import BY_CRD
from kconv._importer.names import DEFAULT_MAP, attribute_name, class_name
from kconv._importer.selection import GVK, OBJECT_META
from kconv._importer.source import import_lines, quoted
from kconv._importer.structural import QUANTITY, Adapter, Unexpressed, columns_of

EDGES = "edges.py"
"""The module that registers the kinds, below the output folder; it belongs to its editor."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What is generated of CRDs, and what they say that it does not."""

    generated: Generated
    notes: Sequence[Unexpressed]


def import_crds(crds: Sequence[Crd], package: str) -> Imported:
    """The source files for CRDs, as `kconv._importer.generate` makes them.

    The types of a version go to a package of its name, in one of their group where there are
    several groups. A first `EDGES` registers every kind, its newest version being the hub.

    Raises `UsageError` naming the path of what cannot be a type, and for a CRD that comes twice.
    """
    names = [f"{crd.plural}.{crd.group}" for crd in crds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{', '.join(twice)}: there are two CRDs of this name")
    groups = sorted({crd.group for crd in crds})
    adapter = Adapter()
    definitions: Definitions = {
        OBJECT_META: {"type": "object", "properties": {}},
        QUANTITY: {"type": "string"},
    }
    mapping, apis = dict(DEFAULT_MAP), {}
    for crd in crds:
        for version in crd.versions:
            prefix = f"{crd.group}.{version.name}"
            mapping[prefix] = _package(package, groups, crd.group, version.name)
            apis[prefix] = f"{crd.group}/{version.name}"
            definitions[f"{prefix}.{crd.kind}"] = _definition(crd, version, adapter)
    request = Request(package=package, mapping=mapping, apis=apis, marker=BY_CRD)
    made = generate(definitions, request)
    edges = {EDGES: _edges(crds, package, mapping)}
    return Imported(Generated(made.files, {**made.packages, **edges}, made.folders), adapter.notes)


def _package(base: str, groups: Sequence[str], group: str, version: str) -> str:
    folder = attribute_name(version)
    if len(groups) == 1:
        return f"{base}.{folder}"
    # The first word of a group is enough, unless another group has it, too.
    first = group.split(".")[0]
    alone = sum(each.split(".")[0] == first for each in groups) == 1
    return f"{base}.{attribute_name(first if alone else group).lower()}.{folder}"


def _definition(crd: Crd, version: CrdVersion, adapter: Adapter) -> dict[str, object]:
    path = f"{crd.group}/{version.name} {crd.kind}"
    properties = dict(version.schema.get("properties") or {})
    metadata = properties.pop("metadata", None)
    if isinstance(metadata, dict) and metadata.get("properties"):
        adapter.notes.append(Unexpressed(f"{path}.metadata", "rules about names and labels"))
    for head in ("apiVersion", "kind"):
        properties.pop(head, None)
    required = [
        name
        for name in version.schema.get("required") or ()
        if name not in ("apiVersion", "kind", "metadata")
    ]
    schema = adapter.schema(
        {**version.schema, "properties": properties, "required": required}, path
    )
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        adapter.notes.append(Unexpressed(path, "unknown fields at the root are dropped"))
        del schema["x-kubernetes-preserve-unknown-fields"]
        schema["properties"] = {}
    if not version.served:
        adapter.notes.append(Unexpressed(path, "served: false"))
    if version.deprecation_warning:
        why = f"deprecationWarning: {version.deprecation_warning}"
        adapter.notes.append(Unexpressed(path, why))
    scale = _scale(version)
    if "scale" in version.subresources and not scale:
        adapter.notes.append(Unexpressed(path, "subresources.scale"))
    schema["properties"]["metadata"] = {"$ref": f"#/definitions/{OBJECT_META}"}
    schema["x-kconv-deprecated"] = version.deprecated
    schema["x-kconv-columns"] = list(columns_of(version.columns, path, adapter.notes))
    schema[GVK] = [{"group": crd.group, "version": version.name, "kind": crd.kind}]
    schema["x-kconv-resource"] = {
        "plural": crd.plural,
        "singular": crd.singular,
        "shortNames": list(crd.short_names),
        "categories": list(crd.categories),
        "namespaced": crd.namespaced,
        "subresources": [
            each for each in version.subresources if each == "status" or (each == "scale" and scale)
        ],
    }
    if scale:
        schema["x-kconv-scale"] = scale
    return schema


def _scale(version: CrdVersion) -> dict[str, str]:
    """The paths of a scale by the names of `kconv.ScalePaths`; none where one leads to nothing."""
    names = {
        "specReplicasPath": "spec_replicas",
        "statusReplicasPath": "status_replicas",
        "labelSelectorPath": "label_selector",
    }
    given = {name: version.scale.get(key, "") for key, name in names.items()}
    needed = [given["spec_replicas"], given["status_replicas"]]
    if not all(_PLAIN.fullmatch(path) and _is_number(version.schema, path) for path in needed):
        return {}
    if not _PLAIN.fullmatch(given["label_selector"]):
        del given["label_selector"]
    return {name: path.removeprefix(".") for name, path in given.items()}


def _is_number(schema: Mapping[str, Any], path: str) -> bool:
    found: Any = schema
    for step in path.split(".")[1:]:
        found = (found.get("properties") or {}).get(step) if isinstance(found, dict) else None
    return isinstance(found, dict) and found.get("type") == "integer"


_PLAIN = re.compile(r"(\.[A-Za-z_][A-Za-z0-9_]*){2,}")


def _edges(crds: Sequence[Crd], package: str, mapping: dict[str, str]) -> str:
    """The source of a registration of all kinds, by names alone."""
    imports: dict[str, set[str]] = {"kconv": {"Edge", "Scheme", "hub_of"}}
    body: list[str] = []
    for crd in crds:
        aliases = {}
        for version in crd.versions:
            cls = class_name(crd.kind)
            alias = f"{cls}{_camel(version.name)}"
            if sum(each.kind == crd.kind for each in crds) > 1:
                alias = f"{_camel(crd.group.split('.')[0])}{alias}"
            aliases[version.name] = alias
            module = mapping[f"{crd.group}.{version.name}"]
            imports.setdefault(module, set()).add(f"{cls} as {alias}")
        order = sorted(crd.versions, key=lambda each: version_key(each.name))
        newest = aliases[order[0].name]
        selectable = [each.lstrip(".") for each in order[0].selectable]
        listed = ", ".join(map(quoted, selectable))
        fields = f", selectable_fields=({listed},)" if selectable else ""
        body += [
            "    scheme.add(",
            f"        hub_of({newest}{fields}),",
            *(f"        Edge({aliases[each.name]})," for each in order),
            f"        storage={quoted(f'{crd.group}/{crd.storage.name}')},",
            "    )",
        ]
    kinds = ", ".join(crd.kind for crd in crds)
    lines = [
        f'"""Registration of {kinds}: how its versions are converted."""'
        if len(crds) == 1
        else '"""Registration of the kinds: how their versions are converted."""',
        "",
        *import_lines(imports, (package.split(".")[0],)),
        "",
        "",
        "def register(scheme: Scheme) -> None:",
        '    """Add the kinds to a scheme; fields of the same name convert by themselves."""',
        *body,
    ]
    return "\n".join(lines) + "\n"


def _camel(text: str) -> str:
    """``v1alpha1`` as V1Alpha1."""
    return "".join(part.capitalize() for part in re.findall(r"[a-z]+[0-9]*|[0-9]+", text.lower()))
