"""Other views of the same answer: metadata only, lists, tables."""

from __future__ import annotations

from typing import Any

from kconv._scheme import Spoke
from kconv._serve.negotiation import Accepted
from kconv._serve.tables import Shown, table_of
from kconv._structural import is_structural
from kconv._verbs.answer import Answer
from kconv._verbs.refusal import Refusal

Document = dict[str, Any]


def metadata_only(metadata: Document, version: str) -> Document:
    """An object's metadata, as ``PartialObjectMetadata`` of meta.k8s.io."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
    }


def represent(answer: Answer, accepted: Accepted, include_object: str) -> Document:
    """An answer as a document, in the view that the client asked for; a Status stays as it is.

    Metadata on its own is that of the hub, without what a version adds to carry its fields.

    Raises `kconv._verbs.refusal.Refusal` (406) where the view does not fit the answer.
    """
    spoke = answer.spoke
    if spoke is None:
        return answer.document
    objects = _objects(answer)
    if accepted.view == "Table":
        return table_of(
            spoke,
            objects,
            _table_metadata(answer, objects),
            accepted.view_version,
            include=include_object,
            readable=not answer.raw,
        )
    is_list = answer.items is not None
    if accepted.view == ("PartialObjectMetadata" if is_list else "PartialObjectMetadataList"):
        raise _other_shape(spoke, accepted.view, is_list=is_list)
    if not is_list:
        document, metadata = objects[0]
        return metadata_only(metadata, accepted.view_version) if accepted.view else document
    if not accepted.view:
        bare = _whole if is_structural(spoke) else _bare
        return {**answer.document, "items": [bare(document) for document, _ in objects]}
    return {
        "kind": "PartialObjectMetadataList",
        "apiVersion": f"meta.k8s.io/{accepted.view_version}",
        "metadata": answer.document["metadata"],
        "items": [metadata_only(metadata, accepted.view_version) for _, metadata in objects],
    }


def _other_shape(spoke: Spoke, view: str, *, is_list: bool) -> Refusal:
    """406: a view of lists for an object, or the other way round; Kubernetes names its Go type."""
    package = spoke.gvk.group.partition(".")[0] or "core"
    kind = spoke.options.list_kind if is_list else spoke.gvk.kind
    shape = "a list" if is_list else "not a list"
    message = f"you requested {view}, but the requested object is {shape} (*{package}.{kind})"
    return Refusal("NotAcceptable", message)


def _objects(answer: Answer) -> list[Shown]:
    """The objects of an answer as documents, and their metadata in the hub."""
    if answer.items is None and answer.encoded is None:
        return [(answer.document, answer.document["metadata"])]
    items = [answer.encoded] if answer.encoded is not None else answer.items or ()
    found = []
    for item in items:
        document = item.document
        found.append((document, item.metadata(document)))
    return found


def _table_metadata(answer: Answer, objects: list[Shown]) -> Document:
    if answer.items is None:
        version = objects[0][0]["metadata"].get("resourceVersion")
        return {"resourceVersion": version} if version else {}
    return dict(answer.document["metadata"])


def _whole(item: Document) -> Document:
    """A custom resource within a list, which says what it is there, too."""
    return item


def _bare(item: Document) -> Document:
    """An object within a list, whose kind and apiVersion are the list's to say."""
    return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}
