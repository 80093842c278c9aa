"""Worker processes that convert pages of rows while this one reads and writes.

Each is a Python of its own, started afresh: nothing of this process is shared or inherited but
what is sent. It ends when its standard input does, so none is left when this process is killed.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Final, Protocol, Self

from kconv.errors import Unavailable, UsageError
from kconv.pipeline import Pipeline
from kconv_migrations.rows.jobs import Done, Hand, Job
from kconv_migrations.rows.wire import receive, send, widen

_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from kconv_migrations.rows.worker import serve; serve(*json.loads(sys.argv[2]))"
)

MOST: Final = 4
"""Workers by default at most: a few of them wait for the database already."""


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
    packages that are not installed. A worker that dies makes its job raise `Unavailable`, as does
    making so many processes where the system lets there be no more.
    """

    def __init__(
        self, count: int, groups: Collection[str] | None = None, apis: Sequence[str] = ()
    ) -> None:
        self.depth = 2 * count
        self._arguments = json.dumps([None if groups is None else sorted(groups), list(apis)])
        self._jobs: SimpleQueue[tuple[Job, Future[Done]] | None] = SimpleQueue()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads: list[Thread] = []
        self._closed = False
        try:
            for _ in range(count):
                self._start()
        except (OSError, RuntimeError) as error:
            self.close()
            raise Unavailable(
                f"a worker process could not be started ({error}): run it with fewer --workers"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, job: Job) -> Future[Done]:
        """Have the next idle worker do a job. Raises `UsageError` once they are closed."""
        if self._closed:
            raise UsageError("these workers are closed")
        future: Future[Done] = Future()
        self._jobs.put((job, future))
        return future

    def close(self) -> None:
        """End the workers and what they started, whatever they are at."""
        self._closed = True
        for process in self._processes:
            # Each leads a session of its own; what it started there would keep its pipes open.
            # One that was waited for has ended, and its number may be somebody else's.
            if process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        for process in self._processes:
            process.wait()
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                with suppress(BrokenPipeError):
                    stream.close()
        self._threads.clear()
        self._processes.clear()

    def _start(self) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, json.dumps(sys.path), self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C is for this process, which ends them.
            start_new_session=True,
        )
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            widen(stream)
        thread = Thread(target=self._work, args=[process], name="kconv-worker", daemon=True)
        self._processes.append(process)
        thread.start()
        self._threads.append(thread)

    def _work(self, process: subprocess.Popen[bytes]) -> None:
        while (item := self._jobs.get()) is not None:
            job, future = item
            try:
                future.set_result(_ask(process, job))
            except BaseException as error:  # noqa: BLE001 - it is raised where the job came from
                future.set_exception(error)


def _ask(process: subprocess.Popen[bytes], job: Job) -> Done:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        send(process.stdin, job)
        answer = receive(process.stdout)
    except (OSError, EOFError, pickle.UnpicklingError) as error:
        code = process.wait()
        raise Unavailable(
            f"a worker process ended with {code}; what is rewritten stays: "
            "run it again, with --workers 1 if it happens again"
        ) from error
    if isinstance(answer, BaseException):
        raise answer
    done: Done = answer
    return done


def default_workers() -> int:
    """As many processes as there are processors that this one may use, but for `MOST`."""
    known = hasattr(os, "sched_getaffinity")
    return min(len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1, MOST)
