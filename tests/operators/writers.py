"""Writers and a reader of devices, in any version, who remember what they were told."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from devices import GROUP
from operators.facts import VERSIONS, Facts, Value, changed, document, new, says

PATIENCE = 60.0
PAUSE = 0.05
T = TypeVar("T")
Gone = None


@dataclass
class Known:
    """What is known of an object: one state, or two where nobody said whether a write was done."""

    name: str
    may_be: list[Facts | None] = field(default_factory=lambda: [Gone])
    uid: str = ""
    """Of the object that was read last; empty where another one may be there by now."""
    tried: dict[int, Facts] = field(default_factory=dict)
    """Everything that it may have been, by number."""


def path(version: str, name: str = "") -> str:
    """Where devices are."""
    found = f"/apis/{GROUP}/{version}/namespaces/default/devices"
    return f"{found}/{name}" if name else found


class Asking:
    """Asks again and again, until it is over; between two questions it may be held up."""

    def __init__(self, url: str, seed: int, act: threading.RLock) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=40)
        self.chance = random.Random(seed)
        self.act = act
        self.over = threading.Event()
        self.failed: BaseException | None = None
        self.done = 0

    def ask(self, method: str, at: str, body: Any = None, kind: str = "") -> httpx.Response | None:
        """The answer, or None where it is not known whether the request was done."""
        headers = {"content-type": kind or "application/json"}
        try:
            answer = self.http.request(method, at, json=body, headers=headers)
        except httpx.HTTPError:
            return None
        return None if answer.status_code >= 500 else answer

    def start(self) -> None:
        """Go on until it is over, or something is wrong."""
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self.over.wait(PAUSE):
                with self.act:
                    self.step()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is asked for
            self.failed = error

    def step(self) -> None:
        """One question."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it."""
        self.over.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        self.check()

    def close(self) -> None:
        """End it, whatever it found."""
        self.over.set()
        if self._thread.ident is not None:
            self._thread.join(60)
        self.http.close()

    def check(self) -> None:
        """Raise what it found wrong."""
        if self.failed is not None:
            raise self.failed


class Writer(Asking):
    """Creates, changes and deletes objects of its own."""

    def __init__(self, url: str, seed: int, objects: int) -> None:
        super().__init__(url, seed, threading.RLock())
        self.known = {f"d{seed}-{at}": Known(f"d{seed}-{at}") for at in range(objects)}
        self._number = seed * 1_000_000

    def step(self) -> None:
        """One write, or one look at what became of the last."""
        version = self.chance.choice(VERSIONS)
        known = self.known[self.chance.choice([*self.known])]
        found = self.look(known, version)
        if found is None:
            return
        self._number += 1
        if not found:
            self._create(known, version)
        elif self.chance.random() < 0.15:
            self._delete(known, version)
        else:
            self._change(known, version, found)

    def look(self, known: Known, version: str) -> Value | None:
        """The object, empty if there is none; None where nobody can say, or not in this version."""
        answer = self.ask("GET", path(version, known.name))
        if answer is None or answer.status_code == 429:
            return None
        if answer.status_code == 404:
            if answer.json().get("details", {}).get("name") != known.name:
                return None  # the version is not there
            assert Gone in known.may_be, f"{known} is lost: {answer.text}"
            known.may_be, known.uid = [Gone], ""
            return {}
        value: Value = answer.json()
        self.judge(known, value)
        return value

    def judge(self, known: Known, value: Value) -> None:
        """An object must be one of what it may be; then it is known which."""
        fit = [each for each in known.may_be if each is not Gone and says(value, each)]
        assert fit, f"it is {value}, and should be one of {known}"
        uid = value["metadata"]["uid"]
        assert known.uid in ("", uid), f"{known} is another object: {value}"
        known.may_be, known.uid = [fit[-1]], uid

    def _settle(self, known: Known, answer: httpx.Response | None, after: Facts | None) -> None:
        """What is known after a write that was to make it so."""
        if answer is None:
            known.may_be = [*known.may_be, after]
            if after is Gone or Gone in known.may_be:
                known.uid = ""
        elif answer.status_code < 300:
            self.done += 1
            known.may_be = [after]
            if after is Gone:
                known.uid = ""
            else:
                self.judge(known, answer.json())
        else:
            assert answer.status_code in (404, 409, 429), answer.text

    def _create(self, known: Known, version: str) -> None:
        facts = new(self.chance, self._number, version)
        known.tried[facts.number] = facts
        made = document(known.name, version, facts)
        self._settle(known, self.ask("POST", path(version), made), facts)

    def _change(self, known: Known, version: str, found: Value) -> None:
        (before,) = known.may_be
        assert before is not None, "it was read"
        facts = changed(before, self.chance, self._number, version)
        known.tried[facts.number] = facts
        at = path(version, known.name)
        if self.chance.random() < 0.3:
            patch = {"spec": facts.spec(version), "metadata": {
                "resourceVersion": found["metadata"]["resourceVersion"]}}  # fmt: skip
            old = found["spec"]
            for name in {*old} - {*patch["spec"]}:
                patch["spec"][name] = None
            if version == "v1beta1":
                gone = {*old.get("sensors", {})} - {*patch["spec"]["sensors"]}
                patch["spec"]["sensors"] |= dict.fromkeys(gone)
            answer = self.ask("PATCH", at, patch, "application/merge-patch+json")
        else:
            answer = self.ask("PUT", at, {**found, "spec": facts.spec(version)})
        self._settle(known, answer, facts)

    def _delete(self, known: Known, version: str) -> None:
        options = {"preconditions": {"uid": known.uid}}
        answer = self.ask("DELETE", path(version, known.name), options)
        self._settle(known, answer, Gone)


class Reader(Asking):
    """Lists all objects in any version; each is something that it was made at some time."""

    def __init__(self, url: str, seed: int, writers: list[Writer]) -> None:
        super().__init__(url, seed, threading.RLock())
        self._writers = writers

    def step(self) -> None:
        """One list."""
        answer = self.ask("GET", path(self.chance.choice(VERSIONS)))
        if answer is None or answer.status_code in (404, 429):
            return
        items = answer.json()["items"]
        names = [each["metadata"]["name"] for each in items]
        assert len(names) == len({*names}), f"twice in a list: {names}"
        for each in items:
            self._judge({**each, "apiVersion": answer.json()["apiVersion"]})
        self.done += 1

    def _judge(self, value: Value) -> None:
        name = value["metadata"]["name"]
        (known,) = (each.known[name] for each in self._writers if name in each.known)
        number = int(value["spec"]["host"].partition(".")[0].removeprefix("h"))
        assert says(value, known.tried[number]), f"{value} is no {known.tried[number]}"


def surely(ask: Callable[[], T | None]) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + PATIENCE
    while (found := ask()) is None:
        assert time.monotonic() < deadline, "nobody answers"
        time.sleep(0.1)
    return found
