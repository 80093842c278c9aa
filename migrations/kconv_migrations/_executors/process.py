"""A worker process: a copy of this one, or a Python of its own that is started afresh.

Either leads a session of its own, so that Ctrl-C is for this process alone, and ends when its
spans do: none is left when this process is killed.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from select import POLLIN, poll
from threading import active_count
from typing import IO, Final, NoReturn

from kconv._errors import Unavailable
from kconv_migrations._executors.spans import Answer, Reader, Span
from kconv_migrations._executors.wire import SMALL, pickled, receive, send, widen, write
from kconv_migrations._executors.worker import serve

_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from kconv_migrations._executors.worker import main; main()"
)
_TASKS: Final = Path("/proc/self/task")


class WorkerEnded(Unavailable):
    """A worker process ended before it answered."""


class Process:
    """A worker process, at the other end of two pipes; it answers in order."""

    def __init__(
        self, pid: int, spans: IO[bytes], answers: IO[bytes], wait: Callable[[], int]
    ) -> None:
        self.pid: Final = pid
        self.spans: Final = spans
        self.answers: Final = answers
        self.code: int | None = None
        self._wait = wait
        self._asked: deque[Pending] = deque()
        self._poll = poll()
        self._poll.register(answers, POLLIN)
        for stream in (spans, answers):
            widen(stream)

    def ask(self, span: Span) -> Pending:
        """Send a span; what comes back waits for its answer."""
        data = pickled(span)
        # Each side may be writing while the other one is, as long as what is sent fits the pipe.
        while len(data) > SMALL and self._asked:
            self.take()
        pending = Pending(self)
        self._asked.append(pending)
        with suppress(OSError):  # its answer says that the process has ended
            write(self.spans, data)
        return pending

    def has_answered(self) -> bool:
        """Whether there is an answer, or the first part of one, that nobody has taken."""
        return bool(self._poll.poll(0))

    def take(self) -> None:
        """Wait for the answer to the first span that has none."""
        pending = self._asked.popleft()
        try:
            pending.answer = receive(self.answers)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            pending.answer = WorkerEnded(
                f"a worker process ended with {self.wait()}; what is rewritten stays: "
                "run it again, with --workers 1 if it happens again"
            )
            pending.answer.__cause__ = error

    def kill(self) -> None:
        """End it and what it started, whatever it is at."""
        # One that was waited for has ended, and its number may be somebody else's.
        if self.code is None:
            for end in (os.killpg, os.kill):
                # A copy that has only just been made does not lead its session yet.
                with suppress(ProcessLookupError, PermissionError):
                    end(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, minus the signal that ended it, once it has one."""
        if self.code is None:
            self.code = self._wait()
        return self.code

    def close(self) -> None:
        """Close this end of the pipes; what is not answered yet never will be."""
        while self._asked:
            self._asked.popleft().answer = WorkerEnded("this worker is closed")
        for stream in (self.spans, self.answers):
            with suppress(BrokenPipeError):
                stream.close()


class Pending:
    """A span that a worker is at, or will be."""

    __slots__ = ("_process", "answer")

    def __init__(self, process: Process) -> None:
        self._process = process
        self.answer: Answer | BaseException | None = None

    def ready(self) -> bool:
        """Whether an answer has come, of those that come before this one at least."""
        return self.answer is not None or self._process.has_answered()

    def result(self) -> Answer:
        """Its answer, once there is one. Raises `WorkerEnded`, and what the span raised."""
        while self.answer is None:
            self._process.take()
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def may_copy() -> bool:
    """Whether a copy of this process can work.

    Not beside other threads: what they hold locked would stay so in the copy. Nor but on Linux:
    the libraries of other systems do not stand it.
    """
    alone = active_count() == 1
    return sys.platform == "linux" and alone and len(list(_TASKS.iterdir())) == 1


def copied(reader: Reader, others: Iterable[Process]) -> Process:
    """A copy of this process, which has everything loaded; see `may_copy`.

    It closes its ends of the pipes to ``others``, or they would not end when this process does.
    Raises ``OSError`` where there can be no more processes.
    """
    pipes = [os.pipe(), os.pipe()]
    (spans, to_spans), (from_answers, answers) = pipes
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    try:
        pid = os.fork()
    except OSError:
        for end in (spans, to_spans, from_answers, answers):
            os.close(end)
        raise
    if pid == 0:
        _be_copy(reader, (spans, answers), (to_spans, from_answers), others)
    os.close(spans)
    os.close(answers)
    return Process(
        pid,
        os.fdopen(to_spans, "wb"),
        os.fdopen(from_answers, "rb"),
        lambda: os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]),
    )


def _be_copy(
    reader: Reader,
    own: tuple[int, int],
    ends: tuple[int, int],
    others: Iterable[Process],
) -> NoReturn:
    code = 1
    try:
        os.setsid()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_DFL)
        for end in ends:
            os.close(end)
        for other in others:
            os.close(other.spans.fileno())
            os.close(other.answers.fileno())
        # What is there already is shared with the other process: do not touch it to look for
        # garbage.
        gc.freeze()
        # Whatever an API package prints is not for where the command's own output goes.
        os.dup2(sys.__stderr__.fileno() if sys.__stderr__ else 2, 1)
        serve(os.fdopen(own[0], "rb"), os.fdopen(own[1], "wb"), lambda: reader)
        code = 0
    finally:
        # Nothing that the other process has to do at its end is done here.
        os._exit(code)


def afresh(wanted: bytes) -> Process:
    """A Python of its own: nothing of this process is shared or inherited but what is sent.

    ``wanted`` is what `needs` of the worker module says. Raises ``OSError`` where there
    can be no more processes.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, json.dumps(sys.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    started = Process(process.pid, process.stdin, process.stdout, process.wait)
    with suppress(BrokenPipeError):
        send(process.stdin, wanted)
    return started
