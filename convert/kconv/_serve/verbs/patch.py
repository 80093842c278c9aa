"""Patch: PATCH of an object or of its status, as JSON patch, merge patch or strategic merge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kconv._errors import InvalidObject, Problem
from kconv._pipeline import Decoded
from kconv._pipeline.view import View
from kconv._serve.metadata import check_metadata
from kconv._serve.negotiation import media_type_of
from kconv._serve.options import write_options
from kconv._serve.patch import read_patch
from kconv._serve.resource_request import Answer, Call
from kconv._serve.verbs.replace import Replacement, replace_object, with_retries
from kconv._serve.verbs.request_body import refuse_invalid
from kconv._serve.verbs.update import check_names, check_version


def patch(call: Call) -> Answer:
    """Apply the patch in the body to the object that the URL names.

    A patch without a resourceVersion is applied again when another write gets in between.
    Raises `Refusal` and `kconv._errors.KconvError`.
    """
    read = read_patch(media_type_of(call.content_type), call.body)
    options = write_options(call.query, "PatchOptions")
    pipeline = call.objects.pipeline

    def before_rules(meta: dict[str, Any]) -> Iterator[Problem]:
        return check_metadata(meta, call.kind)

    def attempt() -> Answer:
        current = call.objects.get(call.kind, call.target.namespace, call.target.name)
        # A patch is applied to a document.
        document = call.encoded(current.stored, current).document
        patched = read.apply(document, call.spoke.schema)
        metadata = patched.get("metadata")
        meta = metadata if isinstance(metadata, dict) else {}
        check_version(call, {k: v for k, v in meta.items() if isinstance(v, str)}, current)
        try:
            decoded = pipeline.load(
                patched, spoke=call.spoke, field_validation=options.field_validation
            )
        except InvalidObject as error:
            raise refuse_invalid(call, patched, error, before_rules) from None
        check_names(call, View(View(decoded.native)["metadata"]))
        if not read.resource_version:
            decoded = _unversioned(decoded)
        made = replace_object(call, Replacement(current, decoded, options.dry_run))
        return Answer(encoded=made, spoke=call.spoke, warnings=decoded.warnings)

    return attempt() if read.resource_version else with_retries(attempt)


def _unversioned(decoded: Decoded) -> Decoded:
    fresh = View(decoded.native).copied()
    metadata = View(fresh["metadata"]).copied()
    metadata.pop("resourceVersion", None)
    fresh["metadata"] = metadata.native
    return Decoded(decoded.spoke, fresh.native, decoded.warnings)
