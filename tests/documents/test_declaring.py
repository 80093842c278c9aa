"""What freeze refuses about documents, and where documents are not served."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

import kconv
from kconv import Document, DocumentHub, Edge, Hub, Preserve, Resource, Scheme, Wrap
from kconv._check.lock import locks_of, read_lock, text_of
from kconv._errors import NotRegistered, SchemeError, UsageError
from kconv._gvk import GroupVersion
from kconv._store import StorePlace, open_store
from kconv.fields import List, String
from kconv_migrations._migration import plan
from kconv_migrations._tables import upgrade
from shop.versions import OrderV3, register

GROUP = "things.example.com"


def types(hub_meta: dict[str, Any], spoke_meta: dict[str, Any], **fields: Any) -> Any:
    meta = {"group": GROUP, "version": "v1", "kind": "Thing", **spoke_meta}
    spoke = type("ThingV1", (Document,), {"name": String(), "Meta": type("Meta", (), meta)})
    more = {"name": String(), "more": String(), "Meta": type("Meta", (), hub_meta)}
    return type("Thing", (DocumentHub,), {**more, **fields}), spoke


def refused(hub: Any, *edges: Edge) -> str:
    scheme = Scheme()
    scheme.add(hub, *edges, storage=f"{GROUP}/v1")
    with pytest.raises(SchemeError) as caught:
        scheme.freeze()
    return str(caught.value)


@pytest.mark.parametrize(
    ("hub_meta", "spoke_meta", "said"),
    [
        ({"kept": "_k"}, {"group": ""}, "hub Thing"),
        ({"group": GROUP, "null": "never", "kept": "k"}, {}, "null = 'never' is none of keep, abs"),
        ({"group": GROUP, "unknown": "ignore", "kept": "k"}, {}, "unknown = 'ignore' is none of"),
        ({"group": GROUP}, {}, 'keeps it: hub_of(…, kept="_kept"), or kept in the Meta'),
        ({"group": GROUP, "kept": "k"}, {"kept": "l"}, "its Meta says kept = 'l', and its hub 'k'"),
        (
            {"group": GROUP, "kept": "k"},
            {"unknown": "drop"},
            "its Meta says unknown = 'drop', and its hub nothing; the hub says it for all versions",
        ),
        ({"group": GROUP, "kept": "name"}, {}, "name is to keep what rules keep, and is no object"),
    ],
)
def test_what_freeze_refuses(
    hub_meta: dict[str, Any], spoke_meta: dict[str, Any], said: str
) -> None:
    hub, spoke = types(hub_meta, spoke_meta)
    assert said in refused(hub, Edge(spoke, Preserve("more")))


def test_documents_have_no_annotations() -> None:
    hub, spoke = types({"group": GROUP, "kept": "_kept"}, {})
    message = refused(hub, Edge(spoke, Preserve("more", annotation="example.com/more")))
    assert "documents have no annotations; leave annotation= out" in message
    hub, spoke = types({"group": GROUP}, {}, all=List(String()))
    message = refused(hub, Edge(spoke, Wrap("name", "all"), Preserve("more"), Preserve("name")))
    assert message.count("say which field keeps it") == 3


def test_documents_and_resources_are_not_of_one_kind() -> None:
    class Served(Resource):
        class Meta:
            group, version, kind = GROUP, "v2", "Thing"

    class ServedHub(Hub):
        class Meta:
            group, kind = GROUP, "Thing"

    hub, spoke = types({"group": GROUP, "kept": "_kept"}, {})
    assert "is a Resource, and its hub is none for it" in refused(hub, Edge(Served))
    assert "is a Document, and its hub is none for it" in refused(ServedHub, Edge(spoke))


def test_a_field_without_a_counterpart_needs_a_rule_as_ever() -> None:
    hub, spoke = types({"group": GROUP}, {})
    assert "more of hub Thing.things.example.com has no counterpart in it" in refused(
        hub, Edge(spoke)
    )


def test_a_declared_field_may_keep_values() -> None:
    hub, spoke = types({"group": GROUP, "kept": "rest"}, {})
    spoke._declared_fields["rest"] = kconv.fields.FreeForm(object_only=True)
    scheme = Scheme()
    scheme.add(hub, Edge(spoke, Preserve("more")), storage=f"{GROUP}/v1")
    pipeline = kconv.Pipeline(scheme.freeze())
    given = pipeline.load({"name": "a", "rest": {"more": "x"}}, spoke=scheme.kinds[0].spokes[0])
    assert pipeline.to_hub(given).value == {"name": "a", "more": "x"}


def shop() -> Scheme:
    scheme = Scheme()
    register(scheme)
    return scheme.freeze()


def test_lock_files_say_how_documents_are_read() -> None:
    lock = locks_of(shop())[GroupVersion("shop.example.com", "v1")]
    kind = lock.kinds["Order"]
    assert kind.document == {"nulls": "keep", "unknown": "error"}
    assert kind.scope == "Document"
    assert kind.conversion.kept == {"items": "_kept", "labels": "_kept", "shipTo": "_kept"}
    assert read_lock(text_of(lock), "lock.yaml") == lock


def test_versions_are_listed_and_not_served() -> None:
    found = kconv.versions(shop())
    assert [(each.gvk.version, each.served, each.stored, each.document) for each in found] == [
        ("v3", False, True, True),
        ("v2", False, False, True),
        ("v1", False, False, True),
    ]
    losses = next(each for each in kconv.losses(shop()) if str(each.target.version) == "v1")
    assert {each.path: each.kept_in for each in losses.losses}["labels"] == "_kept"


def test_a_class_tells_its_version() -> None:
    scheme = shop()
    assert scheme.spoke_of_schema(OrderV3).api_version == "shop.example.com/v3"

    class Other(Document):
        class Meta:
            group, version = GROUP, "v1"

    with pytest.raises(NotRegistered, match="is no version of a kind that the scheme has"):
        scheme.spoke_of_schema(Other)


def test_kconvs_own_store_does_not_hold_documents(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/kconv.db"
    upgrade(url)
    place = StorePlace(open_store(url), shop())
    try:
        assert [each.name for each in place.collections()] == []
        with pytest.raises(UsageError, match="name the one that does with --place"):
            plan(place, (), ["shop.example.com=v2"])
    finally:
        place.close()


async def _paths(app: Any) -> dict[str, Any]:
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")
    async with app.lifespan(app), client:
        found = {}
        for path in ("/apis", "/apis/shop.example.com/v3", "/apis/shop.example.com/v3/orders"):
            answer = await client.get(path)
            found[path] = (answer.status_code, answer.text)
        return found


def test_the_server_leaves_documents_out(tmp_path: Path) -> None:
    import anyio

    scheme = Scheme()
    register(scheme)
    from kconv_schemas.batch import register as register_batch

    register_batch(scheme)
    app = kconv.create_app(scheme, f"sqlite:///{tmp_path}/kconv.db")
    found = anyio.run(_paths, app)
    groups = {each["name"] for each in json.loads(found["/apis"][1])["groups"]}
    assert "batch" in groups
    assert "shop.example.com" not in groups
    assert found["/apis/shop.example.com/v3"][0] == 404
    assert found["/apis/shop.example.com/v3/orders"][0] == 404
