"""What a visitor has had this process do: verifying rows, undoing a run. One at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from kconv._errors import Conflict, KconvError

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """Something that goes on, or has ended; ``result`` is what it found."""

    kind: Literal["verify", "undo"]
    subject: str
    by: str
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    done: int = 0
    total: int = 0
    result: Any = None
    error: str = ""

    @property
    def goes_on(self) -> bool:
        """Whether it has not ended."""
        return self.ended is None


class Jobs:
    """The last job of each kind; each runs in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def last(self, kind: Literal["verify", "undo"], subject: str = "") -> Job | None:
        """The last job of a kind, if it is about ``subject``; that may be anything if empty."""
        job = self._jobs.get(kind)
        return job if job is not None and subject in ("", job.subject) else None

    def start(self, job: Job, work: Callable[[Job], Any]) -> None:
        """Have a job done. Raises `Conflict` while another one goes on."""
        with self._lock:
            if any(each.goes_on for each in self._jobs.values()):
                raise Conflict("something else that was begun on this page still goes on")
            self._jobs[job.kind] = job
        threading.Thread(
            target=self._run, args=(job, work), name=f"kconv-ui-{job.kind}", daemon=True
        ).start()

    def _run(self, job: Job, work: Callable[[Job], Any]) -> None:
        try:
            job.result = work(job)
        except KconvError as error:
            job.error = error.message
        except Exception:  # noqa: BLE001 - nobody awaits the thread, and the page must not wait for it
            _log.exception("%s %s failed", job.kind, job.subject)
            job.error = "an internal error; the log of the server has it"
        job.ended = datetime.now(UTC)
