"""From an answer to an HTTP response."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from starlette.types import Receive, Scope, Send

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._serve.connection import CONNECTION, Connection
from kconv._serve.negotiation import JSON, Accepted
from kconv._serve.options import Query, is_true
from kconv._serve.protobuf import encode_object
from kconv._serve.request_id import REQUEST_ID
from kconv._serve.status import NO_PAGE
from kconv._serve.views import represent
from kconv._verbs.answer import Answer
from kconv._verbs.encoded import Encoded, list_head, list_of, list_rest
from kconv._verbs.refusal import Refusal

CACHE = {"Cache-Control": "no-cache, private"}
_WARNINGS_LIMIT = 4096

Document = Mapping[str, Any]


class Reply:
    """An HTTP response; an ASGI app. ``chunks`` follow ``body``, for what is not made at once."""

    __slots__ = ("body", "chunks", "raw_headers", "status_code")

    def __init__(
        self,
        body: bytes,
        code: int = 200,
        headers: Mapping[str, str] | None = None,
        chunks: AsyncIterator[bytes] | None = None,
    ) -> None:
        self.body = body
        self.status_code = code
        self.chunks = chunks
        self.raw_headers: list[tuple[bytes, bytes]] = []
        if headers is not None:
            self.raw_headers += [
                (name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()
            ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if self.chunks is None and self.status_code not in _BODILESS:
            self.raw_headers.append((b"content-length", b"%d" % len(self.body)))
        if (name := scope.get(REQUEST_ID)) is not None:
            self.raw_headers.append((b"audit-id", name))
        whole: Connection | None = scope.get(CONNECTION) if self.chunks is None else None
        if whole and whole.answer(scope, send, self.status_code, self.raw_headers, self.body):
            return
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        if self.chunks is None:
            await send({"type": "http.response.body", "body": self.body})
            return
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        async for chunk in self.chunks:
            if not chunk:
                continue
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


_BODILESS = (204, 304)


def respond(answer: Answer, accepted: Accepted, query: Query) -> Reply:
    """The response to a verb's answer; written as the client accepts it.

    Raises `Refusal` (406) where the view asked for does not fit.
    """
    pretty = bool(query) and is_true(query, "pretty")
    if accepted.view or accepted.format != "json" or pretty or answer.raw:
        document = represent(answer, accepted, query.get("includeObject", ""))
        if answer.raw and accepted.format == "protobuf":
            # What is stored may be of no kind that has a message.
            accepted = Accepted()
        response = write(document, answer.code, accepted, pretty=pretty)
    else:
        response = Reply(_json(answer), answer.code, chunks=_chunks(answer))
        response.raw_headers += _JSON_HEADERS
    if answer.warnings:
        _warn(response, answer.warnings)
    return response


def object_reply(encoded: Encoded) -> Reply:
    """An object as it is kept, in JSON."""
    response = Reply(encoded.data + b"\n")
    response.raw_headers += _JSON_HEADERS
    return response


def _warn(response: Reply, warnings: Iterable[str]) -> None:
    for warning in limited(warnings):
        response.raw_headers.append((b"warning", f"299 - {_quoted(warning)}".encode()))


_JSON_HEADERS = ((b"cache-control", b"no-cache, private"), (b"content-type", JSON.encode()))


def _json(answer: Answer) -> bytes:
    """An answer in JSON, put together from objects that are encoded already."""
    if answer.encoded is not None:
        return answer.encoded.data + b"\n"
    if answer.batches is not None:
        return list_head(answer.document)
    if answer.items is not None and answer.spoke is not None:
        return list_of(answer.spoke, answer.document, answer.items) + b"\n"
    return json_codec.encode(answer.document) + b"\n"


def _chunks(answer: Answer) -> AsyncIterator[bytes] | None:
    """What follows the head of a list that is sent while it is made."""
    if answer.batches is None or answer.spoke is None:
        return None
    return list_rest(answer.spoke, answer.batches)


def write(
    document: Document,
    code: int = 200,
    accepted: Accepted | None = None,
    *,
    pretty: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """A document as a response, JSON unless YAML or protobuf was negotiated."""
    accepted = accepted or Accepted()
    if accepted.format == "yaml":
        body = yaml_codec.encode(dict(document))
    elif accepted.format == "protobuf":
        body = encode_object(document)
    elif pretty:
        body = json_codec.encode_pretty(document)
    else:
        body = json_codec.encode(document) + b"\n"
    sent = {**CACHE, "Content-Type": accepted.media_type or JSON, **(headers or {})}
    return Reply(body, code, sent)


def refuse(refusal: Refusal, accepted: Accepted | None = None) -> Reply:
    """The Status of a failure as a response; plain text for a path that belongs to no API."""
    if refusal.message == NO_PAGE:
        return plain_text(f"{NO_PAGE}\n", refusal.code)
    plain = Accepted(accepted.media_type) if accepted else None
    response = write(refusal.document(), refusal.code, plain, headers=_headers(refusal))
    _warn(response, refusal.warnings)
    return response


def _headers(refusal: Refusal) -> dict[str, str]:
    """What a failure says to a client's HTTP library: when to come again, not to stay."""
    if refusal.code == 408:
        return {"Connection": "close"}
    seconds = (refusal.details or {}).get("retryAfterSeconds")
    return {"Retry-After": str(seconds)} if seconds is not None else {}


def plain_text(text: str, code: int = 200) -> Reply:
    """Text for people and probes."""
    headers = {**CACHE, "Content-Type": "text/plain; charset=utf-8"}
    return Reply(text.encode(), code, {**headers, "X-Content-Type-Options": "nosniff"})


def limited(warnings: Iterable[str]) -> list[str]:
    """Warnings without repetitions, as many as fit into the headers of one response."""
    found: list[str] = []
    room = _WARNINGS_LIMIT
    for warning in dict.fromkeys(warnings):
        room -= len(warning)
        if room < 0:
            break
        found.append(warning)
    return found


def _quoted(text: str) -> str:
    """A quoted-string of RFC 9110; control characters and non-ASCII become question marks."""
    plain = "".join(char if " " <= char <= "~" else "?" for char in text)
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
