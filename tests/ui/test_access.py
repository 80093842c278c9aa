"""Who gets in, who may act, and that no page of others can have a browser do it for them."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from kconv._pipeline import Pipeline
from kconv._serve import Tokens, create_app
from kconv._ui import Pages
from kconv._ui.sessions import Sessions
from migrate.samples import placed
from ui.site import BASE, TOKEN, Site

FORM = {"content-type": "application/x-www-form-urlencoded"}


def cookie_of(answer: httpx.Response) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


def sign_in(site: Site, to: str = "") -> httpx.Response:
    path = f"/ui/login?to={quote(to)}" if to else "/ui/login"
    return site.ask("POST", path, data={"token": TOKEN}, headers={})


def test_a_session_is_opened_and_ended(site: Site) -> None:
    asked = site.ask("GET", "/ui/objects", params={"resource": "secrets"}, headers={})
    assert asked.status_code == 303
    assert asked.headers["location"] == "/ui/login?to=/ui/objects%3Fresource%3Dsecrets"
    opened = sign_in(site, "/ui/objects?resource=secrets")
    assert (opened.status_code, opened.headers["location"]) == (303, "/ui/objects?resource=secrets")
    flags = opened.headers["set-cookie"].split("; ")[1:]
    assert flags == ["Path=/ui/", "Max-Age=43200", "HttpOnly", "SameSite=Lax"]
    with_cookie = {"cookie": cookie_of(opened)}
    assert site.ask("GET", "/ui/", headers=with_cookie).status_code == 200
    assert TOKEN not in opened.headers["set-cookie"]
    ended = site.ask("POST", "/ui/logout", headers={**with_cookie, **FORM})
    assert "Max-Age=0" in ended.headers["set-cookie"]
    assert ended.headers["location"] == "/ui/login"


def test_what_does_not_get_in(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = site.ask("POST", "/ui/login", data={"token": "another"}, headers={})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    link = site.ask("GET", "/ui/login", params={"token": TOKEN}, headers={})
    assert "set-cookie" not in link.headers, "a link opens nothing but the page of `kconv ui`"
    good = cookie_of(sign_in(site))
    name, _, value = good.partition("=")
    until, user, signature = value.split(".")
    forged = [
        f"{name}={int(until) + 1}.{user}.{signature}",
        f"{name}={until}.{user}x.{signature}",
        f"{name}={until}.{user}.{signature[:-1]}",
        f"{name}=",
        f"{name}=x",
        f"{name}x={value}",
        "a=b; =; ;;",
    ]
    for cookie in forged:
        answer = site.ask("GET", "/ui/", headers={"cookie": cookie})
        assert answer.status_code == 303, cookie
    for header in ("Bearer", "Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x"):
        answer = site.ask("GET", "/ui/", headers={"authorization": header})
        assert answer.status_code == 303, header
    live = site.ask("GET", "/ui/live?page=versions&watch=true", headers={})
    assert live.status_code == 401
    assert site.ask("POST", f"/ui/runs/{site.run}/undo", headers=FORM).status_code == 401
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 13 * 3600)
    assert site.ask("GET", "/ui/", headers={"cookie": good}).status_code == 303, "it has expired"


def test_one_server_does_not_take_the_session_of_another(site: Site, pipeline: Pipeline) -> None:
    cookie = cookie_of(sign_in(site))
    other = Site.of(site.store, pipeline)
    renamed = cookie_of(sign_in(other)).partition("=")[0] + "=" + cookie.partition("=")[2]
    for each in (cookie, renamed):
        assert other.ask("GET", "/ui/", headers={"cookie": each}).status_code == 303


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/",
        "//evil.example/ui/",
        "/ui/../api",
        "/ui//evil.example",
        "/ui/\\evil.example",
        "/api/v1/secrets",
        "javascript:alert(1)",
        "/ui/\r\nset-cookie: a=b",
    ],
)
def test_signing_in_leads_to_no_other_page(site: Site, to: str) -> None:
    assert sign_in(site, to).headers["location"] == "/ui/"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"{BASE}:8080"},
    ],
)
def test_forms_of_other_pages_are_refused(site: Site, headers: Mapping[str, str]) -> None:
    for path in (f"runs/{site.run}/undo", "verify/start", "login", "logout"):
        given = {**site.headers, **FORM, **headers}
        answer = site.ask("POST", f"/ui/{path}", content=f"token={TOKEN}", headers=given)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), path
        assert "cross-origin" in answer.text


def test_a_form_needs_the_token_of_its_session(site: Site) -> None:
    cookie = {"cookie": cookie_of(sign_in(site))}
    page = site.ask("GET", "/ui/verify/start", headers=cookie).text
    token = page.partition('name="token" value="')[2].partition('"')[0]
    assert len(token) == 64
    others = ("", "x", token[:-1])
    for given in others:
        answer = site.ask("POST", "/ui/runs/none/pause", data={"token": given}, headers=cookie)
        assert (answer.status_code, "of another session" in answer.text) == (403, True)
    answer = site.ask("POST", "/ui/runs/none/pause", data={"token": token}, headers=cookie)
    assert answer.status_code == 404, "let in, and there is no such run"
    multipart = site.ask("POST", "/ui/verify/start", files={"token": token}, headers=cookie)
    assert multipart.status_code == 415
    large = site.ask("POST", "/ui/verify/start", data={"token": "x" * 70_000}, headers=cookie)
    assert large.status_code == 413


def test_without_tokens_everybody_looks_and_nobody_acts(site: Site, pipeline: Pipeline) -> None:
    opened = Site.of(site.store, pipeline, site.run, tokens=False)
    page = opened.get(f"runs/{site.run}")
    assert "kconv migrate undo" in page
    assert "Undo…" not in page
    assert "Undo…" in site.get(f"runs/{site.run}")
    confirm = opened.get(f"runs/{site.run}/undo")
    assert "<form method" not in confirm
    for path in (f"runs/{site.run}/undo", "verify/start"):
        answer = opened.post(path)
        assert (answer.status_code, "authenticated" in answer.text) == (403, True), path
    assert site.store.undo_size(site.run).rows == 12


def test_methods_that_are_none_of_its_own(site: Site) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert site.ask(method, "/ui/").status_code == 405
    assert site.ask("POST", "/ui/objects", data={"a": "b"}).status_code == 404
    assert site.ask("GET", "/ui/logout").status_code == 405


def test_secure_cookies_go_over_tls_only() -> None:
    opened = Sessions(Tokens({"t": "me"}), secure=True).open("t", "/ui/")
    assert opened is not None
    assert opened.endswith("; Secure")


def test_beside_the_api_server(small: Site, pipeline: Pipeline) -> None:
    """One server: the API wants its tokens, the page its sessions, both the server's name."""
    tokens = Tokens({TOKEN: "admin"})
    pages = Pages(placed(small.store), pipeline, tokens=tokens)
    app = create_app(
        pipeline.scheme, small.store, tokens=tokens, pipeline=pipeline,
        allowed_hosts=["127.0.0.1"], apart={"ui": pages},
    )  # fmt: skip

    async def ask(method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            return await client.request(method, path, **options)

    async def story() -> None:
        opened = await ask("POST", "/ui/login", data={"token": TOKEN})
        cookie = {"cookie": cookie_of(opened)}
        assert (await ask("GET", "/ui/", headers=cookie)).status_code == 200
        assert (await ask("GET", "/ui/")).status_code == 303
        assert (await ask("GET", "/ui")).status_code == 303
        assert (await ask("GET", "/api", headers=cookie)).status_code == 401
        assert (await ask("GET", "/uix", headers=cookie)).status_code == 401
        elsewhere = await ask("GET", "/ui/", headers={**cookie, "host": "evil.example"})
        assert (elsewhere.status_code, "not called" in elsewhere.text) == (403, True)
        crossing = {**cookie, "sec-fetch-site": "cross-site"}
        assert (await ask("POST", "/ui/verify/start", headers=crossing)).status_code == 403
        alone = create_app(pipeline.scheme, small.store, pipeline=pipeline)
        transport = httpx.ASGITransport(alone)
        async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
            assert (await client.get("/ui/")).status_code == 404, "it is off by default"

    asyncio.run(story())
