"""`Scheme`: the registry of everything that is served, converted and stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from kconv._document import Document, DocumentHub
from kconv._errors import NotRegistered, ObjectRef, SchemeError
from kconv._gvk import (
    GroupResource,
    GroupVersion,
    GroupVersionKind,
    GroupVersionResource,
    version_key,
)
from kconv._paths import Finding
from kconv._resource import Hub, Resource, options_of
from kconv._schema import Type
from kconv._scheme.forgetting import Caches, KindCache
from kconv._scheme.freeze import freeze_kind, registration_problems
from kconv._scheme.index import Index
from kconv._scheme.losses import loses_to_hub, losses_of
from kconv._scheme.scale import scale_problems
from kconv._scheme.selectable import selectable_problems
from kconv._scheme.spoke import HubKind, Spoke
from kconv._scheme.types import type_problems
from kconv._seal import seal
from kconv.edges import Edge, Functions

CacheT = TypeVar("CacheT", bound=KindCache[Any, Any])


class Scheme:
    """Kinds with their hubs and spokes.

    Fill it with `add`, then `freeze` it: that compares every version with its hub and refuses
    whatever would lose data or be ambiguous, so that it cannot come up with a request.

    ``kinds`` are those that were added: what is served and stored. A scheme may have more in an
    ``index``, each of which is loaded when an object of it comes along (`spoke`); `complete` has
    all of them.
    """

    def __init__(self, index: Index | None = None) -> None:
        self.kinds: list[HubKind] = []
        self.frozen = False
        self._index = index or Index()
        self._caches = Caches()
        self._by_gvk: dict[GroupVersionKind, Spoke] = {}
        self._by_gvr: dict[GroupVersionResource, Spoke] = {}
        self._by_schema: dict[type[Type], Spoke] = {}

    def add(self, hub: type[Hub] | type[DocumentHub], *edges: Edge, storage: str) -> None:
        """Register a kind: its hub, an edge per version, and the version to store it in at first.

        Raises `SchemeError` when the scheme is frozen already, ``storage`` is no group/version, or
        an edge goes via a version that has none here.
        """
        if self.frozen:
            raise SchemeError(f"the scheme is frozen; register {hub.__name__} before freeze()")
        kind = HubKind(hub, options_of(hub), GroupVersion.parse(storage))
        kept = kind.document.kept if kind.document else ""
        for schema in (hub, *(edge.spoke for edge in edges)) if kept else ():
            if issubclass(schema, Document | DocumentHub):
                schema.keep_in(kept)
                schema.opts.kept = schema.opts.kept or kept
        for edge in edges:
            kind.spokes.append(Spoke(edge.spoke, options_of(edge.spoke), edge.rules, kind))
        by_schema = {spoke.schema: spoke for spoke in kind.spokes}
        for edge in edges:
            if edge.via is not None:
                if edge.via not in by_schema:
                    raise SchemeError(
                        f"{edge}: goes via {edge.via.__qualname__}, which has no edge"
                    )
                by_schema[edge.spoke].via = by_schema[edge.via]
        kind.spokes.sort(key=lambda spoke: version_key(spoke.options.version))
        self.kinds.append(kind)

    def freeze(self, *, deep: bool = True) -> Scheme:
        """Check everything that is registered, and allow no more: no kinds, defaults or rules.

        Without ``deep``, types below those that conversions compare are not looked at before
        they are used, which makes for a quicker start.

        Raises `SchemeError` whose findings name every field without a counterpart or a rule,
        every rule that applies to nothing, lacks a direction or does not fit its fields, every
        field that two rules write, every kind with a second hub, every resource that is claimed
        twice, and (with ``deep``) every field whose declaration contradicts itself, and every
        selectable field and every path of a scale that does not exist.
        """
        if self.frozen:
            return self
        findings: list[Finding] = list(registration_problems(self.kinds))
        for kind in self.kinds:
            findings.extend(freeze_kind(kind))
        if deep:
            findings.extend(type_problems(self.kinds))
            for kind in self.kinds:
                findings.extend(selectable_problems(kind))
                findings.extend(scale_problems(kind))
        if findings:
            lines = "\n".join(f"  {finding.message}" for finding in findings)
            raise SchemeError(f"the scheme is not complete:\n{lines}", findings=findings)
        for kind in self.kinds:
            for spoke in kind.spokes:
                spoke.losses = tuple(losses_of(spoke))
                spoke.loses_to_hub = loses_to_hub(spoke)
                rules = [rule for step in spoke.steps for rule in step.rules]
                spoke.ruled = bool(rules)
                by_functions = any(isinstance(rule, Functions) for rule in rules)
                spoke.may_lose_to_hub = spoke.loses_to_hub or by_functions
        seal(spoke.schema for kind in self.kinds for spoke in kind.spokes)
        seal(kind.hub for kind in self.kinds)
        return self._indexed()

    def _indexed(self) -> Scheme:
        for kind in self.kinds:
            for spoke in kind.spokes:
                self._by_gvk[spoke.gvk] = spoke
                if spoke.served:
                    self._by_gvr[spoke.gvr] = spoke
                self._by_schema[spoke.schema] = spoke
        self.frozen = True
        return self

    def spoke(self, gvk: GroupVersionKind) -> Spoke:
        """The spoke of a group, version and kind, whose package is loaded where it is not yet.

        Raises `NotRegistered`, and `SchemeError` for a package that cannot be loaded.
        """
        found = self._by_gvk.get(gvk) or self._index.spoke(gvk)
        if found is None:
            about = ObjectRef(gvk.group, gvk.version, gvk.kind)
            message = f'no kind "{gvk.kind}" is registered for version "{gvk.api_version}"'
            raise NotRegistered(message, about=about)
        return found

    def version_of(self, spoke: Spoke, to: GroupVersion) -> Spoke | None:
        """What a kind is in another version, given one of its spokes; None where it has none.

        A version that is only on demand is found too: it is one of a kind with the same hub.
        """
        name = spoke.options.kind
        found = spoke.kind.spoke_for(to, name)
        if found is None and (on_demand := self._index.spoke(to.kind(name))) is not None:
            return on_demand if on_demand.kind.hub is spoke.kind.hub else None
        return found

    def spoke_of_schema(self, schema: type[Resource] | type[Document]) -> Spoke:
        """The spoke that a class declares. Raises `NotRegistered`."""
        found = self._by_schema.get(schema)
        if found is None and issubclass(schema, Resource):
            on_demand = self._index.spoke(options_of(schema).gvk)
            found = on_demand if on_demand is not None and on_demand.schema is schema else None
        if found is None:
            name = f"{schema.__module__}.{schema.__qualname__}"
            raise NotRegistered(f"{name} is no version of a kind that the scheme has")
        return found

    def without_documents(self) -> Scheme:
        """The frozen scheme of the kinds that were added and have Kubernetes' envelope.

        What is on demand is not in it: this is what a server has.
        """
        self.freeze()
        if not self.has_documents and not self._index.packages:
            return self
        scheme = Scheme()
        scheme.kinds = [kind for kind in self.kinds if not kind.document]
        return scheme._indexed()

    def changeable(self) -> Scheme:
        """A frozen scheme of the same kinds, for a server that puts others in while it runs."""
        self.freeze()
        scheme = Scheme(self._index)
        scheme.kinds = list(self.kinds)
        return scheme._indexed()

    def put(self, kind: HubKind) -> None:
        """Put a kind into a `changeable` scheme, instead of the one of the same resource."""
        others = [each for each in self.kinds if each.group_resource != kind.group_resource]
        self._replace([*others, kind])

    def remove(self, resource: GroupResource) -> None:
        """Take the kind of a resource out of a `changeable` scheme."""
        self._replace([each for each in self.kinds if each.group_resource != resource])

    def _replace(self, kinds: list[HubKind]) -> None:
        # A reader in another thread has the old state or the new one.
        made = Scheme(self._index)
        made.kinds = kinds
        made._indexed()
        self.kinds = kinds
        self._by_gvk, self._by_gvr = made._by_gvk, made._by_gvr
        self._by_schema = made._by_schema
        self._caches.keep(set(kinds))

    def clears(self, cache: CacheT) -> CacheT:
        """The cache, which forgets from now on what is of kinds that this scheme gives up."""
        self._caches.add(cache)
        return cache

    @property
    def has_documents(self) -> bool:
        """Whether a kind is there that has no envelope; such kinds are never on demand."""
        return any(kind.document for kind in self.kinds)

    def complete(self) -> Scheme:
        """The frozen scheme that also has every kind which is on demand: itself, if none is.

        Raises `SchemeError` for a package that cannot be loaded.
        """
        return self._with(self._index.all_kinds())

    def with_kinds(self, api_versions: Collection[str], names: Collection[str]) -> Scheme:
        """The frozen scheme that also has the kinds on demand of some versions and names.

        Raises as `complete` does.
        """
        found = self._index.kinds_of(api_versions)
        return self._with(
            [
                kind
                for kind in found
                if any(
                    spoke.api_version in api_versions and spoke.options.kind in names
                    for spoke in kind.spokes
                )
            ]
        )

    def _with(self, on_demand: Sequence[HubKind]) -> Scheme:
        self.freeze()
        if not on_demand:
            return self
        scheme = Scheme()
        own = {spoke.gvk for kind in self.kinds for spoke in kind.spokes}
        # A kind that is served may have more versions on demand, with the same hub.
        fuller = {kind.hub: kind for kind in on_demand if own.intersection(_gvks(kind))}
        others = [kind for kind in on_demand if own.isdisjoint(_gvks(kind))]
        scheme.kinds = [*(fuller.get(kind.hub, kind) for kind in self.kinds), *others]
        return scheme._indexed()

    def knows(self, gv: GroupVersion) -> bool:
        """Whether a version has kinds that were added or are on demand, without loading any."""
        return gv.version in self.known_versions(gv.group)

    def known_groups(self) -> list[str]:
        """The groups of `groups`, and those that have kinds on demand."""
        return sorted({*self.groups(), *self._index.groups()})

    def known_versions(self, group: str) -> list[str]:
        """The versions of `versions`, and those that have kinds on demand."""
        return sorted({*self.versions(group), *self._index.versions(group)}, key=version_key)

    def spoke_of_resource(self, gvr: GroupVersionResource) -> Spoke:
        """The spoke that a URL's group, version and resource name. Raises `NotRegistered`."""
        found = self._by_gvr.get(gvr)
        if found is None:
            message = f'no resource "{gvr.resource}" is registered for "{gvr.group_version}"'
            raise NotRegistered(message, about=ObjectRef(gvr.group, gvr.version))
        return found

    def groups(self) -> list[str]:
        """The groups that have a version, the core group ("") first, then by name."""
        return sorted({spoke.gvk.group for spoke in self._by_gvk.values()})

    def versions(self, group: str) -> list[str]:
        """The versions of a group, the preferred one first."""
        found = {gvk.version for gvk in self._by_gvk if gvk.group == group}
        return sorted(found, key=version_key)

    def spokes(self, gv: GroupVersion) -> list[Spoke]:
        """The spokes of one group and version, by resource name."""
        found = [spoke for gvr, spoke in self._by_gvr.items() if gvr.group_version == gv]
        return sorted(found, key=lambda spoke: spoke.options.plural)


def _gvks(kind: HubKind) -> list[GroupVersionKind]:
    return [spoke.gvk for spoke in kind.spokes]
