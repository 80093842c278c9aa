"""Get: one object by name."""

from __future__ import annotations

from kconv.serve.call import Answer, Call
from kconv.serve.objects import key_of


def get(call: Call) -> Answer:
    """The object that the URL names. Raises `kconv.errors.NotFound`."""
    key = key_of(call.kind, call.target.namespace, call.target.name)
    stored = call.objects.store.get(key)
    return Answer(call.objects.document(call.spoke, stored), spoke=call.spoke)
