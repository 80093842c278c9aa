"""Patch: a change to an object or its status, as JSON patch, merge patch or strategic merge."""

from __future__ import annotations

from kconv._errors import DecodeError, InvalidObject
from kconv._paths import INVALID, Finding
from kconv._pipeline import Decoded
from kconv._pipeline.view import metadata_of
from kconv._verbs.answer import Answer
from kconv._verbs.body import InvalidBody, without_status
from kconv._verbs.call import Call
from kconv._verbs.current import Current
from kconv._verbs.metadata_rules import check_metadata
from kconv._verbs.options import WriteOptions
from kconv._verbs.patches import Patch
from kconv._verbs.refusal import Refusal, invalid
from kconv._verbs.replace import Replacement, findings_about, replace_object
from kconv._verbs.retrying import insists, with_retries
from kconv._verbs.store_anew import stays, store_anew
from kconv._verbs.update import check_names, check_version


async def patch(call: Call, read: Patch, options: WriteOptions) -> Answer:
    """Apply a patch to the object that the call is for.

    A patch without a resourceVersion is applied again when another write gets in between.
    Raises `Refusal` and `kconv._errors.KconvError`.
    """
    pipeline = call.objects.pipeline
    is_empty = read.changes_nothing and not (read.warnings or options.dry_run)

    def patched(current: Current) -> Decoded:
        # A patch is applied to a document.
        call.warnings.clear()
        before = call.encoded(current.row, current).document
        document = read.apply(before, call.spoke.schema)
        if read.warnings and options.field_validation == "Strict":
            raise does_not_fit(call, f"strict decoding error: {', '.join(read.warnings)}")
        call.warnings.extend(read.warnings)
        metadata = document.get("metadata")
        meta = metadata if isinstance(metadata, dict) else {}
        check_version(call, {k: v for k, v in meta.items() if isinstance(v, str)}, current)
        if not read.resource_version and isinstance(meta.get("resourceVersion"), str):
            del meta["resourceVersion"]
        if "managedFields" in meta and meta["managedFields"] == before["metadata"].get(
            "managedFields"
        ):
            # They are long, and say nothing that is not known.
            del meta["managedFields"]
        try:
            decoded = pipeline.load(
                document, spoke=call.spoke, field_validation=options.field_validation
            )
        except InvalidObject as error:
            call.warnings.extend(error.warnings)
            if call.target.subresource:
                body = InvalidBody(call, document, error)
                raise body.refusal(check_metadata(body.metadata, call.kind)) from None
            findings = findings_about(call, current, document)
            bare = without_status(call, document)
            if findings or bare is None:
                gvk = call.spoke.gvk
                raise invalid(gvk.group, gvk.kind, call.target.name, findings) from None
            # What is wrong is in the status, which is not written here.
            decoded = pipeline.load(bare, spoke=call.spoke)
        except DecodeError as error:
            raise does_not_fit(call, error.message) from None
        call.warnings.extend(decoded.warnings)
        check_names(call, metadata_of(decoded.native))
        return decoded

    def stays_as(current: Current) -> bool:
        check_version(call, read.preconditions, current)
        return stays(call, current)

    async def attempt(newest: bool) -> Answer:
        current = await call.objects.get(call.kind, call.target.key, newest=newest)
        size = len(current.stored.data)
        if is_empty and await call.work(lambda: stays_as(current), size):
            kept = await store_anew(call, current, newest=newest)
            return Answer(encoded=kept, spoke=call.spoke, warnings=tuple(call.warnings))
        decoded = await call.work(lambda: patched(current), size)
        made = Replacement(current, decoded, options.dry_run, newest, options.field_manager)
        encoded = await replace_object(call, made)
        return Answer(encoded=encoded, spoke=call.spoke, warnings=tuple(call.warnings))

    return await with_retries(
        call, call.target.key, attempt, again=not insists(read.resource_version)
    )


def does_not_fit(call: Call, why: str) -> Refusal:
    """422: what a patch makes of the object is none of its type. The patch is what is invalid."""
    gvk = call.spoke.gvk
    finding = Finding(("patch",), INVALID, f"Invalid value: {why}")
    return invalid(gvk.group, gvk.kind, call.target.name, [finding])
