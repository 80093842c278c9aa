"""Exchanges about server-side apply recorded from a kube-apiserver 1.36, replayed in order.

Uids, resourceVersions and times differ from server to server. Whether a resourceVersion changed,
and whether an entry of managedFields has a time, does not; nor do the sets, to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from kconv._differences import differences
from kconv._scheme import load_scheme
from serve.conftest import Running
from serve.test_recorded import Names, plain, send

APPLY = "application/apply-patch+yaml"
MANY = "/api/v1/namespaces/ssa2/configmaps/many"
BETWEEN: dict[str, list[tuple[str, str, Any]]] = {
    "many-update-managers-capped-ancient-changes": [
        *((f"{MANY}?fieldManager=f{n}", APPLY, {"data": {f"k{n}": "1"}}) for n in range(14)),
        *(
            (f"{MANY}?fieldManager=u{n}", "application/merge-patch+json", {"data": {f"u{n}": "1"}})
            for n in range(14)
        ),
    ],
}
"""What the recorded server was asked in between, as later exchanges show."""

LEFT_OUT: dict[str, str] = {}
"""By the beginning of their names."""

OTHER_WORDS = {
    "job-template-immutable-change-422": "prints a Go struct",
}


def entries(value: Any) -> list[str]:
    """The entries of an object, but for when, in an order that no second changes."""
    found = (value.get("metadata") or {}).get("managedFields") or []
    return sorted(
        json.dumps(
            {
                **{key: item for key, item in sorted(each.items()) if key != "fieldsV1"},
                "time": "time" in each,
                "fieldsV1": json.dumps(each["fieldsV1"]),
            }
        )
        for each in found
    )


def causes(status: Any) -> list[Any]:
    found = (status.get("details") or {}).get("causes") or []
    # Theirs says one thing twice, for an update is judged in two places.
    return sorted({json.dumps(each, sort_keys=True) for each in found})


def merged_updates(value: Any) -> tuple[int, dict[str, Any]]:
    """How many entries of updates there are, and what they own together.

    Which are the oldest is a matter of the second in which they came.
    """
    found = [each for each in value["metadata"]["managedFields"] if each["operation"] == "Update"]
    assert any(each["manager"] == "ancient-changes" for each in found)
    return len(found), {key: 1 for each in found for key in each["fieldsV1"]["f:data"]}


def compare(name: str, expected: Any, given: Any) -> None:
    if expected.get("kind") == "Status":
        assert given.get("reason") == expected.get("reason")
        if name in OTHER_WORDS:
            return
        assert causes(given) == causes(expected)
        if expected.get("reason") != "Invalid" or len(causes(expected)) == 1:
            # Theirs are in the order in which they were found.
            assert given["message"] == expected["message"]
        return
    if name == "many-update-managers-capped-ancient-changes":
        assert merged_updates(given) == merged_updates(expected)
    else:
        assert entries(given) == entries(expected)
    assert not [
        str(each)
        for each in differences(plain(given), plain(expected))
        if each.before != []  # which theirs writes as null
    ]


def test_replay(reference: Path, serve: Callable[..., Running]) -> None:
    apps = load_scheme(["", "batch", "autoscaling"], ["kconv_schemas.apps:register"])
    # Their owners never were, so that a quick collector would delete objects in between.
    with serve(kinds=apps, garbage_collection=False).client() as client:
        replay(reference, client)


def replay(reference: Path, client: httpx.Client) -> None:
    names, versions = Names(), dict[str, str]()
    failures: dict[str, str] = {}
    replayed = 0
    for namespace in ("ssa", "ssa2"):
        document = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        client.post("/api/v1/namespaces", json=document)
    for file in sorted((reference / "ssa").glob("*.json")):
        exchange = json.loads(file.read_text())
        name = exchange["name"]
        if any(name.startswith(each) for each in LEFT_OUT):
            continue
        for path, media_type, body in BETWEEN.get(name, ()):
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "many"}, **body}
            headers = {"Content-Type": media_type}
            client.patch(path, json=body, headers=headers).raise_for_status()
        replayed += 1
        response = send(client, exchange["request"], names)
        recorded = exchange["response"]
        if recorded is None:
            if response.status_code >= 500 and "typed patch object" not in response.text:
                failures[name] = response.text
            continue
        given = response.json()
        names.learn(recorded["body"], given)
        try:
            assert response.status_code == recorded["status"], response.text
            compare(name, recorded["body"], given)
            theirs = recorded["body"].get("metadata", {}).get("resourceVersion")
            if theirs:
                ours = given["metadata"]["resourceVersion"]
                assert versions.setdefault(theirs, ours) == ours, "resourceVersion"
        except AssertionError as error:
            failures[name] = str(error)[:3000]
    assert replayed > 150
    assert len({*versions.values()}) == len(versions)
    assert not failures, f"{len(failures)} of {replayed}\n" + "\n\n".join(
        f"{name}: {text}" for name, text in failures.items()
    )
