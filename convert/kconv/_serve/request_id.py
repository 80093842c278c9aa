"""The name of the request that is being worked on, for log lines."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[bytes] = ContextVar("kconv_request_id", default=b"")
"""Set while a request is answered, in its threads as well."""

REQUEST_ID = "kconv.request_id"
"""Key of a scope: what the request is called, which its answer says."""
