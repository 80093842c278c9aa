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
import threading
from collections.abc import Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Final, Protocol, Self

from kconv.errors import Unavailable
from kconv.pipeline import Pipeline
from kconv.scheme import load_scheme
from kconv_migrations.storage.jobs import Done, Hand, Job

_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from kconv_migrations.storage.workers import serve; serve(*json.loads(sys.argv[2]))"
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
            self._all.append(process)
            self._idle.put(process)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="kconv-worker")
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(kill=error is not None)

    def submit(self, job: Job) -> Future[Done]:
        """Have the next idle worker do a job."""
        return self._threads.submit(self._ask, job)

    def close(self, *, kill: bool = False) -> None:
        """End the workers; with ``kill`` also those that are at work."""
        self._closing.set()
        if kill:
            for process in self._all:
                process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in self._all:
            for stream in (process.stdin, process.stdout):
                assert stream is not None
                try:
                    stream.close()
                except BrokenPipeError:
                    continue  # it is dead already
            process.wait()

    def _ask(self, job: Job) -> Done:
        process = self._idle.get()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            send(process.stdin, job)
            answer = pickle.load(process.stdout)
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


def send(stream: IO[bytes], value: Any) -> None:
    """Write one value as bytes that say themselves where they end."""
    pickle.dump(value, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


def serve(groups: Collection[str] | None, apis: Sequence[str]) -> None:
    """A worker: do the jobs that come on standard input until it ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=1 << 20)
    # Whatever an API package prints must not get between them.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    hand: Hand | None = None
    while True:
        try:
            job: Job = pickle.load(sys.stdin.buffer)
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


def default_workers() -> int:
    """A worker for each processor that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
