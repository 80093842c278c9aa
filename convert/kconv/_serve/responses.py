"""From an answer to an HTTP response."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from kconv._codec import json as json_codec
from kconv._codec import yaml as yaml_codec
from kconv._serve.encoded import list_of
from kconv._serve.negotiation import JSON, Accepted
from kconv._serve.options import Query, is_true
from kconv._serve.resource_request import Answer
from kconv._serve.status import Refusal
from kconv._serve.views import represent

CACHE = {"Cache-Control": "no-cache, private"}
_WARNINGS_LIMIT = 4096

Document = Mapping[str, Any]


def respond(answer: Answer, accepted: Accepted, query: Query) -> Response:
    """The response to a verb's answer; written as the client accepts it.

    Raises `Refusal` (406) where the view asked for does not fit.
    """
    pretty = is_true(query, "pretty")
    if accepted.view or accepted.format == "yaml" or pretty or answer.raw:
        document = represent(answer, accepted, query.get("includeObject", ""))
        response = write(document, answer.code, accepted, pretty=pretty)
    else:
        sent = {**CACHE, "Content-Type": accepted.media_type or JSON}
        response = Response(_json(answer), answer.code, sent)
    response.headers.update(answer.headers)
    for warning in limited(answer.warnings):
        response.headers.append("Warning", f"299 - {_quoted(warning)}")
    return response


def _json(answer: Answer) -> bytes:
    """An answer in JSON, put together from objects that are encoded already."""
    if answer.encoded is not None:
        return answer.encoded.data + b"\n"
    if answer.items is not None and answer.spoke is not None:
        return list_of(answer.spoke, answer.document, answer.items) + b"\n"
    return json_codec.encode(answer.document) + b"\n"


def write(
    document: Document,
    code: int = 200,
    accepted: Accepted | None = None,
    *,
    pretty: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A document as a response, JSON unless YAML was negotiated."""
    accepted = accepted or Accepted()
    if accepted.format == "yaml":
        body = yaml_codec.encode(dict(document))
    elif pretty:
        body = json_codec.encode_pretty(document)
    else:
        body = json_codec.encode(document) + b"\n"
    sent = {**CACHE, "Content-Type": accepted.media_type or JSON, **(headers or {})}
    return Response(body, code, sent)


def refuse(refusal: Refusal, accepted: Accepted | None = None) -> Response:
    """The Status of a failure as a response."""
    plain = Accepted(accepted.media_type) if accepted else None
    return write(refusal.document(), refusal.code, plain, headers=refusal.headers)


def plain_text(text: str, code: int = 200) -> Response:
    """Text for people and probes."""
    headers = {**CACHE, "Content-Type": "text/plain; charset=utf-8"}
    return Response(text.encode(), code, {**headers, "X-Content-Type-Options": "nosniff"})


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
