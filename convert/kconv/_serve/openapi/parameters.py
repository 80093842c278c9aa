"""The parameters of operations, and what each is for."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]

WRITE = ("dryRun", "fieldManager", "fieldValidation", "pretty")
READ = ("pretty", "resourceVersion")
SELECT = (
    "continue",
    "fieldSelector",
    "labelSelector",
    "limit",
    "resourceVersion",
    "resourceVersionMatch",
    "timeoutSeconds",
)
LIST = (*SELECT, "allowWatchBookmarks", "pretty", "sendInitialEvents", "watch")
DELETE = ("dryRun", "gracePeriodSeconds", "orphanDependents", "pretty", "propagationPolicy")

_WORDS = {
    "allowWatchBookmarks": "Whether a watch may be told how far it has seen everything.",
    "continue": "Where a list goes on: the token that its part before ended with.",
    "dryRun": "All: judge the request and answer as if it were done, but keep nothing.",
    "fieldManager": "Who writes, for managedFields; what the user agent says where it is absent.",
    "fieldSelector": "Only objects whose fields have these values, such as metadata.name=web.",
    "fieldValidation": "What becomes of unknown and repeated fields: Strict, Warn or Ignore.",
    "force": "Whether an apply takes fields over that others own.",
    "gracePeriodSeconds": "Seconds that an object is given to end; 0 is at once.",
    "labelSelector": "Only objects with these labels, such as app=web,tier!=back.",
    "limit": "How many objects a part of a list has at most.",
    "name": "The name of the object.",
    "namespace": "The namespace of the object.",
    "orphanDependents": "Whether what the object owns stays; propagationPolicy is newer.",
    "pretty": "Whether the answer is laid out for people.",
    "propagationPolicy": "What becomes of what the object owns: Foreground, Background, Orphan.",
    "resourceVersion": "The state that is asked for, or that a watch begins after.",
    "resourceVersionMatch": "How the state may differ from it: Exact or NotOlderThan.",
    "sendInitialEvents": "Whether a watch begins with the objects that are there.",
    "timeoutSeconds": "After how many seconds a watch ends.",
    "watch": "Answer with changes, one event after another, instead of a list.",
}
_TYPES = {
    **dict.fromkeys(
        ("allowWatchBookmarks", "force", "orphanDependents", "sendInitialEvents", "watch"),
        "boolean",
    ),
    **dict.fromkeys(("gracePeriodSeconds", "limit", "timeoutSeconds"), "integer"),
}


def in_query(name: str) -> Document:
    """A parameter of the query."""
    schema = {"type": _TYPES.get(name, "string"), "uniqueItems": True}
    return {"name": name, "in": "query", "description": _WORDS[name], "schema": schema}


def in_path(path: str) -> list[Document]:
    """The parameters of a path, as all its operations have them."""
    schema = {"type": "string", "uniqueItems": True}
    return [
        {
            "name": each,
            "in": "path",
            "description": _WORDS[each],
            "required": True,
            "schema": schema,
        }
        for each in ("name", "namespace")
        if f"{{{each}}}" in path
    ]
