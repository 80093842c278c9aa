"""What clients did and saw, to be judged when all is over."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pressure.apis import Version


class State(NamedTuple):
    """An object at one resourceVersion, whatever the version it was seen in."""

    name: str
    uid: str
    revision: int
    text: str


class Event(NamedTuple):
    """A change as a watch told it."""

    type: str
    state: State


@dataclass
class Attempt:
    """A write: what was asked for, and what came of it.

    ``outcome`` is ``done``, ``refused`` or ``unknown``; ``text`` is in no other attempt. ``read``
    is the resourceVersion that it depends on, 0 for none; ``after`` the highest one that any client
    had been told of before it began.
    """

    writer: str
    verb: str
    name: str
    text: str
    read: int
    after: int
    url: str
    version: str
    began: float
    ended: float = 0.0
    outcome: str = "unknown"
    revision: int = 0
    uid: str = ""
    detail: str = ""

    @property
    def told(self) -> str:
        """As a line."""
        return (
            f"{self.writer} {self.verb} {self.version} {self.url} text={self.text} "
            f"read={self.read} -> {self.outcome} {self.revision or ''} {self.detail}"
        )


@dataclass
class Read:
    """A GET or LIST: the states seen; ``revision`` is that of a list, and 0 for a GET."""

    verb: str
    name: str
    after: int
    url: str
    version: str
    began: float
    ended: float
    revision: int
    states: list[State]

    @property
    def told(self) -> str:
        """As a line, without what was seen."""
        return f"{self.verb} {self.version} {self.url} after={self.after} at={self.revision} ->"


@dataclass
class Watched:
    """What one watcher saw: a list to begin with, and then every change."""

    name: str
    begin: int = 0
    start: dict[str, State] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    position: int = 0
    hops: int = 0


class History:
    """Everything that happened. Threads only append to it."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.reads: list[Read] = []
        self.watched: list[Watched] = []
        self.findings: list[str] = []
        self.disturbances: list[tuple[float, str]] = []
        self.start = time.monotonic()
        self._lock = threading.Lock()
        self._told = 0

    @property
    def told(self) -> int:
        """The highest resourceVersion of an acknowledged write."""
        return self._told

    def tell(self, revision: int) -> None:
        with self._lock:
            self._told = max(self._told, revision)

    def find(self, text: str) -> None:
        """Record something that must not be."""
        self.findings.append(f"{self.now():.3f} {text}")

    def disturb(self, text: str) -> None:
        self.disturbances.append((self.now(), text))

    def now(self) -> float:
        return time.monotonic() - self.start

    def of(self, name: str) -> Iterator[str]:
        """Lines about one object, in the order of time."""
        lines = [
            (each.began, f"{each.began:.3f}-{each.ended:.3f} {each.told}")
            for each in self.attempts
            if each.name == name
        ]
        for read in self.reads:
            seen = [state for state in read.states if state.name == name]
            if read.name == name or seen:
                found = f"{seen[0].revision} {seen[0].text}" if seen else "absent"
                lines.append((read.began, f"{read.began:.3f}-{read.ended:.3f} {read.told} {found}"))
        lines += [(when, f"{when:.3f} *** {text}") for when, text in self.disturbances]
        yield from (text for _, text in sorted(lines))
        for watched in self.watched:
            seen_by = [
                f"{each.type} {each.state.revision} {each.state.text}"
                for each in watched.events if each.state.name == name
            ]  # fmt: skip
            yield f"{watched.name} from {watched.begin}: {', '.join(seen_by)}"


def state_of(document: dict[str, Any], version: Version) -> State:
    """The state in a document, which must be of the version. Raises `WrongVersion`."""
    meta = document.get("metadata", {})
    said = (document.get("apiVersion"), document.get("kind"))
    if said != (version.api_version, version.kind):
        raise WrongVersion(f"{meta.get('name')} came as {said} where {version.name} was asked for")
    spec = document.get("spec", {})
    if set(spec) != {version.field, "count"}:
        raise WrongVersion(f"{meta.get('name')} has {sorted(spec)} as {version.name}")
    return State(meta["name"], meta["uid"], int(meta["resourceVersion"]), spec[version.field])


class WrongVersion(Exception):
    """A server sent another version than it was asked for."""
