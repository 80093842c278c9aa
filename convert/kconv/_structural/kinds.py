"""`structural_kind`: a kind of the scheme whose versions are structural schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kconv._gvk import GroupVersion, version_key
from kconv._paths import Finding
from kconv._resource import Column, Hub, Resource, ScalePaths, SelectableField, options_of
from kconv._scheme import HubKind, Spoke
from kconv._structural.defaulting import only_defaults
from kconv._structural.fields import fields_of
from kconv._structural.pruning import shape_of
from kconv._structural.rules import compares
from kconv._structural.schemas import Schema
from kconv._structural.validations import has_rules, judge_change

Document = dict[str, Any]
Conversion = Callable[[Sequence[Document], str], list[Document]]
"""From objects of one version to objects in an apiVersion.

They have apiVersion, kind and metadata, of which only labels and annotations may become others.
Raises `kconv._errors.KconvError`.
"""


class StructuralResource(Resource):
    """A version that is a structural schema."""

    structural: ClassVar[Schema]
    """The schema of its objects, without what it may say of their metadata."""

    defaults: ClassVar[Schema]
    """So much of the schema as has defaults."""

    has_rules: ClassVar[bool]
    """Whether the schema has rules in CEL."""

    shape: ClassVar[int]
    """Of the versions of a kind, those have the same that keep the same fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a custom resource."""

    name: str
    schema: Schema
    served: bool = True
    columns: Sequence[Column] = ()
    subresources: Sequence[str] = ()
    scale: ScalePaths | None = None
    """The paths of ``subresources.scale``; None without it."""
    selectable: Sequence[str] = ()
    deprecation: str | None = None
    """What is said of a deprecated version; None of any other."""


@dataclass(eq=False, slots=True)
class StructuralKind(HubKind):
    """A kind of structural schemas; its hub has the shape of the version that is stored.

    ``convert`` makes objects of one version of those of another. One that ``waits`` asks somebody
    else, and must not be called where nobody may be kept waiting.
    """

    convert: Conversion | None = None
    waits: bool = False
    closing: bool = False
    """Whether its objects are being deleted, so that there may be no more."""
    renames: bool = False
    """Whether the conversion gives objects another apiVersion, and does nothing else."""
    warnings: Mapping[str, str] = field(default_factory=dict)
    """What is said of deprecated versions, by version."""


def schema_of(spoke: Spoke) -> Schema | None:
    """The structural schema of a version; None of one that is declared in Python."""
    schema = spoke.schema
    return schema.structural if issubclass(schema, StructuralResource) else None


def structural_kind(
    *,
    group: str,
    names: Mapping[str, Any],
    namespaced: bool,
    versions: Sequence[Version],
    storage: str,
    convert: Conversion,
    waits: bool = False,
    closing: bool = False,
    renames: bool = False,
) -> StructuralKind:
    """A kind that is ready to be added to a frozen scheme.

    ``names`` are those of the CRD: plural, singular, kind, listKind, shortNames, categories.
    """
    made = {each.name: _resource(group, names, namespaced, each) for each in versions}
    shapes = [shape_of(each.structural) for each in made.values()]
    for resource, shape in zip(made.values(), shapes, strict=True):
        resource.shape = shapes.index(shape)
    hub = _hub(made[storage], {each for version in versions for each in version.selectable})
    kind = StructuralKind(
        hub,
        options_of(hub),
        GroupVersion(group, storage),
        convert=convert,
        waits=waits,
        closing=closing,
        renames=renames,
        warnings={each.name: each.deprecation for each in versions if each.deprecation is not None},
    )
    for each in versions:
        # What it converts by is the kind's to know, and nothing goes by names.
        spoke = Spoke(made[each.name], options_of(made[each.name]), (), kind)
        spoke.served = each.served
        kind.spokes.append(spoke)
    kind.spokes.sort(key=lambda spoke: version_key(spoke.options.version))
    return kind


def _resource(
    group: str, names: Mapping[str, Any], namespaced: bool, version: Version
) -> type[StructuralResource]:
    said = {
        "group": group,
        "version": version.name,
        "kind": names["kind"],
        "plural": names["plural"],
        "singular": names.get("singular") or names["kind"].lower(),
        "short_names": tuple(names.get("shortNames") or ()),
        "categories": tuple(names.get("categories") or ()),
        "namespaced": namespaced,
        "subresources": tuple(version.subresources),
        "printer_columns": tuple(version.columns),
        "scale": version.scale or ScalePaths(),
    }
    schema = {**version.schema}
    own = dict(schema.get("properties") or {})
    for head in ("apiVersion", "kind", "metadata"):
        own.pop(head, None)
    schema["properties"] = own
    schema["required"] = [each for each in schema.get("required") or () if each in own]
    module = f"{group}.{version.name}"
    attributes = {
        "__module__": module,
        "__doc__": version.schema.get("description"),
        "Meta": type("Meta", (), said),
        "structural": schema,
        "defaults": only_defaults(schema),
        "has_rules": has_rules(schema),
        **fields_of(schema, module, names["kind"]),
    }
    made: Any = type(names["kind"], (StructuralResource,), attributes)
    found: type[StructuralResource] = made
    if compares(schema):

        def changes(new: Document, old: Document) -> Iterator[Finding]:
            return judge_change(new, old, schema)

        found.update_rules.append(changes)
    return found


def _hub(stored: type[StructuralResource], selectable: set[str]) -> type[Hub]:
    options = options_of(stored)
    said = {
        "group": options.group,
        "kind": options.kind,
        "plural": options.plural,
        "selectable_fields": tuple(SelectableField(each) for each in sorted(selectable)),
    }
    declared: Mapping[str, Any] = stored._declared_fields
    own = {name: each for name, each in declared.items() if name.startswith("field_")}
    attributes = {"__module__": stored.__module__, "Meta": type("Meta", (), said), **own}
    made: Any = type(options.kind, (Hub,), attributes)
    found: type[Hub] = made
    return found


def is_renamed(spoke: Spoke, target: Spoke) -> bool:
    """Whether what is an object of one version is one of another, but for its apiVersion."""
    kind, one, other = spoke.kind, spoke.schema, target.schema
    if kind is not target.kind or not (isinstance(kind, StructuralKind) and kind.renames):
        return False
    assert issubclass(one, StructuralResource), "its kind is of such versions"
    assert issubclass(other, StructuralResource), "it is of the same kind"
    return one.shape == other.shape


def waits(kind: HubKind) -> bool:
    """Whether the conversion of a kind waits for somebody else, such as a webhook."""
    return isinstance(kind, StructuralKind) and kind.waits
