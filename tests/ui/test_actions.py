"""What visitors do: steering a run, undoing one, verifying; and what is said of it live."""

import asyncio
import html
import json
import re

import pytest

from fixtures.until import until
from kconv._pipeline import Pipeline
from kconv._ui import live
from kconv.place import RunTarget
from migrate.samples import NEW, OLD, key, placed, rows
from serve.asgi import ask
from ui.site import OPTION, Site, migrated, put
from ui.test_every_page import text_of


def facts(site: Site, run: str) -> str:
    """What the page of a run says of it, below how far it is."""
    return text_of(site.get(f"runs/{run}").partition('id="facts"')[2])


def test_steering_a_run(fresh: Site) -> None:
    store = fresh.store
    target = RunTarget("cronjobs.batch", (OLD,), NEW)
    run = placed(store).begin_run("kconv migrate by <b>me</b>", [target], 60.0)
    store.report_run(run.id, done=3, total=13, waiting="")
    page = text_of(fresh.get("migrations"))
    assert f"{run.id} running cronjobs.batch to {NEW}" in page
    assert "3 of 13" in page
    assert "Conflicts \N{EN DASH}" in page, "a run of a release that did not count them"
    assert "Conflicts" not in facts(fresh, run.id)
    store.report_run(run.id, done=3, total=13, waiting="", raced=1234)
    assert "Conflicts 1,234" in text_of(fresh.get("migrations"))
    assert "10 rows left" in text_of(fresh.get(f"runs/{run.id}/pause"))
    assert not store.run(run.id).paused, "asking is not doing"
    answer = fresh.post(f"runs/{run.id}/pause")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/ui/runs/{run.id}")
    assert store.run(run.id).paused
    assert "Resume…" in fresh.get(f"runs/{run.id}")
    fresh.post(f"runs/{run.id}/resume")
    assert not store.run(run.id).paused
    fresh.post(f"runs/{run.id}/rate", number="250")
    assert store.run(run.id).rate == 250
    for number in ("", "fast", "-1", "inf", "nan"):
        refused = fresh.post(f"runs/{run.id}/rate", number=number)
        assert (refused.status_code, store.run(run.id).rate) == (400, 250), number
    store.report_run(run.id, done=3, total=13, waiting="paused: `kconv migrate resume`")
    assert f"<code>kconv migrate resume {OPTION}</code>" in html.unescape(fresh.get("migrations"))
    held = fresh.post(f"runs/{run.id}/undo")
    assert (held.status_code, "it can be undone when it has ended" in held.text) == (409, True)
    assert fresh.get("plan", batch="v1").count(run.id), "the plan says who goes on"
    placed(store).end_run(run.id, "done")
    assert "Conflicts 1,234 changed by a writer meanwhile" in facts(fresh, run.id)
    late = fresh.post(f"runs/{run.id}/pause")
    assert (late.status_code, "has ended" in late.text) == (409, True)


def test_undoing_and_verifying(fresh: Site, pipeline: Pipeline) -> None:
    run = migrated(fresh.store, pipeline)
    before = rows(fresh.store)
    fresh.post("verify/start")
    until(lambda: "Ended at" in fresh.get("verify"))
    verified = text_of(fresh.get("verify"))
    assert re.search(r"cronjobs.batch batch/v1 26 12 2\b", verified), verified
    assert "must be a string" in verified
    assert "horizontalpodautoscalers.autoscaling autoscaling/v2 2 0 0" in verified
    at = fresh.store.get(key("cron-0003"))
    fresh.store.update(at.key, expected=at.resource_version, api_version=NEW, data=at.data)
    page = text_of(fresh.get(f"runs/{run}"))
    assert "reports/cron-0003" not in page, "it has been written since"
    assert "11 would be restored; of 2 it has no before-image" in page
    assert rows(fresh.store)[NEW][0] == before[NEW][0]
    answer = fresh.post(f"runs/{run}/undo")
    assert answer.status_code == 303
    until(lambda: "11 objects restored" in fresh.get(f"runs/{run}"))
    undone = text_of(fresh.get(f"runs/{run}"))
    assert f"cronjobs.batch is stored in {OLD} again" in undone
    assert "Not restored, written since: 1 cronjobs.batch reports/cron-0003" in undone
    assert "1 before-image," in undone
    assert "Of the first 13 objects, 0 would be restored" in undone
    assert rows(fresh.store)[OLD][0] == 12
    again = fresh.post(f"runs/{run}/undo")
    assert again.status_code == 303, "the before-image of the one that was written is kept"
    until(lambda: "<strong>0 objects restored" in fresh.get(f"runs/{run}"))
    missing = fresh.ask("POST", "/ui/runs/none/undo", data={"a": "b"})
    assert missing.status_code == 404


def test_one_thing_at_a_time_and_failures_are_told(small: Site, pipeline: Pipeline) -> None:
    run = migrated(small.store, pipeline)
    target = RunTarget("cronjobs.batch", (OLD,), NEW)
    other = placed(small.store).begin_run("somebody else", [target], 60.0)
    assert small.post(f"runs/{run}/undo").status_code == 303
    until(lambda: "It was not undone" in small.get(f"runs/{run}"))
    assert f"run {other.id} is going on" in text_of(small.get(f"runs/{run}"))
    placed(small.store).end_run(other.id, "done")


def events(body: bytes) -> list[tuple[str, dict[str, str]]]:
    found = re.findall(rb"event: (\w+)\ndata: (.*)\n\n", body)
    return [(name.decode(), json.loads(data)) for name, data in found]


def test_what_changes_is_sent_and_nothing_else(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "IDLE", 0.2)
    monkeypatch.setattr(live, "FRESH", 0.1)
    path = "/ui/live?watch=true&page=versions"

    async def look() -> bytes:
        async def write() -> None:
            await asyncio.sleep(0.5)
            fill = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new"}}
            await asyncio.to_thread(put, small.store, "", "configmaps", "new", "v1", fill)

        writing = asyncio.create_task(write())
        reply = await ask(small.pages, "GET", path, headers=small.headers, patience=2.2)
        await writing
        assert reply.headers["content-type"] == "text/event-stream"
        return reply.body

    (first, parts), *rest = events(asyncio.run(look()))
    assert (first, set(parts)) == ("parts", {"versions-table", "versions-summary"})
    # Once, when it has changed.
    (changed,) = [parts["versions-summary"] for _, parts in rest]
    before, after = (
        int(re.search(r"(\d+) rows stored", html.unescape(text))[1])  # type: ignore[index]
        for text in (parts["versions-summary"], changed)
    )
    assert after == before + 2, "the object and its entry in the log"


def test_it_ends_with_the_server(small: Site) -> None:
    async def look() -> None:
        path = "/ui/live?watch=true&page=migrations"
        looking = asyncio.create_task(
            ask(small.pages, "GET", path, headers=small.headers, patience=60)
        )
        await asyncio.sleep(0.5)
        small.pages.close()
        async with asyncio.timeout(3):
            await looking

    asyncio.run(look())
