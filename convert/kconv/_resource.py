"""`Resource`, a kind that an API serves in one version, and `Hub`, its internal version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from kconv._gvk import GroupResource, GroupVersion, GroupVersionKind, GroupVersionResource
from kconv._paths import several
from kconv._schema import Type, TypeOptions, omits_zero
from kconv.fields import Object, String
from kconv.meta import (
    LabelSelector,
    LabelSelectorRequirement,
    ManagedFieldsEntry,
    ObjectMeta,
)

# All fields that Kubernetes does not declare as pointers.
omits_zero(
    ObjectMeta,
    *("annotations", "finalizers", "generateName", "generation", "labels", "managedFields"),
    *("name", "namespace", "ownerReferences", "resourceVersion", "selfLink", "uid"),
)
omits_zero(
    ManagedFieldsEntry,
    *("apiVersion", "fieldsType", "manager", "operation", "subresource"),
)
omits_zero(LabelSelector, "matchExpressions", "matchLabels")
omits_zero(LabelSelectorRequirement, "values")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of ``kubectl get``.

    ``value`` is a field path (``spec.schedule``) or a function of the decoded object; ``type``
    and ``format`` are those of an OpenAPI property (``date`` columns print as an age); columns
    of a ``priority`` over 0 are shown by ``-o wide`` only.
    """

    name: str
    value: str | Callable[[Mapping[str, Any]], Any]
    type: Literal["string", "integer", "number", "boolean", "date"] = "string"
    format: str = ""
    priority: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class SelectableField:
    """A field that field selectors may use (``kubectl get --field-selector``).

    ``name`` is what clients write; ``path`` is where the hub has the value, the name itself unless
    given. A field without a value compares as ``absent``.
    """

    name: str
    path: str = ""
    absent: str = ""

    @property
    def steps(self) -> tuple[str, ...]:
        """The path as field names, outermost first."""
        return tuple((self.path or self.name).split("."))


@dataclass(frozen=True, slots=True)
class ScalePaths:
    """Where a kind with the subresource ``scale`` has what clients see as a Scale.

    Paths through objects, as in a CRD: ``spec_replicas`` is how many are wanted, within ``spec``,
    and the only thing that is written through it; ``status_replicas`` is how many there are.
    ``label_selector`` is a string, labels, or a LabelSelector, which becomes a string; it may be
    absent.
    """

    spec_replicas: str = "spec.replicas"
    status_replicas: str = "status.replicas"
    label_selector: str = "spec.selector"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """That a version is on its way out: since and until which release, and what comes instead.

    All of it may be unknown.
    """

    since: str = ""
    removed_in: str = ""
    replacement: str = ""


def plural_of(kind: str) -> str:
    """The resource name of a kind by Kubernetes' rule: CronJob cronjobs, Ingress ingresses."""
    name = kind.lower()
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


class ResourceOptions(TypeOptions):
    """What ``class Meta`` of a resource says.

    ``group`` (empty for the core group) and ``version`` are needed; the rest has defaults:
    ``kind`` is the class's name, ``plural`` follows from it, resources are ``namespaced`` and
    have the subresource ``status``; one with ``scale`` may say where that is by `ScalePaths`.
    ``selectable_fields`` are said by the hub, since every version has the same: paths of single
    values within objects, or `SelectableField`.
    """

    def __init__(self, meta: type, *args: Any, **kwargs: Any) -> None:
        super().__init__(meta, *args, **kwargs)
        self.group: str = getattr(meta, "group", "")
        self.version: str = getattr(meta, "version", "")
        self.kind: str = getattr(meta, "kind", "")
        self.plural: str = getattr(meta, "plural", "")
        self.singular: str = getattr(meta, "singular", "")
        self.short_names: Sequence[str] = several(getattr(meta, "short_names", ()))
        self.namespaced: bool = getattr(meta, "namespaced", True)
        self.categories: Sequence[str] = several(getattr(meta, "categories", ()))
        self.subresources: Sequence[str] = several(getattr(meta, "subresources", ("status",)))
        self.scale: ScalePaths = getattr(meta, "scale", ScalePaths())
        self.printer_columns: Sequence[Column] = tuple(getattr(meta, "printer_columns", ()))
        self.selectable_fields: Sequence[SelectableField] = tuple(
            SelectableField(each) if isinstance(each, str) else each
            for each in getattr(meta, "selectable_fields", ())
        )
        self.deprecated: Deprecation | None = getattr(meta, "deprecated", None)

    def fill_in_names(self, class_name: str) -> None:
        """Fill in what follows from the name of the class."""
        self.kind = self.kind or class_name
        self.plural = self.plural or plural_of(self.kind)
        self.singular = self.singular or self.kind.lower()

    @property
    def list_kind(self) -> str:
        """The kind of a list of such objects: ``CronJobList``."""
        return f"{self.kind}List"

    @property
    def group_version(self) -> GroupVersion:
        """The group and version that serve it."""
        return GroupVersion(self.group, self.version)

    @property
    def gvk(self) -> GroupVersionKind:
        """Group, version and kind."""
        return self.group_version.kind(self.kind)

    @property
    def gvr(self) -> GroupVersionResource:
        """Group, version and resource."""
        return self.group_version.resource(self.plural)

    @property
    def group_resource(self) -> GroupResource:
        """Group and resource, whatever the version."""
        return GroupResource(self.group, self.plural)


class KindType(Type):
    """A type whose ``Meta`` speaks of a kind: one version of it, or its hub."""

    OPTIONS_CLASS = ResourceOptions
    opts: ResourceOptions
    _hub: ClassVar[type[KindType]]
    """The class of hubs of such kinds."""

    @staticmethod
    def prepare_for_create(value: dict[str, Any]) -> None:
        """Set what only the server may set on a new object of the kind, in place.

        ``value`` is the hub's value, with name and uid in its metadata. Most kinds need nothing.
        """


class Resource(KindType):
    """A kind in one version of its API, a *spoke*.

    Subclasses declare ``spec``, ``status`` and whatever else the kind has; apiVersion, kind and
    metadata are here. ``class Meta`` is described by `ResourceOptions`.
    """

    if TYPE_CHECKING:
        # Every object says them, once it is decoded.
        apiVersion: String[str]  # noqa: N815 - the field's own name
        kind: String[str]
    else:
        apiVersion = String()  # noqa: N815 - as above
        kind = String()
    metadata = Object(ObjectMeta, load_default=dict)

    @classmethod
    def _said_by_all(cls) -> dict[str, str]:
        """Kind and version."""
        options = options_of(cls)
        return {"apiVersion": str(options.group_version), "kind": options.kind}


class Hub(KindType):
    """The internal version of a kind, which every spoke is converted to and from.

    Usually the shape of the newest version, plus what only older ones have. ``class Meta`` names
    the group and, where they differ from the class's name, the kind and plural that objects are
    stored under.
    """

    metadata = Object(ObjectMeta, load_default=dict)


Resource._hub = Hub


@overload
def hub_of(
    version: type[Resource],
    *,
    selectable_fields: Sequence[str | SelectableField] = ...,
    plural: str = ...,
) -> type[Hub]: ...


@overload
def hub_of(version: type[KindType], **meta: Any) -> type[Any]: ...


def hub_of(
    version: type[KindType],
    *,
    selectable_fields: Sequence[str | SelectableField] = (),
    plural: str = "",
    **meta: Any,
) -> type[Any]:
    """The internal version of a kind that has exactly the shape of one of its versions.

    Write a class of `Hub` where it has more. ``plural`` is that of its ``Meta``, and ``meta`` what
    else the hub of documents says there (`kconv.DocumentHub`).
    """
    options = options_of(version)
    said = {
        "group": options.group,
        "kind": options.kind,
        "plural": plural or options.plural,
        "selectable_fields": tuple(selectable_fields),
        "one_of": options.one_of,
        **meta,
    }
    base = version._hub
    left_out = _ENVELOPE if issubclass(version, Resource) else ()
    own = {name: field for name, field in _fields_of(version) if name not in left_out}
    words = f"The internal version of {options.kind}."
    names = {"__module__": version.__module__, "__doc__": words}
    return type(version.__name__, (base,), {**names, "Meta": type("Meta", (), said), **own})


_ENVELOPE = ("apiVersion", "kind", "metadata")


def _fields_of(version: type[KindType]) -> list[tuple[str, Any]]:
    declared: Mapping[str, Any] = version._declared_fields
    return list(declared.items())


def options_of(cls: type[KindType]) -> ResourceOptions:
    """The options of a class that speaks of a kind, names filled in."""
    options: ResourceOptions = cls.opts
    options.fill_in_names(cls.__name__)
    return options
