"""Get: GET of one object."""

from __future__ import annotations

from kconv._serve.resource_request import Answer, Call
from kconv._serve.undecodable import Undecodable, raw_document, raw_warning


async def get(call: Call) -> Answer:
    """The object that the URL names.

    One that cannot be read is shown as it is stored, with a warning, to those who ask for it in
    the version that it is stored in. Raises `kconv._errors.NotFound`, and `Undecodable` for the
    others.
    """
    row = await call.objects.row(call.target.key)
    try:
        return Answer(encoded=call.encoded(row), spoke=call.spoke)
    except Undecodable as fault:
        stored = row.stored
        raw = raw_document(stored) if stored.api_version == call.spoke.api_version else None
        if raw is None:
            raise
        return Answer(raw, spoke=call.spoke, warnings=(raw_warning(fault),), raw=True)
