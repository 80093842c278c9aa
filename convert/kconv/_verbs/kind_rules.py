"""Server-side rules of particular kinds, beyond their schemas.

Kubernetes keeps such rules in each kind's registry strategy. A kind that is not named here gets
the rules that custom resources have.
"""

from __future__ import annotations

from kconv._gvk import GroupResource, GroupVersionKind
from kconv._scheme import HubKind

NAMESPACES = GroupResource("", "namespaces")


def _by_name(*resources: GroupResource) -> dict[str, frozenset[str]]:
    """The groups of resources, by their names: found sooner than one among others."""
    names = {each.resource for each in resources}
    return {
        name: frozenset(each.group for each in resources if each.resource == name) for name in names
    }


def _is_among(kind: HubKind, resources: dict[str, frozenset[str]]) -> bool:
    resource = kind.group_resource
    return resource.group in resources.get(resource.resource, ())


_NAMESPACES = _by_name(NAMESPACES)
_WITHOUT_GENERATION = _by_name(NAMESPACES, GroupResource("autoscaling", "horizontalpodautoscalers"))
_EVENTS = _by_name(GroupResource("", "events"), GroupResource("events.k8s.io", "events"))
_REVIEWS = _by_name(
    GroupResource("authentication.k8s.io", "selfsubjectreviews"),
    GroupResource("authentication.k8s.io", "tokenreviews"),
    GroupResource("authorization.k8s.io", "localsubjectaccessreviews"),
    GroupResource("authorization.k8s.io", "selfsubjectaccessreviews"),
    GroupResource("authorization.k8s.io", "selfsubjectrulesreviews"),
    GroupResource("authorization.k8s.io", "subjectaccessreviews"),
)

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
SUBRESOURCE_VERBS = ("get", "patch", "update")


def subresource_kind(gvk: GroupVersionKind, subresource: str) -> GroupVersionKind:
    """What a subresource is served as: all but ``scale`` as the object itself."""
    return GroupVersionKind("autoscaling", "v1", "Scale") if subresource == "scale" else gvk


def subresource_verbs(subresource: str) -> tuple[str, ...]:
    """The verbs of a subresource; finalize is for updates only."""
    return ("update",) if subresource == "finalize" else SUBRESOURCE_VERBS


def has_status(kind: HubKind) -> bool:
    """Whether status is written through its own subresource, and only there."""
    for spoke in kind.spokes:  # noqa: SIM110 - every write asks; a generator takes three times as long
        if "status" in spoke.options.subresources:
            return True
    return False


def has_generation(kind: HubKind) -> bool:
    """Whether ``metadata.generation`` counts the changes of what is desired.

    Kinds with a status subresource have it, but for a few of Kubernetes' own that never did.
    """
    return has_status(kind) and not _is_among(kind, _WITHOUT_GENERATION)


def is_kubernetes(kind: HubKind) -> bool:
    """Whether this is a kind of Kubernetes' own: of a group with no domain, or of its."""
    group = kind.group_resource.group
    return "." not in group or group.endswith(".k8s.io")


def is_event(kind: HubKind) -> bool:
    """Whether this is the kind Event, of either group."""
    return _is_among(kind, _EVENTS)


def is_named_freely(kind: HubKind) -> bool:
    """Whether a name may be anything that a path can hold: of events, and of roles."""
    return is_event(kind) or kind.group_resource.group == "rbac.authorization.k8s.io"


def reads_namespace(kind: HubKind) -> bool:
    """Whether rules of the kind look at the namespace, which the server may have to fill in."""
    return _is_among(kind, _EVENTS)


def is_namespace(kind: HubKind) -> bool:
    """Whether this is the kind Namespace of the core group."""
    return _is_among(kind, _NAMESPACES)


def is_review(kind: HubKind) -> bool:
    """Whether objects of the kind are questions, which are answered and not stored."""
    return _is_among(kind, _REVIEWS)


def verbs_of(kind: HubKind) -> tuple[str, ...]:
    """The verbs that discovery lists; namespaces are not deleted by collection."""
    if is_review(kind):
        return ("create",)
    if is_namespace(kind):
        return tuple(verb for verb in ALL_VERBS if verb != "deletecollection")
    return ALL_VERBS
