"""Writers and readers that take any server, any version and any of the objects."""

import random
import threading
from typing import Any

from pressure.apis import VERSIONS, Version
from pressure.client import Answer, Client, Lost
from pressure.history import Attempt, History, Read, State, WrongVersion, state_of
from pressure.servers import Fleet, NotServing

MERGE = "application/merge-patch+json"
TRANSIENT = (429, 503, 504)
"""Answers that say nothing about what was done, or that nothing was."""


class Worker(threading.Thread):
    """A thread that does one thing after the other until it is told to stop."""

    def __init__(self, name: str, fleet: Fleet, history: History, seed: int) -> None:
        super().__init__(name=name, daemon=True)
        self.fleet = fleet
        self.history = history
        self.chance = random.Random(f"{seed}-{name}")
        self.client = Client()
        self.ending = threading.Event()

    def stop(self, seconds: float = 90.0) -> None:
        self.ending.set()
        self.join(seconds)
        if self.is_alive():
            self.history.find(f"{self.name} is stuck")

    def run(self) -> None:
        try:
            while not self.ending.is_set():
                self.step()
        except NotServing:
            pass  # the fleet says why
        except Exception as error:  # noqa: BLE001 - the verdict says it
            self.history.find(f"{self.name} failed: {type(error).__name__}: {error}")
        finally:
            self.client.close()

    def step(self) -> None:
        raise NotImplementedError

    def pause(self) -> None:
        self.ending.wait(0.02)


class Writer(Worker):
    """Creates, replaces, patches and deletes objects that all writers share."""

    def __init__(
        self, name: str, fleet: Fleet, history: History, seed: int, objects: int, pace: float = 0
    ) -> None:
        super().__init__(name, fleet, history, seed)
        self.objects = objects
        self.pace = pace
        self.count = 0

    def step(self) -> None:
        name = f"object-{self.chance.randrange(self.objects):03}"
        choice = self.chance.random()
        if choice < 0.3:
            self.create(name)
        elif choice < 0.55:
            self.replace(name)
        elif choice < 0.9:
            self.patch(name)
        else:
            self.delete(name)
        if self.pace:
            self.ending.wait(self.pace)

    def create(self, name: str) -> None:
        version, text = self._turn()
        body = {
            "apiVersion": version.api_version, "kind": version.kind,
            "metadata": {"name": name, "ownerReferences": [self.fleet.owned(version)]},
            "spec": {version.field: text, "count": self.count},
        }  # fmt: skip
        self._write("POST", version, name, text, version.path(), body)

    def replace(self, name: str) -> None:
        version, text = self._turn()
        try:
            found = self.client.ask(self.fleet.pick(self.chance), "GET", version.path(name))
        except Lost:
            return
        if found.status != 200:
            return
        document = found.body
        read = int(document["metadata"]["resourceVersion"])
        document["spec"] = {version.field: text, "count": self.count}
        self._write("PUT", version, name, text, version.path(name), document, read=read)

    def patch(self, name: str) -> None:
        version, text = self._turn()
        body = {"spec": {version.field: text}}
        self._write("PATCH", version, name, text, version.path(name), body, kind=MERGE)

    def delete(self, name: str) -> None:
        version, text = self._turn()
        self._write("DELETE", version, name, text, version.path(name))

    def _turn(self) -> tuple[Version, str]:
        self.count += 1
        return self.chance.choice(VERSIONS), f"{self.name}-{self.count}"

    def _write(
        self, verb: str, version: Version, name: str, text: str, path: str, body: Any = None,
        *, kind: str = "application/json", read: int = 0,
    ) -> None:  # fmt: skip
        url = self.fleet.pick(self.chance)
        history = self.history
        attempt = Attempt(
            self.name, verb, name, text, read, history.told, url, version.name, history.now()
        )
        history.attempts.append(attempt)
        try:
            answer = self.client.ask(url, verb, path, body, kind)
        except Lost as lost:
            attempt.ended, attempt.detail = history.now(), str(lost)
            if lost.in_silence:
                history.find(f"nobody answered {attempt.told}")
            self.pause()
            return
        attempt.ended = history.now()
        self._judge(attempt, answer, version)

    def _judge(self, attempt: Attempt, answer: Answer, version: Version) -> None:
        if answer.status in (200, 201, 202):
            attempt.outcome = "done"
            if attempt.verb == "DELETE":
                attempt.uid = answer.body.get("details", {}).get("uid", "")
                return
            try:
                state = state_of(answer.body, version)
            except WrongVersion as error:
                self.history.find(f"{attempt.verb} by {attempt.writer}: {error}")
                return
            attempt.revision, attempt.uid = state.revision, state.uid
            self.history.tell(state.revision)
            if (state.name, state.text) != (attempt.name, attempt.text):
                self.history.find(f"{attempt.verb} {attempt.text} was answered with {state}")
            return
        attempt.detail = f"{answer.status} {answer.body.get('message', '')}"
        if answer.status in TRANSIENT:
            self.pause()
        elif answer.refused:
            attempt.outcome = "refused"
        else:
            self.history.find(f"{attempt.verb} {attempt.name}: {attempt.detail}")


class Reader(Worker):
    """GETs and LISTs, whole and in pages, from any server in any version."""

    def __init__(self, name: str, fleet: Fleet, history: History, seed: int, objects: int) -> None:
        super().__init__(name, fleet, history, seed)
        self.objects = objects

    def step(self) -> None:
        version = self.chance.choice(VERSIONS)
        after, began = self.history.told, self.history.now()
        url = self.fleet.pick(self.chance)
        name = f"object-{self.chance.randrange(self.objects):03}"
        choice = self.chance.random()
        try:
            if choice < 0.6:
                self._get(url, version, name, after, began)
            elif choice < 0.8:
                self.list(url, version, after, began)
            else:
                self.list(url, version, after, began, limit=self.chance.choice((1, 7, 60)))
        except Lost:
            self.pause()
        except WrongVersion as error:
            self.history.find(f"read by {self.name} from {url}: {error}")
        self.ending.wait(0.01)

    def _get(self, url: str, version: Version, name: str, after: int, began: float) -> None:
        answer = self.client.ask(url, "GET", version.path(name))
        if self._failed(answer, absent_is_fine=True):
            return
        states = [state_of(answer.body, version)] if answer.status == 200 else []
        read = Read("GET", name, after, url, version.name, began, self.history.now(), 0, states)
        self.history.reads.append(read)

    def list(
        self, url: str, version: Version, after: int, began: float, limit: int = 0
    ) -> Read | None:
        """List in pages of ``limit``, each page from another server."""
        states: list[State] = []
        revision, token, asked = 0, "", version.path()
        while True:
            query = f"?limit={limit}&continue={token}" if limit else ""
            answer = self.client.ask(url, "GET", asked + query)
            if self._failed(answer):
                return None
            meta = answer.body["metadata"]
            if revision not in (0, int(meta["resourceVersion"])):
                self.history.find(f"a page at {meta} of a list at {revision}")
            revision = int(meta["resourceVersion"])
            head = {"apiVersion": version.api_version, "kind": version.kind}
            if (answer.body["apiVersion"], answer.body["kind"]) != (
                version.api_version, f"{version.kind}List"
            ):  # fmt: skip
                raise WrongVersion(f"the list came as {answer.body['kind']}")
            states += [state_of({**head, **item}, version) for item in answer.body["items"]]
            token = meta.get("continue", "")
            if not token:
                break
            url = self.fleet.pick(self.chance)
        ended = self.history.now()
        read = Read("LIST", "", after, url, version.name, began, ended, revision, states)
        self.history.reads.append(read)
        return read

    def _failed(self, answer: Answer, absent_is_fine: bool = False) -> bool:
        if answer.status == 200 or (answer.status == 404 and absent_is_fine):
            return False
        if answer.status not in TRANSIENT:
            self.history.find(f"a read failed: {answer.status} {answer.body.get('message')}")
        self.pause()
        return True
