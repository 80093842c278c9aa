"""A watch over a socket of its own, whose lines may be waited for and then again."""

import socket
import time
from urllib.parse import urlsplit

from pressure.client import SECONDS, Lost


class WatchConnection:
    """Asks for a path and reads the head of the answer. Raises `Lost`, as `line` does."""

    def __init__(self, url: str, path: str) -> None:
        address = urlsplit(url)
        self._text = b""
        self._raw = b""
        self._over = False
        try:
            self._socket = socket.create_connection(
                (address.hostname or "", address.port or 80), SECONDS
            )
        except OSError as error:
            raise Lost(str(error)) from error
        try:
            self._begin(f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n")
        except Lost:
            self.close()
            raise

    def _begin(self, request: str) -> None:
        try:
            self._socket.sendall(request.encode())
        except OSError as error:
            raise Lost(str(error)) from error
        head = self._until(b"\r\n\r\n").decode().lower().splitlines()
        self.status = int(head[0].split()[1])
        self._chunked = "transfer-encoding: chunked" in head

    def line(self, seconds: float) -> bytes | None:
        """The next line; None when none has come for so long, empty at the end."""
        deadline = time.monotonic() + seconds
        while b"\n" not in self._text and not self._over:
            left = deadline - time.monotonic()
            if left <= 0 or not self._receive(left):
                return None
            self._decode()
        line, _, self._text = self._text.partition(b"\n")
        return line

    def rest(self) -> str:
        """What is there of an answer that is no watch."""
        while not self._chunked and not self._raw:
            self._receive(SECONDS)
        self._decode()
        return (self._text + self._raw).decode()

    def close(self) -> None:
        self._socket.close()

    def _decode(self) -> None:
        """Take whole chunks out of what has come."""
        while not self._over and b"\r\n" in self._raw:
            size, _, rest = self._raw.partition(b"\r\n")
            length = int(size, 16)
            if len(rest) < length + 2:
                return
            self._text += rest[:length]
            self._raw = rest[length + 2 :]
            self._over = length == 0

    def _until(self, end: bytes) -> bytes:
        while end not in self._raw:
            if not self._receive(SECONDS):
                raise Lost("no answer to a watch")
        found, _, self._raw = self._raw.partition(end)
        return found

    def _receive(self, seconds: float) -> bool:
        self._socket.settimeout(seconds)
        try:
            data = self._socket.recv(1 << 16)
        except TimeoutError:
            return False
        except OSError as error:
            raise Lost(str(error)) from error
        if not data:
            raise Lost("the connection was closed")
        self._raw += data
        return True
