"""Which API groups manifests use, so that only these are loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from kconv._errors import UsageError
from kconv._files.manifests import Manifest
from kconv._gvk import GroupVersion, GroupVersionKind
from kconv._scheme import Scheme, load_scheme
from kconv._scheme.load import installed_groups

WORTH_COMPILING = 40
"""From so many objects on, compiling their versions takes less time than it saves."""


def scheme_for(
    manifests: Sequence[Manifest],
    targets: Sequence[GroupVersion],
    apis: Sequence[str],
    scheme: Scheme | None = None,
    source: GroupVersionKind | None = None,
) -> Scheme:
    """The scheme of the API groups that the manifests and the target versions use.

    A ``scheme`` is taken as it is; ``source`` says what documents are. Raises `UsageError` for a
    target that it does not have.
    """
    if scheme is not None:
        scheme.freeze()
    elif source is not None:
        scheme = _of_groups({source.group, *(target.group for target in targets)}, apis)
    else:
        scheme = _smallest(manifests, targets, apis)
    for target in targets:
        if not scheme.knows(target):
            versions = scheme.known_versions(target.group)
            raise UsageError(f"no version {target}: {_instead(target, versions)}")
    return scheme


def _smallest(
    manifests: Sequence[Manifest], targets: Sequence[GroupVersion], apis: Sequence[str]
) -> Scheme:
    found = {_group(value) for manifest in manifests for value in _objects(manifest)}
    return _of_groups(found | {target.group for target in targets}, apis)


def _of_groups(found: set[str], apis: Sequence[str]) -> Scheme:
    scheme = load_scheme(found & set(installed_groups()), apis, deep=bool(apis))
    if not found <= set(scheme.known_groups()):
        # A group without a package of its own may hold versions of another group's kind.
        scheme = load_scheme(apis=apis)
    return scheme


def _instead(target: GroupVersion, versions: Sequence[str]) -> str:
    have = ", ".join(str(GroupVersion(target.group, version)) for version in versions)
    if not target.group:
        return f"the core group has {have or 'none'}; others are written as batch/v1 is"
    return f"there are {have}" if have else "`kconv versions` lists them"


def are_few(manifests: Sequence[Manifest]) -> bool:
    """Whether the objects of all manifests are converted before versions would be compiled."""
    objects = (1 for manifest in manifests for _ in _objects(manifest))
    return sum(islice(objects, WORTH_COMPILING)) < WORTH_COMPILING


def objects_in(manifests: Sequence[Manifest]) -> Iterator[dict[str, Any]]:
    """The objects of manifests, those of lists one by one."""
    for manifest in manifests:
        for value in _objects(manifest):
            if isinstance(value, dict):
                yield value


def _objects(manifest: Manifest) -> Iterator[Any]:
    for document in manifest.documents:
        value = document.value
        if not isinstance(value, dict):
            continue
        if is_list(value) and isinstance(value.get("items"), list):
            if value["kind"] != "List":
                yield value
            yield from (item for item in value["items"] if isinstance(item, dict))
        else:
            yield value


def is_list(value: dict[str, Any]) -> bool:
    """Whether a document is a List, or a list of one kind."""
    kind = value.get("kind")
    return isinstance(kind, str) and kind.endswith("List") and "items" in value


def _group(value: dict[str, Any]) -> str:
    api_version = value.get("apiVersion")
    group, slash, _ = str(api_version or "").partition("/")
    return group if slash else ""
