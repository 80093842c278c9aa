"""Client libraries of others against an API of a user's own, in all its versions.

Each does what it has a call for: apply, patches of each type, watches of another version than the
one that is written, lists page by page, deletes with preconditions, and the election of a leader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.long import LONG
from kconv._scheme import Scheme, load_scheme
from serve.conftest import Running
from serve.libraries import GROUP, Library
from serve.libraries_official import Asyncio, Official
from serve.libraries_others import Kr8s, Lightkube

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported"),
]


@pytest.fixture(scope="module")
def kinds() -> Scheme:
    return load_scheme([""], ["devices:register", "kconv_schemas.coordination:register"])


@pytest.fixture(params=[Official, Asyncio, Kr8s, Lightkube], ids=lambda each: each.__name__.lower())
def library(
    request: pytest.FixtureRequest, serve: Callable[..., Running], kinds: Scheme, tmp_path: Path
) -> Iterator[Library]:
    opened: Library = request.param(serve(kinds=kinds).url, tmp_path)
    yield opened
    opened.close()


def device(version: str, name: str, **spec: object) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/{version}",
        "kind": "Device",
        "metadata": {"name": name},
        "spec": spec,
    }


def test_a_library(library: Library) -> None:
    def refused(call: Callable[..., object], *arguments: object, **more: object) -> int:
        with pytest.raises(Exception) as raised:  # noqa: PT011 - each library has errors of its own
            call(*arguments, **more)
        return library.refused(raised.value)

    made = library.create("v1alpha1", device("v1alpha1", "one", address="a.example.com:80"))
    assert made["spec"]["pollSeconds"] == 30
    assert refused(library.create, "v2", device("v2", "one", host="b")) == 409
    assert refused(library.create, "v2", device("v2", "two", host="b", power="Loud")) == 422
    assert library.get("v2", "one")["spec"]["host"] == "a.example.com"
    # Patches, each in another version.
    library.patch("v1beta1", "one", "merge", {"spec": {"mode": "eco", "owner": "me"}})
    put = [{"op": "add", "path": "/spec/sensors", "value": [{"name": "heat", "unit": "Lux"}]}]
    library.patch("v1", "one", "json", put)
    test = [{"op": "test", "path": "/spec/power", "value": "On"}]
    assert refused(library.patch, "v2", "one", "json", test) == 422
    if "strategic" not in library.lacks:
        more = {"spec": {"sensors": [{"name": "heat", "unit": "Celsius"}]}}
        library.patch("v2", "one", "strategic", more)
        assert library.get("v1", "one")["spec"]["sensors"] == [{"name": "heat", "unit": "Celsius"}]
        library.patch(
            "v2", "one", "strategic", {"spec": {"sensors": [{"name": "heat", "unit": "Lux"}]}}
        )
    found = library.get("v2", "one")
    assert found["spec"]["power"] == "Standby"
    assert found["spec"]["owners"] == ["me"]
    assert found["spec"]["sensors"] == [{"name": "heat", "unit": "Lux"}]
    if "replace" not in library.lacks:
        replaced = library.replace("v2", {**found, "spec": {**found["spec"], "power": "On"}})
        assert replaced["metadata"]["generation"] == found["metadata"]["generation"] + 1
        assert refused(library.replace, "v2", found) == 409
    if "apply" not in library.lacks:
        applies(library, refused)
    watches(library)
    if LONG or library.page < 10:
        pages(library)
    if "preconditions" not in library.lacks:
        assert refused(library.delete, "v1", "one", uid="another") == 409
    library.delete("v1", "one", uid=library.get("v2", "one")["metadata"]["uid"])
    assert refused(library.get, "v1", "one") == 404
    assert refused(library.delete, "v1", "one") == 404
    if "lead" not in library.lacks:
        one, two = library.candidate("one"), library.candidate("two")
        assert one()
        assert not two()
        assert one()


def applies(library: Library, refused: Callable[..., int]) -> None:
    first = device("v1beta1", "applied", host="a.example.com", sensors={"heat": {"unit": "Lux"}})
    made = library.patch("v1beta1", "applied", "apply", first, manager="first")
    same = library.patch("v1beta1", "applied", "apply", first, manager="first")
    assert made["metadata"]["resourceVersion"] == same["metadata"]["resourceVersion"]
    other = device("v2", "applied", host="b.example.com", sensors=[{"name": "cold", "unit": "Lux"}])
    assert refused(library.patch, "v2", "applied", "apply", other, manager="second") == 409
    taken = library.patch("v2", "applied", "apply", other, manager="second", force=True)
    assert [each["name"] for each in taken["spec"]["sensors"]] == ["heat", "cold"]
    owners = [(each["manager"], each["apiVersion"]) for each in taken["metadata"]["managedFields"]]
    assert sorted(owners) == [("first", f"{GROUP}/v1beta1"), ("second", f"{GROUP}/v2")]
    # What its owner no longer names is gone, whichever version the owner spoke.
    fewer = device("v1beta1", "applied", host="b.example.com")
    left = library.patch("v1beta1", "applied", "apply", fewer, manager="first")
    assert list(left["spec"]["sensors"]) == ["cold"]


def watches(library: Library) -> None:
    """A watch of the oldest version, of what is written in the newest."""
    since = library.create("v2", device("v2", "seen", host="a.example.com", port=80))
    library.patch("v2", "seen", "merge", {"spec": {"port": 81}})
    library.delete("v1", "seen")
    seen = []
    events = library.watch("v1alpha1", since["metadata"]["resourceVersion"])
    for kind, each in events:
        seen.append((kind, each["apiVersion"], each["spec"]["address"]))
        if kind == "DELETED":
            break
    events.close()
    version = f"{GROUP}/v1alpha1"
    changed = "a.example.com:81"
    assert seen == [("MODIFIED", version, changed), ("DELETED", version, changed)]


def pages(library: Library) -> None:
    there = library.names("v1")
    names = [f"page-{number:03}" for number in range(library.page + 2)]
    for name in names:
        library.create("v2", device("v2", name, host="a.example.com"))
    assert library.names("v1beta1") == sorted([*there, *names])
