"""Many watchers in one process: `python -m bench.serving.watch_clients COUNT URL...`.

They share the URLs among them. It says ``ready`` when each has its first event or bookmark, and
for each line that it reads how many events all of them have had by then.
"""

import selectors
import socket
import sys
from urllib.parse import urlsplit


def main() -> None:
    count, urls = int(sys.argv[1]), sys.argv[2:]
    selector = selectors.DefaultSelector()
    waiting: set[int] = set()
    for number in range(count):
        address = urlsplit(urls[number % len(urls)])
        connection = socket.create_connection((address.hostname or "", address.port or 80))
        target = f"{address.path}?{address.query}"
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)
        waiting.add(connection.fileno())
    selector.register(sys.stdin, selectors.EVENT_READ, data="orders")
    events = 0
    ready = False
    while True:
        for key, _ in selector.select():
            if key.data:
                if not sys.stdin.readline():
                    return
                print(events, flush=True)
                continue
            assert isinstance(key.fileobj, socket.socket)
            data = key.fileobj.recv(1 << 18)
            assert data, "a watch ended"
            events += data.count(b'"type":"')
            if not ready:
                # The head of the answer: from here on every change reaches this watcher.
                waiting.discard(key.fd)
                if not waiting:
                    ready = True
                    print("ready", flush=True)


if __name__ == "__main__":
    main()
