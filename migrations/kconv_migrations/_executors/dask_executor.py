"""The executor that has the workers of a Dask cluster read, convert and write rows.

They reach the place by themselves: spans go to them, and what became of the rows comes back. Where
one at a time can write (SQLite), new bytes come back, which this process writes. What Dask does
about a worker that dies, to run its spans elsewhere, does no harm.
"""

from __future__ import annotations

import pickle
import platform
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, Self

from kconv._errors import Conflict, KconvError, Unavailable, UsageError
from kconv._pipeline import Pipeline
from kconv._scheme import Scheme
from kconv.place import Place
from kconv_migrations._executors.spans import Span, SpanResult, SpanRunner
from kconv_migrations._executors.worker import sendable
from kconv_migrations._executors.worker_executor import WorkerEnded

CONNECT: Final = 10.0
"""Seconds to wait for the scheduler, and for its first worker."""

_IN_FLIGHT: Final = 2
"""Spans that each thread of a worker has at a time."""

_MOST_NAMED: Final = 5

Digest = Callable[[Scheme], str]


class Code(NamedTuple):
    """What a process converts with: releases of Python and kconv, and the digest of its APIs."""

    python: str
    release: str
    apis: str


class _Job(NamedTuple):
    """What a worker needs to run spans of one run."""

    id: str
    place: bytes
    digest: Digest
    prepared: tuple[str, ...]
    expected: Code


class DaskExecutor:
    """Runs spans on the workers of the Dask scheduler at ``address``; used as a context.

    ``place`` is pickled and opened by each worker, which needs the same API packages: each proves
    that by ``digest`` of its scheme, those that are there at the start before the first span, and
    others when they get one. Everybody who can reach the scheduler can read what is sent to it, the
    place's URL with its password included: use TLS, or a network of its own.

    Raises `UsageError` where ``distributed`` is not installed, `Unavailable` where the scheduler
    cannot be reached or has no worker, and `Conflict` naming the workers with other code.
    """

    def __init__(
        self,
        address: str,
        place: Place,
        digest: Digest,
        prepared: Iterable[str] = (),
    ) -> None:
        try:
            import distributed
        except ImportError as error:
            raise UsageError("--scheduler needs Dask: pip install 'kconv[dask]'") from error
        self._address = address
        data = pickle.dumps(place)
        # As a worker opens it, which may load fewer groups than this process has.
        expected = _code(data, digest)
        try:
            connect: Any = distributed.Client
            self._client: Any = connect(address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise Unavailable(
                f"cannot reach the Dask scheduler at {address}: is it running? ({error})"
            ) from error
        try:
            self._job = _Job(self._client.id, data, digest, tuple(prepared), expected)
            self._threads = self._prove()
        except BaseException:
            self._client.close()
            raise
        self.lookahead: Final = max(2, _IN_FLIGHT * self._threads)
        self.writes: Final = place.writes_elsewhere
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, span: Span) -> _DaskFuture:
        """Have a span run."""
        self._number += 1
        # A span that failed may be submitted again, and is to be run again then.
        name = f"kconv-{self._job.id}-{self._number}"
        return _DaskFuture(self._client.submit(_run, self._job, span, key=name, pure=False), self)

    def close(self) -> None:
        """Let the workers forget this run; spans that are under way are of no use any more."""
        try:
            self._client.run(_forget, self._job.id, on_error="ignore")
        except (OSError, ValueError, RuntimeError):
            pass  # a scheduler that is gone has nothing to forget
        finally:
            self._client.close()

    def _prove(self) -> int:
        """See that every worker has this process' code; returns how many threads they have."""
        try:
            self._client.wait_for_workers(1, timeout=CONNECT)
            found = self._client.run(_code, self._job.place, self._job.digest, on_error="return")
            threads = sum(self._client.nthreads().values())
        except (OSError, TimeoutError) as error:
            raise Unavailable(
                f"the Dask scheduler at {self._address} has no worker: start some ({error})"
            ) from error
        wrong = []
        for worker, code in sorted(found.items()):
            if isinstance(code, BaseException):
                said = code.message if isinstance(code, KconvError) else f"{code!r}"
                wrong.append(f"worker {worker} cannot work: {said}")
            elif code != self._job.expected:
                wrong.append(f"worker {worker} {_difference(code, self._job.expected)}")
        if wrong:
            more = [f"and {len(wrong) - _MOST_NAMED} more"] if len(wrong) > _MOST_NAMED else []
            lines = [*wrong[:_MOST_NAMED], *more, "install the same packages everywhere"]
            raise Conflict("\n".join(lines))
        return int(threads)


class _DaskFuture:
    """A span that is with the cluster."""

    def __init__(self, future: Any, executor: DaskExecutor) -> None:
        self._future = future
        self._executor = executor

    def result(self) -> SpanResult:
        """Wait for the result. Raises `WorkerEnded`, and what running the span raised."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            found: SpanResult | BaseException = self._future.result()
        except KilledWorker as error:
            raise WorkerEnded(
                "workers of the Dask cluster end with a span that they are given; what is "
                f"rewritten stays ({error})"
            ) from error
        except (FutureCancelledError, OSError) as error:
            raise WorkerEnded(
                f"the Dask scheduler at {self._executor._address} is gone; what is rewritten "
                "stays: `kconv migrate` goes on"
            ) from error
        finally:
            self._future.release()
        if isinstance(found, BaseException):
            raise found
        return found


def code_of(scheme: Scheme, digest: Digest) -> Code:
    """What this process converts with."""
    from kconv import __version__

    return Code(".".join(platform.python_version_tuple()[:2]), __version__, digest(scheme))


# What follows runs on workers. A runner is of one thread, and opens a place of its own.

_runners: dict[tuple[str, int], SpanRunner] = {}


def _code(data: bytes, digest: Digest) -> Code:
    place = pickle.loads(data)
    try:
        return code_of(place.scheme, digest)
    finally:
        place.close()


def _runner(job: _Job) -> SpanRunner:
    key = job.id, threading.get_ident()
    found = _runners.get(key)
    if found is None:
        place = pickle.loads(job.place)
        code = code_of(place.scheme, job.digest)
        if code != job.expected:
            place.close()
            raise Conflict(f"a worker that has just come {_difference(code, job.expected)}")
        found = _runners[key] = SpanRunner(place, Pipeline(place.scheme))
        found.prepare(job.prepared)
    return found


def _run(job: _Job, span: Span) -> SpanResult | Exception:
    """What became of a span, or what it raised: as a value, for Dask not to run it again."""
    try:
        return _runner(job).run(span)
    except Exception as error:  # noqa: BLE001 - it is raised where the span came from
        return sendable(error)


def _forget(job_id: str) -> None:
    for key in [key for key in _runners if key[0] == job_id]:
        _runners.pop(key).close()


def _difference(found: Code, expected: Code) -> str:
    if found.apis == expected.apis:
        return (
            f"has kconv {found.release} on Python {found.python}, "
            f"not {expected.release} on {expected.python}"
        )
    return "has other API packages, or other releases of them (its lock has another digest)"
