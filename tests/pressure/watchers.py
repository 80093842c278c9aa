"""Watchers that hop from server to server and from version to version, and miss nothing."""

import json
from contextlib import closing
from typing import Any

from pressure.apis import VERSIONS, Version
from pressure.client import Lost
from pressure.history import Event, History, Watched, WrongVersion, state_of
from pressure.servers import Fleet
from pressure.watch_connection import WatchConnection
from pressure.writers import TRANSIENT, Reader, Worker

IDLE_SECONDS = 0.5
"""How long a watcher waits for a line before it looks whether it should stop or hop."""


class Watcher(Worker):
    """Lists once, then watches for good, each time at another server from where it was."""

    def __init__(self, name: str, fleet: Fleet, history: History, seed: int) -> None:
        super().__init__(name, fleet, history, seed)
        self.watched = Watched(name)
        history.watched.append(self.watched)

    def step(self) -> None:
        version = self.chance.choice(VERSIONS)
        url = self.fleet.pick(self.chance)
        try:
            if not self.watched.begin:
                self._list(url, version)
            else:
                self._watch(url, version)
        except Lost:
            self.watched.hops += 1
            self.pause()
        except WrongVersion as error:
            self.history.find(f"{self.name} at {url}: {error}")

    def _list(self, url: str, version: Version) -> None:
        reader = Reader(self.name, self.fleet, self.history, 0, 1)
        reader.client = self.client
        read = reader.list(url, version, self.history.told, self.history.now())
        if read is not None:
            self.watched.begin = self.watched.position = read.revision
            self.watched.start = {state.name: state for state in read.states}

    def _watch(self, url: str, version: Version) -> None:
        query = f"watch=true&allowWatchBookmarks=true&resourceVersion={self.watched.position}"
        events_here = self.chance.randrange(1, 300)
        with closing(WatchConnection(url, f"{version.path()}?{query}")) as connection:
            if connection.status != 200:
                if connection.status not in TRANSIENT:
                    self.history.find(f"{self.name} at {url}: refused: {connection.rest()}")
                self.pause()
                return
            while events_here > 0 and not self.ending.is_set():
                line = connection.line(IDLE_SECONDS)
                if line is None and url in self.fleet.urls():
                    continue
                if not line or not self._take(json.loads(line), version, url):
                    break
                events_here -= 1
        self.watched.hops += 1

    def _take(self, event: dict[str, Any], version: Version, url: str) -> bool:
        watched = self.watched
        document = event["object"]
        if event["type"] == "ERROR":
            if document.get("code") not in TRANSIENT:
                self.history.find(f"{self.name} at {url} from {watched.position}: {document}")
            return False
        if event["type"] == "BOOKMARK":
            revision = int(document["metadata"]["resourceVersion"])
            if revision < watched.position:
                self.history.find(f"{self.name} at {url}: a bookmark goes back to {revision}")
            watched.position = max(watched.position, revision)
            return True
        state = state_of(document, version)
        if state.revision <= watched.position:
            self.history.find(
                f"{self.name} at {url}: {event['type']} {state} after {watched.position}"
            )
            return False
        watched.position = state.revision
        watched.events.append(Event(event["type"], state))
        return True
