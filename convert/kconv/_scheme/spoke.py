"""`HubKind` and `Spoke`: a kind with one hub, and the versions that serve it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kconv._document import Document, DocumentHub, DocumentOptions
from kconv._gvk import (
    GroupKind,
    GroupResource,
    GroupVersion,
    GroupVersionKind,
    GroupVersionResource,
    Level,
    level,
)
from kconv._resource import Hub, Resource, ResourceOptions
from kconv._schema import Type
from kconv.edges import Loss, Rule
from kconv.edges._plan import Plan


@dataclass(eq=False, slots=True)
class Spoke:
    """One version of a kind: its schema, its options, and how it converts.

    ``forward`` is the plan to the hub and ``backward`` the one back; both are set by
    `Scheme.freeze`.
    """

    schema: type[Resource] | type[Document]
    options: ResourceOptions
    rules: tuple[Rule, ...]
    kind: HubKind
    forward: Plan = field(default_factory=Plan)
    backward: Plan = field(default_factory=Plan)
    via: Spoke | None = None
    """The version by way of which it converts; the plans and rules then are between the two."""
    losses: tuple[Loss, ...] = ()
    """What rules declare between it and the hub, all steps taken together; set by freeze."""
    ruled: bool = False
    """Whether there are rules anywhere between it and the hub; set by freeze."""
    loses_to_hub: bool = False
    """Whether the hub has no place for some of its fields, as its rules say; set by freeze."""
    may_lose_to_hub: bool = False
    """Whether fields are lost to the hub, or may be: functions convert it."""
    served: bool = True
    """Whether clients may ask for it at all; a version of a CRD may be there for what is stored."""
    gvk: GroupVersionKind = field(init=False)
    """Group, version and kind that objects of this spoke carry."""
    gvr: GroupVersionResource = field(init=False)
    """Group, version and resource under which it is served."""
    group_version: GroupVersion = field(init=False)
    """The group and version alone."""
    api_version: str = field(init=False)
    """The value of ``apiVersion``; documents do not carry it."""
    envelope: bool = field(init=False)
    """Whether objects have apiVersion, kind and metadata; documents have none of it."""
    closed: bool = field(init=False)
    """Whether fields that it does not declare are not to be dropped: of documents, by default."""
    keeps_null: bool = field(init=False)
    """Whether null is a value of its own: in documents, by default."""

    def __post_init__(self) -> None:
        self.gvk, self.gvr = self.options.gvk, self.options.gvr
        self.group_version = self.options.group_version
        self.api_version = str(self.group_version)
        self.envelope = issubclass(self.schema, Resource)
        document = self.kind.document
        self.closed = document is not None and document.unknown_policy != "drop"
        self.keeps_null = document is not None and document.keeps_null

    @property
    def target(self) -> type[Type]:
        """The type that its rules convert to and from: the hub, or the version that it goes by."""
        return self.kind.hub if self.via is None else self.via.schema

    @property
    def target_name(self) -> str:
        """What messages call that type."""
        return f"hub {self.kind.group_kind}" if self.via is None else str(self.via.gvk)

    @property
    def steps(self) -> tuple[Spoke, ...]:
        """Itself and the versions on its way to the hub, in that order."""
        return (self,) if self.via is None else (self, *self.via.steps)

    @property
    def level(self) -> Level:
        """How stable its version is."""
        return level(self.options.version)

    def __repr__(self) -> str:
        return f"Spoke({self.gvk})"


@dataclass(eq=False, slots=True)
class HubKind:
    """A kind whatever its version: the hub, its spokes, and what it is stored as.

    ``storage`` is the version that an empty database stores it in; from then on the database's
    own record says. ``spokes`` are in the order of preference.
    """

    hub: type[Hub] | type[DocumentHub]
    options: ResourceOptions
    storage: GroupVersion
    spokes: list[Spoke] = field(default_factory=list)
    group_resource: GroupResource = field(init=False)
    """The name that objects are stored under, ``cronjobs.batch``."""
    _found: dict[tuple[GroupVersion, str | None], Spoke | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.group_resource = self.options.group_resource

    @property
    def document(self) -> DocumentOptions | None:
        """How documents of the kind are read; None for a kind with Kubernetes' envelope."""
        return self.options if isinstance(self.options, DocumentOptions) else None

    @property
    def group_kind(self) -> GroupKind:
        """The hub's kind, ``CronJob.batch``."""
        return GroupKind(self.options.group, self.options.kind)

    @property
    def namespaced(self) -> bool:
        """Whether objects live in namespaces."""
        return self.spokes[0].options.namespaced

    def spoke_for(self, gv: GroupVersion, kind: str | None = None) -> Spoke | None:
        """The spoke of that group and version; None if the kind has none.

        Where a version has the kind under several names (CronJob, ScheduledJob), the one called
        ``kind``, else the one with the hub's own name, else the first.
        """
        key = (gv, kind)
        if key not in self._found:
            self._found[key] = self._spoke_for(gv, kind)
        return self._found[key]

    def _spoke_for(self, gv: GroupVersion, kind: str | None) -> Spoke | None:
        found = [spoke for spoke in self.spokes if spoke.group_version == gv]
        for name in (kind, self.options.kind):
            for spoke in found:
                if spoke.options.kind == name:
                    return spoke
        return found[0] if found else None

    @property
    def storage_spoke(self) -> Spoke:
        """The spoke of the default storage version."""
        spoke = self.spoke_for(self.storage)
        assert spoke is not None, "freeze() refuses a storage version without a spoke"
        return spoke

    def __repr__(self) -> str:
        return f"HubKind({self.group_kind}, {len(self.spokes)} spokes)"
