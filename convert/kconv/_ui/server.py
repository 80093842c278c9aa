"""Running the page without an API server: on this machine only, for everybody who has its link."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable

import uvicorn

from kconv._pipeline import Pipeline
from kconv._serve import Listen, Tokens
from kconv._serve.bounded_server import BoundedServer, http_config
from kconv._serve.in_flight import InFlight
from kconv._serve.listen import bind
from kconv._serve.metrics import Metrics
from kconv._serve.request_filter import RequestFilter
from kconv._settings import Limits
from kconv._ui.app import Pages
from kconv.place import Place


class PageServer(BoundedServer):
    """The HTTP server of the page; ``link`` opens it."""

    def __init__(self, config: uvicorn.Config, limits: Limits, pages: Pages, link: str) -> None:
        super().__init__(config, limits)
        self.link = link
        self._pages = pages

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections."""
        self.accept(sockets or [])
        await self.lifespan.startup()
        self.started = True
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what is kept up to date, and let requests in flight finish."""
        self._pages.close()
        self.cut(lambda each: each.watches)
        try:
            await super().shutdown(sockets)
        finally:
            self.end_connections()


def build(
    place: Place, listen: Listen, *, about: str = "", typed: Callable[[str], str] = str
) -> tuple[PageServer, socket.socket]:
    """A page server ready to run, and the socket that it listens on, bound already.

    ``about`` and ``typed`` are those of `Pages`.

    A new token is made for it, which its link has in it: others on the machine do not get in.

    Raises `UsageError` where others could reach it without TLS, `Unavailable` for an address that
    cannot be had and where Jinja2 is not installed.
    """
    listen.check(tokens=False)
    limits = Limits()
    token = secrets.token_urlsafe(24)
    pages = Pages(
        place,
        Pipeline(place.scheme),
        tokens=Tokens({token: "you"}),
        secure=listen.scheme == "https",
        by_link=True,
        about=about,
        typed=typed,
    )
    app = RequestFilter(
        pages,
        tokens=None,
        in_flight=InFlight(limits),
        metrics=Metrics(),
        allowed_hosts=listen.hosts,
    )
    bound = bind(listen)
    link = f"{listen.url(bound)}{pages.base}/login?token={token}"
    config = http_config(app, listen, limits, lifespan="off")
    return PageServer(config, limits, pages, link), bound
