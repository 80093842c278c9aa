"""One worker process: the handle that its parent holds, and the loop that it runs itself."""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import active_count
from typing import Final, Literal

from kconv._errors import KconvError
from kconv_migrations._executors.spans import Span, SpanResult, SpanRunner

StartMethod = Literal["fork", "spawn"]

_PIPE_BYTES: Final = 1 << 20
_SET_PIPE_SIZE: Final = 1031  # F_SETPIPE_SZ of Linux
_TASKS: Final = Path("/proc/self/task")


def start_method() -> StartMethod:
    """``fork`` where a copy of this process can work: it has everything loaded and compiled.

    Not beside other threads: what they hold locked would stay so in the copy. Nor but on Linux:
    the system libraries of others do not support it.
    """
    alone = active_count() == 1
    may_fork = sys.platform == "linux" and alone and len(list(_TASKS.iterdir())) == 1
    return "fork" if may_fork else "spawn"


class Worker:
    """A worker process, which runs the spans that are sent to it in order.

    ``make_runner`` is called in the process; with ``spawn`` it is pickled. ``others`` are the
    workers started before. The process is in a session of its own, so that Ctrl-C is for its
    parent alone, and ends when its parent does. Raises ``OSError`` where it cannot be started.
    """

    def __init__(
        self,
        method: StartMethod,
        make_runner: Callable[[], SpanRunner],
        others: Iterable[Worker] = (),
    ) -> None:
        context = get_context("fork") if method == "fork" else get_context("spawn")
        spans, self._spans = context.Pipe(duplex=False)
        self._results, results = context.Pipe(duplex=False)
        own = (self._spans, self._results)
        # A fork inherits the parent's ends, and while it has them open no worker's end.
        inherited = (*own, *(end for other in others for end in (other._spans, other._results)))
        self._process: BaseProcess = context.Process(
            target=_work,
            args=(spans, results, make_runner, inherited if method == "fork" else ()),
            daemon=True,
        )
        for connection in own:
            _widen(connection)
        # Until it has a session of its own.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        except BaseException:
            for connection in own:
                connection.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            spans.close()
            results.close()

    @property
    def results(self) -> Connection:
        """Where its results come: something to wait for."""
        return self._results

    def send(self, span: bytes) -> None:
        """Send a pickled span. Raises ``OSError`` if the process has ended."""
        self._spans.send_bytes(span)

    def receive(self) -> SpanResult | BaseException:
        """Wait for the next result, or what a span raised.

        Raises ``OSError`` or ``EOFError`` if the process has ended.
        """
        found: SpanResult | BaseException = pickle.loads(self._results.recv_bytes())
        return found

    def exit_code(self) -> int:
        """Wait for its end. Minus the signal that ended it, if one did."""
        self._process.join()
        code = self._process.exitcode
        assert code is not None, "it has been waited for"
        return code

    def kill(self) -> None:
        """End it and what it started, whatever it is doing; `exit_code` waits for it."""
        pid = self._process.pid
        # Once it has been waited for, its number may be somebody else's.
        if pid is not None and self._process.exitcode is None:
            # It may not lead its session yet.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            self._process.kill()

    def close(self) -> None:
        """Close the connections to it."""
        for connection in (self._spans, self._results):
            connection.close()


def _work(
    spans: Connection,
    results: Connection,
    make_runner: Callable[[], SpanRunner],
    inherited: Iterable[Connection],
) -> None:
    """What a worker process does: run spans until no more come."""
    os.setsid()
    for each in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    for connection in inherited:
        connection.close()
    # What an API package prints is not for where the command's own output goes.
    os.dup2(sys.__stderr__.fileno() if sys.__stderr__ else 2, 1)
    # What is there already is shared with the parent: leave it alone when collecting garbage.
    gc.freeze()
    # Servers and writers on this machine come first.
    os.nice(10)
    runner: SpanRunner | None = None
    # Now, while the parent prepares; an error is raised again, and sent, by the first span.
    with suppress(Exception):
        runner = make_runner()
    with suppress(EOFError, BrokenPipeError):  # the parent has ended, or needs no more
        while True:
            span: Span = pickle.loads(spans.recv_bytes())
            result: SpanResult | BaseException
            try:
                runner = runner or make_runner()
                result = runner.run(span)
            except Exception as error:  # noqa: BLE001 - it is raised where the span came from
                result = sendable(error)
            results.send(result)


def sendable(error: Exception) -> Exception:
    """An error that can be pickled and says, if it was not expected, where it came from."""
    if not isinstance(error, KconvError):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its own code raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _widen(connection: Connection) -> None:
    """Let a pipe hold a page of rows, where the system can: then neither side waits half-way."""
    with suppress(OSError):
        fcntl.fcntl(connection.fileno(), _SET_PIPE_SIZE, _PIPE_BYTES)
