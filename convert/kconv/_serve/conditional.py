"""Answers that a client may have already: entity tags, and 304 where its copy is up to date."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from kconv._serve.responses import Reply

_BODY_HEADERS = ("content-type", "content-length")


def reply_or_304(request: Request, body: bytes, digest: str, headers: Mapping[str, str]) -> Reply:
    """A body with its entity tag, or 304 without one where the client names that tag."""
    tag = f'"{digest}"'
    tagged = {**headers, "ETag": tag}
    if names(request.headers.get("if-none-match", ""), tag):
        kept = {name: value for name, value in tagged.items() if name.lower() not in _BODY_HEADERS}
        return Reply(b"", 304, kept)
    return Reply(body, 200, tagged)


def names(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names an entity tag, weakly or not."""
    given = [each.strip().removeprefix("W/") for each in header.split(",")]
    return "*" in given or tag in given
