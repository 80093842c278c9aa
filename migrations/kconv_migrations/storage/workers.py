"""Worker processes that convert pages of rows while this one reads and writes.

Each is a Python of its own, started afresh: nothing of this process is shared or inherited but
what is sent. It ends when its standard input does, so none is left when this process is killed.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Final, Protocol, Self

from kconv.errors import Unavailable
from kconv.pipeline import Pipeline
from kconv_migrations.rows.jobs import Done, Hand, Job
from kconv_migrations.rows.worker import receive, send, widen

_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from kconv_migrations.rows.worker import serve; serve(*json.loads(sys.argv[2]))"
)


class Hands(Protocol):
    """Who does jobs: `InProcess` or `Workers`."""

    @property
    def depth(self) -> int:
        """How many jobs are worth being under way while another is written."""
        ...

    def submit(self, job: Job) -> Future[Done]:
        """Begin a job."""
        ...


class InProcess:
    """Does each job at once, here."""

    depth: Final = 0

    def __init__(self, pipeline: Pipeline) -> None:
        self._hand = Hand(pipeline)

    def submit(self, job: Job) -> Future[Done]:
        """Do a job; what comes back is done."""
        done: Future[Done] = Future()
        done.set_result(self._hand.do(job))
        return done


class Workers:
    """So many processes, used as a context; they load the API packages on their own.

    ``groups`` are the API groups to load, None for all; ``apis`` are ``module:function`` of
    packages that are not installed. A worker that dies makes its job raise `Unavailable`.
    """

    def __init__(
        self, count: int, groups: Collection[str] | None = None, apis: Sequence[str] = ()
    ) -> None:
        self.depth = 2 * count
        arguments = json.dumps([None if groups is None else sorted(groups), list(apis)])
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._all: list[subprocess.Popen[bytes]] = []
        for _ in range(count):
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, json.dumps(sys.path), arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Ctrl-C is for this process, which ends them.
                start_new_session=True,
            )
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                widen(stream)
            self._all.append(process)
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="kconv-worker")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, job: Job) -> Future[Done]:
        """Have the next idle worker do a job."""
        return self._threads.submit(self._ask, job)

    def close(self) -> None:
        """End the workers, whatever they are at."""
        for process in self._all:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._all:
            process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                with suppress(BrokenPipeError):
                    stream.close()

    def _ask(self, job: Job) -> Done:
        process = self._idle.get()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            send(process.stdin, job)
            answer = receive(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            code = process.wait()
            raise Unavailable(
                f"a worker process ended with {code}; what is rewritten stays: "
                "run it again, with --workers 1 if it happens again"
            ) from error
        finally:
            self._idle.put(process)
        if isinstance(answer, BaseException):
            raise answer
        done: Done = answer
        return done


def default_workers() -> int:
    """As many processes, this one included, as there are processors that it may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
