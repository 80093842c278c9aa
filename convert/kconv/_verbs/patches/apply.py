"""A patch as a request carries it: its type by Content-Type, its document, how it applies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import DecodeError, TooLarge
from kconv._paths import format_path
from kconv._schema import Type
from kconv._scheme import Spoke
from kconv._structural import is_structural
from kconv._verbs.patches.jsonpatch import MEMBERS, OPERATIONS_LIMIT, apply_json_patch
from kconv._verbs.patches.merge import merge_patch
from kconv._verbs.patches.strategic import strategic_merge
from kconv._verbs.refusal import Refusal, bad_request

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
"""Server-side apply, which is read as a configuration and not as a patch."""

PATCH_TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH)

PRECONDITIONS = ("resourceVersion", "uid")
"""Metadata that says for which state of which object a write is meant."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch that was read: ``document`` is a list for a JSON patch, else a dict.

    ``warnings`` tell of keys that it repeats, and of members that operations do not have.
    """

    media_type: str
    document: Any
    warnings: tuple[str, ...] = ()

    @property
    def resource_version(self) -> str:
        """The resourceVersion that the patch insists on, or the empty string."""
        if not isinstance(self.document, dict):
            return ""
        metadata = self.document.get("metadata")
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        return version if isinstance(version, str) else ""

    @property
    def changes_nothing(self) -> bool:
        """Whether it says no more than for which state of an object it is meant.

        So clients have objects stored anew.
        """
        if self.media_type == JSON_PATCH or self.document.keys() - {"metadata"}:
            return False
        said = self.document.get("metadata", {})
        return isinstance(said, dict) and all(
            name in PRECONDITIONS and isinstance(value, str) for name, value in said.items()
        )

    @property
    def preconditions(self) -> Mapping[str, str]:
        """What one that `changes_nothing` says."""
        found: Mapping[str, str] = self.document.get("metadata", {})
        return found

    def apply(self, value: Mapping[str, Any], schema: type[Type]) -> dict[str, Any]:
        """The patched document; ``schema`` tells a strategic merge how lists combine.

        Raises `kconv._verbs.refusal.Refusal`: 400 for a patch that makes no sense, 422 for one
        that does not apply to this object.
        """
        if self.media_type == JSON_PATCH:
            patched = apply_json_patch(dict(value), self.document)
        elif self.media_type == MERGE_PATCH:
            patched = merge_patch(dict(value), self.document)
        else:
            patched = strategic_merge(dict(value), self.document, schema)
        if not isinstance(patched, dict):
            raise bad_request("the patched document is not an object")
        return patched


def patch_types(spoke: Spoke) -> Sequence[str]:
    """The types of patches that a version takes.

    How lists combine by a strategic merge, only types that are declared say; those of custom
    resources do not.
    """
    return (JSON_PATCH, MERGE_PATCH) if is_structural(spoke) else PATCH_TYPES


def read_patch(
    media_type: str, body: bytes, *, says: bool = False, types: Sequence[str] = PATCH_TYPES
) -> Patch:
    """Read the body of a PATCH request, of one of ``types``; ``says`` asks for warnings.

    Raises `kconv._verbs.refusal.Refusal`: 415 for a media type that is not supported, 400 for a
    body that is no such patch, 413 for one of more than 10,000 operations.
    """
    if media_type not in types:
        raise Refusal(
            "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
            + ", ".join((*types, APPLY_PATCH)),
        )
    try:
        document = json_codec.decode(body)
    except TooLarge:
        raise
    except DecodeError as error:
        raise bad_request(f"error decoding patch: {error.message}") from None
    if media_type == JSON_PATCH:
        if not isinstance(document, list):
            raise bad_request("error decoding patch: a JSON patch is a list of operations")
        if len(document) > OPERATIONS_LIMIT:
            raise Refusal(
                "RequestEntityTooLarge",
                "Request entity too large: "
                f"The allowed maximum operations in a JSON patch is {OPERATIONS_LIMIT}, "
                f"got {len(document)}",
            )
    elif not isinstance(document, dict):
        raise bad_request("error decoding patch: a merge patch is an object")
    return Patch(media_type, document, tuple(_warnings(media_type, document, body)) if says else ())


def _warnings(media_type: str, document: Any, body: bytes) -> Iterator[str]:
    prefix = ""
    if media_type == JSON_PATCH:
        prefix = "json patch "
        for index, operation in enumerate(document):
            for name in operation if isinstance(operation, dict) else ():
                if name not in MEMBERS:
                    yield f'{prefix}unknown field "{format_path((index, name))}"'
    for path in json_codec.duplicate_keys(body):
        yield f'{prefix}duplicate field "{format_path(path)}"'
