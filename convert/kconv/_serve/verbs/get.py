"""Get: GET of one object."""

from __future__ import annotations

from kconv._serve.options import read_version
from kconv._serve.resource_request import Answer, Call
from kconv._verbs.refusal import future_version
from kconv._verbs.undecodable import Undecodable, raw_document, raw_warning


async def get(call: Call) -> Answer:
    """The object that the URL names.

    It is the newest state, which is no older than any that the client may insist on. One that
    cannot be read is shown as it is stored, with a warning, to those who ask for it in the version
    that it is stored in. Raises `kconv._errors.NotFound`, `Undecodable` for the others, and
    `kconv._verbs.refusal.Refusal`: 400 for a resourceVersion that is none, 504 for one to come.
    """
    version = read_version(call.query) if call.query else 0
    row = await call.objects.row(call.target.key)
    if version > call.objects.memory.position:
        raise future_version(version, call.objects.memory.position)
    try:
        return Answer(encoded=call.encoded(row), spoke=call.spoke)
    except Undecodable as fault:
        stored = row.stored
        raw = raw_document(stored) if stored.api_version == call.spoke.api_version else None
        if raw is None:
            raise
        return Answer(raw, spoke=call.spoke, warnings=(raw_warning(fault),), raw=True)
