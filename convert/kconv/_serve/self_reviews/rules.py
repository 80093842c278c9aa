"""All that somebody may do in a namespace, as the rules of a SelfSubjectRulesReview."""

from __future__ import annotations

from typing import Any

from kconv._serve.auth import User
from kconv._serve.proxy import PROXY_VERBS
from kconv._serve.self_reviews.served import offered, paths
from kconv._serve.server import Server

Rule = dict[str, Any]


def rules_of(server: Server, caller: User, namespace: str) -> dict[str, Any]:
    """The status of the review; resources with the same verbs are in one rule."""
    verbs: dict[tuple[str, str], set[str]] = {}
    for each in offered(server):
        if each.is_proxy:
            continue
        verbs.setdefault((each.group, each.title), set()).update(each.verbs)
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (group, title), known in verbs.items():
        alike.setdefault((group, tuple(sorted(known))), []).append(title)
    rules: list[Rule] = [
        {"verbs": list(own), "apiGroups": [group], "resources": sorted(titles)}
        for (group, own), titles in sorted(alike.items())
    ]
    reach = server.proxy.reach(caller, namespace, "") if server.proxy is not None else None
    if reach is not None and reach.open:
        rules.append(
            {
                "verbs": list(PROXY_VERBS),
                "apiGroups": [""],
                "resources": ["services/proxy"],
                "resourceNames": [name for _, name in reach.open],
            }
        )
    urls = [{"verbs": ["get"], "nonResourceURLs": paths(server)}]
    return {"resourceRules": rules, "nonResourceRules": urls, "incomplete": False}
