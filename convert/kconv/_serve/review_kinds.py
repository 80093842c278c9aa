"""The kinds that ask the server who somebody is and may do: created, answered, and never stored.

Every server has them, whatever else it serves; they are in no scheme of a user's, and in no record
of storage versions. Their types are those of the installed API packages, by their index.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from kconv._errors import NotRegistered
from kconv._gvk import GroupVersion, GroupVersionResource
from kconv._pipeline import Pipeline
from kconv._resource import hub_of
from kconv._scheme import Scheme, Spoke, load_scheme
from kconv._verbs.kind_rules import is_review
from kconv.edges import Edge

_KINDS: Final = {
    GroupVersion("authentication.k8s.io", "v1"): ("SelfSubjectReview", "TokenReview"),
    GroupVersion("authorization.k8s.io", "v1"): (
        "LocalSubjectAccessReview",
        "SelfSubjectAccessReview",
        "SelfSubjectRulesReview",
        "SubjectAccessReview",
    ),
}

VERSIONS = frozenset(_KINDS)


@cache
def pipeline() -> Pipeline:
    """The pipeline of these kinds, and of no others.

    Raises `NotRegistered` where no installed package has them.
    """
    scheme = Scheme()
    for version, kinds in _KINDS.items():
        installed = load_scheme([version.group])
        for kind in kinds:
            schema = installed.spoke(version.kind(kind)).schema
            scheme.add(hub_of(schema), Edge(schema), storage=str(version))
    return Pipeline(scheme.freeze())


def spoke_at(scheme: Scheme, gvr: GroupVersionResource) -> Spoke:
    """What is served as a resource: one of these kinds, or else one of the scheme.

    Raises `NotRegistered`.
    """
    try:
        return pipeline().scheme.spoke_of_resource(gvr)
    except NotRegistered:
        found = scheme.spoke_of_resource(gvr)
        if is_review(found.kind):
            raise
        return found
