"""What a careless or hostile client does to a server. Each holds its connections while it lasts.

They come from an address of their own, so that a server may tell them from others.
"""

import contextlib
import gzip
import json
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

ATTACKER = "127.0.0.7"
CONFIGMAPS = "/api/v1/namespaces/default/configmaps"
SECONDS = 30.0


class Attack:
    """Connections to a server, and a thread that may go on sending on them."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._address = (address.hostname or "", address.port or 80)
        self.host = address.netloc
        self.sockets: list[socket.socket] = []
        self.ending = threading.Event()
        self.statuses: list[int] = []
        self._threads: list[threading.Thread] = []

    def connect(self) -> socket.socket | None:
        """One more connection; None where the server takes no more."""
        opened = socket.socket()
        opened.settimeout(3)
        try:
            opened.bind((ATTACKER, 0))
            opened.connect(self._address)
        except OSError:
            opened.close()
            return None
        self.sockets.append(opened)
        return opened

    def head(self, method: str, path: str, *fields: str) -> bytes:
        """A request's line and headers, and the empty line."""
        return "\r\n".join(
            [f"{method} {path} HTTP/1.1", f"Host: {self.host}", *fields, "", ""]
        ).encode()

    def start(self, work: Callable[[], None]) -> None:
        """Run something beside the probe until `end`."""
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def dribble(self, data: bytes, pause: float) -> None:
        """Send a piece on each connection again and again, for as long as it takes it."""

        def work() -> None:
            while not self.ending.wait(pause):
                for each in self.sockets:
                    with contextlib.suppress(OSError):
                        each.send(data)

        self.start(work)

    def ask_again_and_again(self, count: int, request: bytes) -> None:
        """So many clients that send a request, read the answer, and send it again."""

        def work() -> None:
            while not self.ending.is_set():
                status = exchange(self, request)
                if status is None:
                    self.ending.wait(0.1)
                else:
                    self.statuses.append(status)

        for _ in range(count):
            self.start(work)

    def end(self) -> None:
        self.ending.set()
        for thread in self._threads:
            thread.join(SECONDS * 2)
        for each in self.sockets:
            each.close()


def exchange(attack: Attack, request: bytes) -> int | None:
    """Send a request over a connection of its own; the status, or None where none came."""
    opened = attack.connect()
    if opened is None:
        return None
    opened.settimeout(SECONDS)
    try:
        with contextlib.suppress(ConnectionError):
            opened.sendall(request)
        received = opened.recv(1 << 16)
        status = int(received.split()[1]) if received else None
        while received:
            received = opened.recv(1 << 16)
    except OSError:
        return None
    else:
        return status
    finally:
        attack.sockets.remove(opened)
        opened.close()


@contextmanager
def attack(url: str) -> Iterator[Attack]:
    """An attack, over in the end."""
    begun = Attack(url)
    try:
        yield begun
    finally:
        begun.end()


def idle(begun: Attack, count: int) -> None:
    """Connections on which nothing is ever sent."""
    for _ in range(count):
        if begun.connect() is None:
            break


def slow_headers(begun: Attack, count: int) -> None:
    """Requests whose headers come a byte at a time and never end."""
    for _ in range(count):
        if (opened := begun.connect()) is not None:
            opened.send(begun.head("GET", CONFIGMAPS)[:-2] + b"X-Slow: ")
    begun.dribble(b"x", 0.3)


def slow_bodies(begun: Attack, count: int) -> None:
    """Requests whose bodies come a byte at a time."""
    head = begun.head(
        "POST", CONFIGMAPS, "Content-Type: application/json", "Content-Length: 900000"
    )
    for _ in range(count):
        if (opened := begun.connect()) is not None:
            opened.send(head + b"{")
    begun.dribble(b" ", 0.3)


def watchers(begun: Attack, count: int) -> None:
    """Watches in two versions, of which half never read."""
    reading = selectors.DefaultSelector()
    for at in range(count):
        opened = begun.connect()
        if opened is None:
            continue
        opened.sendall(begun.head("GET", f"{CONFIGMAPS}?watch=true"))
        if at % 2:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        else:
            opened.setblocking(False)
            reading.register(opened, selectors.EVENT_READ)

    def read() -> None:
        while not begun.ending.is_set():
            for key, _ in reading.select(0.2):
                assert isinstance(key.fileobj, socket.socket)
                try:
                    data = key.fileobj.recv(1 << 16)
                except OSError:
                    data = b""
                if not data:
                    reading.unregister(key.fileobj)
        reading.close()

    begun.start(read)


def large_bodies(begun: Attack, count: int) -> None:
    """Bodies as large as may be, and ones that say that they are far larger."""
    kept = json.dumps(manifest("large", "x" * 2_800_000)).encode()
    begun.ask_again_and_again(count // 2, post(begun, kept))
    fields = ("Content-Type: application/json", "Content-Length: 4000000000")
    begun.ask_again_and_again(count // 2, begun.head("POST", CONFIGMAPS, *fields) + b"{" * 100_000)


def bombs(begun: Attack, count: int) -> None:
    """Bodies that are small and would grow."""
    deep = b'{"apiVersion":"v1","kind":"ConfigMap","data":' + b"[" * 500_000
    aliases = b"a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"a%d: &a%d [%s]\n" % (at, at, b",".join([b"*a%d" % (at - 1)] * 10)) for at in range(1, 12)
    )
    zipped = gzip.compress(b" " * 200_000_000)
    many = b"{" + b",".join(b'"%d":1' % at for at in range(300_000)) + b"}"
    yaml = ("application/yaml",)
    requests = [
        post(begun, deep),
        post(begun, aliases, *yaml),
        post(begun, zipped, "application/json", "Content-Encoding: gzip"),
        post(begun, many),
        post(begun, b"- " * 300_000, *yaml),
        post(begun, b"{" * 300_000, *yaml),
    ]
    for request in requests:
        begun.ask_again_and_again(max(count // len(requests), 1), request)


def retries(begun: Attack, count: int) -> None:
    """Clients that list everything, and at once again."""
    begun.ask_again_and_again(count, begun.head("GET", CONFIGMAPS, "Connection: close"))


def post(begun: Attack, body: bytes, kind: str = "application/json", *fields: str) -> bytes:
    """A whole POST of a ConfigMap."""
    length = f"Content-Length: {len(body)}"
    fields = (f"Content-Type: {kind}", length, "Connection: close", *fields)
    return begun.head("POST", CONFIGMAPS, *fields) + body


def manifest(name: str, text: str) -> dict[str, object]:
    """A ConfigMap that holds a text."""
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text},
    }  # fmt: skip
