"""Continue tokens of paged lists: Kubernetes' own form, which clients treat as opaque."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from kconv._codec import json as json_codec
from kconv._errors import DecodeError
from kconv._paths import quote
from kconv._verbs.refusal import Refusal, bad_request
from kconv.names import path_segment_problems

_VERSION = "meta.k8s.io/v1"

INCONSISTENT = -1
"""In place of a token's resourceVersion: go on with whatever is there, as Kubernetes has it."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where a list goes on: after which (namespace, name), and the list's resourceVersion."""

    resource_version: int
    after: tuple[str, str]

    def encode(self, *, within: str) -> str:
        """The token; ``within`` is the namespace that the list is of, empty for all."""
        namespace, name = self.after
        start = f"/{name}" if within or not namespace else f"/{namespace}/{name}"
        fields = {"v": _VERSION, "rv": self.resource_version, "start": f"{start}\0"}
        text = json.dumps(fields, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def parse_continue(token: str, *, within: str, namespaced: bool) -> Continuation:
    """Read a token of a list in namespace ``within``, or of all (empty).

    Raises `kconv._verbs.refusal.Refusal` (400) for one that this API never gave out.
    """
    fields = _fields(token)
    if fields.get("v") != _VERSION:
        raise _not_valid("server does not recognize this encoded version")
    version, start = fields.get("rv"), fields.get("start")
    if isinstance(version, bool) or not isinstance(version, int) or version < INCONSISTENT:
        raise _not_valid("incorrect encoded start resourceVersion")
    if not isinstance(start, str) or not start.startswith("/") or not start.strip("/\0"):
        raise _not_valid("encoded start key is empty")
    if "\ufffd" in start:
        # What JSON has in place of bytes and halves of pairs that are no text; no name has it.
        raise _not_valid(quote(start))
    steps = start.removesuffix("\0").strip("/").split("/")
    expected = 2 if namespaced and not within else 1
    if len(steps) != expected or any(not step or path_segment_problems(step) for step in steps):
        raise _not_valid(quote(start))
    return Continuation(version, (steps[0], steps[1]) if expected == 2 else (within, steps[0]))


def _fields(token: str) -> dict[str, Any]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        fields = json_codec.decode(text)
    except (ValueError, DecodeError):
        raise _not_valid("it cannot be read") from None
    if not isinstance(fields, dict):
        raise _not_valid("it cannot be read")
    return fields


def _not_valid(why: str) -> Refusal:
    return bad_request(f"invalid continue token: continue key is not valid: {why}")
