"""Continue tokens of paged lists: Kubernetes' own form, which clients treat as opaque."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from kconv.serve.status import bad_request

_VERSION = "meta.k8s.io/v1"


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

    Raises `kconv.serve.status.Refusal` (400) for one that this API never gave out.
    """
    try:
        fields = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if fields["v"] != _VERSION:
            raise ValueError("server does not recognize this encoded version")
        version, start = fields["rv"], fields["start"]
        if not isinstance(version, int) or isinstance(version, bool) or version < 0:
            raise ValueError("incorrect encoded start resourceVersion")
        if not isinstance(start, str) or not start.startswith("/") or not start.strip("/\0"):
            raise ValueError("encoded start key is empty")
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise bad_request(f"invalid continue token: continue key is not valid: {error}") from None
    steps = start.removesuffix("\0").strip("/").split("/")
    expected = 2 if namespaced and not within else 1
    if len(steps) != expected:
        raise bad_request(f"invalid continue token: continue key is not valid: {start!r}")
    return Continuation(version, (steps[0], steps[1]) if expected == 2 else (within, steps[0]))
