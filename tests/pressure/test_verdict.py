"""The verdict finds what it is for: each way of breaking a sound history, and its sound form."""

import os
import re
import signal
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kconv_migrations._tables import upgrade
from pressure import client, scenario
from pressure.history import Attempt, Event, History, Read, State, Watched
from pressure.servers import NotServing, ServerProcess, fleet
from pressure.verdict import explain, verdict

ONE, TWO = "object-one", "object-two"


def sound() -> History:
    """Two objects; the first is created, replaced and deleted, the second is there before."""
    history = History()
    history.attempts = [
        attempt("POST", ONE, "a", 11, began=1, after=10),
        attempt("PUT", ONE, "b", 12, began=2, after=11, read=11),
        attempt("PATCH", TWO, "c", 13, began=3, after=12),
        replace(attempt("PATCH", TWO, "d", 0, began=3, after=12), outcome="unknown", uid=""),
        replace(attempt("PATCH", TWO, "e", 0, began=3, after=12), outcome="refused", uid=""),
        replace(attempt("DELETE", ONE, "f", 0, began=5, after=13)),
    ]
    states = {
        11: State(ONE, "uid-one", 11, "a"),
        12: State(ONE, "uid-one", 12, "b"),
        13: State(TWO, "uid-two", 13, "c"),
        14: State(ONE, "uid-one", 14, "b"),
    }
    types = ("ADDED", "MODIFIED", "MODIFIED", "DELETED")
    events = [Event(kind, state) for kind, state in zip(types, states.values(), strict=True)]
    start = {TWO: State(TWO, "uid-two", 9, "start")}
    later = {**start, ONE: states[11]}
    history.watched = [
        Watched("first", 10, dict(start), list(events), 14),
        Watched("second", 11, dict(later), events[1:], 14),
    ]
    history.reads = [
        read("LIST", "", 10, 10, 0.5, [start[TWO]]),
        read("LIST", "", 12, 13, 4, [states[12], states[13]]),
        read("GET", ONE, 11, 0, 2, [states[11]]),
        read("GET", ONE, 13, 0, 6, []),
        read("LIST", "", 13, 14, 6, [states[13]]),
    ]
    return history


def attempt(
    verb: str, name: str, text: str, revision: int, *, began: float, after: int, read: int = 0
) -> Attempt:
    uid = "uid-one" if name == ONE else "uid-two"
    return Attempt(
        "writer", verb, name, text, read, after, "url", "v1", began, began + 0.5, "done", revision,
        uid,
    )  # fmt: skip


def read(
    verb: str, name: str, after: int, revision: int, began: float, states: list[State]
) -> Read:
    return Read(verb, name, after, "url", "v1", began, began + 0.1, revision, states)


def test_a_sound_history() -> None:
    assert verdict(sound()) == []


def missed(history: History) -> None:
    del history.watched[1].events[1]


def missed_by_all(history: History) -> None:
    del history.watched[0].events[2]
    del history.watched[1].events[1]


def doubled(history: History) -> None:
    history.watched[1].events.insert(1, history.watched[1].events[0])


def reordered(history: History) -> None:
    events = history.watched[1].events
    events[0], events[1] = events[1], events[0]


def invented(history: History) -> None:
    state = State(TWO, "uid-two", 15, "nobody")
    for watched in history.watched:
        watched.events.append(Event("MODIFIED", state))


def refused_and_done(history: History) -> None:
    for watched in history.watched:
        watched.events.append(Event("MODIFIED", State(TWO, "uid-two", 15, "e")))


def done_twice(history: History) -> None:
    for watched in history.watched:
        for revision in (15, 16):
            watched.events.append(Event("MODIFIED", State(TWO, "uid-two", revision, "d")))


def added_as_modified(history: History) -> None:
    event = history.watched[0].events[0]
    history.watched[0].events[0] = event._replace(type="MODIFIED")


def lost_update(history: History) -> None:
    history.attempts[1].read = 10


def lost_deletion(history: History) -> None:
    for watched in history.watched:
        watched.events.pop()
    del history.reads[3:]


def deleted_by_nobody(history: History) -> None:
    history.attempts.pop()


def older_than_what_was_told(history: History) -> None:
    history.attempts[2].after = 14


def list_in_the_past(history: History) -> None:
    history.reads[1].after = 14


def list_that_lacks_one(history: History) -> None:
    history.reads[1].states.pop()


def list_with_an_old_state(history: History) -> None:
    history.reads[1].states[0] = history.reads[2].states[0]


def list_out_of_order(history: History) -> None:
    history.reads[1].states.reverse()


def stale_get(history: History) -> None:
    history.reads[2].after = 12


def absent_before_it_is_deleted(history: History) -> None:
    history.reads.append(read("GET", TWO, 13, 0, 4, []))


def there_after_its_deletion(history: History) -> None:
    history.reads.append(read("GET", ONE, 12, 0, 7, [State(ONE, "uid-one", 12, "b")]))


def other_start(history: History) -> None:
    history.watched[1].start.pop(TWO)


FAULTS: dict[Callable[[History], None], str] = {
    missed: "second missed MODIFIED object-two 13 c",
    missed_by_all: "acknowledged PATCH State",
    doubled: "second saw changes twice",
    reordered: "second saw changes in another order",
    invented: "nobody asked for MODIFIED object-two 15 nobody",
    refused_and_done: "refused with",
    done_twice: "it came twice",
    added_as_modified: "POST was told as MODIFIED",
    lost_update: "depends on 10",
    lost_deletion: "the acknowledged deletion of object-one, uid-one, is lost",
    deleted_by_nobody: "nobody asked for DELETED",
    older_than_what_was_told: "was written at 13, begun after 14",
    list_in_the_past: "at 13, after 14 was told",
    list_that_lacks_one: "listed object-two in v1 at 13 as None",
    list_with_an_old_state: "listed object-one in v1 at 13 as",
    list_out_of_order: "is out of order",
    stale_get: "showed object-one in v1 as State(name='object-one', uid='uid-one', revision=11",
    absent_before_it_is_deleted: "showed object-two in v1 as None",
    there_after_its_deletion: "after its deletion",
    other_start: "second began with another state",
}


@pytest.mark.parametrize("break_it", FAULTS, ids=lambda fault: fault.__name__)
def test_faults_are_found(break_it: Callable[[History], None]) -> None:
    history = sound()
    break_it(history)
    findings = verdict(history)
    assert any(FAULTS[break_it] in finding for finding in findings), findings
    told = explain(history, findings)
    assert all(finding in told for finding in findings)
    assert "object-" not in findings[0] or "first from 10: " in told


def test_what_a_watcher_has_not_come_to_is_not_called_lost() -> None:
    """It gave up, or its server never came back: then that is what is wrong."""
    history = sound()
    history.tell(14)
    assert verdict(history) == []
    history.find("a server did not start")
    for watched in history.watched:
        watched.events = [each for each in watched.events if each.state.revision < 13]
        watched.position = 12
    first, rest = verdict(history)
    assert first.endswith("a server did not start")
    assert rest.startswith("nothing else is judged")
    # One that has come as far, and saw less, missed it.
    for watched in history.watched:
        watched.position = 14
    assert any("is lost" in each for each in verdict(history))


def test_a_server_that_does_not_start_is_what_is_said(sqlite_url: str, tmp_path: Path) -> None:
    """With the reason: here somebody has locked the database."""
    upgrade(sqlite_url)
    holder = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    server = ServerProcess(sqlite_url, tmp_path / "log")
    try:
        with pytest.raises(NotServing, match="does not serve") as raised:
            server.serves(3)
    finally:
        server.remove()
        holder.close()
    told = str(raised.value)
    assert "Fatal Python error: Aborted" in told, told
    assert "most recent call first" in told, told
    assert re.search(r"^lock .* WRITE ", told, re.MULTILINE), told
    assert f"open in {os.getpid()}: " in told, told
    assert server.process.returncode == -signal.SIGABRT


def test_a_server_that_will_never_start_is_not_tried_again(sqlite_url: str, tmp_path: Path) -> None:
    """Its exit code is the one of a database that is away."""
    upgrade(sqlite_url)
    with fleet(sqlite_url, tmp_path, 1) as servers:
        database = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
        with database:
            database.execute("UPDATE kconv_alembic_version SET version_num = '9999'")
        database.close()
        with pytest.raises(NotServing, match=r"ended with 3 at its start: .* a later release"):
            servers.start_one()
        assert servers.failed


def test_a_server_that_does_not_answer_is_what_is_said(
    postgres_tables_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what its threads are at, and the sessions of its database."""
    monkeypatch.setattr(client, "SECONDS", 1.0)
    monkeypatch.setattr(scenario, "LAST_SECONDS", 0.0)
    history = History()
    with fleet(postgres_tables_url, tmp_path, 1) as servers:
        servers.up[0].process.send_signal(signal.SIGSTOP)
        with pytest.raises(AssertionError, match="2 findings") as raised:
            scenario.write_last(servers, history)
    told = str(raised.value)
    assert "nobody answered last POST" in told, told
    assert "no write succeeds: last POST" in told, told
    assert re.search(r"^session pid \d+, state idle, ", told, re.MULTILINE), told
    assert "Fatal Python error: Aborted" in told, told
