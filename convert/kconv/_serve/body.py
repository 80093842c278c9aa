"""Reading the body of a request, up to the limit."""

from __future__ import annotations

from starlette.requests import Request

from kconv._codec import LIMIT
from kconv._serve.status import bad_request, too_large


async def read_body(request: Request) -> bytes:
    """The whole body.

    Raises `kconv._serve.status.Refusal` (413) as soon as it is over 3 MiB; what a client announces
    to be longer is not read at all.
    """
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > LIMIT:
        raise too_large(LIMIT)
    if request.headers.get("content-encoding", "identity") != "identity":
        raise bad_request("compressed request bodies are not supported")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LIMIT:
            raise too_large(LIMIT)
        chunks.append(chunk)
    return b"".join(chunks)
