"""The page in headless Chromium: looked at, gone over by axe, and used by keyboard.

Where there is no Chromium, these are left out; in CI they fail. What they saw is kept in
`artefacts/page`, which Git ignores.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from fixtures.long import only_long
from fixtures.until import until
from kconv._pipeline import Pipeline
from kconv._serve import Listen
from kconv._store import SqlStore, StorePlace
from kconv._ui import build
from kconv_migrations._migration import Settings, migrate, plan, undo
from migrate.samples import NEW, OLD, encoded, insert, placed, rows, seed
from ui.conftest import NewStore
from ui.site import Site, every_page, fill

KEPT = Path(__file__).resolve().parents[2] / "artefacts" / "page"
LOOKS = (("wide-light", 1280, "light"), ("phone-dark", 390, "dark"))
MORE = (("wide-dark", 1280, "dark"), ("phone-light", 390, "light"))


class Watcher:
    """What a page does that it should not: script errors, and requests to other hosts."""

    def __init__(self, page: Any, host: str) -> None:
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("console", self._console)
        page.on("request", lambda request: self._request(request.url, host))

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _request(self, url: str, host: str) -> None:
        if urlsplit(url).netloc != host:
            self.problems.append(f"request: {url}")


Serve = Callable[[SqlStore], str]


@pytest.fixture(scope="module")
def serve(pipeline: Pipeline) -> Iterator[Serve]:
    """Serves the page of a store; returns its link."""
    servers = []

    def start(store: SqlStore) -> str:
        place = StorePlace(store, pipeline.scheme)
        server, bound = build(place, Listen(port=0), about="a store of tests")
        thread = threading.Thread(target=lambda: server.run(sockets=[bound]), daemon=True)
        thread.start()
        until(lambda: server.started)
        servers.append((server, thread))
        return server.link

    yield start
    for server, thread in servers:
        server.should_exit = True
        thread.join(20)


def opened(browser: Any, link: str, width: int, scheme: str, **options: Any) -> tuple[Any, Watcher]:
    """A page, signed in by its link."""
    context = browser.new_context(
        viewport={"width": width, "height": 1400}, color_scheme=scheme, **options
    )
    context.set_default_timeout(20_000)
    page = context.new_page()
    watcher = Watcher(page, urlsplit(link).netloc)
    page.goto(link)
    return page, watcher


def keep(page: Any, name: str) -> None:
    KEPT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=KEPT / f"{name}.png", full_page=True)


AXE = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
.map(each => each.id + ": " + each.nodes.map(node => node.html.slice(0, 160)).join(" | "))"""


def test_every_page_looked_at(browser: Any, serve: Serve, site: Site) -> None:
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
    link = serve(site.store)
    base = link.partition("/ui/")[0]
    looks = (*LOOKS, *(MORE if os.environ.get("KCONV_TEST_LONG") else ()))
    page, watcher = opened(browser, link, 1280, "light")
    for name, query in every_page(site.run).items():
        path = f"{name.partition('#')[0]}?{urlencode(query)}"
        page.goto(f"{base}/ui/{path}")
        # By the debugger, for which the policy on scripts does not hold.
        page.evaluate(axe)
        for look, width, scheme in looks:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{name} is wider than {width} pixels"
            assert page.evaluate(AXE) == [], f"{name}, {look}"
            shown = name.replace(site.run, "run").replace("/", "-").replace("#", "-")
            keep(page, f"{shown or 'versions'}-{look}")
    assert watcher.problems == []
    page.context.close()


SHIFTS = """() => { window.shifts = []; new PerformanceObserver(list => {
  for (const each of list.getEntries()) window.shifts.push(
    each.value.toFixed(4) + each.sources.map(source => ` ${source.node?.parentNode?.innerHTML}: ` +
    `${JSON.stringify(source.previousRect)} to ${JSON.stringify(source.currentRect)}`));
}).observe({type: "layout-shift", buffered: false}); }"""


def test_a_migration_seen_live(
    browser: Any, serve: Serve, new_sqlite_store: NewStore, pipeline: Pipeline
) -> None:
    """Paused and resumed on the page, which does not move by itself; the focus stays."""
    with new_sqlite_store() as store:
        seed(store, pipeline, 150)
        place = placed(store)
        done: list[object] = []

        def run() -> None:
            targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
            done.extend(migrate(place, pipeline, targets, Settings(rate=40, batch_size=10)))

        page, watcher = opened(browser, serve(store), 1280, "light", reduced_motion="reduce")
        base = page.url.partition("/ui/")[0]
        page.goto(f"{base}/ui/migrations")
        page.wait_for_selector("#pulse[data-state=live]")
        running = threading.Thread(target=run)
        running.start()
        page.wait_for_selector("#going progress")
        page.focus("#act-pause")
        value = "document.querySelector('#going progress').value"
        page.evaluate(SHIFTS)
        before = page.evaluate(value)
        until(lambda: page.evaluate(value) > before)
        assert page.evaluate("document.activeElement.id") == "act-pause"
        assert page.evaluate("window.shifts") == []
        keep(page, "going-on-wide-light")
        height = "[getComputedStyle(going).minHeight, getComputedStyle(going).height]"
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 1400})
            assert len(set(page.evaluate(height))) == 1, f"{width}: it needs more room than it has"
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:has-text('Pause run')")
        page.click("button:has-text('Pause the run')")
        page.wait_for_selector("#going .told:has-text('Waits: paused')")
        written = rows(store)[NEW]
        page.click("#act-pause")
        page.click("button:has-text('Resume the run')")
        page.goto(f"{base}/ui/migrations")
        page.wait_for_selector("#going progress")
        page.evaluate(SHIFTS)
        page.wait_for_selector("#going:has-text('No migration goes on')")
        running.join(20)
        assert done
        assert rows(store)[NEW] > written
        page.wait_for_selector("#runs .state.done")
        assert page.evaluate("window.shifts") == []
        assert watcher.problems == []
        (run_id,) = [each.id for each in store.runs()]
        assert undo(place, run_id).restored == 150
        assert rows(store)[OLD][0] == 150
        page.context.close()


@only_long
def test_a_long_migration_from_beginning_to_undo(
    browser: Any, serve: Serve, new_sqlite_store: NewStore, pipeline: Pipeline
) -> None:
    """20,000 rows: paused, resumed, one of them quarantined, undone; all of it on the page."""
    with new_sqlite_store() as store:
        store.prefer("batch", "cronjobs", OLD)
        template = encoded(pipeline, "NAME")
        names = [f"long-{number:05}" for number in range(20_000)]
        insert(store._url, ((name, template.replace(b"NAME", name.encode())) for name in names))
        fill(store, pipeline, 1)
        place = placed(store)

        def run() -> None:
            targets = plan(place, ["cronjobs.batch"], ["batch=v1"])
            list(migrate(place, pipeline, targets, Settings(rate=1500, patience=2)))

        page, watcher = opened(browser, serve(store), 1280, "dark", reduced_motion="reduce")
        base = page.url.partition("/ui/")[0]
        page.goto(f"{base}/ui/migrations")
        page.wait_for_selector("#pulse[data-state=live]")
        running = threading.Thread(target=run)
        running.start()
        page.wait_for_selector("#going progress")
        page.evaluate(SHIFTS)
        page.wait_for_selector("#going:has-text('rows/s')")
        assert page.evaluate("window.shifts") == []
        keep(page, "long-going-on-wide-dark")
        page.click("#act-pause")
        page.click("button:has-text('Pause the run')")
        page.wait_for_selector("#going .told:has-text('Waits: paused')")
        before = rows(store)[NEW]
        time.sleep(2)
        assert rows(store)[NEW] == before
        keep(page, "long-paused-wide-dark")
        page.click("#act-pause")
        page.click("button:has-text('Resume the run')")
        page.wait_for_selector("#facts .state.failed", timeout=120_000)
        running.join(20)
        assert rows(store) == {NEW: (20_001, 1), OLD: (1, 1)}
        page.click("#facts a")
        page.click("a:has-text('reports/broken')")
        page.wait_for_selector(".line.wrong:has-text('must be a string')")
        keep(page, "long-quarantined-wide-dark")
        (run_id,) = [each.id for each in store.runs()]
        page.goto(f"{base}/ui/runs/{run_id}")
        page.click("a:has-text('Undo')")
        page.wait_for_selector("text=20,001 objects become again what they were")
        page.click("button:has-text('Undo the run')")
        page.wait_for_selector("#undone:has-text('20,001 objects restored')", timeout=120_000)
        page.wait_for_selector("#restored:has-text('It has no before-images')")
        keep(page, "long-undone-wide-dark")
        assert rows(store)[OLD][0] == 20_002
        assert watcher.problems == []
        page.context.close()


def test_by_keyboard_and_without_a_script(browser: Any, serve: Serve, site: Site) -> None:
    link = serve(site.store)
    page, watcher = opened(browser, link, 1280, "dark", java_script_enabled=False)
    assert "/ui/" in page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#main")
    page.goto(f"{page.url.partition('#')[0]}objects?resource=horizontalpodautoscalers.autoscaling")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.locator("a:focus").count() and "reports/web" in page.inner_text("a:focus"):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("text=1 value would be lost")
    page.select_option("#right", index=0)
    page.press("#right", "Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=One version.")
    assert watcher.problems == []
    page.context.close()
