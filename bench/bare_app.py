"""The least that could serve: `python -m bench.bare_app FOLDER` sends the bytes in its files.

A file is called by the method that it answers, and so is the one that holds its status
(`POST.status`), 200 where there is none. A body is read to its end before it is answered. It runs
under the HTTP server of ``kconv serve``, with the same settings.
"""

import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

METHODS = ("GET", "POST", "PATCH", "PUT")


def main() -> None:
    folder = Path(sys.argv[1])
    answers: dict[str, tuple[int, bytes]] = {}
    for method in METHODS:
        if (file := folder / method).exists():
            status = folder / f"{method}.status"
            code = int(status.read_text()) if status.exists() else 200
            answers[method] = (code, file.read_bytes())

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        status, body = answers[scope["method"]]
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    serve(app)


def serve(app: Any) -> None:
    """Serve an app on a free port until the process is ended."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    bound.listen(128)
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        log_level="warning",
        lifespan="off",
        server_header=False,
        proxy_headers=False,
    )
    print(f"serving on http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
