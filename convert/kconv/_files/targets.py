"""Which version an object is converted to where nobody names one."""

from __future__ import annotations

from collections.abc import Sequence

from kconv._files.releases import Releases
from kconv._gvk import version_key
from kconv._scheme import Spoke


def served(spoke: Spoke, releases: Releases) -> Spoke | None:
    """The version that a release serves for objects of another one, or None if it serves theirs.

    None too where it serves no version of the kind.
    """
    if releases.serves(spoke.api_version, spoke.options.kind):
        return None
    there = [
        each for each in spoke.kind.spokes if releases.serves(each.api_version, each.options.kind)
    ]
    return preferred(spoke, there) if there else None


def preferred(spoke: Spoke, among: Sequence[Spoke] | None = None) -> Spoke:
    """The preferred spoke of a kind for objects of one of its versions.

    It is in their own group, unless the group that the kind has moved to has a more stable one.
    """
    kind, name = spoke.kind, spoke.options.kind
    spokes = kind.spokes if among is None else among
    groups = (spoke.gvk.group, kind.options.group)
    best = [
        min(found, key=lambda each: version_key(each.options.version))
        for group in groups
        if (found := [each for each in spokes if each.gvk.group == group])
    ] or [spokes[0]]
    chosen = min(best, key=lambda each: version_key(each.options.version)[0])
    return kind.spoke_for(chosen.group_version, name) or chosen
