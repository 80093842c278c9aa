"""The least that could serve: `python -m bench.bare_app FOLDER` sends the bytes in its files.

``put`` answers a PUT, once its body has been read; ``list`` answers a GET.
"""

import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn


def main() -> None:
    folder = Path(sys.argv[1])
    answers = {"PUT": (folder / "put").read_bytes(), "GET": (folder / "list").read_bytes()}

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        while (await receive()).get("more_body"):
            pass
        body = answers[scope["method"]]
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.bind(("127.0.0.1", 0))
    bound.listen(128)
    config = uvicorn.Config(app, access_log=False, log_level="warning", lifespan="off")
    print(f"serving on http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
    uvicorn.Server(config).run(sockets=[bound])


if __name__ == "__main__":
    main()
