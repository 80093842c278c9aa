"""HTTP with an API server: connections that are kept, one request after another on each.

urllib3 opens them, with all that a kubeconfig says of TLS and proxies. What goes over them is
written and read here, for a migration makes a request for every object: an answer is parsed in C,
and a request takes a third of the time that urllib3 takes for it.
"""

from __future__ import annotations

import ssl
import weakref
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote, urlsplit

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from kconv._errors import Denied, Unavailable, shortened

if TYPE_CHECKING:
    from socket import socket

CONNECT: Final = 10.0
"""Seconds to open a connection."""

LIMIT: Final = 1 << 30
"""Bytes that an answer may have, headers and all: a page of a list is the longest."""

_READ: Final = 1 << 18
_QUOTED: Final = 400
_CONTROLS: Final = str.maketrans(dict.fromkeys("\r\n\0"))
_SAFE: Final = "/?&=%:@!$'()*+,;~"


class AnswerTooLong(Denied):
    """An answer of more bytes than are read, which it would have again."""

    reason = "AnswerTooLong"

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host}: an answer has more than {LIMIT:,} bytes, and no more are read: smaller pages "
            "(limit=) are shorter, and where one object has as many that is no API server"
        )


@dataclass(slots=True)
class Response:
    """What a server answered; names of ``headers`` are in lower case."""

    status: int = 0
    data: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Exchange(Protocol):
    """Makes requests; any number of threads may."""

    def request(
        self, method: str, target: str, data: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        """Make one request, which may be one that can be made twice only.

        Raises `Unavailable` where the server cannot be reached or goes away, `Denied` where TLS
        fails, `AnswerTooLong`, and `ValueError` for headers that are none.
        """
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def exchange_with(host: str, manager: Any, timeout: float) -> Exchange:
    """Requests to a server over what a pool manager of urllib3 opens.

    A plain proxy of HTTP wants requests of another form, which are urllib3's to make.
    """
    if getattr(manager, "proxy", None) is not None:
        return _ThroughProxy(host, manager, timeout)
    return _Kept(host, manager, timeout)


class _Kept:
    def __init__(self, host: str, manager: Any, timeout: float) -> None:
        import urllib3

        self._host = host
        self._timeout = timeout
        self._pool = manager.connection_from_url(host)
        self._pool.timeout = urllib3.Timeout(connect=CONNECT, read=timeout)
        address = urlsplit(host)
        self._base = address.path.rstrip("/")
        self._name = address.netloc.rpartition("@")[2]
        self._idle: deque[_Line] = deque()
        weakref.finalize(self, _close_all, self._idle)

    def request(
        self, method: str, target: str, data: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        text = _head(method, self._base + target, self._name, data, headers)
        while True:
            try:
                line = self._idle.pop()
            except IndexError:
                line = self._open()
            try:
                found = line.exchange(text)
            except _Stale:
                continue  # closed by the server since; the next one, or a new one, is tried
            except _TooLong:
                raise AnswerTooLong(self._host) from None
            except (OSError, HttpParserError) as error:
                raise _error(self._host, error, self._timeout) from None
            if line.is_kept:
                self._idle.append(line)
            return found

    def close(self) -> None:
        _close_all(self._idle)
        self._pool.close()

    def _open(self) -> _Line:
        import urllib3

        made = self._pool._new_conn()
        try:
            made.connect()
        except urllib3.exceptions.HTTPError as error:
            made.close()
            raise Unavailable(f"{self._host}: {error_text(error)}") from None
        except OSError as error:
            made.close()
            raise _error(self._host, error, CONNECT) from None
        made.sock.settimeout(self._timeout)
        return _Line(made.sock, made)


def _close_all(lines: deque[_Line]) -> None:
    while lines:
        lines.pop().close()


class _Stale(Exception):
    pass


class _TooLong(Exception):
    pass


class _Line:
    """One connection. ``owner`` is what it belongs to, which closes it."""

    def __init__(self, sock: socket, owner: Any) -> None:
        self._sock = sock
        self._owner = owner
        self._reader = _Reader()
        self._is_new = True
        self.is_kept = True

    def exchange(self, text: bytes) -> Response:
        if not self._is_new and self._has_spoken():
            self.close()
            raise _Stale
        reader = self._reader
        try:
            self._sock.sendall(text)
            while not reader.is_over:
                received = self._sock.recv(_READ)
                if not received:
                    reader.end()
                    self.is_kept = False
                    break
                reader.feed(received)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            self.close()
            if self._is_new or reader.has_begun:
                raise
            raise _Stale from None
        except BaseException:
            self.close()
            raise
        self._is_new = False
        if not (self.is_kept and reader.keeps_alive):
            self.close()
        return reader.take()

    def _has_spoken(self) -> bool:
        """Whether the server has closed it, or has said what no request has asked for.

        Like the 408 of a proxy that closes an idle connection: it is no answer to the next one.
        """
        from urllib3.util.wait import wait_for_read

        return wait_for_read(self._sock, timeout=0.0)

    def close(self) -> None:
        self.is_kept = False
        self._reader.close()
        self._owner.close()


class _Reader:
    """Reads the responses of a connection; its methods with ``on_`` are called by the parser."""

    def __init__(self) -> None:
        self._parser: Any = HttpResponseParser(self)
        self.response = Response()
        self.take()

    def take(self) -> Response:
        """The response that has been read; what is read from now on is the next one."""
        found, self.response = self.response, Response()
        self.is_over = self.has_begun = self.keeps_alive = self._is_in_body = False
        self._body: list[bytes] = []
        self._size = 0
        return found

    def close(self) -> None:
        """Let go of the parser, which has the reader in turn."""
        self._parser = None

    def feed(self, data: bytes) -> None:
        """Read on. What follows the answer is left, and the connection with it."""
        self.has_begun = True
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            raise HttpParserError("the server changes to another protocol") from None
        except HttpParserError:
            if not self.is_over:
                raise
            self.keeps_alive = False
        if max(self._size, announced(self.response.headers)) > LIMIT:
            raise _TooLong

    def end(self) -> None:
        """The server has closed. Raises `ConnectionError` where it was not done."""
        sized = self.response.headers.keys() & {"content-length", "transfer-encoding"}
        if not self._is_in_body or sized:
            raise ConnectionResetError("the server closed the connection before it had answered")
        self.on_message_complete()

    def on_message_begin(self) -> None:
        if self.is_over:
            raise HttpParserError("there is one answer to a request")

    def on_header(self, name: bytes, value: bytes) -> None:
        self.response.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self.response.status = self._parser.get_status_code()
        self._is_in_body = self.response.status >= 200
        self.keeps_alive = self._parser.should_keep_alive()

    def on_body(self, data: bytes) -> None:
        self._body.append(data)

    def on_message_complete(self) -> None:
        if self.response.status < 200:
            self.response = Response()  # that more is to come is no answer
            return
        self.response.data = b"".join(self._body)
        self.is_over = True


class _ThroughProxy:
    def __init__(self, host: str, manager: Any, timeout: float) -> None:
        self._host = host
        self._manager = manager
        self._timeout = timeout

    def request(
        self, method: str, target: str, data: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        import urllib3

        timeout = urllib3.Timeout(connect=CONNECT, read=self._timeout)
        try:
            found = self._manager.request(
                method,
                self._host + target,
                body=data,
                headers=dict(headers),
                timeout=timeout,
                retries=False,
                preload_content=False,
            )
            names = {name.lower(): value for name, value in found.headers.items()}
            data = b"" if announced(names) > LIMIT else found.read(LIMIT + 1)
            if max(len(data), announced(names)) > LIMIT:
                found.close()
                raise AnswerTooLong(self._host)
            found.release_conn()
        except urllib3.exceptions.SSLError as error:
            raise Denied(f"{self._host}: {tls_text(error)}") from None
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(f"{self._host}: {error_text(error)}") from None
        return Response(found.status, data, names)

    def close(self) -> None:
        self._manager.clear()


def _head(
    method: str, target: str, name: str, data: bytes | None, headers: Mapping[str, str]
) -> bytes:
    """A request. Raises `ValueError` for a value that is none of a header."""
    lines = [f"{method} {quote(target, safe=_SAFE)} HTTP/1.1", f"Host: {name}"]
    for key, value in headers.items():
        if value != value.translate(_CONTROLS):
            raise ValueError(f"{key} is no header")
        lines.append(f"{key}: {value}")
    if data is not None:
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + (data or b"")


def announced(headers: Mapping[str, str]) -> int:
    """How many bytes are to come by the headers, in lower case; 0 where they do not say."""
    said = headers.get("content-length", "")
    return int(said[:20]) if said.isascii() and said.isdecimal() else 0


def _error(host: str, error: Exception, seconds: float) -> Unavailable:
    if isinstance(error, TimeoutError):
        return Unavailable(f"{host}: timed out after {seconds:g} s")
    if isinstance(error, ssl.SSLError) and not isinstance(
        error, ssl.SSLEOFError | ssl.SSLZeroReturnError
    ):
        return Denied(f"{host}: {tls_text(error)}")
    return Unavailable(f"{host}: {error_text(error)}")


def tls_text(error: Exception) -> str:
    """What is wrong with TLS, in words."""
    text = error_text(error)
    if "certificate has expired" in text:
        return f"its certificate ran out ({text})"
    return text


def error_text(error: BaseException) -> str:
    """What an error says, in one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return shortened(text, _QUOTED)
