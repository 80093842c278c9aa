"""`Pages`: the page as an ASGI app, below one path."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl, quote

import anyio
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kconv._errors import Forbidden, KconvError, NotFound
from kconv._gvk import GroupVersion
from kconv._pipeline import Pipeline
from kconv._serve import Tokens
from kconv._serve.origin import SAFE, check_origin
from kconv._serve.status import refusal_of
from kconv._ui.actions import act, action_page
from kconv._ui.headers import HEADERS
from kconv._ui.live import Live
from kconv._ui.migrations import migrations_page, run_page
from kconv._ui.objects import object_page, objects_page
from kconv._ui.plans import plan_page, removal_page
from kconv._ui.quarantine import quarantine_page, quarantined_page
from kconv._ui.render import MEDIA_TYPES, Renderer, static
from kconv._ui.sessions import Sessions, Visitor
from kconv._ui.state import Ask, Page, Redirect, State
from kconv._ui.verifying import verify_page
from kconv._ui.versions import kind_page, versions_page
from kconv._verbs.refusal import Refusal
from kconv.place import Place

THREADS: Final = 4
"""Pages that are made at the same time."""

MOST_FORM_BYTES: Final = 64 * 1024

Handler = Callable[[State, Ask], Page]

_PAGES: Final[Mapping[tuple[str, int], Handler]] = {
    ("", 0): versions_page,
    ("kinds", 2): kind_page,
    ("objects", 1): objects_page,
    ("object", 1): object_page,
    ("migrations", 1): migrations_page,
    ("runs", 2): run_page,
    ("runs", 3): action_page,
    ("plan", 1): plan_page,
    ("quarantine", 1): quarantine_page,
    ("quarantined", 1): quarantined_page,
    ("removal", 1): removal_page,
    ("verify", 1): verify_page,
    ("verify", 2): action_page,
}
"""By the first step of the path, and how many there are."""

_log = logging.getLogger(__name__)


class Pages:
    """The page of a place.

    Args:
        place: What is shown; it stays the caller's to close.
        pipeline: A pipeline of its scheme.
        served: The versions that the server beside it serves; None where there is none.
        tokens: Who may look and act. Without them everybody may look, and nobody act.
        secure: Whether it is reached over TLS, for cookies.
        by_link: Whether a link with a token in it opens a session.
        about: What it is a page of, in the foot of every page.
        typed: Makes of a command that a page names what can be typed.

    Its server checks the Host header, so that no page of others can read it under a name
    of its own.
    """

    base: Final = "/ui"

    def __init__(
        self,
        place: Place,
        pipeline: Pipeline,
        *,
        served: Collection[GroupVersion] | None = None,
        tokens: Tokens | None = None,
        secure: bool = False,
        by_link: bool = False,
        about: str = "",
        typed: Callable[[str], str] = str,
    ) -> None:
        self._state = State(place, pipeline, served)
        self._sessions = Sessions(tokens, secure=secure)
        self._by_link = by_link
        self._renderer = Renderer(self.base, about, typed)
        self._threads = anyio.CapacityLimiter(THREADS)
        self._live = Live(self._state, self._renderer, self._threads)

    def close(self) -> None:
        """End what is kept up to date; pages can still be asked for."""
        self._live.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request below the path."""
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except (Refusal, KconvError) as error:
            response = self._problem(request, error)
        except Exception as error:  # noqa: BLE001 - a defect is to be shown as one, and logged
            _log.exception("%s %s failed", request.method, request.url.path)
            response = self._problem(request, error)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> ASGIApp:
        if request.method not in SAFE:
            check_origin(dict(request.scope["headers"]))
        path = request.url.path
        if not path.startswith(f"{self.base}/"):
            return _redirect(f"{self.base}/")
        steps = tuple(step for step in path.removeprefix(self.base).split("/") if step)
        if steps[:1] == ("static",) and len(steps) == 2:
            return _static(steps[1])
        if steps in (("login",), ("logout",)):
            return await self._session(request, steps[0])
        visitor = self._visitor(request)
        if visitor is None:
            if request.method == "GET" and steps != ("live",):
                return _redirect(f"{self.base}/login?to={quote(_local(request))}")
            raise Refusal("Unauthorized", "Unauthorized")
        if steps == ("live",):
            return self._live.response(request.query_params.get("page", ""), visitor)
        if request.method == "POST":
            form = await _form(request)
            if visitor.form_token and form.get("token") != visitor.form_token:
                raise Forbidden("the form is of another session: go back, load the page again")
            ask = Ask(steps, visitor, dict(request.query_params), form)
            if (steps[:1], len(steps)) not in ((("runs",), 3), (("verify",), 2)):
                raise NotFound("there is nothing to be done here")
            return self._shown(await self._in_thread(act, ask), ask)
        if request.method not in ("GET", "HEAD"):
            raise Refusal("MethodNotAllowed", "the page is read, and its forms are posted")
        ask = Ask(steps, visitor, dict(request.query_params))
        handler = _PAGES.get((steps[0] if steps else "", len(steps)))
        if handler is None:
            raise NotFound("there is no such page")
        return self._shown(await self._in_thread(handler, ask), ask)

    async def _in_thread(
        self, handler: Callable[[State, Ask], Page | Redirect], ask: Ask
    ) -> Page | Redirect:
        return await to_thread.run_sync(partial(handler, self._state, ask), limiter=self._threads)

    def _shown(self, answer: Page | Redirect, ask: Ask) -> Response:
        if isinstance(answer, Redirect):
            return _redirect(f"{self.base}/{answer.path}")
        return self._html(answer, ask.visitor, ask.steps)

    def _html(self, page: Page, visitor: Visitor | None, steps: tuple[str, ...]) -> Response:
        values = {
            **page.values,
            "title": page.title,
            "live": page.live,
            "visitor": visitor,
            "here": steps[0] if steps else "",
        }
        text = self._renderer.render(page.template, values)
        headers = {**HEADERS, "Cache-Control": "no-store"}
        return Response(text, page.code, headers, media_type="text/html; charset=utf-8")

    def _problem(self, request: Request, error: Exception) -> Response:
        """A page that says what is wrong."""
        if isinstance(error, Refusal):
            code, message = error.code, str(error.document().get("message", ""))
        elif isinstance(error, KconvError):
            refusal = refusal_of(error)
            code, message = refusal.code, str(refusal.document().get("message", ""))
        else:
            code, message = 500, "an internal error; the log of the server has it"
        page = Page("problem.html", "That did not work", {"message": message, "status": code}, code)
        return self._html(page, self._visitor(request) or Visitor(), ("problem",))

    def _visitor(self, request: Request) -> Visitor | None:
        authorization = request.headers.get("authorization", "").encode("latin-1")
        cookies: SimpleCookie = SimpleCookie()
        try:
            cookies.load(request.headers.get("cookie", ""))
        except CookieError:
            cookies.clear()
        cookie = cookies.get(self._sessions.cookie)
        return self._sessions.visitor("" if cookie is None else cookie.value, authorization)

    async def _session(self, request: Request, step: str) -> Response:
        """Open a session, or end it."""
        path = f"{self.base}/"
        if step == "logout":
            if request.method != "POST":
                raise Refusal("MethodNotAllowed", "the form on each page ends the session")
            return _redirect(f"{path}login", {"Set-Cookie": self._sessions.end(path)})
        to = request.query_params.get("to", path)
        if not _is_local(to, path):
            to = path
        token = ""
        if request.method == "POST":
            token = (await _form(request)).get("token", "")
        elif self._by_link:
            token = request.query_params.get("token", "")
        cookie = self._sessions.open(token, path) if token else None
        if cookie is not None:
            return _redirect(to, {"Set-Cookie": cookie})
        values = {"to": to, "refused": bool(token), "by_link": self._by_link}
        page = Page("login.html", "Sign in", values, 401 if token else 200)
        return self._html(page, None, ("login",))


def _local(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}{'?' if query else ''}{query}"


def _is_local(to: str, path: str) -> bool:
    """Whether a path to go on to is one of the page's own."""
    return to.startswith(path) and not any(each in to for each in ("\\", "\r", "\n", "//", ".."))


def _redirect(to: str, headers: Mapping[str, str] | None = None) -> Response:
    given: dict[str, str] = {**HEADERS, "Cache-Control": "no-store", "Location": quote(to, "/?&=%")}
    return Response(b"", 303, given | dict(headers or {}))


def _static(name: str) -> Response:
    if name not in MEDIA_TYPES:
        raise NotFound("there is no such file")
    # Its URL has its digest in it.
    headers = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(static(name), 200, headers, media_type=MEDIA_TYPES[name])


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form. Raises `Refusal` for what is none."""
    media: Any = request.headers.get("content-type", "").partition(";")[0]
    if media != "application/x-www-form-urlencoded":
        raise Refusal("UnsupportedMediaType", "that is not a form of the page")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            raise Refusal("RequestEntityTooLarge", "the form is too large")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
