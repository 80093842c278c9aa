"""The demo's clients: plain HTTP, one that asks, one that keeps writing, one that watches."""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
import threading
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from kconv._errors import KconvError, Unavailable

Value = dict[str, Any]

TIMEOUT = 15.0


class Refused(KconvError):
    """The server answered with an error, which the demo never expects."""


class Client:
    """One keep-alive connection to the server."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            address.hostname or "", address.port, timeout=TIMEOUT
        )

    def ask(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Value:
        """Send a request and return the answer.

        Raises `Refused` for a status over 299, `Unavailable` when there is no answer.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if data is not None else {}
        try:
            if self._is_closed():
                self._connection.close()  # the next request opens it again
            self._connection.request(method, path, data, headers)
            response = self._connection.getresponse()
            answer: Value = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unavailable(f"{method} {path}: no answer from the server: {error}") from error
        if response.status > 299:
            raise Refused(f"{method} {path}: {response.status} {answer.get('message')}")
        return answer

    def _is_closed(self) -> bool:
        """Whether the server has ended the idle connection, which then reads as ended."""
        idle = self._connection.sock
        return idle is not None and bool(select.select([idle], [], [], 0)[0])

    def get(self, path: str) -> Value:
        """The object or list at a path."""
        return self.ask("GET", path)

    def post(self, path: str, body: Value) -> Value:
        """Create an object."""
        return self.ask("POST", path, body)

    def merge(self, path: str, patch: Value) -> Value:
        """Change an object by a JSON merge patch."""
        return self.ask("PATCH", path, patch, "application/merge-patch+json")

    def follow(self, path: str) -> http.client.HTTPResponse:
        """Begin a request whose answer is read as it comes."""
        self._connection.request("GET", path)
        return self._connection.getresponse()

    def close(self) -> None:
        """Cut the connection, also under a thread that reads from it."""
        if self._connection.sock is not None:
            with contextlib.suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._connection.close()


class Writer(threading.Thread):
    """Keeps changing objects, one after the other, until it is stopped.

    ``versions`` are the resourceVersions of its writes, ``latest`` the last one by object.
    """

    def __init__(self, url: str, paths: Sequence[str], pause: float) -> None:
        super().__init__(daemon=True)
        self.versions: list[str] = []
        self.latest: dict[str, str] = {}
        self.error: KconvError | None = None
        self._client = Client(url)
        self._paths = paths
        self._pause = pause
        self._ending = threading.Event()

    def run(self) -> None:
        """Write until told to stop."""
        try:
            while not self._ending.wait(self._pause):
                number = len(self.versions)
                path = self._paths[number % len(self._paths)]
                patch = {"metadata": {"annotations": {"example.com/written": str(number)}}}
                metadata = self._client.merge(path, patch)["metadata"]
                self.versions.append(metadata["resourceVersion"])
                self.latest[metadata["name"]] = metadata["resourceVersion"]
        except KconvError as error:
            self.error = error
        finally:
            self._client.close()

    def stop(self) -> None:
        """Finish the write under way and end."""
        self._ending.set()
        self.join(TIMEOUT)


class Watcher(threading.Thread):
    """Watches a resource from a resourceVersion; ``versions`` are those of the events it got."""

    def __init__(self, url: str, path: str, resource_version: str) -> None:
        super().__init__(daemon=True)
        self.versions: list[str] = []
        self._client = Client(url)
        self._path = f"{path}?watch=1&resourceVersion={resource_version}"
        self._news = threading.Condition()

    def run(self) -> None:
        """Read events until the connection ends."""
        try:
            for line in self._client.follow(self._path):
                event = json.loads(line)
                with self._news:
                    self.versions.append(event["object"]["metadata"]["resourceVersion"])
                    self._news.notify_all()
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            pass  # `close` cuts the connection under the reading thread

    def wait_for(self, resource_version: str) -> bool:
        """Wait until the event of a write is there; False if it does not come."""
        with self._news:
            return self._news.wait_for(lambda: resource_version in self.versions, TIMEOUT)

    def close(self) -> None:
        """End the watch."""
        self._client.close()
