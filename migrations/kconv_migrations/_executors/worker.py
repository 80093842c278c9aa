"""What a worker process does: the spans that come to it, until no more do."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import IO

from kconv._gvk import GroupResource
from kconv._pipeline import Pipeline
from kconv._scheme import load_scheme
from kconv._store import Store
from kconv_migrations._executors.spans import Answer, Reader, Span
from kconv_migrations._executors.wire import receive, send


def main() -> None:
    """A worker started afresh: spans come on standard input, answers go to standard output.

    What comes first is how to make its reader, as `needs` says it.
    """
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever an API package prints must not get between them.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with suppress(EOFError):
        wanted: bytes = receive(sys.stdin.buffer)
        serve(sys.stdin.buffer, answers, lambda: _reader(wanted))


def needs(
    store: Store,
    groups: Collection[str] | None,
    apis: Sequence[str],
    resources: Sequence[GroupResource],
) -> bytes:
    """What `main` has to know.

    The store; API groups, None for all; ``module:function`` of others; what to prepare for.
    """
    return pickle.dumps((store, groups, apis, resources))


def _reader(wanted: bytes) -> Reader:
    store, groups, apis, resources = pickle.loads(wanted)
    reader = Reader(store, Pipeline(load_scheme(groups, apis)))
    reader.prepare(resources)
    return reader


def serve(spans: IO[bytes], answers: IO[bytes], make: Callable[[], Reader]) -> None:
    """Do spans until they end, with the reader that ``make`` makes."""
    # Whoever writes and serves comes first: converting is not what they should wait for.
    os.nice(10)
    reader: Reader | None = None
    # At once, while the other side is at its own preparations; what is wrong is for the first one.
    with suppress(Exception):
        reader = make()
    while True:
        try:
            span: Span = receive(spans)
        except EOFError:
            return
        try:
            reader = reader or make()
            answer: Answer | BaseException = reader.do(span)
        except Exception as error:  # noqa: BLE001 - it is raised again where the span came from
            answer = error
        try:
            send(answers, answer)
        except BrokenPipeError:
            return
