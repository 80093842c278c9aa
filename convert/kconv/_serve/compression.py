"""Large answers are sent as gzip to clients that take it, as Kubernetes does."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from functools import partial

from kconv._serve.responses import Reply
from kconv._verbs.loop_work import compute

LEAST_BYTES = 128 * 1024
"""Bytes of an answer from which on it is compressed; what is sent while it is made is larger."""

_LEVEL = 1
_GZIP = 16 + zlib.MAX_WBITS
_IN_THREAD = 32 * 1024
"""Bytes over which compressing would hold up the event loop."""


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header names gzip; one with a quality is not looked at."""
    return any(each.strip() == "gzip" for each in accept_encoding.split(","))


def is_large(response: Reply) -> bool:
    """Whether a response is worth it."""
    return response.chunks is not None or len(response.body) >= LEAST_BYTES


async def compress(response: Reply) -> None:
    """Have a response sent as gzip."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    chunks, body = response.chunks, response.body
    if chunks is None:
        response.body = await compute(lambda: packer.compress(body) + packer.flush())
    else:
        response.body = b""
        response.chunks = _packed(packer, body, chunks)
    response.raw_headers += [(b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]


async def _packed(
    packer: zlib._Compress, head: bytes, chunks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    yield packer.compress(head)
    async for chunk in chunks:
        work = partial(packer.compress, chunk)
        yield await compute(work) if len(chunk) > _IN_THREAD else work()
    yield packer.flush()
