"""The kinds that ask the server who somebody is and may do: created, answered, and never stored.

Every server has them, whatever else it serves; they are in no scheme of a user's, and in no record
of storage versions.
"""

from __future__ import annotations

from functools import cache

from kconv._errors import NotRegistered
from kconv._gvk import GroupVersion, GroupVersionResource
from kconv._pipeline import Pipeline
from kconv._resource import Resource, hub_of
from kconv._schema import Type
from kconv._scheme import Scheme, Spoke
from kconv._verbs.kind_rules import is_review
from kconv.edges import Edge
from kconv.fields import Boolean, List, Map, Object, String
from kconv.meta import FieldSelectorRequirement, LabelSelectorRequirement

AUTHENTICATION = GroupVersion("authentication.k8s.io", "v1")
AUTHORIZATION = GroupVersion("authorization.k8s.io", "v1")
VERSIONS = frozenset({AUTHENTICATION, AUTHORIZATION})


class UserInfo(Type):
    """Somebody whom the server knows."""

    extra = Map(List(String()))
    groups = List(String(), list_type="atomic")
    uid = String()
    username = String()


class SelfSubjectReviewStatus(Type):
    """Who asked."""

    userInfo = Object(UserInfo)


class SelfSubjectReview(Resource):
    """Asks who the caller is."""

    class Meta:
        group, version = AUTHENTICATION.group, AUTHENTICATION.version
        plural = "selfsubjectreviews"
        namespaced = False
        subresources = ()

    status = Object(SelfSubjectReviewStatus)


class TokenReviewSpec(Type):
    """A token, and whom it is to be for."""

    audiences = List(String(), list_type="atomic")
    token = String()


class TokenReviewStatus(Type):
    """Whose token it is."""

    audiences = List(String(), list_type="atomic")
    authenticated = Boolean()
    error = String()
    user = Object(UserInfo)


class TokenReview(Resource):
    """Asks whose a token is."""

    class Meta:
        group, version = AUTHENTICATION.group, AUTHENTICATION.version
        plural = "tokenreviews"
        namespaced = False
        subresources = ()

    spec = Object(TokenReviewSpec, load_default=dict)
    status = Object(TokenReviewStatus, load_default=dict)


class FieldSelectorAttributes(Type):
    """Which objects are meant, by their fields."""

    rawSelector = String()
    requirements = List(Object(FieldSelectorRequirement), list_type="atomic")


class LabelSelectorAttributes(Type):
    """Which objects are meant, by their labels."""

    rawSelector = String()
    requirements = List(Object(LabelSelectorRequirement), list_type="atomic")


class ResourceAttributes(Type):
    """A verb, and the resource or object that it is for; ``*`` is every one."""

    fieldSelector = Object(FieldSelectorAttributes)
    group = String()
    labelSelector = Object(LabelSelectorAttributes)
    name = String()
    namespace = String()
    resource = String()
    subresource = String()
    verb = String()
    version = String()


class NonResourceAttributes(Type):
    """An HTTP method in lower case, and a path that is no resource's."""

    path = String()
    verb = String()


class SelfSubjectAccessReviewSpec(Type):
    """What the caller would do: one of the two."""

    nonResourceAttributes = Object(NonResourceAttributes)
    resourceAttributes = Object(ResourceAttributes)


class SubjectAccessReviewStatus(Type):
    """Whether the server would let them, and why not."""

    allowed = Boolean(required=True, load_default=False)
    denied = Boolean()
    evaluationError = String()
    reason = String()


class SelfSubjectAccessReview(Resource):
    """Asks whether the caller may do something."""

    class Meta:
        group, version = AUTHORIZATION.group, AUTHORIZATION.version
        plural = "selfsubjectaccessreviews"
        namespaced = False
        subresources = ()

    spec = Object(SelfSubjectAccessReviewSpec, load_default=dict)
    status = Object(SubjectAccessReviewStatus, load_default=dict)


class NonResourceRule(Type):
    """Verbs, and the paths that they may be used on."""

    nonResourceURLs = List(String(), list_type="atomic")
    verbs = List(String(), list_type="atomic", required=True, load_default=list)


class ResourceRule(Type):
    """Verbs, and the resources that they may be used on."""

    apiGroups = List(String(), list_type="atomic")
    resourceNames = List(String(), list_type="atomic")
    resources = List(String(), list_type="atomic")
    verbs = List(String(), list_type="atomic", required=True, load_default=list)


class SelfSubjectRulesReviewSpec(Type):
    """Where the caller would do something."""

    namespace = String()


class SubjectRulesReviewStatus(Type):
    """All that they may do there."""

    evaluationError = String()
    incomplete = Boolean(load_default=False)
    nonResourceRules = List(
        Object(NonResourceRule), list_type="atomic", required=True, load_default=list
    )
    resourceRules = List(Object(ResourceRule), list_type="atomic", required=True, load_default=list)


class SelfSubjectRulesReview(Resource):
    """Asks what the caller may do in a namespace."""

    class Meta:
        group, version = AUTHORIZATION.group, AUTHORIZATION.version
        plural = "selfsubjectrulesreviews"
        namespaced = False
        subresources = ()

    spec = Object(SelfSubjectRulesReviewSpec, load_default=dict)
    status = Object(SubjectRulesReviewStatus)


_KINDS = (SelfSubjectReview, TokenReview, SelfSubjectAccessReview, SelfSubjectRulesReview)


@cache
def pipeline() -> Pipeline:
    """The pipeline of these kinds, and of no others."""
    scheme = Scheme()
    for schema in _KINDS:
        meta = schema.Meta
        scheme.add(hub_of(schema), Edge(schema), storage=f"{meta.group}/{meta.version}")
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
