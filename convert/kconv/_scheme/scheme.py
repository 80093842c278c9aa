"""`Scheme`: the registry of everything that is served, converted and stored."""

from __future__ import annotations

from kconv._document import Document, DocumentHub
from kconv._errors import NotRegistered, ObjectRef, SchemeError
from kconv._gvk import GroupVersion, GroupVersionKind, GroupVersionResource, version_key
from kconv._paths import Finding
from kconv._resource import Hub, Resource, options_of
from kconv._schema import Type
from kconv._scheme.freeze import freeze_kind, registration_problems
from kconv._scheme.losses import loses_to_hub, losses_of
from kconv._scheme.selectable import selectable_problems
from kconv._scheme.spoke import HubKind, Spoke
from kconv._scheme.types import type_problems
from kconv._seal import seal
from kconv.edges import Edge, Functions


class Scheme:
    """Kinds with their hubs and spokes.

    Fill it with `add`, then `freeze` it: that compares every version with its hub and refuses
    whatever would lose data or be ambiguous, so that it cannot come up with a request.
    """

    def __init__(self) -> None:
        self.kinds: list[HubKind] = []
        self.frozen = False
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
        twice, and (with ``deep``) every field whose declaration contradicts itself and every
        selectable field that does not exist.
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
                self._by_gvr[spoke.gvr] = spoke
                self._by_schema[spoke.schema] = spoke
        self.frozen = True
        return self

    def spoke(self, gvk: GroupVersionKind) -> Spoke:
        """The spoke of a group, version and kind. Raises `NotRegistered`."""
        found = self._by_gvk.get(gvk)
        if found is None:
            about = ObjectRef(gvk.group, gvk.version, gvk.kind)
            message = f'no kind "{gvk.kind}" is registered for version "{gvk.api_version}"'
            raise NotRegistered(message, about=about)
        return found

    def spoke_of_schema(self, schema: type[Resource] | type[Document]) -> Spoke:
        """The spoke that a class declares. Raises `NotRegistered`."""
        found = self._by_schema.get(schema)
        if found is None:
            name = f"{schema.__module__}.{schema.__qualname__}"
            raise NotRegistered(f"{name} is no version of a kind that the scheme has")
        return found

    def without_documents(self) -> Scheme:
        """The frozen scheme of the kinds that have Kubernetes' envelope: itself, if all have."""
        self.freeze()
        if not any(kind.document for kind in self.kinds):
            return self
        scheme = Scheme()
        scheme.kinds = [kind for kind in self.kinds if not kind.document]
        return scheme._indexed()

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
