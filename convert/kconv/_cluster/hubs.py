"""Objects of a cluster, compared through the hub of their kind: what API packages know of them.

The cluster converts. Where a package has the kind, what the cluster shows in one version is held
against what it shows in another: each is decoded as that version, and the rules of the package say
what the one is in the other. What differs is found, and judged, as any loss is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple

import msgspec

from kconv._cluster.definition import Definition
from kconv._cluster.differing import Differing, Problem, as_findings, in_words, of_loss
from kconv._cluster.kinds import Shown, content_of
from kconv._errors import KconvError, NotRegistered
from kconv._gvk import GroupVersionKind
from kconv._pipeline import Decoded, HubObject, Lost, Pipeline
from kconv._pipeline.object_loss import (
    as_read,
    converts_to,
    hub_differences,
    is_on_way,
    lost,
    not_back,
)
from kconv._scheme import Scheme, Spoke, installed_groups, load_scheme
from kconv._scheme.ledger import losses_between

_ANNOTATIONS: Final = ("metadata", "annotations")
_PAIR: Final = 2


class View(NamedTuple):
    """An object as a version shows it, and what that is in the hub."""

    version: str
    decoded: Decoded
    hub: HubObject


class Hubs:
    """The kinds that API packages know, for the resources of a cluster; or none of them."""

    def __init__(self, scheme: Scheme | None = None) -> None:
        self._pipeline = None if scheme is None else Pipeline(scheme)
        self._spokes: dict[GroupVersionKind, Spoke | None] = {}

    def knows(self, definition: Definition) -> list[str]:
        """The versions of a resource that are served, and that a package has."""
        return [each for each in definition.served if self._spoke(definition, each) is not None]

    def how(self, definition: Definition) -> str:
        """How versions of a resource are compared, for people; empty where no package is loaded."""
        if self._pipeline is None:
            return ""
        known = self.knows(definition)
        others = [each for each in definition.served if each not in known]
        if len(known) < _PAIR:
            return f"{definition.name}: no API package has it in two versions: compared by value"
        rest = f", {', '.join(others)} by value" if others else ""
        return f"{definition.name}: {', '.join(known)} are compared through the hub{rest}"

    def disagreement(
        self, definition: Definition, items: Mapping[str, Mapping[str, Any]], shown: Shown
    ) -> Problem:
        """In what versions of an object do not say the same.

        ``items`` are what the cluster says that it is in each version, and ``shown`` that with its
        defaults. No disagreement are what rules acknowledge as lost or keep elsewhere, what a
        version has by its defaults, and other spellings of a value.
        """
        known = [each for each in self.knows(definition) if each in items]
        if len(known) < _PAIR:
            return Problem()
        views = []
        for version in known:
            content = shown[version]
            if definition.defaults.get(version):
                # It has them once it is stored in this version; the others know nothing of that.
                content = content_of(items[version], definition, version, fill=False)
            try:
                views.append(self._view(definition, version, content))
            except KconvError as error:
                said = f"as {version} shows it, the API package cannot read it: {error.message}"
                return Problem(said)
        found: list[Differing] = []
        failed = []
        for one, other in combinations(views, _PAIR):
            try:
                found += self._difference(one, other)
            except KconvError as error:
                failed.append(
                    f"{one.version} and {other.version} cannot be compared: {error.message}"
                )
        said = "; ".join(filter(None, [in_words(found), *failed]))
        said = said and f"{said}: mend the conversion, or the API package"
        return Problem(said, as_findings(found))

    def changes(
        self,
        definition: Definition,
        versions: tuple[str, str],
        before: Mapping[str, Any],
        there: Mapping[str, Any],
        back: Mapping[str, Any],
    ) -> list[Lost] | None:
        """What an object lost on its way from one of two versions to the other, and back.

        What rules acknowledge has their reason. None where no package knows both versions, or not
        all the fields of the object: then values have to be compared.
        """
        source, target = (self._spoke(definition, each) for each in versions)
        if self._pipeline is None or source is None or target is None:
            return None
        if any(self._pipeline.unknown(source, dict(before))):
            return None
        try:
            one, other, again = (
                self._view(definition, version, msgspec.json.encode(each))
                for version, each in zip(
                    (*versions, versions[0]), (before, there, back), strict=True
                )
            )
            found = [] if not self._difference(one, other) else list(self._findings(one, other))
            known = {each.path for each in found}
            if any(hub_differences(one.hub, again.hub)):
                lost_by_then = not_back(one.decoded, again.decoded, target)
                found += [each for each in lost_by_then if each.path not in known]
        except KconvError:
            return None
        return found

    def is_same(self, definition: Definition, version: str, before: bytes, after: bytes) -> bool:
        """Whether two states of an object in one version are the same in the hub.

        They are not where they have fields that the package does not: those are compared by value.
        """
        spoke = self._spoke(definition, version)
        if self._pipeline is None or spoke is None:
            return False
        if any(
            self._pipeline.unknown(spoke, msgspec.json.decode(each)) for each in (before, after)
        ):
            return False
        try:
            one, other = (self._view(definition, version, each) for each in (before, after))
        except KconvError:
            return False
        return not any(hub_differences(one.hub, other.hub))

    def _spoke(self, definition: Definition, version: str) -> Spoke | None:
        if self._pipeline is None:
            return None
        gvk = GroupVersionKind(definition.group, version, definition.kind)
        if gvk not in self._spokes:
            try:
                self._spokes[gvk] = self._pipeline.scheme.spoke(gvk)
            except NotRegistered:
                self._spokes[gvk] = None
        return self._spokes[gvk]

    def _view(self, definition: Definition, version: str, content: bytes) -> View:
        assert self._pipeline is not None
        spoke = self._spoke(definition, version)
        decoded = self._pipeline.decode(content, spoke=spoke, trusted=True)
        return View(version, decoded, self._pipeline.to_hub(decoded))

    def _difference(self, one: View, other: View) -> list[Differing]:
        """In what two versions do not say the same, by the paths of the one that says more."""
        if not any(hub_differences(one.hub, other.hub)):
            return []
        if self._makes(one, other) or self._makes(other, one):
            return []
        for said, heard in ((one, other), (other, one)):
            found = list(self._findings(said, heard))
            if found:
                return [of_loss(said.version, heard.version, each) for each in found]
        return []

    def _makes(self, one: View, other: View) -> bool:
        """Whether the one is in the other version what the other is."""
        assert self._pipeline is not None
        try:
            made = as_read(self._pipeline, self._pipeline.from_hub(one.hub, other.decoded.spoke))
            again = self._pipeline.to_hub(made)
        except KconvError:
            return False
        return not any(hub_differences(again, other.hub))

    def _findings(self, said: View, heard: View) -> Iterator[Lost]:
        """What one version says that does not come back from the other, though it should."""
        assert self._pipeline is not None
        target = heard.decoded.spoke
        declared = list(losses_between(said.decoded.spoke, target))
        kept = [loss for loss in declared if loss.kept]
        names = {loss.kept for loss in kept}
        _, unavoidable = converts_to(self._pipeline, said.decoded, target)
        own = {each.path for each in unavoidable}
        # A webhook may keep in an annotation of its own what kconv keeps in another.
        keeps_elsewhere = _annotations(heard) - _annotations(said) - names
        for each in lost(self._pipeline, said.decoded, heard.decoded):
            if each.reason or each.path in own:
                continue
            if each.path[:2] == _ANNOTATIONS and not names.intersection(each.path[2:3]):
                continue
            if keeps_elsewhere and any(is_on_way(loss.path, each.path) for loss in kept):
                continue
            yield each


def hubs_of(definitions: Collection[Definition], apis: Sequence[str]) -> Hubs:
    """What the installed API packages, and ``apis`` beside them, know of some resources.

    Raises what `load_scheme` raises.
    """
    groups = {each.group for each in definitions}
    if not apis and groups.isdisjoint(installed_groups()):
        return Hubs()
    return Hubs(load_scheme(groups, apis))


def _annotations(view: View) -> set[str]:
    metadata: Mapping[str, Any] = view.decoded.value.get("metadata") or {}
    return {*(metadata.get("annotations") or ())}
