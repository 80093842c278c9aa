"""The ids of operations, as Kubernetes makes them: clients are generated with them as names."""

from __future__ import annotations

import re

from kconv._gvk import GroupVersion

_WORDS = {
    "list": "list",
    "post": "create",
    "get": "read",
    "put": "replace",
    "patch": "patch",
    "delete": "delete",
    "deletecollection": "delete",
}


def operation_id(
    action: str,
    group_version: GroupVersion,
    kind: str,
    *,
    namespaced: bool,
    subresource: str = "",
    all_namespaces: bool = False,
) -> str:
    """``listBatchV1NamespacedCronJob``, ``readCoreV1NamespaceStatus``."""
    of_many = "Collection" if action == "deletecollection" else ""
    scope = "Namespaced" if namespaced and not all_namespaces else ""
    end = "ForAllNamespaces" if all_namespaces else ""
    what = f"{of_many}{scope}{kind}{subresource.capitalize()}{end}"
    return f"{_WORDS[action]}{version_word(group_version)}{what}"


def version_word(group_version: GroupVersion) -> str:
    """``BatchV1``, ``CoreV1``, ``RbacAuthorizationV1``, ``ExampleComV1alpha1``."""
    return group_word(group_version.group) + group_version.version.capitalize()


def group_word(group: str) -> str:
    """``Batch``, ``Core``, ``RbacAuthorization``, ``ExampleCom``."""
    name = (group or "core").removesuffix(".k8s.io")
    return "".join(each.capitalize() for each in re.split(r"[.-]", name))
