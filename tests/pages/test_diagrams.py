"""Diagrams of the site: drawn by the Mermaid that is part of it, loaded where there is one."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCS = Path(__file__).resolve().parents[2] / "docs"
MERMAID = """
window.loads = (window.loads || 0) + 1;
window.mermaid = {
  initialize(settings) { this.settings = settings; },
  async render(id, text) {
    return {svg: `<svg style="max-width: 800px;">${id} ${text} ${this.settings.theme}`};
  },
};
"""
PAGE = (
    '<!doctype html><link rel="icon" href="data:,"><script src="javascripts/diagrams.js"></script>'
)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "javascripts").mkdir()
    (tmp_path / "javascripts" / "mermaid.min.js").write_text(MERMAID)
    script = (DOCS / "javascripts" / "diagrams.js").read_bytes()
    (tmp_path / "javascripts" / "diagrams.js").write_bytes(script)
    (tmp_path / "index.html").write_text(PAGE)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            """Nothing."""

    handler = functools.partial(Handler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_every_page_has_the_script_that_loads_it() -> None:
    class Loader(yaml.SafeLoader):
        """Reads names of Python as text."""

    Loader.add_multi_constructor("tag:yaml.org,2002:python/name:", lambda *_: "")
    settings = yaml.load((DOCS.parent / "mkdocs.yml").read_text(), Loader)
    assert settings["extra_javascript"] == ["javascripts/diagrams.js"]
    assert "tools/install-mermaid" in (DOCS.parent / "Makefile").read_text()


def test_it_is_loaded_once_and_when_it_is_used(browser: Any, site: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(site)))
    page.goto(site)
    mermaid = page.evaluate("typeof mermaid")
    assert mermaid == "object", "the theme asks another host where there is none"
    assert asked == ["", "javascripts/diagrams.js"]
    drawn = page.evaluate(
        """async () => {
          mermaid.initialize({theme: "default"});
          const both = [mermaid.render("a", "x"), mermaid.render("b", "y")];
          const svg = (await Promise.all(both)).map(each => each.svg);
          return [...svg, (await mermaid.render("c", "z")).svg, window.loads];
        }"""
    )
    frame = '<svg style="max-width: 800px; min-width: min(800px, 600px);">'
    assert drawn == [f"{frame}{name} default" for name in ("a x", "b y", "c z")] + [1]
    assert asked == ["", "javascripts/diagrams.js", "javascripts/mermaid.min.js"]
    page.close()
