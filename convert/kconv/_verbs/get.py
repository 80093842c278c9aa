"""Get: one object, as it is now."""

from __future__ import annotations

from kconv._verbs.answer import Answer
from kconv._verbs.call import Call
from kconv._verbs.refusal import future_version
from kconv._verbs.undecodable import Undecodable, raw_document, raw_warning


async def get(call: Call, version: int = 0) -> Answer:
    """The object that the call is for.

    It is the newest state, which is no older than any ``version`` that the client may insist on.
    One that cannot be read is shown as it is stored, with a warning, to those who ask for it in the
    version that it is stored in. Raises `kconv._errors.NotFound`, `Undecodable` for the others, and
    `kconv._verbs.refusal.Refusal` (504) for a ``version`` to come.
    """
    row = await call.objects.row(call.target.key)
    if version and version > call.objects.memory.position:
        raise future_version(version, call.objects.memory.position)
    try:
        return Answer(encoded=call.encoded(row), spoke=call.spoke)
    except Undecodable as fault:
        stored = row.stored
        raw = raw_document(stored) if stored.api_version == call.spoke.api_version else None
        if raw is None:
            raise
        return Answer(raw, spoke=call.spoke, warnings=(raw_warning(fault),), raw=True)
