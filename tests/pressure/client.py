"""A client of one thread, which says whether an answer came and what it was."""

import http.client
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

SECONDS = 60.0


class Lost(Exception):
    """No whole answer came: nobody knows whether the server did what it was asked."""

    @property
    def in_silence(self) -> bool:
        """Whether nothing came for so long that the server should have said something."""
        return isinstance(self.__cause__, TimeoutError)


class Answer(NamedTuple):
    status: int
    body: Any

    @property
    def refused(self) -> bool:
        """Whether the server says that it did nothing."""
        return 400 <= self.status < 500


class Client:
    """Keeps a connection to each server that it has asked."""

    def __init__(self) -> None:
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def ask(
        self, url: str, method: str, path: str, body: Any = None, kind: str = "application/json"
    ) -> Answer:
        """Make a request. Raises `Lost`.

        A GET over a kept connection that the server has closed meanwhile is asked once more.
        """
        kept = url in self._connections
        try:
            return self._ask(url, method, path, body, kind)
        except Lost as lost:
            if not kept or method != "GET" or not isinstance(lost.__cause__, ConnectionError):
                raise
            return self._ask(url, method, path, body, kind)

    def _ask(self, url: str, method: str, path: str, body: Any, kind: str) -> Answer:
        connection = self._connections.get(url)
        if connection is None:
            address = urlsplit(url)
            host, port = address.hostname or "", address.port
            connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
            self._connections[url] = connection
        data = None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, data, {"Content-Type": kind} if data else {})
            response = connection.getresponse()
            return Answer(response.status, json.loads(response.read()))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connections.pop(url).close()
            raise Lost(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()
