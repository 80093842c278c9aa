"""A worker process: it does the jobs that come on its standard input, until that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress

from kconv.pipeline import Pipeline
from kconv.scheme import load_scheme
from kconv_migrations.rows.jobs import Done, Hand, Job
from kconv_migrations.rows.wire import receive, send


def serve(groups: Collection[str] | None, apis: Sequence[str]) -> None:
    """A worker: do the jobs that come on standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # Whatever an API package prints must not get between them.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    hand: Hand | None = None
    # At once, while the other side is at its own preparations; what is wrong is for the first job.
    with suppress(Exception):
        hand = Hand(Pipeline(load_scheme(groups, apis)))
    while True:
        try:
            job: Job = receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            hand = hand or Hand(Pipeline(load_scheme(groups, apis)))
            answer: Done | BaseException = hand.do(job)
        except Exception as error:  # noqa: BLE001 - it is raised again where the job came from
            answer = error
        try:
            send(answers, answer)
        except BrokenPipeError:
            return
