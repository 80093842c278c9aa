"""The lease by which one run at a time is held on a place, renewed in a thread."""

from __future__ import annotations

import getpass
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from kconv._errors import Conflict, KconvError, StoreError, Unavailable
from kconv.place import Ending, Place, Run, RunTarget

LEASE = 30.0
"""Seconds for which a run is held after its last sign of life."""


class Held:
    """A run that this process holds; ``ending`` is how it will have ended."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.ending: Ending = "interrupted"

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id


@contextmanager
def hold(
    place: Place,
    targets: Sequence[RunTarget],
    lease: float = LEASE,
    keep_undo: float | None = None,
) -> Iterator[Held]:
    """Begin a run and hold it until the context is left.

    Its before-images are kept for ``keep_undo`` seconds after that, None until they are dropped.

    Raises `Conflict` when another run goes on, naming who holds it. One whose process on this
    machine is gone is not waited for; if the process is only out of sight (in another container
    of the same host name), its next write fails and it stops.
    """
    for run in place.runs():
        if run.state == "running" and holder_is_dead(run):
            place.end_run(run.id, "interrupted")
    held = Held(place.begin_run(_holder(), targets, lease, keep_undo=keep_undo))
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(place, held.id, lease, over), daemon=True)
    keeper.start()
    try:
        yield held
    except Exception:
        held.ending = "failed"
        raise
    finally:
        over.set()
        keeper.join()
        # The lease ends it too; what happened before must be what is raised.
        with suppress(StoreError):
            place.end_run(held.id, held.ending)


def live_run(place: Place) -> Run | None:
    """The run that is going on, for which another would have to wait; None if there is none."""
    for run in place.runs():
        if run.state == "running" and run.lease > 0 and not holder_is_dead(run):
            return run
    return None


def holder_is_dead(run: Run) -> bool:
    """Whether the run's process was on this machine and is no more."""
    if run.host != socket.gethostname() or run.pid == os.getpid():
        return False
    try:
        os.kill(run.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _keep(place: Place, run_id: str, lease: float, over: threading.Event) -> None:
    while not over.wait(lease / 3):
        try:
            place.renew_run(run_id, lease)
        except Unavailable:
            continue  # it may be back before the lease expires
        except (Conflict, KconvError):
            return  # the next write says so


def _holder() -> str:
    try:
        return f"kconv migrate by {getpass.getuser()}"
    except (OSError, KeyError, ImportError):
        return f"kconv migrate by user {os.getuid()}"
