"""Every page, on both kinds of database: what it says, and that nothing stored becomes markup."""

import html
import json
import re
from typing import Any

import pytest

from kconv._pipeline import Pipeline
from kconv._ui.headers import HEADERS
from kconv._ui.objects import raw_document
from ui.site import (
    BROKEN,
    CONFIG,
    CRON,
    HOSTILE,
    OPTION,
    SCALER,
    SECRET,
    Site,
    every_page,
    migrated,
)

SAYS: dict[str, list[str]] = {
    "": ["cronjobs.batch", "v1beta1", "deprecated since 1.21, removed in 1.25", "not settled"],
    "kinds/cronjobs.batch": ["ScheduledJob", "keeps everything", "None loses anything"],
    "kinds/horizontalpodautoscalers.autoscaling": [
        "keeps 4 · loses 32",
        "kept in autoscaling.alpha.kubernetes.io/metrics",
        "lost is the order of the elements",
    ],
    "objects": ["reports/cron-0001", "cronjobs.batch (13)"],
    "object#scaler": [
        "1 value would be lost",
        "its elements would come back in another order",
        "targetCPUUtilizationPercentage",
    ],
    "object#cron": ["1 line differs", "nothing is lost", "batch/v1 (stored)"],
    "object#secret": ["Values of a Secret are hidden", "(hidden)"],
    "object#broken": ["It cannot be shown in two versions", "must be a string"],
    "migrations": ["2 rows in quarantine", "Not settled: cronjobs.batch", "failed"],
    "plan#batch": [
        "A run would be refused now.",
        f"The live server a (release {HOSTILE} on host, process 1) cannot decode batch/v1.",
        "batch/v1 → batch/v1 preferred already",
    ],
    "quarantine": ["2 rows could not be rewritten", "reports/broken"],
    "quarantined": ["must be a string", "must be an integer", "batch/v1beta1, as stored"],
    "removal": [
        "1 client called it in the last 7 days",
        "2 rows in quarantine",
        "in the last 7 days",
    ],
    "verify": ["Nothing has been verified since this server began."],
    "verify/start": ["are read and decoded", "Nothing is written."],
    "login": ["One of the tokens of this server lets you in."],
}


def text_of(page: str) -> str:
    """What a reader of a page reads."""
    body = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def words(text: str) -> str:
    return "".join(text.split())


def test_what_they_say_and_how(fresh: Site, pipeline: Pipeline) -> None:
    site, fresh.run = fresh, migrated(fresh.store, pipeline)
    commands: list[str] = []
    for name, query in every_page(site.run).items():
        path = name.partition("#")[0]
        answer = site.ask("GET", f"/ui/{path}", params=query)
        assert answer.status_code == 200, (name, answer.text)
        page = answer.text
        for phrase in SAYS.get(name, []):
            assert words(phrase) in words(text_of(page)), (name, phrase)
        for header, value in HEADERS.items():
            assert answer.headers[header] == value, name
        assert answer.headers["cache-control"] == "no-store"
        # Stored text is text, and nothing is inline that the policy would refuse.
        assert "<script>" not in page, name
        assert not re.search(r"<[^>]*\s(?:style|on\w+)=", page), name
        for target in re.findall(r'(?:src|href|action)="([^"]*)"', page):
            assert re.match(r"/ui/|#", target), (name, target)
        assert HOSTILE in html.unescape(page), f"{name}: the foot has it"
        commands += map(html.unescape, re.findall("<code>(kconv .*?)</code>", page))
    assert len(set(commands)) > 4
    assert all(command.endswith(f" {OPTION}") for command in commands), commands
    run = text_of(site.get(f"runs/{site.run}"))
    assert "12 before-images" in run
    assert "reports/cron-0000 batch/v1 batch/v1beta1" in run
    undo = text_of(site.get(f"runs/{site.run}/undo"))
    assert "batch/v1beta1 becomes the version that new objects are stored in" in undo
    assert "12 objects become again what they were" in undo


def test_policy_lets_in_nothing_of_others() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    sources = re.findall(r"(?:src|action|uri|ancestors) ([^;]+)", policy)
    assert set(sources) == {"'none'", "'self'"}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("object", CONFIG),
        ("objects", {"resource": "configmaps"}),
        ("quarantined", BROKEN),
        ("removal", {}),
    ],
    ids=["value", "name", "quarantine", "client"],
)
def test_hostile_text_is_shown_as_it_is(site: Site, path: str, query: dict[str, str]) -> None:
    page = site.get(path, **query)
    before_the_foot = page.partition("<footer>")[0]
    assert html.escape(HOSTILE) in before_the_foot.replace("<wbr>", "")


def test_secrets_are_hidden_until_they_are_asked_for(site: Site) -> None:
    assert "aHVudGVyMg" not in site.get("object", **SECRET)
    assert "aHVudGVyMg" in site.get("object", **SECRET, show="values")


@pytest.mark.parametrize(
    "data",
    [
        {"data": {"a": "czNjcmV0"}},
        {"data": ["czNjcmV0"]},
        {"stringData": "czNjcmV0"},
        "czNjcmV0",
    ],
)
def test_secrets_that_are_not_sound_are_hidden(data: Any) -> None:
    found = raw_document(json.dumps(data).encode(), hide=True)
    assert "czNjcmV0" not in json.dumps(found)
    assert "czNjcmV0" in json.dumps(raw_document(json.dumps(data).encode()))


def test_versions_are_chosen_and_swapped(site: Site) -> None:
    v1, v2 = ("autoscaling/v1, Kind=HorizontalPodAutoscaler", "autoscaling/v2")
    page = site.get("object", **SCALER)
    left, right = re.findall(r'<option value="([^"]*)" selected>', page)
    assert left.startswith(v2)
    swapped = site.get("object", **SCALER, left=right, right=left)
    assert "nothing is lost" in swapped, v1
    assert re.findall(r'<option value="([^"]*)" selected>', swapped) == [right, left]
    alone = site.get("object", **SCALER, left=left, right=left)
    assert "One version." in alone


def test_lists_go_on_where_they_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kconv._ui.objects.PAGE", 5)
    found: list[str] = []
    query = {"resource": "cronjobs.batch"}
    while True:
        page = site.get("objects", **query)
        found += re.findall(r">(reports/[^<]*)</a>", page)
        following = re.search(r'after=([^"]*)">Next page', page)
        if following is None:
            break
        query["after"] = httpx_unquoted(following[1])
    assert found == ["reports/broken", *(f"reports/cron-{each:04}" for each in range(12))]


def httpx_unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(html.unescape(text))


@pytest.mark.parametrize(
    ("path", "query", "code", "says"),
    [
        ("nothing", {}, 404, "there is no such page"),
        ("kinds/none.example.com", {}, 404, "there is no resource"),
        ("runs/none", {}, 404, "no run"),
        ("object", {**CRON, "key": "x"}, 400, "a JSON list"),
        ("object", {**CRON, "key": '["reports","none"]'}, 404, "there is no cronjobs.batch"),
        ("object", {**CRON, "key": '[["a"], {}]'}, 400, "a JSON list"),
        ("quarantined", {**BROKEN, "key": '["reports","cron-0001"]'}, 404, "not in quarantine"),
        ("static/../app.py", {}, 404, "no such page"),
        ("static/page.html", {}, 404, "no such file"),
        ("live", {"page": "none"}, 404, "kept up to date"),
    ],
)
def test_what_is_not_there(
    site: Site, path: str, query: dict[str, str], code: int, says: str
) -> None:
    answer = site.ask("GET", f"/ui/{path}", params=query)
    assert answer.status_code == code
    assert says in html.unescape(answer.text)
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]


def test_static_files_are_kept_by_their_digest(site: Site) -> None:
    page = site.get("")
    for name, media in (("page.css", "text/css"), ("page.js", "text/javascript"), ("icon.svg", "")):
        found = re.search(rf'"(/ui/static/{name}\?v=\w+)"', page)
        assert found is not None
        answer = site.ask("GET", found[1], headers={})
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (200, True)
        assert answer.headers["content-type"].startswith(media)
