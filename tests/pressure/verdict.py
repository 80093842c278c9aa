"""What must hold of a history: nothing missed, doubled, reordered, as another version, or lost."""

import bisect
import re
from collections import defaultdict
from collections.abc import Iterator

from pressure.history import Attempt, Event, History, Read, State

SHOWN = 5
"""How many findings are shown with the history of their objects."""


class Timeline:
    """The changes of all objects in their order, and the states that they make."""

    def __init__(self, begin: int, start: dict[str, State], events: list[Event]) -> None:
        self.begin = begin
        self.start = start
        self.events = events
        self.of: dict[str, list[Event]] = defaultdict(list)
        for event in events:
            self.of[event.state.name].append(event)
        self.revisions = {
            name: [e.state.revision for e in found] for name, found in self.of.items()
        }

    def at(self, name: str, revision: int) -> State | None:
        """An object's state at a resourceVersion."""
        index = bisect.bisect_right(self.revisions.get(name, []), revision) - 1
        if index < 0:
            return self.start.get(name)
        event = self.of[name][index]
        return None if event.type == "DELETED" else event.state

    def since(self, name: str, revision: int) -> Iterator[State | None]:
        """All states that an object had from a resourceVersion on."""
        yield self.at(name, revision)
        first = bisect.bisect_right(self.revisions.get(name, []), revision)
        for event in self.of.get(name, [])[first:]:
            yield None if event.type == "DELETED" else event.state

    def everything(self, revision: int) -> dict[str, State]:
        """All objects at a resourceVersion."""
        names = {*self.start, *self.of}
        found = {name: self.at(name, revision) for name in names}
        return {name: state for name, state in found.items() if state is not None}


def verdict(history: History) -> list[str]:
    """What is wrong, each with the name of the object that it is about."""
    return list(_verdict(history))


def _verdict(history: History) -> Iterator[str]:
    yield from history.findings
    behind = min(history.watched, key=lambda watched: watched.position)
    if behind.position < history.told:
        # What nobody looked at would seem lost.
        yield (
            f"nothing else is judged: {behind.name} saw what was written up to {behind.position}, "
            f"and not up to {history.told}"
        )
        return
    first = min(history.watched, key=lambda watched: watched.begin)
    timeline = Timeline(first.begin, first.start, first.events)
    yield from _watchers(history, timeline)
    yield from _chains(timeline)
    yield from _writes(history, timeline)
    yield from _deletions(history, timeline)
    yield from _order(history)
    for read in history.reads:
        yield from (_list if read.verb == "LIST" else _get)(read, timeline)
    yield from _gone(history)


def explain(history: History, findings: list[str]) -> str:
    """The findings, the first ones with all that happened to their objects."""
    lines = [f"{len(findings)} findings"]
    for finding in findings[:SHOWN]:
        lines.append(f"- {finding}")
        if (name := re.search(r"object-[\w-]*\w", finding)) is not None:
            lines += [f"    {line}" for line in history.of(name[0])]
    lines += [f"- {finding}" for finding in findings[SHOWN : 10 * SHOWN]]
    return "\n".join(lines)


def _watchers(history: History, timeline: Timeline) -> Iterator[str]:
    """Each watcher saw what the first one saw, from where it began."""
    for watched in history.watched:
        wanted = [each for each in timeline.events if each.state.revision > watched.begin]
        start = timeline.everything(watched.begin)
        if watched.start != start:
            yield f"{watched.name} began with another state than that at {watched.begin}"
        if watched.events == wanted:
            continue
        seen, known = set(watched.events), set(wanted)
        for event in wanted:
            if event not in seen:
                yield f"{watched.name} missed {_told(event)}"
        for event in watched.events:
            if event not in known:
                yield f"{watched.name} alone saw {_told(event)}"
        if len(watched.events) != len(seen):
            yield f"{watched.name} saw changes twice"
        elif seen == known:
            yield f"{watched.name} saw changes in another order"


def _chains(timeline: Timeline) -> Iterator[str]:
    """An object is added, modified and deleted, and then another one of its name is added."""
    before = 0
    for event in timeline.events:
        if event.state.revision <= before:
            yield f"the order is broken at {_told(event)}"
        before = event.state.revision
    for name, events in timeline.of.items():
        state = timeline.start.get(name)
        for event in events:
            if event.type == "ADDED":
                if state is not None:
                    yield f"{name} was there at {_told(event)}"
                state = event.state
            elif state is None or state.uid != event.state.uid:
                yield f"{name} was another one, {state}, at {_told(event)}"
                state = event.state
            if event.type == "DELETED":
                if state.text != event.state.text:
                    yield f"{name} was {state} at {_told(event)}"
                state = None
            else:
                state = event.state


def _writes(history: History, timeline: Timeline) -> Iterator[str]:
    """What was acknowledged came about once, what was refused did not, all else was asked for."""
    changes: dict[str, list[Event]] = defaultdict(list)
    for event in timeline.events:
        if event.type != "DELETED":
            changes[event.state.text].append(event)
    asked: dict[str, Attempt] = {each.text: each for each in history.attempts}
    for text, events in changes.items():
        if text not in asked:
            yield f"nobody asked for {_told(events[0])}"
        elif len(events) > 1:
            yield f"it came twice: {', '.join(map(_told, events))}"
    for attempt in history.attempts:
        if attempt.verb == "DELETE":
            continue
        found = changes.get(attempt.text, [])
        if attempt.outcome == "refused" and found:
            yield f"refused with {attempt.detail}, and yet done: {_told(found[0])}"
        if attempt.outcome == "done" and attempt.revision:
            wanted = State(attempt.name, attempt.uid, attempt.revision, attempt.text)
            if [event.state for event in found] != [wanted]:
                yield f"acknowledged {attempt.verb} {wanted} is lost; there is {found}"
        if attempt.outcome != "refused" and found:
            if found[0].type != ("ADDED" if attempt.verb == "POST" else "MODIFIED"):
                yield f"{attempt.verb} was told as {_told(found[0])}"
            before = timeline.at(attempt.name, found[0].state.revision - 1)
            if attempt.read and (before is None or before.revision != attempt.read):
                yield f"{_told(found[0])} depends on {attempt.read}, but replaced {before}"


def _deletions(history: History, timeline: Timeline) -> Iterator[str]:
    deletions = {each.state.uid: each for each in timeline.events if each.type == "DELETED"}
    attempts = [each for each in history.attempts if each.verb == "DELETE"]
    acknowledged = [each for each in attempts if each.outcome == "done"]
    for attempt in acknowledged:
        if attempt.uid and attempt.uid not in deletions:
            yield f"the acknowledged deletion of {attempt.name}, {attempt.uid}, is lost"
    uids = [each.uid for each in acknowledged]
    if len(uids) != len(set(uids)):
        yield "an object was deleted twice"
    maybe = {each.name for each in attempts if each.outcome == "unknown"}
    for uid, event in deletions.items():
        if uid not in uids and event.state.name not in maybe:
            yield f"nobody asked for {_told(event)}"


def _order(history: History) -> Iterator[str]:
    """A write that began after another one was acknowledged has the higher resourceVersion."""
    for attempt in history.attempts:
        if attempt.outcome == "done" and attempt.revision and attempt.revision <= attempt.after:
            yield f"{attempt.name} was written at {attempt.revision}, begun after {attempt.after}"


def _list(read: Read, timeline: Timeline) -> Iterator[str]:
    if read.revision < read.after:
        yield f"{read.url} listed {read.version} at {read.revision}, after {read.after} was told"
    if read.revision < timeline.begin:
        return
    names = [state.name for state in read.states]
    if names != sorted(names):
        yield f"a list at {read.revision} is out of order"
    seen = {state.name: state for state in read.states}
    if len(seen) != len(names):
        yield f"a list at {read.revision} has an object twice"
    wanted = timeline.everything(read.revision)
    for name in sorted({*seen, *wanted}):
        if seen.get(name) != wanted.get(name):
            yield (
                f"{read.url} listed {name} in {read.version} at {read.revision} as "
                f"{seen.get(name)} where it was {wanted.get(name)}"
            )


def _get(read: Read, timeline: Timeline) -> Iterator[str]:
    if read.after < timeline.begin:
        return
    seen = read.states[0] if read.states else None
    if seen not in timeline.since(read.name, read.after):
        yield (
            f"{read.url} showed {read.name} in {read.version} as {seen}, after {read.after} was "
            f"told, where it was {timeline.at(read.name, read.after)}"
        )


def _gone(history: History) -> Iterator[str]:
    """Nobody sees an object whose deletion was acknowledged before."""
    deleted = {
        each.uid: each.ended
        for each in history.attempts
        if each.verb == "DELETE" and each.outcome == "done" and each.uid
    }
    for read in history.reads:
        for state in read.states:
            if deleted.get(state.uid, read.began) < read.began and read.verb in ("GET", "LIST"):
                yield f"{read.url} still has {state.name}, {state.uid}, after its deletion"


def _told(event: Event) -> str:
    return f"{event.type} {event.state.name} {event.state.revision} {event.state.text}"
