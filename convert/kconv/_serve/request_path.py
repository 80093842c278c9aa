"""What the path of a request means: ``/apis/<group>/<version>/namespaces/<ns>/<resource>/<name>``.

The rules are those of Kubernetes' ``RequestInfo``. ``/api/v1/watch/...`` is how old clients ask for
a watch, of one object, too.
"""

from __future__ import annotations

from collections.abc import Collection

from kconv._errors import NotRegistered
from kconv._gvk import GroupVersion, GroupVersionResource
from kconv._scheme import Scheme
from kconv._serve.review_kinds import spoke_at
from kconv._serve.status import no_such_page, no_such_path
from kconv._verbs.kind_rules import is_review
from kconv._verbs.refusal import check_place
from kconv._verbs.target import Target


def find_target(path: str, scheme: Scheme, served: Collection[GroupVersion]) -> Target:
    """The resource that ``path`` names.

    Raises `kconv._verbs.refusal.Refusal`: 404 for a path that names nothing that is served, 400 for
    a name or namespace that no object can have, which no database need be asked for.
    """
    steps = path.strip("/").split("/")
    if steps[0] == "api" and len(steps) > 2:
        group_version, rest = GroupVersion("", steps[1]), steps[2:]
    elif steps[0] == "apis" and len(steps) > 3:
        group_version, rest = GroupVersion(steps[1], steps[2]), steps[3:]
    else:
        raise no_such_page()
    if "" in steps[:3] or all(each.group != group_version.group for each in served):
        raise no_such_page()
    watched = rest[0] == "watch" and len(rest) > 1
    rest = rest[watched:]
    if rest[:2] == ["namespaces", ""] and len(rest) == 3:
        # No namespace is all of them.
        rest = rest[2:]
    if group_version not in served or "" in rest:
        raise no_such_path()
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    if len(rest) > 3:
        raise no_such_path()
    plural, name, subresource = (*rest, "", "")[:3]
    try:
        gvr = GroupVersionResource(group_version.group, group_version.version, plural)
        spoke = spoke_at(scheme, gvr)
    except NotRegistered:
        raise no_such_path() from None
    options = spoke.options
    if namespace and not options.namespaced:
        raise no_such_path()
    if name and options.namespaced and not namespace:
        raise no_such_path()
    if is_review(spoke.kind) and (name or watched):
        raise no_such_path()
    if subresource and subresource not in options.subresources:
        raise no_such_path()
    check_place(namespace, name)
    if watched and subresource:
        raise no_such_path()
    return Target(spoke, namespace, name, subresource, watched)
