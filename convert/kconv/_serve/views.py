"""Other views of the same answer: metadata only, lists, tables."""

from __future__ import annotations

from typing import Any

from kconv._scheme import Spoke
from kconv._serve.negotiation import Accepted, not_acceptable
from kconv._serve.objects import Objects
from kconv._serve.resource_request import Answer
from kconv._serve.tables import table_of

Document = dict[str, Any]


def metadata_only(document: Document, version: str) -> Document:
    """An object's metadata, as ``PartialObjectMetadata`` of meta.k8s.io.

    ``document`` is the object in any version, or its hub value.
    """
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": document["metadata"],
    }


def represent(
    answer: Answer, accepted: Accepted, include_object: str, objects: Objects
) -> Document:
    """An answer as the client asked for it; a Status is shown as it is.

    Metadata on its own is that of the hub, without what a version adds to carry its fields.

    Raises `kconv._serve.status.Refusal` (406) where the view does not fit the answer.
    """
    spoke = answer.spoke
    if spoke is None:
        return answer.document

    def metadata_of(of: Spoke, document: Document) -> Document:
        metadata: Document = document["metadata"]
        return metadata if answer.raw else objects.hub_metadata(of, document)

    if accepted.view == "Table":
        rows = [answer.document] if answer.items is None else list(answer.items)
        return table_of(
            spoke,
            rows,
            _table_metadata(answer),
            accepted.view_version,
            include=include_object,
            metadata_of=metadata_of,
            readable=not answer.raw,
        )
    if answer.items is None:
        if accepted.view == "PartialObjectMetadataList":
            raise not_acceptable()
        if accepted.view == "PartialObjectMetadata":
            return metadata_only(
                {"metadata": metadata_of(spoke, answer.document)}, accepted.view_version
            )
        return answer.document
    if accepted.view == "PartialObjectMetadata":
        raise not_acceptable()
    if accepted.view:
        return {
            "kind": "PartialObjectMetadataList",
            "apiVersion": f"meta.k8s.io/{accepted.view_version}",
            "metadata": answer.document["metadata"],
            "items": [
                metadata_only(
                    {"metadata": objects.hub_metadata(spoke, item)}, accepted.view_version
                )
                for item in answer.items
            ],
        }
    return {**answer.document, "items": [_bare(item) for item in answer.items]}


def _table_metadata(answer: Answer) -> Document:
    metadata = answer.document["metadata"]
    if answer.items is None:
        return {"resourceVersion": metadata.get("resourceVersion", "")}
    return dict(metadata)


def _bare(item: Document) -> Document:
    """An object within a list, whose kind and apiVersion are the list's to say."""
    return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}
