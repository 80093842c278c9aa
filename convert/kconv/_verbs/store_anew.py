"""Writes that change nothing: an object is stored anew, in the version that is stored now.

So objects are migrated in a cluster, where nobody else can say what they are stored in. Each is
written once by such a patch, which need not be made a document, applied, read and compared.
"""

from __future__ import annotations

from kconv._errors import VersionNotOnRecord
from kconv._structural import is_structural
from kconv._verbs.call import Call
from kconv._verbs.canonical import canonical
from kconv._verbs.current import Current
from kconv._verbs.encoded import Encoded, encode_object
from kconv._verbs.metadata_rules import check_metadata
from kconv._verbs.ownership import without_entries
from kconv._verbs.retrying import NotWritten


async def is_outdated(call: Call, current: Current) -> bool:
    """Whether a write that changes nothing moves an object to the version that is stored now."""
    kind = call.kind
    stored = current.stored.api_version
    if is_structural(call.spoke):
        return stored != str(kind.storage)
    try:
        return stored != (await call.objects.versions.spoke(kind)).api_version
    except VersionNotOnRecord:
        return False  # it cannot be written now, and need not be


def stays(call: Call, current: Current) -> bool:
    """Whether a write that changes nothing leaves an object as it is, for certain.

    Of custom resources, in the version that is stored: they are in it already. Not where rules are
    broken, or compare with what was there, or where its end has begun: that takes a closer look.
    """
    pipeline, spoke, meta = call.objects.pipeline, call.spoke, current.meta
    if call.target.subresource or not is_structural(spoke) or spoke is not call.kind.storage_spoke:
        return False
    if meta.get("deletionTimestamp") or pipeline.judges_updates(spoke):
        return False
    if any(check_metadata(meta, call.kind)):
        return False
    bare = without_entries(current.hub)
    return canonical(bare) is bare and not pipeline.is_broken(pipeline.from_hub(bare, spoke))


async def store_anew(call: Call, current: Current, *, newest: bool) -> Encoded:
    """Write an object that `stays` as it is, if it is in another version than the one stored now.

    Returns it as the client sees it. Raises as `kconv._verbs.replace.replace_object`.
    """
    pipeline = call.objects.pipeline
    if not await is_outdated(call, current):
        if not (newest or await call.objects.is_newest(current.row)):
            raise NotWritten
        return call.encoded(current.row, current)
    shown = pipeline.from_hub(current.hub, call.spoke)
    row = await call.objects.update(current, current.hub, shown)
    made = encode_object(pipeline, current.hub, shown, str(row.stored.resource_version))
    row.encoded[call.spoke] = made
    return made
