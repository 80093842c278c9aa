"""The Python of the pages runs, block after block, as somebody who follows a page would run it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from typing import Any

import pytest

from kconv import GroupVersion, load_scheme
from kconv.fields import String
from kconv.places import FilesPlace, KeyedPlace
from kconv_migrations._tables import upgrade
from kconv_migrations.op import include_name

ROOT = Path(__file__).resolve().parents[2]
OLD = """\
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "30 2 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: report, image: registry.example.com/report:1.7}]
"""
OLD_JSON = b"""{"apiVersion":"batch/v1beta1","kind":"CronJob","metadata":{"name":"nightly"},
"spec":{"schedule":"30 2 * * *","jobTemplate":{"spec":{"template":{"spec":{
"restartPolicy":"OnFailure","containers":[{"name":"report","image":"report:1.7"}]}}}}}}"""


def run(page: str, **given: Any) -> dict[str, Any]:
    """Run a page's blocks in one namespace; what they leave there."""
    blanks = given.pop("_blanks", False)
    names: dict[str, Any] = {"__name__": "page", **given}
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.S)
    assert blocks
    for number, block in enumerate(blocks):
        block = block.replace("    ...,\n", "") if blanks else block
        code = compile(block, f"{page}, block {number}", "exec", dont_inherit=True)
        exec(code, names)  # noqa: S102 - our own page
    return names


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, with an old manifest in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "old.yaml").write_text(OLD)


def test_readme(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("README.md", old_yaml=OLD, v1beta1_json=OLD_JSON)
    assert capsys.readouterr().out.startswith("apiVersion: batch/v1\n")
    assert (tmp_path / "manifests" / "old.yaml").read_text().startswith("apiVersion: batch/v1\n")
    assert b'"apiVersion":"batch/v1"' in names["v1"]


def test_documents() -> None:
    names = run("docs/documents.md")
    assert names["data"] == b'{"customer":"ada"}'


def test_client() -> None:
    names = run("docs/client.md")
    assert [each.metadata.name for each in names["devices"]] == []


def test_writing_an_api() -> None:
    names = run("docs/writing-an-api.md")
    asyncio.run(names["test_plan"]())
    served = {str(spoke.gvk) for kind in names["scheme"].kinds for spoke in kind.spokes}
    assert served == {
        "backup.example.com/v1, Kind=Plan",
        "backup.example.com/v1beta1, Kind=Plan",
    }
    names["app"].state.server.store.close()


def test_typed_objects() -> None:
    names = run("docs/typed-objects.md")
    assert names["gate"].spec.doors[0].width == 90


def test_own_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    upgrade(url)
    names = run("docs/own-tables.md", url=url)
    names["engine"].dispose()


def test_fastapi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    names = run("docs/howto/fastapi.md")

    async def cameras() -> None:
        async with names["api"].lifespan(names["app"]), names["client"]:
            await names["test_cameras"]()

    asyncio.run(cameras())


def test_webhook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    assert callable(run("docs/webhook.md")["app"])


def test_custom_resources() -> None:
    server = run("docs/custom-resources.md")["app"].state.server
    assert server.custom_resources is not None
    server.store.close()


def test_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    Path("data").mkdir()
    names = run("docs/places.md", KeyedPlace=KeyedPlace)
    assert names["tell"](PurePosixPath("orders/1.json"), {"price": 1}).__name__ == "OrderV1"
    assert isinstance(names["orders"](f"sqlite:///{Path.cwd() / 'notes.db'}"), FilesPlace)


def test_storage_migration() -> None:
    told: dict[str, Any] = {}
    context = SimpleNamespace(configure=told.update)
    names = run("docs/storage-migration.md", context=context, connection=None, target_metadata=None)
    assert told["include_name"] is include_name
    assert callable(names["upgrade"])


def test_testing_your_api() -> None:
    scheme = load_scheme(["batch"])
    gvk = GroupVersion.parse("batch/v1").kind("CronJob")
    given = {"Functions": dict, "String": String, "is_schedule": str.strip}
    page = run("docs/testing-your-api.md", scheme=scheme, gvk=gvk, **given, _blanks=True)
    assert page["cron"].metadata["examples"]
    page["test_mine"]()


def test_every_page_with_python_is_run() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    console = (ROOT / "tests" / "pages" / "test_console.py").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if "```python\n" in page.read_text(encoding="utf-8"):
            name = page.relative_to(ROOT).as_posix()
            assert name in text + console, f"{name}: nothing runs its Python"
