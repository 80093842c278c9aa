"""Several processes that serve one socket, and the one that looks after them.

The parent binds the socket and forks; each worker has its own event loop, connections to the
database, and registration. A worker that dies is started again; the parent serves nobody.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kconv._errors import KconvError, Unavailable
from kconv._serve.connection_counts import ConnectionCounts, OwnCount
from kconv._serve.listen import Listen, bind

FIRST_PAUSE = 0.5
"""Seconds before a worker that died is started again; doubled each time it dies young."""

LONGEST_PAUSE = 30.0
GROWN_UP = 60.0
"""A worker that lived for so many seconds died of something new: its next pause is short."""

OVERTIME = 10.0
"""Seconds beyond the grace period after which a worker that does not end is killed."""

_LOOK = 0.2
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shared:
    """What a worker is given: the socket, a folder and counts that all have, and its number.

    It calls ``on_ready`` when it serves.
    """

    bound: socket.socket
    folder: Path
    number: int
    own_count: OwnCount
    on_ready: Callable[[], None]


Serve = Callable[[Shared], None]
"""Serves a socket until a signal."""


class Worker:
    """One place among the workers, and the process that has it."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid = 0
        self.ready = False
        self.code: int | None = None
        """How its last process ended."""
        self.pause = FIRST_PAUSE
        self.start_at = 0.0
        self.started = 0.0
        self.pipe = -1

    @property
    def alive(self) -> bool:
        """Whether it has a process."""
        return self.pid != 0


class Supervisor:
    """Starts workers, starts again those that die, and ends them all."""

    def __init__(
        self,
        number: int,
        bound: socket.socket,
        folder: Path,
        serve: Serve,
        on_ready: Callable[[socket.socket], None],
        grace: float,
    ) -> None:
        self.workers = [Worker(index) for index in range(number)]
        self._bound = bound
        self._folder = folder
        self._counts = ConnectionCounts(number)
        self._serve = serve
        self._on_ready = on_ready
        self._grace = grace
        self._said = False
        self._signal = 0
        # Workers end when the parent does, however it does: the pipe's other end closes with it.
        self._parent_alive, self._parent_end = os.pipe()

    def run(self) -> int:
        """Work until a signal, and return it. Raises `Unavailable` if no worker can serve."""
        before = {each: signal.signal(each, self._told) for each in _SIGNALS}
        try:
            while not self._signal:
                self._start_due()
                self._wait()
                self._reap()
                self._give_up_if_none_can()
            return self._signal
        finally:
            self._end()
            for each, handler in before.items():
                signal.signal(each, handler)
            os.close(self._parent_end)
            os.close(self._parent_alive)

    def _told(self, number: int, frame: Any) -> None:
        self._signal = number

    def _start_due(self) -> None:
        for worker in self.workers:
            if not worker.alive and time.monotonic() >= worker.start_at:
                self._start(worker)

    def _start(self, worker: Worker) -> None:
        told, tell = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal that comes before the worker has its own handlers is for those.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if not pid:
            os.close(told)
            os.close(self._parent_end)
            self._work(worker.number, tell)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.close(tell)
        os.set_blocking(told, False)
        worker.pid, worker.pipe = pid, told
        worker.started = time.monotonic()

    def _work(self, number: int, tell: int) -> None:
        """The life of a worker; does not return."""
        code = 1
        try:
            for each in _SIGNALS:
                signal.signal(each, _leave)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            self._serve(
                Shared(
                    self._bound.dup(),
                    self._folder,
                    number,
                    OwnCount(self._counts, number),
                    lambda: _ignore(os.write(tell, b"r")),
                )
            )
            code = 0
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        except KeyboardInterrupt:
            code = 0
        except KconvError as error:
            _log.error("%s", error)
            code = error.exit_code
        except BaseException:  # noqa: BLE001 - a process must not go on as its parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _end_with_parent(self) -> None:
        os.read(self._parent_alive, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _wait(self) -> None:
        pipes = {worker.pipe: worker for worker in self.workers if worker.pipe >= 0}
        try:
            readable, _, _ = select.select(list(pipes), [], [], _LOOK)
        except InterruptedError:
            return
        for pipe in readable:
            worker = pipes[pipe]
            worker.ready = worker.ready or bool(os.read(pipe, 1))
            os.close(pipe)
            worker.pipe = -1
        if not self._said and all(worker.ready for worker in self.workers):
            self._said = True
            self._on_ready(self._bound)

    def _reap(self) -> None:
        for worker in self.workers:
            if not worker.alive:
                continue
            pid, status = os.waitpid(worker.pid, os.WNOHANG)
            if pid:
                self._died(worker, os.waitstatus_to_exitcode(status))

    def _died(self, worker: Worker, code: int) -> None:
        now = time.monotonic()
        self._counts.leave(worker.number)
        pid, worker.pid, worker.code, worker.ready = worker.pid, 0, code, False
        if worker.pipe >= 0:
            os.close(worker.pipe)
            worker.pipe = -1
        if now - worker.started > GROWN_UP:
            worker.pause = FIRST_PAUSE
        worker.start_at = now + worker.pause
        how = f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
        _log.warning(
            "worker %d (process %d) %s; it is started again in %.1f seconds",
            worker.number,
            pid,
            how,
            worker.pause,
        )
        worker.pause = min(worker.pause * 2, LONGEST_PAUSE)

    def _give_up_if_none_can(self) -> None:
        """Stop when every worker said by its exit code that it cannot serve."""
        codes = [worker.code for worker in self.workers if not worker.alive]
        if len(codes) == len(self.workers) and all(code == 3 for code in codes):
            raise Unavailable("no worker can serve: what they said is above")

    def _end(self) -> None:
        """End the workers; those that do not are killed after the grace period."""
        deadline = time.monotonic() + self._grace + OVERTIME
        for worker in self.workers:
            if worker.alive:
                os.kill(worker.pid, signal.SIGTERM)
        killed = False
        while any(worker.alive for worker in self.workers):
            for worker in self.workers:
                if worker.alive and os.waitpid(worker.pid, os.WNOHANG)[0]:
                    worker.pid = 0
            if time.monotonic() > deadline and not killed:
                killed = True
                for worker in self.workers:
                    if worker.alive:
                        _log.error("worker %d does not end, and is killed", worker.number)
                        os.kill(worker.pid, signal.SIGKILL)
            time.sleep(0.02)


def run_processes(
    number: int,
    listen: Listen,
    serve: Serve,
    on_ready: Callable[[socket.socket], None],
    *,
    grace: float,
) -> None:
    """Serve a socket with several processes, until SIGTERM or SIGINT.

    ``on_ready`` is called in the parent once all workers are ready. Raises what `bind` raises,
    `Unavailable` where no worker can serve, and KeyboardInterrupt after SIGINT.
    """
    with bind(listen) as bound, TemporaryDirectory(prefix="kconv-") as folder:
        # All processes share whether it blocks: one that made it blocking, if only for a moment,
        # could leave another one waiting in accept.
        bound.setblocking(False)
        told = Supervisor(number, bound, Path(folder), serve, on_ready, grace).run()
    if told == signal.SIGINT:
        raise KeyboardInterrupt


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(0)


def _ignore(_: object) -> None:
    """Let a value go."""
