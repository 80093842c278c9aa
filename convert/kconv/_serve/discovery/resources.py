"""What both forms of discovery say about a resource."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterator

from kconv._gvk import GroupVersion, version_key
from kconv._scheme import HubKind, Scheme, Spoke
from kconv._serve import review_kinds
from kconv._verbs.kind_rules import is_review


def versions_of(scheme: Scheme, group: str, served: Collection[GroupVersion]) -> list[str]:
    """The versions of a group that are served, preferred first."""
    own = scheme.versions(group)
    reviews = [each for each in review_kinds.pipeline().scheme.versions(group) if each not in own]
    found = sorted([*own, *reviews], key=version_key)
    return [each for each in found if GroupVersion(group, each) in served]


def groups_of(scheme: Scheme, served: Collection[GroupVersion]) -> list[str]:
    """The groups with a served version, the core group (empty) included."""
    groups = {*scheme.groups(), *review_kinds.pipeline().scheme.groups()}
    return [group for group in sorted(groups) if versions_of(scheme, group, served)]


def spokes_of(scheme: Scheme, group_version: GroupVersion) -> list[Spoke]:
    """The resources of a version, by name."""
    found = [each for each in scheme.spokes(group_version) if not is_review(each.kind)]
    found += review_kinds.pipeline().scheme.spokes(group_version)
    return sorted(found, key=lambda spoke: spoke.options.plural)


def every_spoke(scheme: Scheme, served: Collection[GroupVersion]) -> Iterator[Spoke]:
    """The resources of all versions that are served, in no order; each is looked at once."""
    own = [kind for kind in scheme.kinds if not is_review(kind)]
    for kind in (*own, *review_kinds.pipeline().scheme.kinds):
        for spoke in kind.spokes:
            if spoke.served and spoke.gvk.group_version in served:
                yield spoke


def storage_version_hash(kind: HubKind, api_version: str) -> str:
    """The hash of what a kind is stored as, which tells a storage migrator that it changed.

    Kubernetes' own: the first 8 bytes of SHA-256 of group/version/kind, in base64.
    """
    group_version = GroupVersion.parse(api_version)
    spoke = kind.spoke_for(group_version)
    name = spoke.options.kind if spoke is not None else kind.options.kind
    text = f"{group_version.group}/{group_version.version}/{name}"
    return base64.b64encode(hashlib.sha256(text.encode()).digest()[:8]).decode()
